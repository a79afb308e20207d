/** An isolated plugin has the same results as the same file in process, byte for byte. */
// Only in test:all: it starts processes and engines.
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { createExtensions, createPluginManager, type Plugin } from "glassine";
import { type IsolatedPlugin, type Isolation, isolatePlugin } from "glassine/isolate";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { folderWith } from "../support/folder.ts";
import { verifies } from "../support/verifies.ts";
// @ts-expect-error It is JavaScript, as a plugin is.
import { make, names } from "./fixtures/puppet.mjs";
import { fixture, noSandbox, pluginFile, saying } from "./support.ts";

/** What its module keeps between calls differs from run to run. */
const acts = (names as readonly string[]).filter((name) => name !== "count in its module");

/** Invalid results, which the far side refuses with the same code but in other words. */
const notWritten = ["an unknown slot", "an unknown key"];
const config = { word: "ahoy", list: [1, null, { deep: true }] };
const file = fixture("puppet.mjs");

const envelope = createExtensions({
  http: { headers: { "X-A": "1" } },
  security: { labels: ["EU"], subject: { id: "ada", type: "user", roles: ["admin"] } },
  agent: { session_id: "s-1" },
});

type Manager = Awaited<ReturnType<typeof managerOf>>;
type Result = Awaited<ReturnType<typeof resultOf>>;

const managerOf = (plugin: Plugin, own: object = {}) =>
  createPluginManager({
    plugins: [{ plugin, ...own }],
    logger: {},
    onHandlerError: () => {},
  });

const run = (manager: Manager, act: string, request = "r-1") =>
  manager.invoke("cmf.llm_input", saying(act), { extensions: envelope, request });

async function resultOf(manager: Manager, act: string) {
  const { context, ...rest } = await run(manager, act, `r-${act}`);
  return { ...rest, request: context.request };
}

function outcomeOf({ continueProcessing, extensions, violation, errors, executions }: Result) {
  return {
    continueProcessing,
    extensions,
    code: violation?.code,
    errors: errors.map(({ plugin, code }) => [plugin, code]),
    executions: executions.map(({ status, errorCode, applied }) => [status, errorCode, applied]),
  };
}

const kinds: readonly Isolation[] = ["worker", "process"];

describe.skipIf(noSandbox !== undefined).each(kinds)("%s", (isolate) => {
  let isolated: IsolatedPlugin;
  let there: Manager;
  let here: Manager;
  beforeAll(async () => {
    isolated = await isolatePlugin(file, { isolate, config });
    there = await managerOf(isolated.plugin);
    here = await managerOf(make() as Plugin, { config });
  });
  afterAll(() => there.close());

  it.each(acts)("%s", async (act) => {
    verifies("isolation:alike");
    const expected = await resultOf(here, act);
    const got = await resultOf(there, act);
    if (notWritten.includes(act)) expect(outcomeOf(got)).toEqual(outcomeOf(expected));
    else expect(JSON.stringify(got)).toBe(JSON.stringify(expected));
  });

  it("sees no credentials in headers, and changes none", async () => {
    verifies("isolation:alike");
    const headers = { Authorization: "Bearer secret", "X-A": "1" };
    const given = createExtensions({ http: { headers } });
    const invoke = (act: string) =>
      there.invoke("cmf.llm_input", saying(act), { extensions: given });
    const { metadata } = await invoke("what it sees");
    expect(metadata.puppet).toMatchObject({ view: { http: { headers: { "X-A": "1" } } } });
    expect(JSON.stringify(metadata)).not.toContain("secret");
    const { extensions } = await invoke("set a header");
    expect(extensions.http?.headers).toEqual({ ...headers, "X-Scanned": "yes" });
  });

  it("is described as its manifest says, and where it runs", () => {
    verifies("isolation:start");
    const { name, version, description, capabilities } = isolated.plugin;
    expect({ name, version, description, capabilities }).toEqual({
      name: "puppet",
      version: "1.2.3",
      description: "Does what messages say.",
      capabilities: ["append_labels", "read_subject", "write_headers"],
    });
    const [info] = there.handlersFor("message_pre_invoke");
    expect(info).toMatchObject({ isolate, timeoutMs: 2_000, extensions: true });
    expect(here.handlersFor("message_pre_invoke")[0]).toEqual({
      ...info,
      handler: "puppet.handler",
      isolate: null,
    });
  });

  it("says how it is", async () => {
    verifies("isolation:health");
    const [report] = await there.checkHealth();
    expect(report).toMatchObject({ status: "degraded", message: "as ever", errorSummary: null });
  });

  it("keeps the state of a request", async () => {
    verifies("isolation:state");
    const counts: unknown[] = [];
    for (const request of ["r-x", "r-y", "r-x"])
      counts.push((await run(there, "count in its state", request)).metadata);
    expect(counts).toEqual([1, 1, 2].map((count) => ({ puppet: { count } })));
  });

  it("keeps a request at one of several", async () => {
    verifies("isolation:state");
    const pool = await isolatePlugin(file, { isolate, config, size: 3 });
    const manager = await managerOf(pool.plugin);
    afterTest(() => manager.close());
    expect(pool.counts().starts).toBe(3);
    const counts = async (request: string) => {
      const { metadata } = await run(manager, "count in its state", request);
      return metadata.puppet as object;
    };
    for (const request of ["a", "b", "c", "d"]) {
      expect(await counts(request)).toEqual({ count: 1 });
      expect(await counts(request)).toEqual({ count: 2 });
    }
    // In a single process, the fifth call would count to five.
    const modules = await Promise.all(
      ["a", "b", "c", "d", "e"].map(async (request) => {
        return (await run(manager, "count in its module", request)).metadata.puppet as {
          count: number;
        };
      }),
    );
    expect(Math.max(...modules.map(({ count }) => count))).toBeLessThan(5);
  });

  it("is refused without the configuration that its schema asks for", async () => {
    verifies("isolation:config");
    const source = `import { definePlugin } from "glassine";
      const parse = ({ level }) => { if (level !== 2) throw new Error("level is missing"); return { level }; };
      export default definePlugin({ name: "levelled", version: "1.0.0", configSchema: { parse } });`;
    const own = await pluginFile(source);
    await expect(isolatePlugin(own, { isolate })).rejects.toMatchObject({
      code: "plugin_isolation_failed",
      message: expect.stringContaining("level is missing"),
    });
    const { close } = await isolatePlugin(own, { isolate, config: { level: 2 } });
    await close();
  });

  it("is refused with a configuration that its schema refuses", async () => {
    verifies("isolation:config");
    await expect(isolatePlugin(file, { isolate, config: { word: 7 } })).rejects.toMatchObject({
      code: "plugin_isolation_failed",
      message: expect.stringContaining("failed config validation: configSchema refused it"),
    });
  });

  it("is started again with the configuration that it was first started with", async () => {
    verifies("isolation:config");
    const source = `import { definePlugin } from "glassine";
      export default definePlugin({ name: "levelled", version: "1.0.0", configSchema: { parse: (given) => given },
        hooks: { tool_pre_invoke: async ({ name }, { config }) => name === "end" ? process.exit(1) : { metadata: config } } });`;
    const own = { level: 2 };
    const { plugin, counts } = await isolatePlugin(await pluginFile(source), {
      isolate,
      config: own,
    });
    own.level = 3;
    const manager = await managerOf(plugin);
    await manager.invoke("tool_pre_invoke", { name: "end" });
    const { metadata } = await manager.invoke("tool_pre_invoke", { name: "a" });
    expect([metadata, counts().starts]).toEqual([{ levelled: { level: 2 } }, 2]);
    await manager.close();
  });

  it("goes on after a promise that rejects inside of what it throws", async () => {
    verifies("isolation:alike");
    const source = `import { definePlugin } from "glassine";
      let turns = 0;
      export default definePlugin({ name: "thrower", version: "1.0.0", hooks: { tool_pre_invoke: async ({ name }) => {
        turns += 1;
        if (name === "throw") throw { inside: Promise.reject(new Error("inside")) };
        return { metadata: { turns } };
      } } });`;
    const { plugin } = await isolatePlugin(await pluginFile(source), { isolate });
    const manager = await managerOf(plugin);
    await manager.invoke("tool_pre_invoke", { name: "throw" });
    const { metadata } = await manager.invoke("tool_pre_invoke", { name: "a" });
    expect(metadata).toEqual({ thrower: { turns: 2 } });
    await manager.close();
  });

  it("is refused with a configuration that is not JSON data", async () => {
    verifies("isolation:config");
    await expect(isolatePlugin(file, { isolate, config: { a: 1n } })).rejects.toMatchObject({
      code: "options_invalid",
      message: "config is not JSON data: a: expected a JSON value, got bigint",
    });
  });

  it.each([
    ["exports no plugin", "export default 1;", '"default" is not a plugin'],
    ["has no such export", "export const other = 1;", 'the file has no export "default": export'],
    ["throws while it is loaded", "throw new Error('not today');", "not today"],
    ["cannot be parsed", "export default {", "Unexpected end of input"],
    ["imports what is not there", "import 'nowhere';", "nowhere"],
    [
      "has an invalid manifest",
      "import { definePlugin } from 'glassine'; export default definePlugin({ name: 'x' });",
      "name must match",
    ],
  ])("is refused where its file %s, with the reason", async (_, source, reason) => {
    verifies("isolation:start");
    await expect(isolatePlugin(await pluginFile(source), { isolate })).rejects.toMatchObject({
      code: "plugin_isolation_failed",
      message: expect.stringContaining(reason),
    });
  });

  it("may be the default export of a file that a compiler wrote as CommonJS", async () => {
    const own = join(await folderWith(), "plugin.js");
    await writeFile(
      own,
      `Object.defineProperty(exports, "__esModule", { value: true });
      exports.default = async () =>
        (await import("glassine")).definePlugin({ name: "compiled", version: "1.0.0" });`,
    );
    const { plugin, close } = await isolatePlugin(own, { isolate });
    expect(plugin.name).toBe("compiled");
    await close();
  });

  it("is refused where its package is not the one that was locked", async () => {
    verifies("isolation:start");
    const own = await pluginFile("export default 1;");
    const of = { folder: dirname(own), hash: `sha256:${"0".repeat(64)}` };
    const started = isolatePlugin(own, { isolate, package: of });
    await expect(started).rejects.toMatchObject({
      code: "plugin_isolation_failed",
      message: expect.stringContaining("not what plugins.lock names"),
    });
    // The hash of another folder says nothing about the file.
    await expect(isolatePlugin(file, { isolate, package: of })).rejects.toMatchObject({
      code: "options_invalid",
      message: expect.stringContaining("does not contain"),
    });
  });

  it("fails alone: another plugin of the same manager goes on", async () => {
    verifies("isolation:failure");
    const source = `import { definePlugin } from "glassine";
      export default definePlugin({ name: "dying", version: "1.0.0", hooks: {
        message_pre_invoke: { onError: "ignore", handler: async () => process.exit(1) } } });`;
    const dying = await isolatePlugin(await pluginFile(source), { isolate });
    const other = await isolatePlugin(file, { isolate, config });
    const manager = await createPluginManager({
      plugins: [dying.plugin, other.plugin],
      logger: {},
      onHandlerError: () => {},
    });
    const result = await run(manager, "add a label");
    expect(result.errors).toMatchObject([{ plugin: "dying", code: "handler_error" }]);
    expect(result.continueProcessing).toBe(true);
    expect(result.extensions.security?.labels).toEqual(["EU", "PII"]);
    await manager.close();
  });

  it("ends with its manager", async () => {
    verifies("isolation:close");
    const own = await isolatePlugin(file, { isolate, config });
    const manager = await managerOf(own.plugin);
    await run(manager, "allow");
    await manager.close();
    const result = await run(manager, "allow").catch((error: unknown) => error);
    expect(result).toMatchObject({ code: "manager_closed" });
    await expect(managerOf(own.plugin)).rejects.toThrow("is isolated and was closed");
  });

  it("belongs to no manager once it was closed", async () => {
    verifies("isolation:one-manager");
    const own = await isolatePlugin(file, { isolate, config });
    await own.close();
    await expect(managerOf(own.plugin)).rejects.toThrow("is isolated and was closed");
  });

  it("can join another manager if the first cannot be created", async () => {
    verifies("isolation:close");
    const own = await isolatePlugin(file, { isolate, config });
    afterTest(() => own.close());
    const plugins = [own.plugin, own.plugin];
    await expect(createPluginManager({ plugins, logger: {} })).rejects.toThrow("puppet");
    expect((await run(await managerOf(own.plugin), "allow")).errors).toEqual([]);
    expect(own.counts().starts).toBe(1);
  });

  it("says what it printed last if it ends while it is loaded, without secrets", async () => {
    verifies("isolation:output");
    const endOf = async (source: string, config?: object) =>
      await isolatePlugin(await pluginFile(source), { isolate, config }).catch(({ message }) =>
        String(message).replace(/^.* Its last output: /, ""),
      );
    const exits = (text: string) => `console.error(${JSON.stringify(text)}); process.exit(1);`;
    expect(await endOf(exits("starting\nno file\u001b[2J\n\n"))).toBe("no file\\u{1b}[2J");
    expect(await endOf(exits("token=abc123 of hunter2hunter2"), { word: "hunter2hunter2" })).toBe(
      "token=[REDACTED] of [REDACTED]",
    );
    expect(await endOf(exits("x".repeat(5_000)))).toBe(`${"x".repeat(500)}…`);
    const throws =
      "setImmediate(() => { throw new Error('no luck'); }); await new Promise(() => {});";
    expect(await endOf(throws)).toMatch(/^(?:Error: )?no luck$/);
    expect(await endOf("process.exit(1);")).toMatch(/ended with code 1\.$/);
  });

  it("shows the host what it prints, and only if it asks", async () => {
    verifies("isolation:output");
    const source = `import { definePlugin } from "glassine";
      console.log("hello"); console.error("there");
      export default definePlugin({ name: "talking", version: "1.0.0", hooks: {
        message_pre_invoke: async () => console.log("again") } });`;
    let printed = "";
    const talking = await isolatePlugin(await pluginFile(source), {
      isolate,
      onOutput: (text) => {
        printed += text;
      },
    });
    const manager = await managerOf(talking.plugin);
    expect((await run(manager, "hello")).errors).toEqual([]);
    await expect.poll(() => printed.split("\n").sort()).toEqual(["", "again", "hello", "there"]);
    expect(talking.counts().strays).toBe(0);
    await manager.close();
  });
});
