/** What a configuration has to make sense of beyond each single key. */
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import type { GatewayConfig } from "./schema.ts";

/** One sentence for each thing that could only be a mistake. */
export function ruleProblems(config: GatewayConfig): readonly ConfigProblem[] {
  const { servers, models, listen, identity, admin } = config;
  const problems: ConfigProblem[] = [];
  const found = (path: readonly string[], text: string) => problems.push(problemAt(path, text));
  if (Object.keys(servers).length + Object.keys(models).length === 0)
    found(["servers"], "expected a server, or a route under `models`: there is nothing to guard.");
  if (listen === undefined) {
    if (Object.keys(models).length > 0)
      found(["models"], "routes need `listen`: they are reached over HTTP only.");
    for (const key of ["jwt", "trustedHeaders"] as const)
      if (identity[key] !== undefined)
        found(["identity", key], "is for HTTP, and there is no `listen`: say `identity.local`.");
    return problems;
  }
  if (identity.jwt === undefined && identity.trustedHeaders === undefined && !identity.anonymous)
    found(
      ["identity"],
      "expected `jwt` or `trustedHeaders`, or `anonymous: true` to let everybody in: as it is, every request would be refused.",
    );
  if (listen.allowedHosts === undefined && !isLocal(listen.host))
    found(
      ["listen", "allowedHosts"],
      'expected the `Host` headers that callers send, such as ["gateway.example.com"], since the address is not a local one: as it is, every request would be refused.',
    );
  if (admin !== undefined && admin.port !== 0 && admin.port === listen.port)
    found(["admin", "port"], "expected another port than that of `listen`.");
  const paths = new Map([[listen.path, "listen"]]);
  for (const [name, { path }] of Object.entries(models)) {
    const other = paths.get(path);
    if (other !== undefined)
      found(["models", name, "path"], `expected another path than that of \`${other}\`.`);
    else paths.set(path, `models.${name}`);
  }
  return problems;
}

/** Whether only this machine can reach an address. */
export function isLocal(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(?:\.\d{1,3}){3}$/.test(host);
}
