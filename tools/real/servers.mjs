/**
 * Third-party servers, each with a call and its expected answer:
 * `{ name, server, tool, args, answers, refused, close }`. Servers keep their files in `folder`.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { npmPeer, pythonPeer } from "../peers.mjs";
import { startOnFreePort } from "../programs.mjs";
import { fastMcp } from "./clients.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const node = (...args) => ({ command: process.execPath, args });
const { devDependencies } = createRequire(import.meta.url)("../../package.json");
const everythingVersion = devDependencies["@modelcontextprotocol/server-everything"];
const everything = here("../../node_modules/@modelcontextprotocol/server-everything/dist/index.js");

/** Starts a server over HTTP. */
async function overHttp(program, argsFor) {
  const { url, close } = await startOnFreePort(program, argsFor);
  return { server: { url }, close };
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
      ...(await overHttp(python, (port) => [sums, port])),
    },
  ].filter(Boolean);
}
