import { execFileSync } from "node:child_process";
import { mkdir, rename, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { codesOf, discover, install, newRoot, ran, source, trust } from "./support.ts";

describe("finding packages", () => {
  it("PH-074: plugins are sorted by id, with id, entry point, package and version", async () => {
    verifies("discovery:order");
    const root = await newRoot();
    await install(root, "@acme/bbb");
    await install(root, "aaa");
    const { plugins } = await discover(root);
    expect(plugins.map(({ name, version }) => `${name} ${version}`)).toEqual([
      "aaa 1.0.0",
      "bbb 1.0.0",
    ]);
    const refused = await discover(root, { env: {} });
    expect(refused.rejected).toMatchObject([
      { id: "aaa", package: "aaa", entryPoint: "plugin.js:default", code: "unsigned" },
      { id: "bbb", package: "@acme/bbb", entryPoint: "plugin.js:default", code: "unsigned" },
    ]);
  });

  it("PH-075: the keyword without the field is reported; other hosts' packages are not", async () => {
    verifies("discovery:field");
    const root = await newRoot();
    const path = join(root, "node_modules");
    await packageJson(path, "keyword-only", { keywords: ["glassine-plugin"] });
    await packageJson(path, "of-another", {
      keywords: ["other-plugin"],
      other: { plugin: "./x.js" },
    });
    await packageJson(path, "plain", {});
    expect(codesOf(await discover(root))).toEqual(["keyword-only: entry_point_missing"]);
  });

  it.each([
    ["leaves the package", "../evil.js"],
    ["absolute", "/etc/x.js"],
    ["a link out of the package", "dist/link.js"],
    ["data", "data:text/javascript,export default 1"],
    ["a module of Node", "node:fs"],
    ["a URL", "https://example.com/x.js"],
    ["a drive", "C:/x.js"],
    ["a backslash", ".\\plugin.js"],
    ["a folder", "dist"],
    ["what is not there", "dist/none.js"],
    ["an export with a space", "plugin.js:a b"],
    ["nothing", ""],
  ])("PH-078: an entry point that is %s is refused before anything runs", async (_, plugin) => {
    verifies("discovery:entry-point");
    const root = await newRoot();
    const marker = join(root, "ran");
    const path = await install(root, "guard", {
      code: source("guard", {}, marker),
      glassine: { plugin },
    });
    await mkdir(join(path, "dist"));
    await writeFile(join(root, "outside.js"), source("guard", {}, marker));
    await symlink(join(root, "outside.js"), join(path, "dist/link.js"));
    expect(codesOf(await discover(root))).toEqual(["guard: invalid_entry_point"]);
    expect(ran(marker)).toBe(false);
  });

  it("an entry point that is not part of what is hashed is refused", async () => {
    const root = await newRoot();
    const marker = join(root, "ran");
    const code = source("guard", {}, marker);
    await install(root, "guard", {
      files: { "node_modules/dep/x.js": code },
      glassine: { plugin: "node_modules/dep/x.js" },
    });
    await install(root, "other", {
      files: { ".git/x.js": code },
      glassine: { plugin: ".git/x.js" },
    });
    const found = await discover(root);
    expect(codesOf(found)).toEqual(["guard: foreign_package", "other: invalid_entry_point"]);
    expect(ran(marker)).toBe(false);
  });

  it.each([
    ["is no JSON", '{"glassine": {'],
    ["is an array", '["glassine"]'],
    ["is too large", `{"glassine": "${"x".repeat(2 * 1024 * 1024)}"}`],
    [
      "says a key twice",
      '{"name":"bad","version":"1.0.0","glassine":{"plugins":{"abc":"./a.js","abc":"./b.js"}}}',
    ],
    ["has a number as its field", '{"name":"bad","version":"1.0.0","glassine":3}'],
    [
      "has an unknown key",
      '{"name":"bad","version":"1.0.0","glassine":{"plugin":"./a.js","capabilites":[]}}',
    ],
    [
      "has plugin and plugins",
      '{"name":"bad","version":"1.0.0","glassine":{"plugin":"./a.js","plugins":{}}}',
    ],
    [
      "has an id that is none",
      '{"name":"bad","version":"1.0.0","glassine":{"plugins":{"A b":"./a.js"}}}',
    ],
    [
      "has __proto__",
      '{"name":"bad","version":"1.0.0","glassine":{"plugins":{"__proto__":"./a.js"}}}',
    ],
    [
      "is deep",
      `{"name":"bad","version":"1.0.0","glassine":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    ],
    [
      "names 101 plugins",
      JSON.stringify({
        name: "bad",
        version: "1.0.0",
        glassine: {
          plugins: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p-${at}`, "a.js"])),
        },
      }),
    ],
    ["is not UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
  ])("PH-079: a package.json that %s is reported, and the others are listed", async (_, text) => {
    verifies("discovery:field-form", "discovery:field-limit");
    const root = await newRoot();
    await install(root, "good");
    await mkdir(join(root, "node_modules/bad"));
    await writeFile(join(root, "node_modules/bad/package.json"), text);
    const discovery = await discover(root);
    expect(discovery.plugins.map(({ name }) => name)).toEqual(["good"]);
    expect(codesOf(discovery)).toEqual(["bad: invalid_metadata"]);
  });

  describe("an unusable package.json", () => {
    const twice = (fields: object) =>
      JSON.stringify({ name: "odd", version: "1.0.0", ...fields }).replace("{", '{"a":1,"a":2,');
    const large = (fields: object) =>
      JSON.stringify({ readme: "x".repeat(2 * 1024 * 1024), name: "odd", ...fields });
    const cases: readonly (readonly [string, (fields: object) => string, boolean])[] = [
      ["says a key twice", twice, false],
      ["is too large", large, false],
      ["is a link", (fields) => JSON.stringify({ name: "odd", ...fields }), true],
    ];
    const claims: readonly (readonly [object, readonly string[]])[] = [
      [{ dependencies: { glassine: "^0.1.0" }, keywords: ["glassine"] }, []],
      [{ glassine: { plugin: "./plugin.js" } }, ["odd: invalid_metadata"]],
      [{ keywords: ["glassine-plugin"] }, ["odd: invalid_metadata"]],
    ];
    it.each(
      cases.flatMap(([what, text, isLink]) =>
        claims.map(([fields, codes]) => [what, fields, codes, text(fields), isLink] as const),
      ),
    )("and %s, with %j: %j", async (_what, _fields, codes, text, isLink) => {
      verifies("discovery:unrelated", "discovery:field-form");
      const root = await newRoot();
      await install(root, "good");
      const file = join(root, "node_modules/odd/package.json");
      await mkdir(join(file, ".."));
      await writeFile(isLink ? join(root, "other.json") : file, text);
      if (isLink) await symlink(join(root, "other.json"), file);
      const discovery = await discover(root);
      expect(discovery.plugins.map(({ name }) => name)).toEqual(["good"]);
      expect(codesOf(discovery)).toEqual(codes);
    });

    it("is refused if it cannot be read, without waiting for a pipe", async () => {
      verifies("discovery:unrelated");
      const root = await newRoot();
      for (const [name, place] of [
        ["a-pipe", (file: string) => void execFileSync("mkfifo", [file])],
        ["nowhere", (file: string) => symlink("nowhere.json", file)],
      ] as const) {
        const file = join(root, "node_modules", name, "package.json");
        await mkdir(join(file, ".."), { recursive: true });
        await place(file);
      }
      const codes = codesOf(await discover(root));
      expect(codes).toEqual(["a-pipe: invalid_metadata", "nowhere: invalid_metadata"]);
    });
  });

  it("PH-080: in a layout of links each real package is found once, and none counts as linked", async () => {
    verifies("discovery:places");
    verifies("discovery:linked");
    const root = await newRoot();
    const path = await install(root, "guard");
    const store = join(root, "node_modules/.pnpm/guard@1.0.0/node_modules");
    await mkdir(store, { recursive: true });
    await rename(path, join(store, "guard"));
    await symlink(join(store, "guard"), path);
    await symlink(join(store, "guard"), join(root, "node_modules/alias"));
    const app = join(root, "packages/app");
    await mkdir(join(app, "node_modules"), { recursive: true });
    await symlink(join(store, "guard"), join(app, "node_modules/guard"));
    const discovery = await discover(app);
    expect(discovery.plugins.map(({ name }) => name)).toEqual(["guard"]);
    expect(discovery.rejected).toEqual([]);
  });

  it("packages in a node_modules that is itself a link do not count as linked", async () => {
    verifies("discovery:linked");
    const root = await newRoot();
    const elsewhere = await newRoot();
    await trust(root, await install(elsewhere, "guard"), "guard");
    await install(elsewhere, "@acme/other");
    await symlink(join(elsewhere, "node_modules"), join(root, "node_modules"));
    const discovery = await discover(root, { mode: "production" });
    expect(discovery.plugins.map(({ name }) => name)).toEqual(["guard"]);
    expect(codesOf(discovery)).toEqual(["other: missing_from_lock"]);
    // A package in it that is itself a link to another place still counts as a link.
    const away = join(root, "guard");
    await rename(join(elsewhere, "node_modules/guard"), away);
    await symlink(away, join(elsewhere, "node_modules/guard"));
    expect(codesOf(await discover(root, { mode: "production" }))).toContain(
      "guard: linked_package",
    );
  });

  it("the nearest package of a name wins, and the other is reported", async () => {
    verifies("discovery:places");
    const root = await newRoot();
    await install(root, "guard", { version: "2.0.0", manifest: { version: "2.0.0" } });
    const app = join(root, "app");
    await mkdir(app);
    await install(app, "guard");
    const discovery = await discover(app);
    expect(discovery.plugins.map(({ version }) => version)).toEqual(["1.0.0"]);
    expect(discovery.warnings).toEqual([expect.stringContaining("is hidden by the nearer one")]);
  });

  it("a nearer package hides a plugin of its name even if it is none", async () => {
    verifies("discovery:places");
    const root = await newRoot();
    await install(root, "guard");
    const app = join(root, "app");
    await packageJson(join(app, "node_modules"), "guard", {});
    const discovery = await discover(app);
    expect(discovery.plugins).toEqual([]);
    expect(discovery.warnings).toEqual([expect.stringContaining("is hidden by the nearer one")]);
  });

  it("PH-120: nothing is read with discovery switched off, and the log says so", async () => {
    verifies("discovery:off");
    const root = await newRoot();
    const marker = join(root, "ran");
    await install(root, "guard", { code: source("guard", {}, marker) });
    const env = {
      GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED: "false",
      GLASSINE_PLUGIN_MODE: "production",
    };
    const discovered = await discover(root, { env });
    expect([...discovered.plugins, ...discovered.rejected]).toEqual([]);
    const lines: string[] = [];
    const manager = await createPluginManager({
      plugins: [],
      discovered,
      audit: { sink: () => {} },
      logger: { warn: (text) => lines.push(text) },
    });
    await manager.close();
    expect(lines).toEqual([
      expect.stringContaining("GLASSINE_PLUGIN_AUTO_DISCOVERY_ENABLED=false"),
    ]);
    expect(ran(marker)).toBe(false);
  });
});

describe("a production host", () => {
  it("has no manager without a sink that records what plugins do", async () => {
    verifies("audit:production");
    const root = await newRoot();
    await trust(root, await install(root, "guard"), "guard");
    const start = async (mode: "dev" | "production", audit = {}) => {
      const discovered = await discover(root, { mode });
      return await createPluginManager({ plugins: [], discovered, audit, logger: {} });
    };
    await expect(start("production")).rejects.toThrow(
      "plugins of production mode need audit.sink, to record what they do",
    );
    const records: unknown[] = [];
    const audited = await start("production", { sink: (event: object) => records.push(event) });
    await audited.close();
    expect(records).toMatchObject([{ eventType: "plugin.registered" }]);
    await (await start("dev")).close();
  });
});

async function packageJson(folder: string, name: string, fields: object): Promise<void> {
  await mkdir(join(folder, name), { recursive: true });
  const text = JSON.stringify({ name, version: "1.0.0", ...fields });
  await writeFile(join(folder, name, "package.json"), text);
}
