/** The sides of the comparison: a server on its own, and gateways in front of it. */
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { hasEnvoy } from "./envoy.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const fixture = here("fixture/server.mjs");
const everything = createRequire(import.meta.url)
  .resolve("@modelcontextprotocol/server-everything/package.json")
  .replace(/package\.json$/, "dist/index.js");

/** Starts a program. Resolves to the URL that it prints, or `url`, and a function to end it. */
function start(args, { url, env = {} } = {}) {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  return new Promise((resolve, reject) => {
    const seen = [];
    const read = (line) => {
      seen.push(line);
      const printed = /http:\/\/\S+\/mcp/.exec(line)?.[0];
      if (printed !== undefined) resolve({ url: printed, close });
      else if (url !== undefined && /listening/.test(line)) resolve({ url, close });
    };
    // Read both to the end, because a full pipe would block the program.
    createInterface(child.stdout).on("line", read);
    createInterface(child.stderr).on("line", read);
    void ended.then(() => reject(new Error(`${args.join(" ")} ended:\n${seen.join("\n")}`)));
  });
}

const everythingPort = 39_117;
const startEverything = () =>
  start([everything, "streamableHttp"], {
    url: `http://127.0.0.1:${everythingPort}/mcp`,
    env: { PORT: String(everythingPort) },
  });

const inFront = (server, plugins, ...front) =>
  start([here("gateway.mjs"), JSON.stringify(server), plugins, ...front]);

const overStdio = (...args) => ({ command: process.execPath, args });

/** The servers, by their names in the results. `stdio` starts one for a gateway over stdio. */
const servers = {
  "fixture on SDK v2": {
    start: () => start([fixture, "v2", "0"]),
    stdio: overStdio(fixture, "v2"),
  },
  "fixture on SDK v1": {
    start: () => start([fixture, "v1", "0"]),
    stdio: overStdio(fixture, "v1"),
  },
  "server-everything": { start: startEverything, stdio: overStdio(everything, "stdio") },
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
