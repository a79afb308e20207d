/** Checks that a configuration suits a gateway behind Envoy. */
import { configInvalid, type GatewayConfig, problemAt } from "../config/index.ts";

/** Maps paths to servers: a single server is at the endpoint's path, several are below it. */
export function serverPaths({ listen, servers }: GatewayConfig): ReadonlyMap<string, string> {
  const base = (listen?.path ?? "/mcp").replace(/\/$/, "");
  const names = Object.keys(servers);
  return new Map(names.map((name) => [names.length === 1 ? base || "/" : `${base}/${name}`, name]));
}

/**
 * Checks that every server has a URL, that no paths clash and that the port is fixed: Envoy reaches
 * servers by their URLs, and callers reach Envoy.
 *
 * @throws GlassineError `config_invalid`
 */
export function checkBehindEnvoy(config: GatewayConfig): void {
  const { servers, models, listen } = config;
  const problems = Object.entries(servers).flatMap(([name, server]) =>
    "url" in server
      ? []
      : [
          problemAt(
            ["servers", name],
            "expected a `url`: Envoy forwards requests to servers, but cannot start any.",
          ),
        ],
  );
  for (const [name, { path }] of Object.entries(models))
    for (const server of serverPaths(config).keys())
      if (server.startsWith(`${path.replace(/\/$/, "")}/`))
        problems.push(
          problemAt(
            ["models", name, "path"],
            `must not be a parent of a server's path: ${server} would match both.`,
          ),
        );
  if (listen?.port === 0)
    problems.push(problemAt(["listen", "port"], "must be the port that Envoy listens on, got 0."));
  if (problems.length > 0)
    throw configInvalid(problems, "Behind Envoy, this is not a valid configuration.");
}
