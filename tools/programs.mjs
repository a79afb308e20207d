/** Starts the programs that the tools try and compare: servers, proxies and the built gateway. */
import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";

const { freePort } = await createJiti(import.meta.url).import("./real/free-port.ts");

/** The built command. */
export const command = fileURLToPath(new URL("../dist/gateway/command/main.js", import.meta.url));

/**
 * Starts a program. Resolves to its URL, its process id, and a function that ends it and returns
 * its exit code: as soon as `urlIn` finds the URL in a line that it prints, or it answers at `url`.
 */
export async function start(program, args, options = {}) {
  const { url, urlIn = url === undefined ? printedUrl : () => undefined, env = {} } = options;
  const child = spawn(program, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 10_000);
    const code = await ended;
    clearTimeout(timer);
    return code;
  };
  const seen = [];
  const found = new Promise((resolve, reject) => {
    const read = (line) => {
      if (seen.length < 50) seen.push(line);
      const printed = urlIn(line);
      if (printed !== undefined) resolve(printed);
    };
    // Read both to the end, because a full pipe would block the program.
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", read);
    child.once("error", reject);
    void ended.then(() => reject(new Error(`${args.join(" ")} ended:\n${seen.join("\n")}`)));
    if (url !== undefined) void answers(url, child).then(() => resolve(url));
  });
  return { url: await found, pid: child.pid, close };
}

const printedUrl = (line) => /http:\/\/\S+\/mcp/.exec(line)?.[0];

async function answers(url, child) {
  while (child.exitCode === null) {
    const isUp = await fetch(url, { method: "POST" }).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await sleep(100);
  }
}

/** Starts a program that listens on a port that it is given, also as the variable `PORT`. */
export async function startOnFreePort(program, argsFor) {
  const port = String(await freePort());
  const url = `http://127.0.0.1:${port}/mcp`;
  return await start(program, argsFor(port), { url, env: { PORT: port } });
}

/**
 * Starts the built gateway with a configuration, which it reads from a file in `folder`.
 *
 * @param options.flags flags for Node
 * @param options.onLine called with each line of its log
 */
export async function startGateway(folder, config, { flags = [], onLine = () => {} } = {}) {
  const file = join(folder, "glassine.config.json");
  await writeFile(file, JSON.stringify(config));
  const args = [...flags, command, "gateway", "--config", file, "--port", "0"];
  return await start(process.execPath, args, {
    urlIn(line) {
      onLine(line);
      const port = /"event":"ready".*?"port":(\d+)/.exec(line)?.[1];
      return port && `http://127.0.0.1:${port}/mcp`;
    },
  });
}
