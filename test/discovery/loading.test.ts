import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createPluginManager, PluginDiscoveryError, PluginSignatureError } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { rejection } from "../operations/support.ts";
import { verifies } from "../support/verifies.ts";
import {
  codesOf,
  discover,
  install,
  newRoot,
  publisher,
  ran,
  source,
  unsigned,
} from "./support.ts";

/** What is reported to a host that starts with discovered plugins. */
async function start(
  root: string,
  options: Parameters<typeof discover>[1] = {},
  config: Readonly<Record<string, object>> = {},
) {
  const events: AuditEvent[] = [];
  const lines: string[] = [];
  const discovered = await discover(root, { onRejected: "fail", ...options });
  const making = createPluginManager({
    plugins: [],
    discovered,
    config,
    env: {},
    audit: { sink: (event) => events.push(event) },
    logger: { warn: (text) => lines.push(text) },
  });
  const failures = () =>
    events.filter(({ eventType }) => eventType === "plugin.registration_failed");
  return { making, events, failures, lines };
}

const load = "export default";

describe("loading", () => {
  it.each([
    ["throws", "throw new Error('no luck');", "failed to load plugin entry point 'guard': no luck"],
    [
      "exports an object",
      `${load} {};`,
      "plugin entry point 'guard' loaded object; expected a function that returns what definePlugin made",
    ],
    [
      "exports nothing",
      "export const other = 1;",
      "plugin entry point 'guard' loaded undefined; expected a function that returns what definePlugin made",
    ],
    [
      "is imported as something that cannot be read",
      `export const then = (give) => {
        const getOwnPropertyDescriptor = () => { throw new Error("no luck"); };
        give(new Proxy({}, { getOwnPropertyDescriptor }));
      };`,
      "failed to load plugin entry point 'guard': no luck",
    ],
    [
      "has a factory that throws",
      `${load} () => { throw new Error('token=abcdef'); };`,
      "plugin entry point 'guard' failed while creating its plugin: token=[REDACTED]",
    ],
    [
      "has a factory that rejects",
      `${load} async () => { throw new Error('later'); };`,
      "plugin entry point 'guard' failed while creating its plugin: later",
    ],
    [
      "gives null",
      `${load} () => null;`,
      "plugin entry point 'guard' returned null; expected what definePlugin made",
    ],
    [
      "gives a look-alike",
      `${load} () => ({ name: 'guard', version: '1.0.0', hooks: [], capabilities: [] });`,
      "plugin entry point 'guard' returned object; expected what definePlugin made",
    ],
    [
      "declares another name",
      source("other-guard"),
      "plugin entry point 'guard' declares name 'other-guard'; they must match",
    ],
    [
      "declares another version",
      source("guard", { version: "1.0.1" }),
      "plugin 'guard' manifest version '1.0.1' differs from package version '1.0.0'",
    ],
  ])("PH-076: a module that %s is refused with its message", async (_, code, message) => {
    const root = await newRoot();
    await install(root, "guard", { code });
    const { making } = await start(root);
    const error = await rejection(making);
    expect(error).toBeInstanceOf(PluginDiscoveryError);
    expect((error as Error).message).toBe(message);
  });

  it("a module without the export is refused with the export's name", async () => {
    const root = await newRoot();
    await install(root, "guard", { code: "export const make = 1;" });
    expect((await discover(root)).rejected).toMatchObject([
      { reason: expect.stringMatching(/: its file has no export 'default'$/) },
    ]);
  });

  it("PH-076: a module that exports a revoked proxy is refused, and no other", async () => {
    const root = await newRoot();
    const code = `const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      export { proxy };`;
    await install(root, "guard", { code, glassine: { plugins: { guard: "./plugin.js:proxy" } } });
    await install(root, "other");
    const { rejected, plugins } = await discover(root);
    expect(rejected).toMatchObject([
      {
        id: "guard",
        code: "factory_failed",
        reason: "it loaded object; expected a function that returns what definePlugin made",
      },
    ]);
    expect(plugins.map(({ name }) => name)).toEqual(["other"]);
  });

  it.each([
    [{ plugin: "./a.js", plugins: {} }, "it has both plugin and plugins; give one of them"],
    [{ plugin: 3 }, "plugin: expected a path"],
    [
      { plugins: { "A\nb": "./a.js" } },
      'plugins["A\\u{a}b"]: expected paths by ids such as pii-scan',
    ],
    [{ "a\nb": 1 }, 'unknown key "a\\u{a}b"'],
    [{ plugin: "./a.js", hooks: ["a b"] }, "hooks[0]: expected the name of a hook"],
  ])("PH-076: a malformed field %j is refused with its message", async (glassine, detail) => {
    const root = await newRoot();
    await install(root, "guard", { glassine: glassine as never });
    const { making } = await start(root);
    expect(((await rejection(making)) as Error).message).toBe(
      `package 'guard' has an invalid glassine field: ${detail}`,
    );
  });

  it("PH-077: no code of a refused package runs, and the error names it", async () => {
    verifies("discovery:stages");
    verifies("discovery:signature-gate");
    verifies("discovery:lock-gate");
    const root = await newRoot();
    const marker = join(root, "ran");
    await install(root, "guard", { code: source("guard", {}, marker) });
    const { making, failures } = await start(root, { env: {} });
    const error = await rejection(making);
    expect(error).toBeInstanceOf(PluginSignatureError);
    expect((error as Error).message).toBe(
      "plugin 'guard' is unsigned; production plugin registration requires a verified signature",
    );
    expect(failures()).toMatchObject([
      { metadata: { plugin_name: "guard", reason: "unsigned", package: "guard" } },
    ]);
    await writeFile(join(root, "plugins.lock"), "version = 1\n");
    const locked = await discover(root, { mode: "production" });
    expect(codesOf(locked)).toEqual(["guard: missing_from_lock"]);
    expect(ran(marker)).toBe(false);
  });

  it("PH-083: a plugin that depends on a refused one is refused for that", async () => {
    verifies("discovery:dependents", "discovery:start");
    const root = await newRoot();
    const { sign, env } = await publisher(root, "builder@example.com");
    await install(root, "base");
    await install(root, "middle", { manifest: { dependsOn: ["base"] }, sign });
    await install(root, "above", { manifest: { dependsOn: ["middle"] }, sign });
    await install(root, "apart", { sign });
    const discovery = await discover(root, { env });
    expect(codesOf(discovery)).toEqual([
      "above: dependency_rejected",
      "base: unsigned",
      "middle: dependency_rejected",
    ]);
    expect(discovery.plugins.map(({ name }) => name)).toEqual(["apart"]);
    const { making, failures } = await start(root, { env, onRejected: "skip" });
    await (await making).close();
    expect(failures().map(({ metadata }) => `${metadata.plugin_name}: ${metadata.reason}`)).toEqual(
      ["base: unsigned", "middle: dependency_rejected", "above: dependency_rejected"],
    );
  });

  it("a refused plugin that the host configures is refused for its own reason", async () => {
    verifies("discovery:start");
    const root = await newRoot();
    await install(root, "guard", { code: "throw new Error('no luck');" });
    const config = { guard: { level: 3 } };
    const { making, failures } = await start(root, {}, config);
    expect(await rejection(making)).toMatchObject({
      code: "discovery_failed",
      message: expect.stringContaining("no luck"),
    });
    expect(failures()).toHaveLength(1);
    const skipping = await start(root, { onRejected: "skip" }, config);
    expect((await skipping.making).plugins).toEqual([]);
    await expect((await start(root, {}, { gard: {} })).making).rejects.toThrow(
      "config has a section 'gard', which is not among the plugins. Did you mean 'guard'?",
    );
  });

  it("PH-084: three broken packages are three problems of one error, and three events", async () => {
    verifies("discovery:start");
    const root = await newRoot();
    await install(root, "one", { code: "throw new Error('one');" });
    await install(root, "two", { code: `${load} () => 2;` });
    await install(root, "three", { glassine: { plugin: "./none.js" } });
    const { making, failures } = await start(root);
    const error = (await rejection(making)) as PluginDiscoveryError;
    expect(error).toBeInstanceOf(PluginDiscoveryError);
    expect(error.problems.map(({ id, code }) => `${id}: ${code}`).sort()).toEqual([
      "one: import_failed",
      "three: invalid_entry_point",
      "two: factory_failed",
    ]);
    expect(
      failures()
        .map(({ metadata }) => metadata.plugin_name)
        .sort(),
    ).toEqual(["one", "three", "two"]);
  });

  it("PH-085: a plugin made with another copy of this library is accepted", async () => {
    verifies("discovery:copies");
    const root = await newRoot();
    // All that another copy leaves of a plugin: a manifest under the registered symbol.
    const code = `${load} () => {
      const plugin = {};
      globalThis[Symbol.for("glassine.manifests")].set(plugin, {
        name: "guard", version: "1.0.0", hooks: { tool_pre_invoke: (payload) => undefined },
      });
      return plugin;
    };`;
    await install(root, "guard", { code });
    const { plugins } = await discover(root);
    expect(plugins.map(({ name, hooks }) => [name, hooks])).toEqual([
      ["guard", ["tool_pre_invoke"]],
    ]);
  });

  it("PH-086: a factory is waited for until its timeout", async () => {
    verifies("discovery:load");
    const root = await newRoot();
    await install(root, "slow", {
      code: `${load} async () => { await null; return globalThis.testDefinePlugin({ name: "slow", version: "1.0.0" }); };`,
    });
    await install(root, "never", { code: `${load} () => new Promise(() => {});` });
    await install(root, "never-loads", { code: "await new Promise(() => {});" });
    const discovered = await discover(root, { loadTimeoutMs: 200 });
    expect(discovered.plugins.map(({ name }) => name)).toEqual(["slow"]);
    expect(codesOf(discovered)).toEqual(["never-loads: load_timeout", "never: load_timeout"]);
    const { making } = await start(root, { loadTimeoutMs: 200 });
    expect(((await rejection(making)) as Error).message).toContain(
      "plugin entry point 'never' timed out while loading",
    );
  });

  it("a package that changes itself while imported changes only its copy", async () => {
    verifies("discovery:copy");
    const root = await newRoot();
    const code = `import { appendFileSync } from "node:fs"; appendFileSync(new URL(import.meta.url), "//");\n${source("guard")}`;
    const path = await install(root, "guard", { code });
    expect(codesOf(await discover(root))).toEqual([]);
    expect(await readFile(join(path, "plugin.js"), "utf8")).toBe(code);
  });

  it("a module is imported once, and again if its files differ", async () => {
    verifies("discovery:once");
    const root = await newRoot();
    const code = `globalThis.testImports = (globalThis.testImports ?? 0) + 1;\n${source("guard")}`;
    const path = await install(root, "guard", { code });
    const imports = () => (globalThis as { testImports?: number }).testImports;
    await discover(root);
    await discover(root);
    expect(imports()).toBe(1);
    await writeFile(join(path, "plugin.js"), `${code}//`);
    expect((await discover(root)).rejected).toEqual([]);
    expect(imports()).toBe(2);
  });

  it("a peer that is installed later is found by the next discovery", async () => {
    verifies("discovery:once");
    const root = await newRoot();
    const path = await install(root, "guard", { code: `import "peer";\n${source("guard")}` });
    const manifest = join(path, "package.json");
    const fields = JSON.parse(await readFile(manifest, "utf8"));
    await writeFile(manifest, JSON.stringify({ ...fields, peerDependencies: { peer: "1.0.0" } }));
    expect(codesOf(await discover(root))).toEqual(["guard: import_failed"]);
    const peer = join(root, "node_modules/peer");
    await mkdir(peer);
    await writeFile(join(peer, "package.json"), '{"name":"peer","version":"1.0.0"}');
    await writeFile(join(peer, "index.js"), "");
    expect(codesOf(await discover(root))).toEqual([]);
  });

  it("two discoveries at the same time each load what is in their own root", async () => {
    verifies("discovery:copy");
    const versions = ["1.0.0", "2.0.0"];
    const found = versions.map(async (version) => {
      const root = await newRoot();
      await install(root, "guard", { version, code: source("guard", { version }) });
      return discover(root);
    });
    for (const [at, { plugins, rejected }] of (await Promise.all(found)).entries()) {
      expect(rejected).toEqual([]);
      expect(plugins.map(({ version }) => version)).toEqual([versions[at]]);
    }
  });

  it("a manifest may not ask for more than its package.json says", async () => {
    verifies("discovery:says-the-same");
    const root = await newRoot();
    const manifest = { capabilities: ["read_labels", "read_roles"] };
    const glassine = { plugin: "./plugin.js", capabilities: ["read_labels"] };
    await install(root, "guard", { manifest, glassine });
    const { rejected } = await discover(root);
    expect(rejected).toMatchObject([
      { code: "manifest_invalid", reason: expect.stringContaining("read_roles") },
    ]);

    // The empty name is one, too.
    const run = `export class Run {
      static id = "acme.run"; static name = "Run"; static version = "1.0.0";
      static configModel = { parse: (value) => value }; static requiredCapabilities = [""];
      async preflight() {} async run() {}
    }`;
    const procedures = { "acme.run": "./plugin.js:Run" };
    const other = await newRoot();
    await install(other, "runs", { code: run, glassine: { procedures, capabilities: [] } });
    expect(codesOf(await discover(other))).toEqual(["acme.run: manifest_invalid"]);

    const listing = (name: string, hooks: readonly string[]) =>
      install(root, name, {
        code: `${load} () => globalThis.testDefinePlugin({
          name: "${name}", version: "1.0.0", hooks: { evaluate() {}, tool_pre_invoke() {} },
        });`,
        glassine: { plugin: "./plugin.js", hooks },
      });
    await listing("lists-one", ["evaluate"]);
    await listing("lists-two", ["evaluate", "tool_pre_invoke"]);
    const hooked = await discover(root);
    expect(hooked.rejected[1]).toMatchObject({
      code: "manifest_invalid",
      reason: expect.stringMatching(/has hooks that .* does not list: tool_pre_invoke$/),
    });
    expect(hooked.plugins.map(({ name }) => name)).toEqual(["lists-two"]);
  });

  it("CommonJS and named exports load as well", async () => {
    const root = await newRoot();
    const path = await install(root, "guard", {
      files: {
        "lib/plugin.cjs":
          'exports.make = () => globalThis.testDefinePlugin({ name: "guard", version: "1.0.0" });',
      },
      glassine: { plugin: "lib/plugin.cjs:make" },
    });
    expect(path).toContain("guard");
    expect((await discover(root)).plugins.map(({ name }) => name)).toEqual(["guard"]);
  });

  it("the record of a registered plugin names its origin and its trust decision", async () => {
    verifies("discovery:origin");
    const root = await newRoot();
    const { sign, env } = await publisher(root, "builder@example.com");
    await install(root, "@acme/guard", { sign });
    const { making, events } = await start(root, { env });
    await (await making).close();
    expect(events.map(({ metadata }) => metadata)).toMatchObject([
      {
        plugin_name: "guard",
        signed_by: "builder@example.com",
        signing: { trust_decision: "trusted_publisher" },
        discovery_source: {
          type: "npm_package",
          entry_point_name: "guard",
          entry_point_value: "plugin.js:default",
          distribution: "@acme/guard",
          package_version: "1.0.0",
        },
        package: "@acme/guard",
        package_hash: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      },
    ]);
  });

  it("the record of a refused plugin names who signed it, and no decision", async () => {
    verifies("discovery:origin");
    const root = await newRoot();
    const { sign, env } = await publisher(root, "builder@example.com");
    await install(root, "signed-one", { sign });
    await install(root, "unsigned-one");
    const changed = await install(root, "changed-one", { sign });
    await writeFile(join(changed, "more.js"), "");
    await writeFile(join(root, "plugins.lock"), "version = 1\n");
    const { making, failures } = await start(root, { env, mode: "production" });
    await expect(making).rejects.toThrow("missing_from_lock");
    expect(
      failures().map(({ metadata: { plugin_name, signed_by, signing } }) => [
        plugin_name,
        signed_by,
        signing,
      ]),
    ).toEqual([
      ["changed-one", undefined, {}],
      ["signed-one", "builder@example.com", {}],
      ["unsigned-one", "unsigned", {}],
    ]);
  });

  it("unsigned plugins cause a warning when loaded and when a hook is invoked", async () => {
    verifies("discovery:unsigned-warning");
    const root = await newRoot();
    await install(root, "beta");
    await install(root, "alpha");
    const { making, lines } = await start(root);
    const manager = await making;
    expect(manager.developmentUnsignedPlugins()).toEqual(["alpha", "beta"]);
    const because = "loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false";
    expect(lines.map((line) => line.slice(0, line.indexOf(";")))).toEqual([
      `SECURITY WARNING: unsigned plugin 'alpha' ${because}`,
      `SECURITY WARNING: unsigned plugin 'beta' ${because}`,
    ]);
    lines.length = 0;
    await manager.invoke("tool_pre_invoke", { name: "ls" });
    await manager.invoke("tool_pre_invoke", { name: "ls" });
    await manager.close();
    expect(lines).toEqual([
      "SECURITY WARNING: unsigned plugins active via GLASSINE_PLUGIN_SIGNING_REQUIRED=false: alpha, beta",
    ]);
  });

  it("unsigned plugins of other kinds cause a warning when loaded", async () => {
    verifies("discovery:unsigned-warning");
    const root = await newRoot();
    const code = `export class Run {
      static id = "acme.run"; static name = "Run"; static version = "1.0.0";
      static configModel = { parse: (value) => value }; static requiredCapabilities = [];
      async preflight() {} async run() {}
    }`;
    await install(root, "runs", {
      code,
      glassine: { procedures: { "acme.run": "./plugin.js:Run" } },
    });
    const { making, lines } = await start(root);
    await (await making).close();
    expect(lines).toEqual([
      expect.stringMatching(/^SECURITY WARNING: unsigned plugin 'acme\.run'/),
    ]);
  });

  it("production without plugins.lock is refused, naming where one could be", async () => {
    verifies("discovery:lock-gate");
    const root = await newRoot();
    await install(root, "guard");
    const env = { ...unsigned, XDG_CONFIG_HOME: join(root, "config") };
    const error = await rejection(discover(root, { mode: "production", env }));
    expect((error as Error).message).toBe(
      `production plugin mode requires a plugins.lock; pass --plugins-lock or place one at ${join(root, "plugins.lock")} or ${join(root, "config/glassine/plugins.lock")}`,
    );
  });

  it("local plugins load in dev but not in production", async () => {
    verifies("discovery:local");
    const root = await newRoot();
    const local = join(root, "local");
    await mkdir(join(local, "guard"), { recursive: true });
    await writeFile(
      join(local, "guard/package.json"),
      JSON.stringify({
        name: "guard",
        version: "1.0.0",
        type: "module",
        glassine: { plugin: "./plugin.js" },
      }),
    );
    await writeFile(join(local, "guard/plugin.js"), source("guard"));
    const found = await discover(root, { local: [local], env: {} });
    expect(found.plugins.map(({ name }) => name)).toEqual(["guard"]);
    const error = await rejection(discover(root, { local: [local], mode: "production" }));
    expect((error as Error).message).toBe("local plugins are not allowed in production mode");
  });

  it("a local plugin that is also linked into node_modules, as in a workspace, is one plugin", async () => {
    verifies("discovery:local");
    const root = await newRoot();
    const elsewhere = await newRoot();
    const local = await install(elsewhere, "guard");
    await mkdir(join(root, "node_modules"), { recursive: true });
    await symlink(local, join(root, "node_modules", "guard"));
    const found = await discover(root, { local: [local], env: {} });
    expect(codesOf(found)).toEqual([]);
    expect(found.plugins.map(({ name }) => name)).toEqual(["guard"]);
  });
});
