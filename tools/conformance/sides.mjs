/** The sides of the comparison: a server on its own, and gateways in front of it. */
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { start, startOnFreePort } from "../programs.mjs";
import { hasEnvoy } from "./envoy.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixture = here("fixture/server.mjs");
const everything = createRequire(import.meta.url)
  .resolve("@modelcontextprotocol/server-everything/package.json")
  .replace(/package\.json$/, "dist/index.js");

const inFront = (server, plugins, ...front) =>
  start(process.execPath, [here("gateway.mjs"), JSON.stringify(server), plugins, ...front]);

const overStdio = (...args) => ({ command: process.execPath, args });

/** The servers, by their names in the results. `stdio` starts one for a gateway over stdio. */
const servers = {
  "fixture on SDK v2": {
    start: () => start(process.execPath, [fixture, "v2", "0"]),
    stdio: overStdio(fixture, "v2"),
  },
  "fixture on SDK v1": {
    start: () => start(process.execPath, [fixture, "v1", "0"]),
    stdio: overStdio(fixture, "v1"),
  },
  "server-everything": {
    start: () => startOnFreePort(process.execPath, () => [everything, "streamableHttp"]),
    stdio: overStdio(everything, "stdio"),
  },
};

/**
 * Runs `run` for a server on its own, then for gateways in front of it: over HTTP and stdio, and
 * behind Envoy if there is one; without plugins and with six, or as `kinds` says.
 */
export async function eachSide(name, run, kinds = ["none", "six"]) {
  const { start: startServer, stdio } = servers[name];
  const server = await startServer();
  const results = {};
  try {
    results.direct = await run(server.url);
    const overHttp = { url: server.url };
    const backs = [
      ["HTTP", overHttp],
      ["stdio", stdio],
      ...(hasEnvoy ? [["Envoy", overHttp]] : []),
    ];
    for (const [back, of] of backs) {
      for (const plugins of kinds) {
        const gateway = await inFront(of, plugins, ...(back === "Envoy" ? ["envoy"] : []));
        try {
          results[`${back}, ${plugins === "six" ? "six" : "no"} plugins`] = await run(gateway.url);
        } finally {
          await gateway.close();
        }
      }
    }
  } finally {
    await server.close();
  }
  return results;
}
