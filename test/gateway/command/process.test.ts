/** The gateway as a process: signals, and what keeps it from starting. */
// Only in test:all: it starts the built command.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import * as nodeModule from "node:module";
import { join } from "node:path";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { listening } from "../../support/listening.ts";
import { verifies } from "../../support/verifies.ts";
import { sessionOf } from "../run/support/caller.ts";
import { type Came, fakeServer } from "../run/support/fake-server.ts";

const bin = fileURLToPath(new URL("../../../dist/gateway/command/main.js", import.meta.url));

/** Starts the command on a configuration; resolves once it is ready, or has ended. */
async function started(config: object, more: Readonly<Record<string, string>> = {}) {
  const cwd = await folderWith({ "glassine.config.json": JSON.stringify(config) });
  const env = { PATH: process.env.PATH ?? "", XDG_RUNTIME_DIR: cwd, ...more };
  const child: ChildProcess = spawn(process.execPath, [bin, "gateway"], { cwd, env });
  afterTest(() => child.kill("SIGKILL"));
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  const ended = new Promise<number | string | null>((resolve) =>
    child.on("close", (code, signal) => resolve(code ?? signal)),
  );
  const lines = () =>
    text
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line));
  const seen = (event: string) => lines().find((line) => line.event === event);
  return { cwd, child, ended, text: () => text, seen };
}

/** A ready process in front of a server that holds its calls. */
async function ready(limits: object = {}) {
  const waiting: Came[] = [];
  const server = await fakeServer((came) => void waiting.push(came));
  afterTest(server.close);
  const config = { servers: { fake: { url: server.url } }, listen: { port: 0 }, limits };
  const made = await started(config);
  await expect.poll(() => made.seen("ready")).toBeDefined();
  const { host, port } = made.seen("ready").front;
  return { ...made, config, waiting, url: new URL(`http://${host}:${port}/mcp`) };
}

it("lets a request end after SIGTERM, and ends with 0", async () => {
  const { child, ended, waiting, seen, url } = await ready();
  const own = await sessionOf(url);
  const asked = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  child.kill("SIGTERM");
  await expect.poll(() => seen("stopping")).toBeDefined();
  waiting[0]?.answer("fine");
  expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
  expect(await ended).toBe(0);
});

it("refuses what is open at a second SIGTERM, and ends with 0", async () => {
  const { child, ended, waiting, seen, url } = await ready({ shutdownMs: 600_000 });
  const own = await sessionOf(url);
  const asked = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  child.kill("SIGTERM");
  await expect.poll(() => seen("stopping")).toBeDefined();
  child.kill("SIGTERM");
  const refused = { id: 1, error: { data: { code: "shutting_down" } } };
  expect((await asked).messages).toMatchObject([refused]);
  expect(await ended).toBe(0);
});

it("keeps the last good configuration after SIGHUP with a wrong one", async () => {
  const { cwd, child, ended, waiting, seen, url, config } = await ready();
  const own = await sessionOf(url);
  const file = join(cwd, "glassine.config.json");
  await writeFile(file, JSON.stringify({ ...config, serverz: {} }));
  child.kill("SIGHUP");
  await expect.poll(() => seen("reload_refused")).toMatchObject({ code: "config_invalid" });
  const asked = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.answer("fine");
  expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
  await writeFile(file, JSON.stringify(config));
  child.kill("SIGHUP");
  await expect.poll(() => seen("reloaded")).toMatchObject({ generation: 2 });
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("says which key of the configuration names a secret that is missing", async () => {
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const labels = { store: { redis: { env: "NO_SUCH_VARIABLE" } } };
  const { ended, text } = await started({ servers, labels, listen: { port: 0 } });
  expect(await ended).toBe(2);
  expect(text()).toMatch(
    /\nlabels\.store\.redis: the environment variable "NO_SUCH_VARIABLE" is not/,
  );
});

const imports = 'import { definePlugin } from "glassine";';
const plugin = 'definePlugin({ name: "elsewhere", version: "1.0.0", hooks: {} })';

it.each([
  ["a module", "p.mjs", `${imports} export default ${plugin};`],
  [
    "TypeScript that no Node runs by itself",
    "p.ts",
    `${imports} enum Unused { A } export default ${plugin};`,
  ],
  // Before Node 22.15, no hook sees a `require`.
  ...("registerHooks" in nodeModule
    ? [["CommonJS", "p.cjs", `module.exports = require("glassine").${plugin};`]]
    : []),
])("lends the library to %s in a folder without it, and Node warns of nothing", async (...of) => {
  const [, name, text] = of;
  const cwd = await folderWith({ [name as string]: text as string });
  const argv = [bin, "gateway", "--check", "--plugin", `./${name}`, "--", process.execPath];
  const { stdout, stderr } = spawnSync(process.execPath, argv, { cwd, encoding: "utf8" });
  expect(stderr).toBe("");
  expect(stdout).toContain("The configuration can work.");
});

it("says what to do about TypeScript that Node does not run, where jiti is not installed", async () => {
  const hides = `import Module from "node:module";
const { _resolveFilename } = Module;
Module._resolveFilename = (name, ...more) => {
  if (name === "jiti") throw Object.assign(new Error("hidden"), { code: "MODULE_NOT_FOUND" });
  return _resolveFilename(name, ...more);
};`;
  const text = `${imports} enum Unused { A } export default ${plugin};`;
  const cwd = await folderWith({ "hides.mjs": hides, "p.ts": text });
  const argv = ["--import=./hides.mjs", bin, "gateway", "--check", "--plugin", "./p.ts"];
  const options = { cwd, encoding: "utf8" } as const;
  const { stderr } = spawnSync(process.execPath, [...argv, "--", process.execPath], options);
  expect(stderr).toContain(
    "typescript" in process.features
      ? "(TypeScript enum is not supported in strip-only mode): install jiti (npm install jiti), or write it without such syntax"
      : "p.ts): install jiti (npm install jiti), use Node 22.18 or newer, or write a .js file",
  );
});

it("names each package that is not installed with --check, and how to install it", async () => {
  const hooks = `const peers = ["@modelcontextprotocol/server", "@opentelemetry/api", "redis"];
export const resolve = (name, context, next) =>
  next(peers.includes(name) ? name + "-that-nobody-has" : name, context);`;
  const hides = 'import { register } from "node:module"; register("./hooks.mjs", import.meta.url);';
  const servers = { files: { url: "https://files.example/mcp" } };
  const needing = {
    listen: {},
    tracing: true,
    labels: { store: { redis: "redis://localhost" } },
  };
  const problemsOf = async (config: object) => {
    const files = { "hooks.mjs": hooks, "hides.mjs": hides, "glassine.config.json": config };
    const argv = ["--import=./hides.mjs", bin, "gateway", "--check", "--json"];
    const cwd = await folderWith(files);
    return JSON.parse(spawnSync(process.execPath, argv, { cwd, encoding: "utf8" }).stdout).problems;
  };
  expect(await problemsOf({ servers, ...needing })).toEqual([
    expect.stringContaining("npm install @modelcontextprotocol/server"),
    expect.stringContaining("npm install @opentelemetry/api"),
    expect.stringContaining("npm install redis"),
  ]);
  expect(await problemsOf({ servers })).toEqual([]);
});

it("says which port is in use, and what to do", async () => {
  const { port } = await listening(createServer());
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const { ended, text } = await started({ servers, listen: { port } });
  expect(await ended).not.toBe(0);
  expect(text()).toContain(
    `listen: port ${port} of 127.0.0.1 is in use: stop the program that listens there`,
  );
});

it("answers a session whose server has no program, and goes on", async () => {
  const servers = { none: { command: "no-such-program" } };
  const made = await started({ servers, listen: { port: 0 } });
  await expect.poll(() => made.seen("ready")).toBeDefined();
  const { host, port } = made.seen("ready").front;
  const url = new URL(`http://${host}:${port}/mcp`);
  const own = await sessionOf(url);
  expect(own.session).toBe("none");
  expect(made.text()).toContain('no program \\"no-such-program\\"');
  made.child.kill("SIGTERM");
  expect(await made.ended).toBe(0);
});

it("does not start with an identity that it could not check", async () => {
  const jwt = {
    issuer: "https://issuer.example",
    audience: "https://gateway.example/mcp",
    algorithms: ["ES256"],
    keys: { file: "glassine.config.json" },
  };
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const { ended, text } = await started({ servers, listen: { port: 0 }, identity: { jwt } });
  expect(await ended).not.toBe(0);
  expect(text()).toContain("key file");
});

it("goes on without a reader of its log over HTTP, and ends on SIGTERM", async () => {
  const { child, ended, seen, url, waiting } = await ready();
  child.stderr?.destroy();
  // Each refusal writes a log line that nobody reads.
  for (const _ of [1, 2, 3]) expect((await fetch(url, { method: "DELETE" })).status).toBe(400);
  const own = await sessionOf(url);
  const asked = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  waiting[0]?.answer("fine");
  expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
  expect(seen("request")).toBeUndefined();
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
});

it("ends with its caller over stdio, also where nobody reads the log any more", async () => {
  const server = await fakeServer(() => {});
  afterTest(server.close);
  const { child, ended, seen } = await started({ servers: { fake: { url: server.url } } });
  await expect.poll(() => seen("ready")).toBeDefined();
  child.stderr?.destroy();
  child.stdout?.destroy();
  child.stdin?.end();
  expect(await ended).toBe(0);
});

/** Clients with the official SDKs end a server this way, and kill it two seconds later. */
it.each([
  ["an idle gateway", ""],
  ["a request is open", '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}\n'],
])("leaves no process when its caller closes its input and sends SIGTERM: %s", async (_, text) => {
  const program =
    'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.error(process.pid);';
  const servers = { deaf: { command: process.execPath, args: ["-e", program] } };
  // To wait that long would time the test out.
  const limits = { shutdownMs: 600_000 };
  const { child, ended, seen } = await started({ servers, limits });
  await expect.poll(() => seen("server_stderr")).toBeDefined();
  const pid = Number(seen("server_stderr").text);
  // It should be gone by then.
  afterTest(() => void spawnSync("kill", ["-KILL", String(pid)]));
  child.stdin?.end(text);
  await pause(500);
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});

/** A named pipe that nobody reads: opening it to write hangs unless the caller does not wait. */
async function unreadPipe() {
  const folder = await folderWith({});
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  return { folder, pipe };
}

it("says that nobody reads the pipe of its audit trail, and does not start", async () => {
  verifies("cli:gateway-stuck");
  const { pipe } = await unreadPipe();
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const plugins = [{ use: "secret-scanner", options: { action: "label" } }];
  const { ended, text } = await started({ servers, plugins, audit: { file: pipe } });
  expect(await ended).toBe(2);
  expect(text()).toMatch(/did not accept plugin\.registered.* is not registered/s);
});

it("ends although a write to the file of its audit trail hangs", async () => {
  verifies("cli:gateway-stuck");
  const { folder, pipe } = await unreadPipe();
  const file = join(folder, "audit.jsonl");
  // Opens the pipe in place of the file, and waits for a reader, as for a disk that hangs.
  const hang = join(folder, "hang.mjs");
  const text = `import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
const { open } = fs.promises;
fs.promises.open = (path, ...more) =>
  path === ${JSON.stringify(file)} ? open(${JSON.stringify(pipe)}, "a") : open(path, ...more);
syncBuiltinESMExports();`;
  await writeFile(hang, text);
  const servers = { fake: { url: "http://127.0.0.1:1/mcp" } };
  const plugins = [{ use: "secret-scanner", options: { action: "label" } }];
  const { ended, seen } = await started(
    { servers, plugins, audit: { file } },
    { NODE_OPTIONS: `--import=${hang}` },
  );
  expect(await ended).toBe("SIGKILL");
  expect(seen("audit_stuck")).toMatchObject({ level: "error", file });
});
