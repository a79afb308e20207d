/**
 * Does what docs/gateway.md says, and compares what its commands print. With `GLASSINE_WRITE_DOCS`
 * set, the page is updated with the current output.
 */
// Only in test:all: it runs gateways and clients in processes of their own.
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { afterFile } from "../support/cleanup.ts";
import { readPage, root } from "./support/pages.ts";

const { path, text } = readPage("docs/gateway.md");
const run = promisify(execFile);
/** What the page has in place of what differs between runs. */
const shown = {
  folder: "/srv/guarded",
  port: "8080",
  request: /(?<=explain )\S+/.exec(text)?.[0] ?? "",
  time: "2026-11-30T12:00:00.000Z",
};
/** Words after `npx` name what is installed; glassine is the built command. */
const prelude = `glassine() { node "${root}dist/gateway/command/main.js" "$@"; }; npx() { "$@"; }`;

it("docs/gateway.md: each command prints what the page says", async () => {
  const { folder, port } = await newFolder();
  const inFolder = (file: string, content: string) => writeFile(join(folder, file), content);
  const started: Gateway[] = [];
  const replies: string[] = [];
  let config = {};
  const blocks = /(?:`(\w+\.js)`[^`]*)?```(\w+)\n([\s\S]*?)```/g;
  for (const [, file, kind, shownBlock = ""] of text.matchAll(blocks)) {
    const block = shownBlock.replaceAll(shown.port, port);
    if (kind === "js" && file !== undefined) await inFolder(file, block);
    if (kind === "json" && block.includes('"plugins"')) {
      config = { ...config, ...JSON.parse(block) };
      await inFolder("glassine.config.json", JSON.stringify(config));
    }
    if (kind === "sh" && block.startsWith("npx glassine")) {
      await started.at(-1)?.stop();
      started.push(await startGateway(block, folder));
    }
    if (kind !== "console") continue;
    const id = started.at(-1)?.refusedRequest() ?? "";
    const reply = await replay(block.replace(shown.request, id), folder);
    replies.push(
      reply
        .replaceAll(folder, shown.folder)
        .replaceAll(port, shown.port)
        .replaceAll(id === "" ? "\0" : id, shown.request)
        .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, shown.time),
    );
  }
  let at = 0;
  const now = text.replaceAll(/(?<=^```console\n)[\s\S]*?(?=^```$)/gm, () => replies[at++] ?? "");
  if (process.env.GLASSINE_WRITE_DOCS !== undefined) await writeFile(root + path, now);
  else expect(now).toBe(text);
  expect(replies.length).toBeGreaterThan(3);
});

/** Makes a folder in which the packages of the page are installed, and finds a free port. */
async function newFolder() {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "glassine-docs-")));
  afterFile(() => rm(folder, { recursive: true, force: true }));
  const modules = join(folder, "node_modules");
  await mkdir(modules);
  await symlink(root, join(modules, "glassine"));
  for (const name of [".bin", "@modelcontextprotocol", "jose"])
    await symlink(`${root}node_modules/${name}`, join(modules, name));
  await writeFile(join(folder, "package.json"), '{"type":"module"}');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return { folder, port: String(typeof address === "object" && address?.port) };
}

interface Gateway {
  /** The id of the last request that a plugin refused. */
  refusedRequest(): string | undefined;
  stop(): Promise<void>;
}

/** Runs the command that starts a gateway, until that is ready. */
async function startGateway(line: string, cwd: string): Promise<Gateway> {
  const args = ["-c", `${prelude}; ${line}`];
  const child: ChildProcess = spawn("bash", args, { cwd, env: environment(cwd), detached: true });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async () => {
    const runs = child.exitCode === null && child.signalCode === null;
    // The whole group: the shell, the gateway and its servers.
    if (runs && child.pid !== undefined) process.kill(-child.pid, "SIGTERM");
    await ended;
  };
  afterFile(stop);
  let log = "";
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on("data", (chunk) => {
      log += chunk;
      if (log.includes('"event":"ready"')) resolve();
    });
    void ended.then(() => reject(new Error(`The gateway ended: ${log}`)));
  });
  const refusal = /"request":"([^"]+)".*"outcome":"denied"/g;
  return { stop, refusedRequest: () => [...log.matchAll(refusal)].at(-1)?.[1] };
}

/** Returns a block with the current output of its commands, which share one shell. */
async function replay(block: string, cwd: string): Promise<string> {
  const commands = block.split("\n").filter((line) => line.startsWith("$ "));
  const script = commands.map((line) => `cat <<'END'\n${line}\nEND\n${line.slice(2)}`).join("\n");
  const args = ["-c", `exec 2>&1\n${prelude}\n${script}\ntrue`];
  const { stdout } = await run("bash", args, { cwd, env: environment(cwd) });
  return stdout;
}

/** With a runtime folder of its own, so that `gateway reload` reaches no other gateway. */
function environment(folder: string) {
  return { PATH: process.env.PATH, HOME: folder, XDG_RUNTIME_DIR: folder };
}
