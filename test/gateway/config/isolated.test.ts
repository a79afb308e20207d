// Only in test:all: it starts processes.
/** Configured plugins whose code does not run in the gateway's process. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { PluginManager } from "glassine";
import { createMessage } from "glassine/messages";
import { beforeEach, describe, expect, it } from "vitest";
import { install, trust, unsigned } from "../../discovery/support.ts";
import { afterTest } from "../../support/cleanup.ts";
import { farSides, guarded } from "../../support/far-sides.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import {
  configFile,
  configure,
  files,
  loadIn,
  problemsOf,
  refusalIn,
  runningIn,
} from "./support.ts";

/** Everything that a test machine may lack. */
const accept = ["memory", "network", "signals"] as const;
const inProcess = { isolate: "process", accept } as const;
const env = unsigned;

/** A plugin whose configuration must have a `word`. */
const worded = guarded(
  "guard",
  'const schema = { parse: (value) => { if (typeof value.word !== "string") throw new Error("word"); return value; } };',
).replace("capabilities: []", "capabilities: [], configSchema: schema");

/** A folder with a plugin, and a configuration with these entries. */
async function withPlugin(code: string, ...plugins: readonly object[]) {
  const folder = await folderWith({ "p.mjs": code });
  await configure(folder, { plugins });
  return folder;
}

async function denialOf({ manager }: { readonly manager: PluginManager }) {
  const content = [{ content_type: "text" as const, text: "a" }];
  const message = createMessage({ role: "user", content });
  return (await manager.invoke("cmf.llm_input", message)).violation;
}

beforeEach(() => {
  // After everything that a test starts has ended.
  afterTest(async () => {
    await expect.poll(farSides).toEqual([]);
    expect((globalThis as { ranInHost?: boolean }).ranInHost).toBeUndefined();
  });
});

describe("a plugin by its path with isolate", () => {
  it.each([{ isolate: "worker" }, inProcess])(
    "runs elsewhere, with its options: %j",
    async (how) => {
      const plugin = { path: "p.mjs", ...how, options: { word: "yes" } };
      const running = await runningIn(await withPlugin(worded, plugin));
      expect(await denialOf(running)).toMatchObject({ code: "far", reason: "yes" });
      const [handler] = running.manager.handlersFor("cmf.llm_input");
      expect(handler?.isolate).toBe(how.isolate);
      await running.close();
      await expect.poll(farSides).toEqual([]);
    },
  );

  it("is refused with its place: options that its schema refuses", async () => {
    const plugin = { path: "p.mjs", ...inProcess, options: { word: 1 } };
    expect(await refusalIn(await withPlugin(worded, plugin))).toEqual({
      code: "plugin_isolation_failed",
      message: expect.stringMatching(
        /^plugins\[0\] \(.*p\.mjs\) of .*glassine\.config\.json: .*word/s,
      ),
    });
  });

  it.each([
    ["a module that throws", "throw new Error('broken')", /broken/],
    ["an export that is no plugin", "export default 1;", /is not a plugin/],
    ["a module that ends its process", "process.exit(1)", /ended/],
  ])("is refused: %s", async (_, code, text) => {
    const folder = await withPlugin(code, { path: "p.mjs", ...inProcess });
    expect((await refusalIn(folder)).message).toMatch(text);
  });

  it("is refused with its place: a folder to read that is not there", async () => {
    const plugin = { path: "p.mjs", ...inProcess, readable: ["gone"] };
    expect(await refusalIn(await withPlugin(guarded("guard"), plugin))).toEqual({
      code: "plugin_isolation_failed",
      message: expect.stringMatching(
        /^plugins\[0\] .*readable names ".*gone", which cannot be read: ENOENT/s,
      ),
    });
  });

  it("ends where another plugin stops the gateway", async () => {
    const plugins = [{ path: "p.mjs", ...inProcess }, { use: "no-such-plugin" }];
    const folder = await withPlugin(guarded("guard"), ...plugins);
    expect((await refusalIn(folder)).code).toBe("plugin_missing");
  });

  it("ends where the manager is not made", async () => {
    const plugin = { path: "p.mjs", ...inProcess, grant: ["write_headers"] };
    const folder = await withPlugin(guarded("guard"), plugin);
    expect((await refusalIn(folder)).code).toBe("options_invalid");
  });

  it("is still a path in production", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard") });
    const plugins = [{ path: "p.mjs", ...inProcess }];
    await configure(folder, { mode: "production", audit: { file: "audit.jsonl" }, plugins });
    expect((await refusalIn(folder)).code).toBe("plugin_path_refused");
  });

  it("reports what it prints", async () => {
    const plugin = { path: "p.mjs", ...inProcess };
    const folder = await withPlugin(guarded("guard", 'console.log("hello");'), plugin);
    const { seen } = await runningIn(folder);
    const printed = { plugin: join(folder, "p.mjs"), text: "hello" };
    expect(await seen("plugin_printed")).toMatchObject(printed);
  });
});

describe("a package with isolate", () => {
  it("runs elsewhere, with its options", async () => {
    const folder = await folderWith({});
    await install(folder, "guard", { code: worded });
    const plugin = { package: "guard", ...inProcess, options: { word: "yes" } };
    await configure(folder, { plugins: [plugin] });
    expect(await denialOf(await runningIn(folder, { env }))).toMatchObject({ reason: "yes" });
  });

  it("reports what it prints", async () => {
    const folder = await folderWith({});
    await install(folder, "guard", { code: guarded("guard", 'console.log("hello");') });
    await configure(folder, { plugins: [{ package: "guard", ...inProcess }] });
    const { seen } = await runningIn(folder, { env });
    expect(await seen("plugin_printed")).toMatchObject({ plugin: "guard", text: "hello" });
  });

  it("runs where plugins.lock says, with its options", async () => {
    const folder = await folderWith({});
    const path = await install(folder, "guard", { code: worded });
    await trust(folder, path, "guard", inProcess);
    const plugin = { package: "guard", options: { word: "yes" } };
    const production = { mode: "production", audit: { file: "audit.jsonl" } };
    await configure(folder, { ...production, plugins: [plugin] });
    expect(await denialOf(await runningIn(folder, { env }))).toMatchObject({ reason: "yes" });
    await configure(folder, { ...production, plugins: [{ ...plugin, isolate: "worker" }] });
    expect(await refusalIn(folder, { env })).toEqual({
      code: "options_invalid",
      message: expect.stringMatching(/plugins\.lock says process, which is stricter/),
    });
  });
});

describe("isolate in a configuration", () => {
  it.each<[string, object, Readonly<Record<string, string>>]>([
    [
      "of a stock plugin",
      { use: "pii", isolate: "worker" },
      {
        "plugins[0].isolate":
          "is for packages and paths only: a stock plugin is part of the gateway and runs in it.",
      },
    ],
    [
      "that is missing",
      { path: "./p.js", accept: ["network"], readable: ["."], memoryMb: 1 },
      Object.fromEntries(
        ["accept", "readable", "memoryMb"].map((key) => [
          `plugins[0].${key}`,
          "needs `isolate`: code that runs in the gateway can do whatever the gateway can.",
        ]),
      ),
    ],
    [
      "of another kind than `process`",
      { path: "./p.js", isolate: "worker", accept: ["network"], readable: ["."], memoryMb: 64 },
      Object.fromEntries(
        ["accept", "readable"].map((key) => [
          `plugins[0].${key}`,
          "needs `isolate: process`: it has no effect on the other kinds.",
        ]),
      ),
    ],
    [
      "of a package in QuickJS",
      { package: "guard", isolate: "quickjs", accept: ["network"] },
      { "plugins[0].accept": "needs `isolate: process`: it has no effect on the other kinds." },
    ],
  ])("is refused: one %s", async (_, plugin, expected) => {
    verifies("cli:trust-accept");
    expect(await problemsOf({ servers: { files }, plugins: [plugin] })).toEqual(expected);
  });

  it("has paths from the folder of the file", async () => {
    const plugin = { path: "./p.mjs", ...inProcess, readable: ["data"] };
    const folder = await withPlugin(guarded("guard"), plugin);
    await mkdir(join(folder, "data"));
    const { plugins } = await loadIn(await folderWith({}), {
      flags: ["--config", join(folder, configFile)],
    });
    expect(plugins).toEqual([
      { ...plugin, path: join(folder, "p.mjs"), readable: [join(folder, "data")] },
    ]);
  });
});
