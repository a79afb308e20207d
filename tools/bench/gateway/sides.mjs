/** The sides of the comparison: a server on its own, and proxies in front of it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { npmPeer, pythonPeer } from "../../peers.mjs";
import { start, startGateway, startOnFreePort } from "../../programs.mjs";
import { pluginFiles } from "./plugin-files.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const server = here("server.mjs");
const overStdio = { command: process.execPath, args: [server] };
export const peers = { "mcp-proxy": "mcp-proxy@6.7.19", FastMCP: "fastmcp==4.1.2" };

/** Starts the built command with the first `count` of the six conformance plugins. */
async function gateway(back, count) {
  const folder = await mkdtemp(join(tmpdir(), "gateway-bench-"));
  const plugins = await pluginFiles(folder, count);
  const limits = { requestsPerMinute: 100_000_000 };
  const made = await startGateway(folder, { servers: { bench: back }, plugins, limits });
  const close = () => made.close().then(() => rm(folder, { recursive: true }));
  return { ...made, close };
}

async function mcpProxy() {
  const folder = await npmPeer(peers["mcp-proxy"]);
  if (folder === undefined) return undefined;
  return startOnFreePort(process.execPath, (port) => [
    join(folder, "dist/bin/mcp-proxy.mjs"),
    ...["--host", "127.0.0.1", "--port", port, "--server", "stream", "--"],
    ...[process.execPath, server],
  ]);
}

async function fastMcp(back) {
  const python = await pythonPeer(peers.FastMCP);
  if (python === undefined) return undefined;
  return startOnFreePort(python, (port) => [here("fastmcp-proxy.py"), back, port]);
}

/** Starts all sides. Leaves out peers that cannot be installed. */
export async function startSides() {
  const direct = await start(process.execPath, [server, "0"]);
  const back = { url: direct.url };
  const sides = {
    direct,
    bare: await start(process.execPath, [here("bare-proxy.mjs"), direct.url]),
    "gateway, no plugins": await gateway(back, 0),
    "gateway, one plugin": await gateway(back, 1),
    "gateway, six plugins": await gateway(back, 6),
    "gateway, six plugins, stdio behind": await gateway(overStdio, 6),
    "mcp-proxy, stdio behind": await mcpProxy(),
    FastMCP: await fastMcp(direct.url),
  };
  return Object.fromEntries(Object.entries(sides).filter(([, side]) => side !== undefined));
}
