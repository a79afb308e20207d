// Only in test:all: it starts processes.
// A process of its own: it starts processes.
/** Guests behind a worker that speaks like that of CPEX, and misbehaves. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createExtensions, createPluginManager } from "glassine";
import { type CpexOptions, type CpexTurn, cpexPlugin, cpexPlugins } from "glassine/isolate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { verifies } from "../../support/verifies.ts";
import { accept, type FakeVenv, fakeVenv, memoryMb } from "./support/fake-venv.ts";

let venv: FakeVenv;
beforeAll(async () => {
  venv = await fakeVenv();
});
afterAll(async () => {
  await venv.remove();
});

const kind = "cpex_guard.guard.Guard";

async function guest(options: Partial<CpexOptions> = {}) {
  const { python } = venv;
  const made = await cpexPlugin({ python, kind, accept, memoryMb, ...options });
  const thrown: unknown[] = [];
  const onHandlerError = (error: unknown) => thrown.push(error);
  const manager = await createPluginManager({ plugins: [made.plugin], onHandlerError });
  afterTest(() => manager.close());
  const extensions = createExtensions({
    security: { labels: ["PII"], subject: { id: "ada", type: "user", roles: ["admin"] } },
    http: { headers: { Authorization: "Bearer demo", "X-A": "1" } },
    mcp: { tool: { name: "add", server_id: "calc", input_schema: true } },
    meta: { entity_type: "tool", scope: "all" },
  });
  const call = (args: { readonly [name: string]: string | number }, timeoutMs?: number) =>
    manager.invoke(
      "tool_pre_invoke",
      { name: "add", args },
      {
        extensions,
        ...(timeoutMs === undefined ? {} : { signal: AbortSignal.timeout(timeoutMs) }),
      },
    );
  return { ...made, manager, call, thrown };
}

describe("a guest", () => {
  it("is what its wheel says, and reports what this host has no place for", async () => {
    verifies("cpex:hooks");
    const { plugin, wheel, unsupported, isolate } = await guest({
      capabilities: ["read_labels", "read_client"],
    });
    expect(plugin).toMatchObject({ name: "cpex-guard", version: "1.2.0", description: "Guards." });
    expect(plugin.hooks).toEqual(["tool_pre_invoke"]);
    expect(plugin.capabilities).toEqual(["read_labels"]);
    expect(wheel).toMatchObject({ name: "cpex-guard", version: "1.2.0" });
    expect(isolate).toBe("process");
    expect(unsupported.map(({ what, name }) => `${what} ${name}`)).toEqual([
      "hook http_pre_request",
      "hook message_pre_invoke",
      "capability read_client",
    ]);
  });

  it("gets its configuration over the defaults of its wheel, and what its capabilities open", async () => {
    verifies("cpex:config", "cpex:fit", "cpex:context");
    const turns: CpexTurn[] = [];
    const { call } = await guest({
      config: { mode: "hard" },
      capabilities: ["read_subject", "read_headers"],
      onTurn: (turn) => turns.push(turn),
    });
    const { payload } = await call({});
    expect(payload.args).toMatchObject({
      config: { limit: 3, mode: "hard" },
      context: { state: {}, metadata: {}, global_context: { user: "ada", server_id: "calc" } },
      served: 1,
    });
    const { extensions } = payload.args as { extensions: Record<string, unknown> };
    expect(extensions).toMatchObject({
      security: { subject: { id: "ada", type: "user" } },
      http: { headers: { "X-A": "1" } },
      mcp: { tool: { name: "add", server_id: "calc" } },
      meta: { scope: "all" },
    });
    expect(JSON.stringify(extensions)).not.toMatch(/PII|demo|admin|input_schema|entity_type/);
    expect(turns).toMatchObject([
      { hook: "tool_pre_invoke", leftOut: ["mcp.tool.input_schema", "meta.entity_type"] },
    ]);
  });

  it("tells the host what it asks of the answer", async () => {
    const turns: CpexTurn[] = [];
    const { call } = await guest({ onTurn: (turn) => turns.push(turn) });
    await call({ behave: "answer" });
    expect(turns[0]?.answer).toMatchObject({ httpHeaders: { "X-Left": "1" }, retryDelayMs: 250 });
  });

  it("goes on if onTurn throws or rejects", async () => {
    const turns: CpexTurn[] = [];
    const onTurn = async (turn: CpexTurn) => {
      turns.push(turn);
      throw new Error("of the host");
    };
    const { call } = await guest({ onTurn });
    expect((await call({})).continueProcessing).toBe(true);
    const other = await guest({
      name: "other",
      onTurn(turn) {
        void onTurn(turn).catch(() => {});
        throw new Error("of the host");
      },
    });
    expect((await other.call({})).continueProcessing).toBe(true);
    expect(turns).toHaveLength(2);
  });

  it("has what it returns judged", async () => {
    const { call } = await guest();
    const { extensions, rejections } = await call({ behave: "label" });
    expect(extensions.security?.labels).toEqual(["PII"]);
    expect(rejections).toMatchObject([{ path: "security.labels" }]);
    const other = await guest({ name: "other", capabilities: ["append_labels"] });
    const appended = await other.call({ behave: "label" });
    expect(appended.extensions.security?.labels).toEqual(["PII", "SEEN"]);
  });
});

describe("a worker", () => {
  it("may print what it likes; what answers nobody is counted", async () => {
    const printed: string[] = [];
    const { call, counts } = await guest({ onOutput: (text) => printed.push(text) });
    expect((await call({ behave: "noise" })).continueProcessing).toBe(true);
    expect((await call({})).payload.args).toMatchObject({ served: 2 });
    expect(counts()).toMatchObject({ starts: 1, strays: 2, open: 0 });
    expect(printed.join("")).toContain("hello\n");
  });

  it("that fails or answers what nobody can read fails its turn alone", async () => {
    const { call, counts } = await guest();
    const codes = { error: "handler_error", lie: "result_shape" };
    for (const [behave, code] of Object.entries(codes)) {
      const { violation, continueProcessing } = await call({ behave });
      expect([continueProcessing, violation?.code]).toEqual([false, code]);
    }
    expect((await call({})).payload.args).toMatchObject({ served: 3 });
    expect(counts().starts).toBe(1);
  });

  it("that dies at its start has said why, without values of its configuration", async () => {
    verifies("isolation:output");
    await expect(guest({ config: { dies: true, token: "hunter2-4711" } })).rejects.toMatchObject({
      code: "plugin_ended",
      message: expect.stringMatching(/ended with code 1\. Its last output: KeyError: (?!hunter2)/),
    });
  });

  it("that dies is started again", async () => {
    const { call, counts } = await guest();
    expect((await call({ behave: "die" })).continueProcessing).toBe(false);
    expect((await call({})).payload.args).toMatchObject({ served: 1 });
    expect(counts().starts).toBe(2);
  });

  it("that hangs is ended at its deadline", async () => {
    const { plugin, counts } = await cpexPlugin({
      python: venv.python,
      kind,
      accept,
      memoryMb,
    });
    const manager = await createPluginManager({ plugins: [{ plugin, timeoutMs: 200 }] });
    afterTest(() => manager.close());
    const call = async (args: { readonly behave?: string }) =>
      (await manager.invoke("tool_pre_invoke", { name: "a", args })).continueProcessing;
    expect(await call({ behave: "hang" })).toBe(false);
    await expect.poll(() => counts().open).toBe(0);
    // The time to start it again counts, too.
    await expect.poll(() => call({})).toBe(true);
    expect(counts().starts).toBeGreaterThan(1);
  });

  it("gets one turn at a time; one that waits can be called off without an end to it", async () => {
    verifies("cpex:turns");
    const { call, counts } = await guest();
    const first = call({ behave: "wait", ms: 1_500 });
    expect((await call({}, 100)).continueProcessing).toBe(false);
    expect((await first).continueProcessing).toBe(true);
    expect((await call({})).payload.args).toMatchObject({ served: 2 });
    expect(counts().starts).toBe(1);
  });

  it("gets no turn that it could not read", async () => {
    verifies("cpex:turns");
    const { call, thrown } = await guest();
    expect((await call({ text: "x".repeat(10_000_000) })).continueProcessing).toBe(false);
    expect(thrown).toMatchObject([
      { message: expect.stringMatching(/CPEX reads 9999999 at most/) },
    ]);
  });
});

describe("a start is refused", () => {
  const start = (options: Partial<CpexOptions>) =>
    cpexPlugin({ python: venv.python, kind, accept, memoryMb, ...options });

  it.each<[string, Partial<CpexOptions>, string, RegExp]>([
    ["for a misspelt option", { knd: "a" } as never, "options_invalid", /no option "knd"/],
    [
      "for a network that is neither true nor false",
      { network: "false" } as never,
      "options_invalid",
      /"network" expects a boolean, got string/,
    ],
    [
      "for a pluginDirs that is no list",
      { pluginDirs: "plugins" } as never,
      "options_invalid",
      /pluginDirs must be an array of paths/,
    ],
    ...[null, [], "cpex", { cpex: "1" }, { cpex: { version: "1" } }].map(
      (wheels): [string, Partial<CpexOptions>, string, RegExp] => [
        `for the wheels ${JSON.stringify(wheels)}`,
        { wheels } as never,
        "options_invalid",
        /wheels must be an object with the version and hash of each wheel by name/,
      ],
    ),
    [
      "for a spare that is neither true nor false",
      { spare: "no" } as never,
      "options_invalid",
      /"spare" expects a boolean, got string/,
    ],
    [
      "for an onTurn that is not a function",
      { onTurn: "log" } as never,
      "options_invalid",
      /onTurn must be a function, and is a string/,
    ],
    ["without an environment", { python: "/usr/bin/env" }, "options_invalid", /pyvenv\.cfg/],
    ["for a kind that is no class", { kind: "native" }, "options_invalid", /dotted path/],
    [
      "for a folder that is not there",
      { pluginDirs: ["/nowhere"] },
      "options_invalid",
      /not a folder/,
    ],
    [
      "for a plugin whose package is not installed",
      { kind: "mine.Guard" },
      "options_invalid",
      /No wheel in the virtual environment contains "mine\.Guard"\. Install its package there\./,
    ],
    [
      "where no hook is one of this host",
      { hooks: ["http_pre_request"] },
      "options_invalid",
      /none of the hooks/,
    ],
    [
      "for a faulty configuration",
      { config: { isWrong: true } },
      "plugin_isolation_failed",
      /Invalid config/,
    ],
  ])("%s", async (_why, options, code, message) => {
    verifies("cpex:start");
    await expect(start(options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

it("a configuration may have plugins that cannot run here, if they are not to run", async () => {
  const file = join(venv.root, "config.yaml");
  const guard = { name: "Guard", kind };
  const remote = { name: "Remote", kind: "external" };
  const start = async (other: object, only?: readonly string[]) => {
    await writeFile(file, JSON.stringify({ plugins: [other, guard] }));
    const guests = await cpexPlugins(file, { python: venv.python, accept, memoryMb, only });
    for (const { close } of guests) await close();
    return guests.map(({ plugin }) => plugin.name);
  };
  expect(await start(remote, ["Guard"])).toEqual(["guard"]);
  expect(await start({ ...remote, mode: "disabled" })).toEqual(["guard"]);
  await expect(start(remote)).rejects.toThrow(/leave this one out with `only`/);
});

it.each([
  [{}, false],
  [{ mode: "transform" }, false],
  [{ mode: "permissive" }, false],
  [{ mode: "transform", on_error: "ignore" }, true],
  [{ mode: "fire_and_forget" }, true],
  [{ mode: "enforce_ignore_error" }, true],
  [{ mode: "enforce_ignore_error", on_error: "fail" }, false],
])("what a failure does is as in CPEX: %j", async (fields, goesOn) => {
  const file = join(venv.root, "config.yaml");
  await writeFile(file, JSON.stringify({ plugins: [{ name: "Guard", kind, ...fields }] }));
  const guests = await cpexPlugins(file, { python: venv.python, accept, memoryMb });
  const manager = await createPluginManager({ plugins: guests.map(({ plugin }) => plugin) });
  afterTest(() => manager.close());
  const payload = { name: "add", args: { behave: "error" } };
  const { continueProcessing } = await manager.invoke("tool_pre_invoke", payload);
  expect(continueProcessing).toBe(goesOn);
});

describe("a configuration is refused", () => {
  it.each<[string, object, RegExp]>([
    [
      "for hooks that are not a list",
      { hooks: "tool_pre_invoke" },
      /hooks in plugins\[0\] of .* must be a list of names/,
    ],
    [
      "for settings that are not a mapping",
      { config: ["limit", 5] },
      /config in plugins\[0\] of .* must be a mapping/,
    ],
  ])("%s", async (_why, fields, message) => {
    const file = join(venv.root, "config.yaml");
    await writeFile(file, JSON.stringify({ plugins: [{ name: "Guard", kind, ...fields }] }));
    const start = cpexPlugins(file, { python: venv.python, accept, memoryMb });
    await expect(start).rejects.toMatchObject({
      code: "options_invalid",
      message: expect.stringMatching(message),
    });
  });
});

describe("a wheel", () => {
  const start = async (wheels: CpexOptions["wheels"]) => {
    const made = await cpexPlugin({ python: venv.python, kind, accept, memoryMb, wheels });
    await made.close();
    return made;
  };

  it("is held to its files again before its guest is started again", async () => {
    verifies("discovery:guest-restart");
    const { wheel } = await start(undefined);
    const { name = "", version = "", hash = "" } = wheel ?? {};
    const { call } = await guest({ name: "locked", wheels: { [name]: { version, hash } } });
    await call({ behave: "die" });
    await venv.write("cpex_guard/guard.py", "class Guard: x = 1\n");
    const refused = await call({});
    await venv.write("cpex_guard/guard.py", "class Guard: ...\n");
    expect(refused.continueProcessing).toBe(false);
    await expect
      .poll(async () => (await call({})).continueProcessing, { timeout: 10_000 })
      .toBe(true);
  });

  it("is held to its version and its files, whatever else its installer wrote", async () => {
    verifies("cpex:wheels");
    const { wheel } = await start(undefined);
    const { name = "", version = "", hash = "" } = wheel ?? {};
    await venv.write("cpex_guard-1.2.0.dist-info/INSTALLER", "another");
    await venv.write("cpex_guard/__pycache__/guard.cpython-311.pyc", "compiled");
    expect((await start({ Cpex_Guard: { version, hash } })).wheel?.name).toBe(name);
    await expect(start({ [name]: { version: "1.2.1", hash } })).rejects.toThrow(
      /1\.2\.0 is installed/,
    );
    await expect(start({ other: { version, hash } })).rejects.toThrow(/not installed/);
    await expect(start({})).rejects.toThrow(/does not name "cpex-guard"/);
    await venv.write("cpex_guard/guard.cpython-311-x86_64-linux-gnu.so", "in front of guard.py");
    const refused = {
      code: "package_refused",
      message: expect.stringMatching(/they hash to sha256:/),
    };
    await expect(start({ [name]: { version, hash } })).rejects.toMatchObject(refused);
    await expect(start({ cpex: { version: "0.1.4", hash } })).rejects.toMatchObject(refused);
  });
});
