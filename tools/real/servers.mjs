/**
 * Third-party servers, each with a call and its expected answer:
 * `{ name, server, tool, args, answers, refused, close }`. Servers keep their files in `folder`.
 */
import { spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createJiti } from "jiti";
import { npmPeer, pythonPeer } from "../peers.mjs";
import { fastMcp } from "./clients.mjs";

const { freePort } = await createJiti(import.meta.url).import("./free-port.ts");
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = (...args) => ({ command: process.execPath, args });
const { devDependencies } = createRequire(import.meta.url)("../../package.json");
const everythingVersion = devDependencies["@modelcontextprotocol/server-everything"];
const everything = here("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** Starts a server over HTTP on a free port. It is up as soon as it answers. */
async function overHttp(command, argsFor, env = {}) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/mcp`;
  const options = { env: { ...process.env, PORT: String(port), ...env }, stdio: "ignore" };
  const child = spawn(command, argsFor(port), options);
  const isUp = () =>
    fetch(url).then(
      () => true,
      () => false,
    );
  for (let tries = 0; !(await isUp()); tries += 1) {
    if (tries === 300 || child.exitCode !== null) throw new Error(`${url} does not answer.`);
    await sleep(100);
  }
  return { server: { url }, close: () => child.kill("SIGKILL") };
}

const echo = {
  tool: "echo",
  args: () => ({ message: "hi" }),
  answers: "Echo: hi",
  refused: "get-env",
};
const sum = { tool: "add", args: () => ({ a: 2, b: 3 }), answers: "5", refused: "subtract" };

/** The packages that are tried but are not dependencies here. */
export const packages = {
  filesystem: "@modelcontextprotocol/server-filesystem@2026.8.31",
  memory: "@modelcontextprotocol/server-memory@2026.8.31",
};
const filesystemName = packages.filesystem.split("/")[1];
const memoryName = packages.memory.split("/")[1];

export async function servers(folder) {
  const files = join(folder, "files");
  await mkdir(files);
  await writeFile(join(files, "note.txt"), "A note.");
  const entryOf = async (wanted) => {
    const found = await npmPeer(wanted);
    return found && join(found, "dist/index.js");
  };
  const filesystem = await entryOf(packages.filesystem);
  const memory = await entryOf(packages.memory);
  const python = await pythonPeer(fastMcp);
  // A fresh name, because the server does not add a name that it already knows.
  const entity = () => ({
    name: crypto.randomUUID(),
    entityType: "person",
    observations: ["wrote notes"],
  });
  const sums = here("fastmcp-server.py");
  return [
    {
      name: `server-everything@${everythingVersion} over stdio`,
      ...echo,
      server: node(everything, "stdio"),
    },
    {
      name: `server-everything@${everythingVersion} over HTTP`,
      ...echo,
      ...(await overHttp(process.execPath, () => [everything, "streamableHttp"])),
    },
    filesystem && {
      name: filesystemName,
      answers: "A note.",
      refused: "list_directory",
      tool: "read_text_file",
      args: () => ({ path: join(files, "note.txt") }),
      server: node(filesystem, files),
    },
    memory && {
      name: memoryName,
      answers: "wrote notes",
      refused: "read_graph",
      tool: "create_entities",
      args: () => ({ entities: [entity()] }),
      server: { ...node(memory), env: { MEMORY_FILE_PATH: join(folder, "memory.json") } },
    },
    python && {
      name: `${fastMcp.replace("==", "@")} over stdio`,
      ...sum,
      server: { command: python, args: [sums] },
    },
    python && {
      name: `${fastMcp.replace("==", "@")} over HTTP`,
      ...sum,
      isModern: true,
      ...(await overHttp(python, (port) => [sums, String(port)])),
    },
  ].filter(Boolean);
}
