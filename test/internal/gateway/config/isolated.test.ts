// Only in test:all: it starts processes.
/** Configured plugins whose code does not run in the gateway's process. */
import { join } from "node:path";
import { createMessage } from "glassine/messages";
import { afterEach, describe, expect, it } from "vitest";
import * as z from "zod";
import { configSchema } from "../../../../src/gateway/config/index.ts";
import {
  type ResolveOptions,
  resolvePlugins,
} from "../../../../src/gateway/config/resolve-plugins.ts";
import { install, trust, unsigned } from "../../../discovery/support.ts";
import { farSides, guarded } from "../../../support/far-sides.ts";
import { folderWith } from "../../../support/folder.ts";
import { verifies } from "../../../support/verifies.ts";
import { files, load, problemsOf, refusalOf } from "./support.ts";

/** Everything that a test machine may lack. */
const accept = ["memory", "network", "signals"] as const;
const inProcess = { isolate: "process", accept } as const;

/** A plugin whose configuration must have a `word`. */
const worded = guarded(
  "guard",
  'const schema = { parse: (value) => { if (typeof value.word !== "string") throw new Error("word"); return value; } };',
).replace("capabilities: []", "capabilities: [], configSchema: schema");

const open: { close(): Promise<void> }[] = [];

interface Given extends Partial<ResolveOptions> {
  readonly mode?: "dev" | "production";
}

async function resolve(folder: string, plugins: readonly unknown[], given: Given = {}) {
  const { mode = "dev", ...options } = given;
  const audit = { file: join(folder, "audit.jsonl") };
  const config = configSchema.parse({ servers: { files }, plugins, mode, audit });
  const logger = { warn: () => {}, error: () => {} };
  const stock = { two: { options: z.unknown(), make: () => Promise.reject(new Error("no luck")) } };
  const resolved = await resolvePlugins(
    { config, folder, file: "/etc/gateway.json" },
    { env: unsigned, stock, logger, ...options },
  );
  open.push(resolved);
  return resolved;
}

async function denialOf({ manager }: Awaited<ReturnType<typeof resolve>>) {
  const content = [{ content_type: "text" as const, text: "a" }];
  const message = createMessage({ role: "user", content });
  return (await manager.invoke("cmf.llm_input", message)).violation;
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
  await expect.poll(farSides).toEqual([]);
  expect((globalThis as { ranInHost?: boolean }).ranInHost).toBeUndefined();
});

describe("a plugin by its path with isolate", () => {
  it.each([{ isolate: "worker" }, inProcess])(
    "runs elsewhere, with its options: %j",
    async (how) => {
      const folder = await folderWith({ "p.mjs": worded });
      const path = join(folder, "p.mjs");
      const resolved = await resolve(folder, [{ path, ...how, options: { word: "yes" } }]);
      expect(await denialOf(resolved)).toMatchObject({ code: "far", reason: "yes" });
      expect(resolved.manager.handlersFor("cmf.llm_input")[0]?.isolate).toBe(how.isolate);
      await resolved.close();
      await expect.poll(farSides).toEqual([]);
    },
  );

  it("is refused with its place: options that its schema refuses", async () => {
    const folder = await folderWith({ "p.mjs": worded });
    const path = join(folder, "p.mjs");
    const error = await refusalOf(resolve(folder, [{ path, ...inProcess, options: { word: 1 } }]));
    expect([error.code, error.message]).toEqual([
      "plugin_isolation_failed",
      expect.stringMatching(/^plugins\[0\] \(.*p\.mjs\) of \/etc\/gateway\.json: .*word/s),
    ]);
  });

  it.each([
    ["a module that throws", "throw new Error('broken')", /broken/],
    ["an export that is no plugin", "export default 1;", /is not a plugin/],
    ["a module that ends its process", "process.exit(1)", /ended/],
  ])("is refused: %s", async (_, code, text) => {
    const folder = await folderWith({ "p.mjs": code });
    const error = await refusalOf(resolve(folder, [{ path: join(folder, "p.mjs"), ...inProcess }]));
    expect(error.message).toMatch(text);
  });

  it("is refused with its place: a folder to read that is not there", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard") });
    const gone = join(folder, "gone");
    const plugin = { path: join(folder, "p.mjs"), ...inProcess, readable: [gone] };
    const error = await refusalOf(resolve(folder, [plugin]));
    expect([error.code, error.message]).toEqual([
      "plugin_isolation_failed",
      expect.stringMatching(
        /^plugins\[0\] .*readable names ".*gone", which cannot be read: ENOENT/s,
      ),
    ]);
  });

  it("ends where another plugin stops the gateway", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard") });
    const plugins = [{ path: join(folder, "p.mjs"), ...inProcess }, { use: "two" }];
    await expect(resolve(folder, plugins)).rejects.toThrow("no luck");
  });

  it("ends where the manager is not made", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard") });
    const path = join(folder, "p.mjs");
    const plugins = [{ path, ...inProcess, grant: ["write_headers"] }];
    expect(await refusalOf(resolve(folder, plugins))).toMatchObject({ code: "options_invalid" });
  });

  it("is still a path in production", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard") });
    const plugins = [{ path: join(folder, "p.mjs"), ...inProcess }];
    const error = await refusalOf(resolve(folder, plugins, { mode: "production" }));
    expect(error.code).toBe("plugin_path_refused");
  });

  it("reports what it prints", async () => {
    const folder = await folderWith({ "p.mjs": guarded("guard", 'console.log("hello");') });
    const path = join(folder, "p.mjs");
    const printed: unknown[] = [];
    const onPrinted = (...given: unknown[]) => printed.push(given);
    await resolve(folder, [{ path, ...inProcess }], { onPrinted });
    await expect.poll(() => printed).toEqual([[path, "hello\n"]]);
  });
});

describe("a package with isolate", () => {
  it("runs elsewhere, with its options", async () => {
    const folder = await folderWith({});
    await install(folder, "guard", { code: worded });
    const plugins = [{ package: "guard", ...inProcess, options: { word: "yes" } }];
    expect(await denialOf(await resolve(folder, plugins))).toMatchObject({ reason: "yes" });
  });

  it("reports what it prints", async () => {
    const folder = await folderWith({});
    await install(folder, "guard", { code: guarded("guard", 'console.log("hello");') });
    const printed: unknown[] = [];
    const onPrinted = (...given: unknown[]) => printed.push(given);
    await resolve(folder, [{ package: "guard", ...inProcess }], { onPrinted });
    await expect.poll(() => printed).toEqual([["guard", "hello\n"]]);
  });

  it("runs where plugins.lock says, with its options", async () => {
    const folder = await folderWith({});
    const path = await install(folder, "guard", { code: worded });
    await trust(folder, path, "guard", inProcess);
    const plugins = [{ package: "guard", options: { word: "yes" } }];
    const resolved = await resolve(folder, plugins, { mode: "production" });
    expect(await denialOf(resolved)).toMatchObject({ reason: "yes" });
    const weaker = [{ package: "guard", isolate: "worker", options: { word: "yes" } }];
    expect(await refusalOf(resolve(folder, weaker, { mode: "production" }))).toMatchObject({
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
    const plugin = { path: "./p.js", isolate: "process", readable: ["data"] };
    const { cwd, config } = await load({ servers: { files }, plugins: [plugin] });
    expect(config.plugins).toEqual([
      { ...plugin, path: join(cwd, "p.js"), readable: [join(cwd, "data")] },
    ]);
  });
});
