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
  const problems = [...problemsIn(config)];
  if (problems.length > 0)
    throw configInvalid(problems, "Behind Envoy, this is not a valid configuration.");
}

function* problemsIn(config: GatewayConfig) {
  const { servers, models, listen } = config;
  for (const [name, server] of Object.entries(servers))
    if (!("url" in server))
      yield problemAt(
        ["servers", name],
        "expected a `url`: Envoy forwards requests to servers, but cannot start any.",
      );
  for (const [name, { path }] of Object.entries(models))
    for (const server of serverPaths(config).keys())
      if (server.startsWith(`${path.replace(/\/$/, "")}/`))
        yield problemAt(
          ["models", name, "path"],
          `must not be a parent of a server's path: ${server} would match both.`,
        );
  if (listen?.port === 0)
    yield problemAt(["listen", "port"], "must be the port that Envoy listens on, got 0.");
}
