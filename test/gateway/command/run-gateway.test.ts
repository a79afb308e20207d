/** The life of a gateway: its start, reloads, signals and end. */
import { once } from "node:events";
import { chmod, readdir, symlink, writeFile } from "node:fs/promises";
import { createConnection, createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { GlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { sessionOf } from "../run/support/caller.ts";
import { codeOf, double, type GatewayParts, openGateway, run, start } from "./support.ts";

const smallServer = fileURLToPath(new URL("../run/support/small-server.mjs", import.meta.url));
const files = { command: "mcp-server-files" };
const name = "glassine.config.json";
const folder = () => folderWith({ [name]: { servers: { files }, plugins: [{ use: "quiet" }] } });
const write = (cwd: string, config: unknown) => writeFile(join(cwd, name), JSON.stringify(config));

/** The path of the socket in a folder, through which a gateway is asked to reload. */
async function socketIn(cwd: string): Promise<string> {
  const found = (await readdir(cwd)).filter((each) => each.endsWith(".sock"));
  expect(found).toHaveLength(1);
  return join(cwd, found[0] ?? "");
}

/** Runs the hook before a tool call, in the request `r-1`, and returns the parts. */
async function invoke(parts: GatewayParts | undefined): Promise<GatewayParts> {
  if (parts === undefined) throw new Error("The gateway was not opened.");
  const message = { role: "user", content: [] } as never;
  await parts.manager.invoke("cmf.tool_pre_invoke" as never, message, { request: "r-1" } as never);
  return parts;
}

describe("a reload", () => {
  it("takes the configuration as it is now, by a signal and by command", async () => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const { state, openGateway } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    await write(cwd, { servers: { files, docs: files }, plugins: [{ use: "foreign" }] });
    running.signals.emit("SIGHUP");
    expect(await running.seen("reloaded")).toMatchObject({ generation: 2, plugins: ["foreign"] });
    const events = running.events().filter(({ event }) => event !== "missing");
    expect(events.map(({ event }) => event)).toEqual(["ready", "reloading", "reloaded"]);
    await write(cwd, { servers: { docs: files } });
    const reload = await run(["gateway", "reload", "--json"], { cwd });
    expect([reload.code, reload.document()]).toEqual([
      0,
      {
        action: "reload",
        config_file: join(cwd, name),
        generation: 3,
        warnings: [expect.stringContaining("mcp-server-files is not found")],
      },
    ]);
    expect(state.parts.map(({ config }) => Object.keys(config.servers))).toEqual([
      ["files"],
      ["files", "docs"],
      ["docs"],
    ]);
    expect((await run(["gateway", "reload"], { cwd })).stderr).toMatch(
      /^warning: servers\.docs\.command: mcp-server-files is not found/,
    );
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    expect(codeOf((await run(["gateway", "reload", "--json"], { cwd })).document())).toBe(
      "gateway_not_running",
    );
  });

  it("follows the start, if the signal comes before the gateway is ready", async () => {
    const cwd = await folder();
    const { openGateway } = double();
    const running = start(["gateway"], {
      cwd,
      async openGateway(parts) {
        await write(cwd, { servers: { files }, plugins: [{ use: "foreign" }] });
        expect(running.signals.emit("SIGHUP")).toBe(true);
        return openGateway(parts);
      },
    });
    expect(await running.seen("reloaded")).toMatchObject({ generation: 2, plugins: ["foreign"] });
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
  });

  it.each<[string, unknown, string, RegExp]>([
    ["a misspelt key", { severs: {} }, "config_invalid", /Did you mean "servers"\?/],
    [
      "a plugin that is not there",
      { servers: { files }, plugins: [{ use: "quite" }] },
      "plugin_missing",
      /Did you mean "quiet"\?/,
    ],
    [
      "production without a lockfile",
      { servers: { files }, mode: "production", audit: { file: "audit.jsonl" } },
      "lockfile_missing",
      /./,
    ],
  ])("leaves the last good one running after %s", async (_, config, code, text) => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const { state, openGateway } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    await write(cwd, config);
    running.signals.emit("SIGHUP");
    const refused = { code, message: expect.stringMatching(text), generation: 1, level: "error" };
    expect(await running.seen("reload_refused")).toMatchObject(refused);
    const byCommand = await run(["gateway", "reload"], { cwd });
    expect([byCommand.code, byCommand.stderr]).toEqual([1, expect.stringMatching(text)]);
    expect(byCommand.stderr).toContain("generation 1 stays in effect");
    expect([state.parts.length, state.isClosed]).toEqual([1, false]);
    running.signals.emit("SIGINT");
    expect(await running.code).toBe(0);
  });

  it("is shared by all requests that came during the one before", async () => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const { state, openGateway, hold } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    const go = hold();
    running.signals.emit("SIGHUP");
    await running.seen("reloading");
    for (let request = 0; request < 20; request += 1) running.signals.emit("SIGHUP");
    await write(cwd, { servers: { docs: files } });
    go();
    await expect.poll(() => state.parts.length).toBe(3);
    expect(await running.seen("reloaded", 2)).toMatchObject({ generation: 3 });
    expect(Object.keys(state.parts[2]?.config.servers ?? {})).toEqual(["docs"]);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    expect(running.events().filter(({ event }) => event === "reloading")).toHaveLength(2);
  });

  it("that is in progress, or waits for one, does not keep the gateway from ending", async () => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const { openGateway, hold } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    afterTest(hold());
    const asked = [run(["gateway", "reload"], { cwd }), run(["gateway", "reload"], { cwd })];
    await running.seen("reloading");
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    for (const { code, stderr } of await Promise.all(asked))
      expect([code, stderr]).toEqual([1, expect.stringMatching(/shutting down|no gateway/)]);
  });

  it("that the gateway itself refuses changes nothing, and the next one can go well", async () => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const { state, openGateway } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    state.refuses = new GlassineError("options_invalid", "the port cannot change");
    running.signals.emit("SIGHUP");
    expect(await running.seen("reload_refused")).toMatchObject({
      message: "the port cannot change",
    });
    state.refuses = undefined;
    running.signals.emit("SIGHUP");
    expect(await running.seen("reloaded")).toMatchObject({ generation: 2 });
    running.signals.emit("SIGTERM");
    await running.code;
  });

  it("reaches the gateway of its own configuration, and one at a time", async () => {
    verifies("cli:gateway-reload");
    const cwd = await folder();
    const other = await folder();
    const running = start(["gateway"], { cwd });
    await running.seen("ready");
    const elsewhere = await run(["gateway", "reload"], {
      cwd: other,
      env: { XDG_RUNTIME_DIR: cwd },
    });
    expect([elsewhere.code, elsewhere.stderr]).toEqual([1, expect.stringContaining("no gateway")]);
    const all = await Promise.all(
      [1, 2, 3].map(() => run(["gateway", "reload", "--json"], { cwd })),
    );
    const generations = new Set(all.map(({ document }) => document().generation));
    const reloads = running.events().filter(({ event }) => event === "reloaded");
    expect([...generations].sort()).toEqual(reloads.map(({ generation }) => generation));
    const twin = start(["gateway"], { cwd });
    await twin.seen("ready");
    expect(await twin.seen("no_reload_socket")).toMatchObject({ level: "warn" });
    for (const each of [running, twin]) each.signals.emit("SIGTERM");
    expect(await Promise.all([running.code, twin.code])).toEqual([0, 0]);
  });

  it("keeps no gateway from ending if the one that asked does not hang up", async () => {
    const cwd = await folder();
    const running = start(["gateway"], { cwd });
    await running.seen("ready");
    const socket = createConnection({ path: await socketIn(cwd), allowHalfOpen: true });
    afterTest(() => socket.destroy());
    socket.write("reload\n");
    const [answer] = await once(socket, "data");
    expect(JSON.parse(String(answer))).toMatchObject({ ok: true, generation: 2 });
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
  });

  it("takes SIGHUP until nothing is left to end", async () => {
    const cwd = await folder();
    const { state, openGateway } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    const socket = createConnection(await socketIn(cwd));
    afterTest(() => socket.destroy());
    await once(socket, "connect");
    running.signals.emit("SIGTERM");
    await expect.poll(() => state.isClosed).toBe(true);
    // The gateway waits for this connection, which asks for nothing.
    expect(running.signals.emit("SIGHUP")).toBe(true);
    socket.destroy();
    expect(await running.code).toBe(0);
    expect(running.signals.emit("SIGHUP")).toBe(false);
  });

  it("asks nobody in a folder that others can use", async () => {
    verifies("cli:gateway-socket");
    const cwd = await folder();
    const running = start(["gateway"], { cwd });
    await running.seen("ready");
    await chmod(cwd, 0o777);
    const { code, stderr } = await run(["gateway", "reload"], { cwd });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining("must be a folder that belongs to this user"),
    ]);
    await chmod(cwd, 0o700);
    expect((await run(["gateway", "reload"], { cwd })).code).toBe(0);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
  });

  it("asks nobody if the path of the socket would be cut off", async () => {
    verifies("cli:gateway-socket");
    const cwd = await folder();
    const env = { XDG_RUNTIME_DIR: join(cwd, "x".repeat(100)) };
    const running = start(["gateway"], { cwd, env });
    expect(await running.seen("no_reload_socket")).toMatchObject({
      text: expect.stringContaining("set XDG_RUNTIME_DIR to a shorter one"),
    });
    const { code, stderr } = await run(["gateway", "reload"], { cwd, env });
    expect([code, stderr]).toEqual([2, expect.stringContaining("is too long for the path")]);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    expect(await readdir(cwd)).toEqual([name]);
  });

  it("finds the gateway whatever way its folder is reached", async () => {
    verifies("cli:gateway-socket");
    const cwd = await folder();
    const links = await folderWith({});
    await symlink(cwd, join(links, "link"));
    const running = start(["gateway"], { cwd: join(links, "link"), env: { XDG_RUNTIME_DIR: cwd } });
    await running.seen("ready");
    expect((await run(["gateway", "reload"], { cwd })).code).toBe(0);
    running.signals.emit("SIGTERM");
    await running.code;
    const { stderr } = await run(["gateway", "reload"], { cwd });
    expect(stderr).toContain(`no gateway answers at ${cwd}/glassine-gateway-`);
    expect(stderr).toMatch(/another path to this file, XDG_RUNTIME_DIR or TMPDIR.*SIGHUP/);
  });

  it("takes an answer of another form for none", async () => {
    const cwd = await folder();
    const running = start(["gateway"], { cwd });
    await running.seen("ready");
    const path = await socketIn(cwd);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    const server = createServer((socket) => void socket.end('{"ok":"yes","generation":{}}'));
    afterTest(() => server.close());
    await once(server.listen(path), "listening");
    const { code, stderr } = await run(["gateway", "reload"], { cwd });
    expect([code, stderr]).toEqual([1, expect.stringContaining("no gateway")]);
  });
});

it("warns at its start of programs and secrets that are not there, by their places", async () => {
  const cwd = await folderWith({
    [name]: {
      servers: {
        gone: { command: "/nowhere/server" },
        web: { url: "http://127.0.0.1:1/mcp", headers: { authorization: { env: "NO_KEY" } } },
      },
      listen: { port: 0 },
    },
  });
  const running = start(["gateway"], { cwd });
  await running.seen("ready");
  const texts = running
    .events()
    .filter(({ event }) => event === "missing")
    .map(({ text }) => text);
  expect(texts).toEqual([
    "servers.gone.command: /nowhere/server is not found: install it, or write its path.",
    expect.stringMatching(/^servers\.web\.headers\.authorization: .*NO_KEY/),
  ]);
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

describe("an error in the code of a plugin", () => {
  const failing = `import { definePlugin } from "glassine";
export default definePlugin({
  name: "failing",
  version: "1.0.0",
  hooks: {
    "cmf.tool_pre_invoke": () => {
      throw new TypeError("x is not a function");
    },
  },
});`;

  it("is in the log with its file and line, and with its stack by --verbose", async () => {
    for (const flags of [[], ["--verbose"]]) {
      const cwd = await folderWith({ "failing.mjs": failing });
      const path = join(cwd, "failing.mjs");
      const { state, openGateway } = double();
      const argv = ["gateway", ...flags, "--plugin", path, "--", "x"];
      const running = start(argv, { cwd, openGateway });
      await running.seen("ready");
      await invoke(state.parts[0]);
      expect(await running.seen("plugin_failed")).toEqual({
        time: expect.any(String),
        level: "error",
        event: "plugin_failed",
        plugin: "failing",
        hook: "cmf.tool_pre_invoke",
        generation: 1,
        request: "r-1",
        code: "handler_error",
        text: "plugin 'failing' threw on cmf.tool_pre_invoke: TypeError: x is not a function",
        at: expect.arrayContaining([`${path}:7`]),
        ...(flags.length > 0 && {
          stack: expect.arrayContaining(["TypeError: x is not a function"]),
        }),
      });
      const late = new Error("late\n");
      late.stack = `Error: late\n    at tick (file://${path}?1-2:9:3)\n    at node:internal/timers:1:1`;
      running.fail(late);
      expect(await running.seen("failed_outside")).toMatchObject({
        level: "error",
        plugin: "failing",
        at: [`${path}:9`],
        text: expect.stringMatching(/^late\S+$/),
      });
      running.signals.emit("SIGTERM");
      expect(await running.code).toBe(0);
    }
  });

  it("is in the log without secrets, wherever it is thrown and without a trail", async () => {
    verifies("cli:gateway-log-redacted");
    const secret = "zebra-9f8e7d6c";
    const leaking = failing.replace("x is not a function", `${secret} password=hunter2`);
    const cwd = await folderWith({
      "failing.mjs": leaking,
      key: secret,
      [name]: {
        servers: { files: { ...files, env: { KEY: { file: "key" } } } },
        plugins: [{ path: "failing.mjs" }],
      },
    });
    const { state, openGateway } = double();
    const running = start(["gateway", "--verbose"], { cwd, openGateway });
    await running.seen("ready");
    const { log } = await invoke(state.parts[0]);
    running.fail(new Error(`late ${secret} Bearer abcdef123456`));
    log.warn("server_stderr", { server: "files", text: `${secret} token=abc` });
    log.error("server_unavailable", { text: `the secret file of ${secret} is empty` });
    const redacted = "[REDACTED] password=[REDACTED]";
    expect(await running.seen("plugin_failed")).toMatchObject({
      text: `plugin 'failing' threw on cmf.tool_pre_invoke: TypeError: ${redacted}`,
      stack: expect.arrayContaining([`TypeError: ${redacted}`]),
    });
    expect(await running.seen("failed_outside")).toMatchObject({
      text: "late [REDACTED] Bearer [REDACTED]",
      stack: expect.arrayContaining(["Error: late [REDACTED] Bearer [REDACTED]"]),
    });
    expect(await running.seen("server_stderr")).toMatchObject({
      text: "[REDACTED] token=[REDACTED]",
    });
    // The gateway's own sentences lose nothing else.
    expect(await running.seen("server_unavailable")).toMatchObject({
      text: "the secret file of [REDACTED] is empty",
    });
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
    expect(running.texts.log).not.toMatch(/zebra|hunter2|abcdef123456/);
  });

  it("is in the log with an event of its own if it switches the plugin off", async () => {
    const cwd = await folderWith({
      "failing.mjs": failing,
      [name]: {
        servers: { files },
        plugins: [{ path: "failing.mjs", onError: "disable" }],
      },
    });
    const { state, openGateway } = double();
    const running = start(["gateway"], { cwd, openGateway });
    await running.seen("ready");
    await invoke(state.parts[0]);
    expect(await running.seen("plugin_disabled")).toMatchObject({
      level: "warn",
      plugin: "failing",
      hook: "cmf.tool_pre_invoke",
      request: "r-1",
      code: "handler_error",
      text: expect.stringContaining("is switched off"),
    });
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
  });

  it("is in the log if it throws nothing", async () => {
    const mistaken = failing.replace(
      'throw new TypeError("x is not a function")',
      "return {nope: 1}",
    );
    expect(mistaken).not.toBe(failing);
    const cwd = await folderWith({ "mistaken.mjs": mistaken });
    const { state, openGateway } = double();
    const argv = ["gateway", "--plugin", join(cwd, "mistaken.mjs"), "--", "x"];
    const running = start(argv, { cwd, openGateway });
    await running.seen("ready");
    await invoke(state.parts[0]);
    expect(await running.seen("plugin_failed")).toMatchObject({
      level: "error",
      plugin: "failing",
      hook: "cmf.tool_pre_invoke",
      request: "r-1",
      code: "result_shape",
      text: expect.stringMatching(
        /^plugin 'failing' returned something that was refused at \(result\) on cmf\.tool_pre_invoke: A result may have /,
      ),
    });
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(0);
  });

  it("keeps the gateway from starting, and says in which file and line", async () => {
    const text = "const x = undefined;\n\nx.y();\nexport default {};";
    const cwd = await folderWith({ "broken.mjs": text, "other.mjs": 'import "./broken.mjs";' });
    const path = join(cwd, "broken.mjs");
    for (const name of ["broken.mjs", "other.mjs"]) {
      const { code, stderr } = await run(["gateway", "--plugin", name, "--", "x"], { cwd });
      expect([code, stderr]).toEqual([2, expect.stringContaining(`(at ${path}:3`)]);
      expect(stderr.trim().split("\n")).toHaveLength(1);
    }
    const loud = await run(["gateway", "--verbose", "--plugin", "broken.mjs", "--", "x"], { cwd });
    expect(loud.stderr).toMatch(/\n *at .*broken\.mjs/);
  });
});

describe("the end", () => {
  it.each(["SIGTERM", "SIGINT"])(
    "by %s closes everything, hurries with the next one, and gives the third back",
    async (signal) => {
      verifies("cli:gateway-signals");
      const { state, openGateway } = double();
      const running = start(["gateway", "--", "x"], { openGateway });
      await running.seen("ready");
      expect(running.signals.listenerCount(signal)).toBe(1);
      let release = () => {};
      state.closing = new Promise((resolve) => {
        release = resolve;
      });
      running.signals.emit(signal);
      await running.seen("stopping");
      const { hurried } = state.parts[0] ?? {};
      expect(hurried?.aborted).toBe(false);
      running.signals.emit(signal);
      await expect.poll(() => hurried?.aborted).toBe(true);
      // Without a listener, a third signal ends the process at once: the system's default.
      expect(running.signals.listenerCount(signal)).toBe(0);
      release();
      expect(await running.code).toBe(0);
      expect(state.isClosed).toBe(true);
      expect(running.signals.eventNames()).toEqual([]);
    },
  );

  it.each([
    [{}, 0],
    [{ code: "server_gone" }, 1],
  ])("by itself: %j", async (how, exitCode) => {
    verifies("cli:gateway-signals");
    const { state, openGateway } = double();
    const running = start(["gateway", "--", "x"], { openGateway });
    await running.seen("ready");
    state.end(how);
    expect(await running.code).toBe(exitCode);
    expect(state.isClosed).toBe(true);
  });

  it("waits for the reader of the log, but not for long", async () => {
    for (const isRead of [true, false]) {
      const { state, openGateway } = double();
      const running = start(["gateway", "--", "x"], { openGateway });
      await running.seen("ready");
      running.logStream.writableLength = 10;
      running.signals.emit("SIGTERM");
      await expect.poll(() => state.isClosed).toBe(true);
      const pause = new Promise((resolve) => setTimeout(resolve, 100, "waiting"));
      expect(await Promise.race([running.code, pause])).toBe("waiting");
      if (isRead) running.logStream.writableLength = 0;
      expect(await running.code).toBe(0);
    }
  });
});

describe("a gateway that does not start", () => {
  it("says what to do where the command of a server is not there", async () => {
    const argv = ["gateway", "--", "no-such-program"];
    const { code, stderr } = await run(argv, { openGateway });
    expect([code, stderr]).toEqual([2, expect.stringContaining('no program "no-such-program"')]);
  });

  it("shows no secret in arguments that are part of the command", async () => {
    const argv = ["gateway", "--", "no-such-program --token=zebra42"];
    const { code, stderr } = await run(argv, { openGateway });
    expect([code, stderr]).toEqual([
      2,
      expect.stringContaining('no program "no-such-program --token=[REDACTED]"'),
    ]);
  });

  it.each([["gateway"], ["gateway", "--check"]])(
    "shows no secret that the code of a plugin quotes: %s %s",
    async (...argv) => {
      const cwd = await folderWith({
        "failing.mjs": "throw new Error(`no way in with ${process.env.ZEBRA ?? 'zebra42'}`);",
        [name]: {
          servers: { files: { ...files, env: { KEY: { env: "ZEBRA" } } } },
          plugins: ["./failing.mjs"],
        },
      });
      const env = { ZEBRA: "zebra42" };
      const { code, stderr } = await run([...argv, "--verbose"], { cwd, env, openGateway });
      expect([code, stderr]).toEqual([2, expect.stringContaining("no way in with [REDACTED] (at")]);
      expect(stderr).toMatch(/Error: no way in with \[REDACTED\]\n +at /);
      expect(stderr).not.toContain("zebra42");
    },
  );

  it("names the variable where no server of several has its secret", async () => {
    const web = (env: string) => ({
      url: "http://127.0.0.1:1/mcp",
      headers: { authorization: { env } },
    });
    const cwd = await folderWith({ [name]: { servers: { a: web("KEY_A"), b: web("KEY_B") } } });
    const running = start(["gateway"], { cwd, openGateway });
    expect([await running.code, running.texts.err]).toEqual([
      2,
      expect.stringContaining('"KEY_A" is not set'),
    ]);
    const lines = running.events().filter(({ event }) => event === "server_unavailable");
    expect(lines).toMatchObject([{ server: "a" }, { server: "b" }]);
  });

  it("ends with the exit code of a refusal, or of a bug", async () => {
    const refusing = () => Promise.reject(new GlassineError("secret_missing", "no TOKEN"));
    expect(await run(["gateway", "--", "x"], { openGateway: refusing })).toMatchObject({
      code: 2,
      stderr: "no TOKEN\n",
    });
    const broken = () => Promise.reject(new TypeError("x is undefined"));
    expect((await run(["gateway", "--", "x"], { openGateway: broken })).code).toBe(70);
  });
});

it("hands the protocol its own streams, whole", async () => {
  const { state, openGateway } = double();
  const running = start(["gateway", "--", "x"], { openGateway });
  await running.seen("ready");
  const { stdin, stdout } = state.parts[0]?.stdio ?? {};
  await new Promise((resolve) => stdout?.write('{"text":"é€😀"}\n', resolve));
  await new Promise((resolve) => stdout?.write(Buffer.from("{}\n"), resolve));
  expect(running.texts.out).toBe('{"text":"é€😀"}\n{}\n');
  running.stdin.write("line\n");
  expect(String(stdin?.read() ?? "line\n")).toBe("line\n");
  state.end({});
  await running.code;
});

it("says in every line of the log which configuration it is about", async () => {
  const server = { command: process.execPath, args: [smallServer] };
  const listen = { port: 0 };
  const cwd = await folderWith({ [name]: { servers: { small: server }, listen } });
  const running = start(["gateway"], { cwd, openGateway });
  const { front } = (await running.seen("ready")) as unknown as { front: { port: number } };
  const own = await sessionOf(new URL(`http://127.0.0.1:${front.port}/mcp`));
  await own.call(1, { name: "noise" });
  await running.seen("request");
  await write(cwd, { servers: { small: { ...server, command: "no-such-program" } }, listen });
  running.signals.emit("SIGHUP");
  await running.seen("reloaded");
  await write(cwd, { servers: { small: { ...server, comand: "x" } }, listen });
  running.signals.emit("SIGHUP");
  await running.seen("reload_refused");
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
  const of = (wanted: number) =>
    running.events().flatMap(({ event, generation }) => (generation === wanted ? [event] : []));
  const first = of(1);
  const second = of(2);
  expect(first).toEqual(expect.arrayContaining(["ready", "server_stdout_invalid", "request"]));
  expect(second).toEqual(
    expect.arrayContaining(["missing", "reloaded", "reload_refused", "stopped"]),
  );
  expect(first.length + second.length).toBe(running.events().length);
});

it("names the file of a configuration that its identity is wrong in, at the start and at a reload", async () => {
  const wrong = { trustedHeaders: { from: ["10.0.0.0/33"], subject: "x-user" } };
  const config = { servers: { files }, listen: { port: 0 } };
  const cwd = await folderWith({ [name]: { ...config, identity: wrong } });
  const text = `${join(cwd, name)} is not a valid configuration. identity.trustedHeaders.from: `;
  const refused = await run(["gateway"], { cwd, openGateway });
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(text)]);

  await write(cwd, config);
  const running = start(["gateway"], { cwd, openGateway });
  await running.seen("ready");
  await write(cwd, { ...config, identity: wrong });
  running.signals.emit("SIGHUP");
  expect(await running.seen("reload_refused")).toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining(text),
  });
  running.signals.emit("SIGTERM");
  await running.code;
});
