// Only in test:all: it starts processes.
/** Plugins from packages whose code runs elsewhere: none of it runs in the host. */
import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { createPluginManager } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { defineHost } from "glassine/host";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { afterTest } from "../support/cleanup.ts";
import { farSides, guarded } from "../support/far-sides.ts";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, trust } from "./support.ts";

const production = { mode: "production", onRejected: "skip" } as const;
type DiscoverOptions = NonNullable<Parameters<typeof discover>[1]>;
type Entry = Parameters<typeof trust>[3];

/** Accepts whatever protection this machine lacks. */
const accept = ["memory", "network", "signals"] as const;
const inProcess = { isolate: "process", accept } as const;

async function trusted(code: string, entry: Entry = inProcess) {
  const root = await newRoot();
  const path = await install(root, "guard", { code });
  await trust(root, path, "guard", entry as object);
  return { root, path };
}

async function found(root: string, options: DiscoverOptions = {}) {
  const discovered = await discover(root, options);
  afterTest(() => discovered.close());
  return discovered;
}

/** Finds the plugin in production, in a process, with these dependencies in its package.json. */
async function foundWith(root: string, code: string, dependencies: object) {
  const path = await install(root, "guard", { code });
  const file = join(path, "package.json");
  const own = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...own, ...dependencies }));
  await trust(root, path, "guard", inProcess);
  return found(root, production);
}

const said = createMessage({ role: "user", content: [{ content_type: "text", text: "a" }] });

async function runs(discovered: Awaited<ReturnType<typeof found>>) {
  const records: AuditEvent[] = [];
  const audit = { sink: (event: AuditEvent) => void records.push(event) };
  const manager = await createPluginManager({
    plugins: [],
    discovered,
    audit,
    logger: {},
    env: {},
  });
  afterTest(() => manager.close());
  const { violation } = await manager.invoke("cmf.llm_input", said);
  return { manager, violation, records };
}

describe("a plugin that plugins.lock isolates", () => {
  it.each([
    ["process", "production"],
    ["process", "dev"],
    ["worker", "production"],
    ["worker", "dev"],
  ] as const)("runs in a %s in %s, and nothing of it in the host", async (isolate, mode) => {
    verifies("discovery:isolated", "discovery:isolated-modes");
    const { root } = await trusted(guarded("guard"), { isolate, accept });
    const discovered = await found(root, { mode });
    expect(codesOf(discovered)).toEqual([]);
    const { manager, violation, records } = await runs(discovered);
    expect(records[0]?.metadata.isolate).toBe(isolate);
    expect(violation?.code).toBe("far");
    expect(manager.handlersFor("cmf.llm_input")[0]?.isolate).toBe(isolate);
    expect((globalThis as { ranInHost?: boolean }).ranInHost).toBeUndefined();
  });

  it("may bundle a package that depends on its peer, though its copy cannot be hashed", async () => {
    verifies("discovery:copy-names");
    const root = await newRoot();
    const needs = { dependencies: { one: "1" }, peerDependencies: { two: "1" } };
    const glassine = { plugin: "./plugin.js" };
    const own = { name: "guard", version: "1.0.0", type: "module", bundleDependencies: ["one"] };
    for (const [path, fields] of [
      ["guard", { ...own, ...needs, glassine }],
      ["guard/node_modules/one", { name: "one", version: "1.0.0", dependencies: { two: "1" } }],
      ["two", { name: "two", version: "1.0.0" }],
    ] as const) {
      const folder = join(root, "node_modules", path);
      await mkdir(folder, { recursive: true });
      await writeFile(join(folder, "package.json"), JSON.stringify(fields));
      await writeFile(join(folder, "index.js"), "");
    }
    await writeFile(join(root, "node_modules/guard/plugin.js"), guarded("guard"));
    const isolate = { guard: { isolate: "worker" } } as const;
    const discovered = await found(root, { isolate });
    expect(discovered.rejected).toEqual([]);
    expect((await runs(discovered)).violation?.code).toBe("far");
  });

  it.each(["lock", "option"])("warns where the %s isolates only some of a package", async (by) => {
    verifies("discovery:isolated-partly");
    const root = await newRoot();
    const plugins = { guard: "./plugin.js", other: "./plugin.js:other" };
    const one = (id: string) =>
      `() => definePlugin({ name: "${id}", version: "1.0.0", hooks: {} })`;
    const code = `import { definePlugin } from "glassine";
      export default ${one("guard")}; export const other = ${one("other")};`;
    const path = await install(root, "pair", { code, glassine: { plugins } });
    const given = by === "option" ? { isolate: { guard: inProcess } } : {};
    await trust(root, path, "guard", (by === "lock" ? inProcess : {}) as object);
    const { warnings } = await found(root, { ...given, mode: "dev" });
    expect(warnings.filter((text) => text.includes("isolated"))).toEqual([
      "the package 'pair' is isolated only for guard: the host imports it for other, so its code runs in the host too",
    ]);
  });

  it.each(["process", "worker"] as const)(
    "is not started again in a %s from a copy that was changed",
    async (isolate) => {
      verifies("discovery:isolated");
      const dying = [
        'import { fileURLToPath } from "node:url";',
        'import { definePlugin, deny } from "glassine";',
        "const own = fileURLToPath(import.meta.url);",
        "let turns = 0;",
        'export default () => definePlugin({ name: "guard", version: "1.0.0", hooks: {',
        '  "cmf.llm_input": () => turns++ === 0 ? deny({ code: "far", reason: own }) : process.exit(1),',
        "} });",
      ].join("\n");
      const { root } = await trusted(dying, { isolate, accept });
      const { manager, violation } = await runs(await found(root, production));
      expect(violation?.code).toBe("far");
      const copy = violation?.reason as string;
      await chmod(copy, 0o600);
      await writeFile(copy, dying.replace("turns++ === 0", "true").replace('"far"', '"changed"'));
      for (const _turn of ["that ends it", "that would start it again"]) {
        const { errors, violation } = await manager.invoke("cmf.llm_input", said);
        expect([violation?.code, errors.length]).toEqual(["handler_error", 1]);
      }
    },
  );

  it("runs in QuickJS, if it has pure functions only", async () => {
    verifies("discovery:isolated");
    const pure = [
      'import { definePlugin, deny } from "glassine";',
      'const where = typeof process === "undefined" ? "far" : "host";',
      'export default () => definePlugin({ name: "guard", version: "1.0.0",',
      '  hooks: { "cmf.llm_input": () => deny({ code: where, reason: "no" }) } });',
    ].join("\n");
    const { root } = await trusted(pure, { isolate: "quickjs" });
    const discovered = await found(root, production);
    expect(codesOf(discovered)).toEqual([]);
    expect((await runs(discovered)).violation?.code).toBe("far");
    const other = await trusted(guarded("guard"), { isolate: "quickjs" });
    expect(codesOf(await found(other.root, production))).toEqual(["guard: import_failed"]);
  });

  it.each(["worker", "quickjs"] as const)(
    "may import all of a folder under development in %s",
    async (isolate) => {
      verifies("discovery:isolated");
      const local = await newRoot();
      const glassine = { plugin: "./dist/plugin.js" };
      const files = {
        "package.json": JSON.stringify({
          name: "guard",
          version: "1.0.0",
          type: "module",
          glassine,
        }),
        "dist/plugin.js": 'export { default } from "../lib/guard.js";',
        "lib/guard.js": [
          'import { definePlugin, deny } from "glassine";',
          'export default () => definePlugin({ name: "guard", version: "1.0.0",',
          '  hooks: { "cmf.llm_input": () => deny({ code: "far", reason: "no" }) } });',
        ].join("\n"),
      };
      for (const [name, text] of Object.entries(files)) {
        await mkdir(dirname(join(local, name)), { recursive: true });
        await writeFile(join(local, name), text);
      }
      const options = { local: [local], env: {}, isolate: { guard: { isolate } } };
      const discovered = await found(await newRoot(), options);
      expect(discovered.rejected).toEqual([]);
      expect((await runs(discovered)).violation?.code).toBe("far");
    },
  );

  it("ends with its manager", async () => {
    verifies("discovery:isolated-end");
    const before = await farSides();
    const { root } = await trusted(guarded("guard"));
    const { manager } = await runs(await found(root, production));
    expect(await farSides()).toHaveLength(before.length + 1);
    await manager.close();
    await expect.poll(farSides).toHaveLength(before.length);
  });

  it("ends with the discovery, where no manager is made", async () => {
    verifies("discovery:isolated-end");
    const before = await farSides();
    const { root } = await trusted(guarded("guard"));
    const discovered = await discover(root, production);
    expect(await farSides()).toHaveLength(before.length + 1);
    await discovered.close();
    await expect.poll(farSides).toHaveLength(before.length);
  });

  it("ends if another plugin of its package is refused", async () => {
    verifies("discovery:isolated-end");
    const before = await farSides();
    const root = await newRoot();
    const plugins = { guard: "./plugin.js", other: "./plugin.js:other" };
    const code = `${guarded("guard")} export const other = () => ({});`;
    await install(root, "pair", { code, glassine: { plugins } });
    const isolate = { guard: inProcess, other: inProcess };
    expect(codesOf(await found(root, { mode: "dev", isolate }))).toEqual([
      "guard: sibling_rejected",
      "other: factory_failed",
    ]);
    await expect.poll(farSides).toHaveLength(before.length);
  });

  it.each<[string, string, string]>([
    ["a module that throws", "throw new Error('no luck');", "guard: import_failed"],
    ["a module that ends its process", "process.exit(3);", "guard: import_failed"],
    ["a factory that throws", "export default () => { throw 1; };", "guard: factory_failed"],
    ["an export that is no plugin", "export default () => ({});", "guard: factory_failed"],
    ["another name", guarded("other-guard"), "guard: id_mismatch"],
    [
      "a capability that package.json does not list",
      guarded("guard").replace("capabilities: []", 'capabilities: ["read_labels"]'),
      "guard: manifest_invalid",
    ],
  ])("is refused as in the host: %s", async (_, code, refusal) => {
    verifies("discovery:isolated-gates", "discovery:isolated-end");
    const root = await newRoot();
    const before = await farSides();
    const glassine = { plugin: "./plugin.js", capabilities: [] };
    const path = await install(root, "guard", { code, glassine });
    await trust(root, path, "guard", inProcess);
    expect(codesOf(await found(root, production))).toEqual([refusal]);
    await expect.poll(farSides).toHaveLength(before.length);
  });

  it("is refused with what it printed before it ended", async () => {
    verifies("isolation:output");
    const code = 'console.error("no database\\n"); process.exit(3);';
    const { root } = await trusted(code);
    const { rejected } = await found(root, production);
    expect(rejected).toMatchObject([
      {
        code: "import_failed",
        reason: "The isolated plugin ended with code 3. Its last output: no database",
      },
    ]);
  });

  it("is refused if it asks for more than was granted", async () => {
    const code = guarded("guard").replace("capabilities: []", 'capabilities: ["read_labels"]');
    const { root } = await trusted(code, { ...inProcess, capabilities: [] });
    expect(codesOf(await found(root, production))).toEqual(["guard: capabilities_mismatch"]);
  });

  it("starts while others start, and comes in the same order", async () => {
    const root = await newRoot();
    const mark = (id: string) => JSON.stringify(join(root, `${id}.started`));
    const waiting = (id: string, other: string) =>
      guarded(
        id,
        `import { existsSync, writeFileSync } from "node:fs"; writeFileSync(${mark(id)}, "");
        while (!existsSync(${mark(other)})) await new Promise((resolve) => setTimeout(resolve, 5));`,
      );
    const isolated = { a: waiting("aaa", "ccc"), c: waiting("ccc", "aaa"), d: "process.exit(3);" };
    for (const [id, code] of Object.entries(isolated)) await install(root, id.repeat(3), { code });
    await install(root, "bbb");
    const inWorker = { isolate: "worker" } as const;
    const isolate = { aaa: inWorker, ccc: inWorker, ddd: inWorker };
    const { plugins, rejected } = await found(root, { mode: "dev", isolate });
    expect(plugins.map(({ name }) => name)).toEqual(["aaa", "bbb", "ccc"]);
    expect(rejected.map(({ id }) => id)).toEqual(["ddd"]);
  });

  it("is refused if it takes too long to load", async () => {
    const { root } = await trusted(guarded("guard", "for (;;);"));
    const discovered = await found(root, { ...production, loadTimeoutMs: 1_500 });
    expect(codesOf(discovered)).toEqual(["guard: load_timeout"]);
  });

  it("imports its dependencies, and reads no other file", async () => {
    verifies("discovery:isolated-files");
    const root = await newRoot();
    const secret = join(root, "secret");
    await writeFile(secret, "s");
    const dep = join(root, "node_modules", "dep");
    await mkdir(dep, { recursive: true });
    const manifest = { name: "dep", version: "1.0.0", type: "module", exports: "./index.js" };
    await writeFile(join(dep, "package.json"), JSON.stringify(manifest));
    await writeFile(join(dep, "index.js"), 'export const word = "deep";');
    const code = [
      'import { readFileSync } from "node:fs";',
      'import { definePlugin, deny } from "glassine";',
      'import { word } from "dep";',
      "let read;",
      `try { read = readFileSync(${JSON.stringify(secret)}, "utf8"); } catch ({ code }) { read = code; }`,
      'export default () => definePlugin({ name: "guard", version: "1.0.0",',
      '  hooks: { "cmf.llm_input": () => deny({ code: word, reason: read }) } });',
    ].join("\n");
    const discovered = await foundWith(root, code, { dependencies: { dep: "1.0.0" } });
    expect(codesOf(discovered)).toEqual([]);
    const { violation } = await runs(discovered);
    expect(violation?.code).toBe("deep");
    expect(violation?.reason).toMatch(/^(?:ENOENT|ERR_ACCESS_DENIED)$/);
  });

  it("finds what a peer needs where a link leads to it", async () => {
    verifies("discovery:isolated-files");
    const root = await newRoot();
    const modules = join(root, "node_modules");
    const storeOf = (name: string) => join(modules, ".pnpm", `${name}@1.0.0`, "node_modules");
    const packed = async (name: string, code: string, dependencies: object = {}) => {
      const folder = join(storeOf(name), name);
      await mkdir(folder, { recursive: true });
      const manifest = { name, version: "1.0.0", type: "module", exports: "./index.js" };
      await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, dependencies }));
      await writeFile(join(folder, "index.js"), code);
      return folder;
    };
    const low = await packed("low", 'export const word = "deep";');
    const middle = await packed("middle", 'export { word } from "low";', { low: "1.0.0" });
    const top = await packed("top", 'export { word } from "middle";', { middle: "1.0.0" });
    await symlink(low, join(storeOf("middle"), "low"));
    await symlink(middle, join(storeOf("top"), "middle"));
    await symlink(top, join(modules, "top"));
    const code = guarded("guard", 'import { word } from "top";').replace('"far"', "word");
    const discovered = await foundWith(root, code, { peerDependencies: { top: "1" } });
    expect(discovered.rejected).toEqual([]);
    expect((await runs(discovered)).violation?.code).toBe("deep");
  });

  it("shares with the host a peer that the library imports too", async () => {
    verifies("discovery:isolated-files");
    const root = await newRoot();
    await mkdir(join(root, "node_modules"));
    const zod = dirname(createRequire(import.meta.url).resolve("zod/package.json"));
    await symlink(zod, join(root, "node_modules", "zod"));
    const code = guarded("guard", 'import { z } from "zod"; z.string().parse("a");');
    const discovered = await foundWith(root, code, { peerDependencies: { zod: "4" } });
    expect(discovered.rejected).toEqual([]);
    expect((await runs(discovered)).violation?.code).toBe("far");
  });
});

describe("what a host says over plugins.lock", () => {
  const configured = guarded("guard").replace(
    "capabilities: []",
    "configSchema: z.object({ word: z.string() }), capabilities: []",
  );

  it("isolates what the lock does not", async () => {
    verifies("discovery:isolate-option");
    const root = await newRoot();
    await install(root, "guard", { code: guarded("guard") });
    expect(codesOf(await found(root))).toEqual(["guard: import_failed"]);
    Reflect.deleteProperty(globalThis, "ranInHost");
    const discovered = await found(root, { isolate: { guard: { isolate: "worker" } } });
    expect((await runs(discovered)).violation?.code).toBe("far");
  });

  it("isolates more strictly", async () => {
    verifies("discovery:isolate-option");
    const { root } = await trusted(guarded("guard"), { isolate: "worker", accept });
    const discovered = await found(root, { isolate: { guard: { isolate: "process" } } });
    const { manager } = await runs(discovered);
    expect(manager.handlersFor("cmf.llm_input")[0]?.isolate).toBe("process");
  });

  it.each<[string, DiscoverOptions["isolate"], RegExp]>([
    [
      "a weaker kind",
      { guard: { isolate: "worker" } },
      /isolate of "guard" is worker, and plugins\.lock says process, which is stricter/,
    ],
    [
      "an opening that the lock does not accept",
      { guard: { isolate: "process", accept: ["network"] } },
      /isolate of "guard" accepts network, which plugins\.lock does not/,
    ],
    ["no kind", { guard: { isolate: "vm" as never } }, /must be one of worker, process, quickjs/],
    ["no opening", { guard: { accept: ["net" as never] } }, /accept must list only network/],
    ["no list of openings", { guard: { accept: null as never } }, /accept must list only network/],
    [
      "an opening of a kind that has none",
      { guard: { isolate: "quickjs", accept: ["network"] } },
      /accept needs the kind process/,
    ],
    ["an unknown key", { guard: { kind: "worker" } as never }, /kind/],
    [
      "an opening of what is not isolated",
      { other: { accept: ["network"] } },
      /neither it nor plugins.lock sets isolate/,
    ],
  ])("is refused: %s", async (_, isolate, text) => {
    verifies("discovery:isolate-option");
    const { root } = await trusted(guarded("guard"), { isolate: "process" });
    await expect(discover(root, { isolate: isolate ?? {} })).rejects.toMatchObject({
      code: "options_invalid",
      message: expect.stringMatching(text),
    });
  });

  it("names plugins that are installed", async () => {
    verifies("discovery:isolate-option");
    const root = await newRoot();
    await install(root, "guard", { code: guarded("guard") });
    const isolate = { gaurd: { isolate: "worker" } } as const;
    await expect(discover(root, { isolate })).rejects.toMatchObject({
      code: "plugin_missing",
      message: expect.stringContaining('Did you mean "guard"?'),
    });
  });

  it("hands over the configuration, which is checked where its schema is", async () => {
    const schema = `{ parse: (value) => {
      if (value.word !== "yes") throw new Error("say yes");
      return value;
    } }`;
    const code = configured.replace("z.object({ word: z.string() })", schema);
    const { root } = await trusted(code);
    const setting = (word: string) => ({ isolate: { guard: { config: { word } } } });
    const discovered = await found(root, setting("yes"));
    expect(codesOf(discovered)).toEqual([]);
    expect((await runs(discovered)).violation?.reason).toBe("yes");
    const refused = await found(root, setting("no"));
    expect(refused.rejected).toMatchObject([{ id: "guard", code: "config_rejected" }]);
  });

  it.each([
    ["a procedure", { glassine: { procedures: { "acme.clean": "./plugin.js" } } }, "acme.clean"],
  ])("is never passed over: %s", async (_, more, id) => {
    verifies("discovery:isolated-kinds");
    const root = await newRoot();
    const marker = join(root, "ran");
    const code = `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(marker)}, "");`;
    await install(root, "guard", { code, ...more } as object);
    const discovered = await found(root, { isolate: { [id]: { isolate: "process" } } });
    expect(codesOf(discovered)).toEqual([`${id}: isolation_refused`]);
    expect(existsSync(marker)).toBe(false);
  });

  it("is never passed over for the host's own packages", async () => {
    verifies("discovery:isolated-kinds");
    const root = await newRoot();
    const path = await install(root, "guard", { code: guarded("guard") });
    const discovered = await found(root, {
      builtins: [path],
      isolate: { guard: { isolate: "process" } },
    });
    expect(codesOf(discovered)).toEqual(["guard: isolation_refused"]);
  });

  it("is refused in a host with hooks of its own, and the reason says so", async () => {
    verifies("discovery:isolated-kinds");
    const hook = { semantic: "voting", description: "May it?", payload: z.object({}) } as const;
    const root = await newRoot();
    await install(root, "guard", { code: guarded("guard") });
    const { rejected } = await found(root, {
      host: defineHost({ hooks: { may: hook } }),
      isolate: { guard: { isolate: "process" } },
    });
    expect(rejected.map(({ reason }) => reason)).toEqual([
      'it is to run in "process", but a host with slots, hooks or services of its own runs its plugins itself: remove it, or do not isolate it',
    ]);
  });
});
