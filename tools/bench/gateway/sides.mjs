/** The sides of the comparison: a server on its own, and proxies in front of it. */
import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { npmPeer, pythonPeer } from "../../peers.mjs";
import { pluginFiles } from "./plugin-files.mjs";

const { freePort } = await createJiti(import.meta.url).import("../../real/free-port.ts");
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = here("server.mjs");
const overStdio = { command: process.execPath, args: [server] };
export const peers = { "mcp-proxy": "mcp-proxy@6.7.19", FastMCP: "fastmcp==4.1.2" };

/** Starts a program. Resolves once `urlIn` finds its URL in a line or it answers at `url`. */
async function start(command, args, { urlIn, url }) {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise((resolve) => child.once("close", resolve));
  const close = async () => {
    child.kill("SIGTERM");
    const timer = setTimeout(() => child.kill("SIGKILL"), 5000);
    await ended;
    clearTimeout(timer);
  };
  const seen = [];
  const found = new Promise((resolve, reject) => {
    const read = (line) => {
      if (seen.length < 50) seen.push(line);
      const at = urlIn?.(line);
      if (at !== undefined) resolve(at);
    };
    // Read both to the end, because a full pipe would block the program.
    for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", read);
    child.once("error", reject);
    void ended.then(() => reject(new Error(`${args.join(" ")} ended:\n${seen.join("\n")}`)));
    if (url !== undefined) void answers(url, child).then(() => resolve(url));
  });
  return { url: await found, pid: child.pid, close };
}

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

const printed = { urlIn: (line) => /^http:\/\/\S+$/.exec(line)?.[0] };

/** Starts the built command with the first `plugins` of the six conformance plugins. */
async function gateway(back, plugins) {
  const folder = await mkdtemp(join(tmpdir(), "gateway-bench-"));
  const paths = await pluginFiles(folder, plugins);
  const limits = { requestsPerMinute: 100_000_000 };
  const config = { servers: { bench: back }, plugins: paths, limits };
  const file = join(folder, "glassine.config.json");
  await writeFile(file, JSON.stringify(config));
  const command = here("../../../dist/gateway/command/main.js");
  const args = [command, "gateway", "--config", file, "--port", "0"];
  const made = await start(process.execPath, args, {
    urlIn: (line) => {
      const port = /"event":"ready".*?"port":(\d+)/.exec(line)?.[1];
      return port && `http://127.0.0.1:${port}/mcp`;
    },
  });
  const close = () => made.close().then(() => rm(folder, { recursive: true }));
  return { ...made, close };
}

async function mcpProxy() {
  const folder = await npmPeer(peers["mcp-proxy"]);
  if (folder === undefined) return undefined;
  const port = await freePort();
  const options = ["--host", "127.0.0.1", "--port", port, "--server", "stream"];
  const args = [join(folder, "dist/bin/mcp-proxy.mjs"), ...options, "--"];
  const url = `http://127.0.0.1:${port}/mcp`;
  return start(process.execPath, [...args, process.execPath, server], { url });
}

async function fastMcp(back) {
  const python = await pythonPeer(peers.FastMCP);
  if (python === undefined) return undefined;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  return start(python, [here("fastmcp-proxy.py"), back, port], { url });
}

/** Starts all sides. Leaves out peers that cannot be installed. */
export async function startSides() {
  const direct = await start(process.execPath, [server, "0"], printed);
  const back = { url: direct.url };
  const sides = {
    direct,
    bare: await start(process.execPath, [here("bare-proxy.mjs"), direct.url], printed),
    "gateway, no plugins": await gateway(back, 0),
    "gateway, one plugin": await gateway(back, 1),
    "gateway, six plugins": await gateway(back, 6),
    "gateway, six plugins, stdio behind": await gateway(overStdio, 6),
    "mcp-proxy, stdio behind": await mcpProxy(),
    FastMCP: await fastMcp(direct.url),
  };
  return Object.fromEntries(Object.entries(sides).filter(([, side]) => side !== undefined));
}
