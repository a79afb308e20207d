/** From the plugins of a configuration to those of a gateway, or to the error that prevents it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendHop, createExtensions, definePlugin, deny } from "glassine";
import { createMessage, toolCall } from "glassine/messages";
import { stockPlugins } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { install, trust, unsigned } from "../../discovery/support.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { run, type StockPlugins } from "../command/support.ts";
import { configure, files, refusalIn, runningIn } from "./support.ts";

const denier = (name: string) =>
  definePlugin({
    name,
    version: "1.0.0",
    capabilities: ["read_labels"],
    hooks: {
      "cmf.tool_pre_invoke": {
        handler: () => deny({ reason: name, code: "no" }),
        extensions: true,
      },
    },
  });

const stock: StockPlugins = {
  "always-no": {
    options: z.strictObject({ as: z.string() }),
    make: (options) => denier((options as { as: string }).as),
  },
  "always-hop": {
    options: z.strictObject({}),
    make: () =>
      definePlugin({
        name: "hopper",
        version: "1.0.0",
        capabilities: ["append_delegation"],
        hooks: {
          "cmf.tool_pre_invoke": (_message, _context, extensions) => {
            const hop = { subject_id: "bob", subject_type: "agent", scopes_granted: ["write"] };
            return { modifiedExtensions: appendHop(extensions, hop) };
          },
        },
      }),
  },
};

const pluginSource = (name: string, form = "plugin") =>
  `const plugin = globalThis.testDefinePlugin({ name: "${name}", version: "1.0.0" });\n` +
  `export default ${form};\n`;

const given = { env: unsigned, stock };

interface Config {
  /** Where the configuration is. Default: a new folder. */
  readonly folder?: string;
  readonly limits?: object;
}

async function configured(plugins: readonly unknown[], { folder, ...more }: Config = {}) {
  const cwd = folder ?? (await folderWith({}));
  await configure(cwd, { ...more, plugins });
  return cwd;
}

const running = async (plugins: readonly unknown[], config?: Config) =>
  runningIn(await configured(plugins, config), given);
const refusal = async (plugins: readonly unknown[], config?: Config) =>
  refusalIn(await configured(plugins, config), given);

/** What `--check` says of the plugins that a configuration names. */
async function checked(plugins: readonly unknown[], config?: Config) {
  const cwd = await configured(plugins, config);
  const { document } = await run(["gateway", "--check", "--json"], { cwd, ...given });
  return document() as { readonly plugins: readonly Row[]; readonly warnings: readonly string[] };
}

interface Row {
  readonly name: string;
  readonly from: string;
}

const call = createMessage({
  role: "assistant",
  content: [toolCall({ tool_call_id: "1", name: "t", arguments: {} })],
});

describe("plugins by name, package and path", () => {
  it("are one manager, in the order of the configuration", async () => {
    const folder = await folderWith({
      "p.mjs": pluginSource("of-path"),
      "q.mjs": pluginSource("of-factory", "async () => plugin"),
    });
    await install(folder, "of-package");
    await install(folder, "nobody-asked");
    const entries = [
      "p.mjs",
      { package: "of-package" },
      { use: "always-no", options: { as: "of-stock" } },
      { path: "q.mjs" },
    ];
    const { plugins } = await checked(entries, { folder });
    expect(plugins.map(({ from, name }) => `${from} ${name}`)).toEqual([
      "path of-path",
      "package of-package",
      "stock of-stock",
      "path of-factory",
    ]);
    const { manager } = await running(entries, { folder });
    expect(manager.plugins.map(({ name }) => name)).toEqual(plugins.map(({ name }) => name).sort());
  });

  it("can judge the longest message", async () => {
    const limits = { messageBytes: 32 * 1024 * 1024 };
    const text = "x".repeat(20 * 1024 * 1024);
    const content = [{ content_type: "text" as const, text }];
    const message = { role: "user" as const, content };
    const { manager } = await running([], { limits });
    const { violation } = await manager.invoke("cmf.llm_input", message);
    expect(violation).toBeUndefined();
    const { manager: small } = await running([]);
    await expect(small.invoke("cmf.llm_input", message)).rejects.toThrow("16777216");
  });

  it("append no hop that widens", async () => {
    const { manager } = await running([{ use: "always-hop" }]);
    const following = async (scopes_granted: readonly string[]) => {
      const chain = [{ subject_id: "ada", subject_type: "user", scopes_granted }];
      const extensions = createExtensions({ delegation: { chain } });
      return manager.invoke("cmf.tool_pre_invoke", call, { extensions });
    };
    expect((await following(["read", "write"])).extensions.delegation?.depth).toBe(2);
    expect((await following(["read"])).violation?.code).toBe("delegation_scope");
  });

  it("run as the operator says", async () => {
    const use = { use: "always-no", options: { as: "denier" } };
    const outcome = async (settings: object) => {
      const { manager } = await running([{ ...use, ...settings }]);
      const extensions = createExtensions({});
      const given = { extensions, server: "files" };
      const result = await manager.invoke("cmf.tool_pre_invoke", call, given);
      return result.continueProcessing;
    };
    expect(await outcome({})).toBe(false);
    expect(await outcome({ mode: "disabled" })).toBe(true);
    expect(await outcome({ conditions: { servers: ["docs"] } })).toBe(true);
    expect(await outcome({ conditions: { servers: ["files"] } })).toBe(false);
  });

  it("get their options as configuration, and no more than their grant", async () => {
    const manifest = '{ name: "of-path", version: "1.0.0", capabilities: ["read_labels"] }';
    const source = `export default globalThis.testDefinePlugin(${manifest});`;
    const folder = await folderWith({ "p.mjs": source });
    const entry = { path: "p.mjs", options: { a: 1 }, grant: [] };
    const { plugins, warnings } = await checked([entry], { folder });
    expect(plugins).toMatchObject([{ capabilities: [], source: join(folder, "p.mjs") }]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /^plugins\[0\] \(.*p\.mjs\) has options, but its plugin has no configSchema/,
      ),
      expect.stringContaining("read_labels, which its `grant` leaves out"),
    ]);
  });

  it("are refused as functions that wait for their options", async () => {
    const folder = await folderWith({ "p.mjs": pluginSource("of-path", "(options) => plugin") });
    expect(await refusal([{ path: "p.mjs", options: { a: 1 } }], { folder })).toEqual({
      code: "config_unreadable",
      message: expect.stringContaining(
        "exports a function with a parameter, but it is called without arguments",
      ),
    });
  });

  it.each<[string, readonly unknown[], string, RegExp]>([
    [
      "a stock plugin that is not there",
      [{ use: "alwys-no" }],
      "plugin_missing",
      /there is no stock plugin 'alwys-no'\. Did you mean "always-no"\?/,
    ],
    [
      "an installed plugin under the key of stock plugins",
      [{ use: "pii-scan" }],
      "plugin_missing",
      /there is no stock plugin 'pii-scan'\. Stock plugins: .*\. An installed plugin is named with "package"\./,
    ],
    [
      "a package that is not there",
      [{ package: "pii-scan" }],
      "plugin_missing",
      /^plugins\[0\] \(pii-scan\) of .*: no installed plugin has the id "pii-scan"\. `glassine plugins list` shows /,
    ],
    [
      "a file that is not there",
      ["/nowhere/p.js"],
      "config_unreadable",
      /^plugins\[0\] \(\/nowhere\/p\.js\) of .*: the plugin \/nowhere\/p\.js does not exist$/,
    ],
    [
      "a grant of what is not declared",
      [{ use: "always-no", options: { as: "denier" }, grant: ["write_headers"] }],
      "options_invalid",
      /plugin 'denier': grant names 'write_headers'/,
    ],
    [
      "a condition of no kind",
      [{ use: "always-no", options: { as: "denier" }, conditions: { serves: ["a"] } }],
      "options_invalid",
      /plugin 'denier': conditions may have only .*, not serves/,
    ],
    [
      "one twice",
      [
        { use: "always-no", options: { as: "denier" } },
        { use: "always-no", options: { as: "denier" } },
      ],
      "plugin_duplicate",
      /denier/,
    ],
  ])("are refused: %s", async (_, plugins, code, text) => {
    expect(await refusal(plugins)).toEqual({ code, message: expect.stringMatching(text) });
  });

  it.each([
    ["export const plugin = 1;", /has no default export/],
    ["export default 1;", /is not a plugin: write `export default definePlugin/],
    ["export default () => ({});", /is not a plugin/],
    ["throw new Error('broken')", /cannot be loaded: broken/],
    ["throw new Error('token=abc123secret')", /cannot be loaded: token=\[REDACTED\] /],
  ])("are refused: a file with %s", async (source, text) => {
    const folder = await folderWith({ "p.mjs": source });
    expect((await refusal(["p.mjs"], { folder })).message).toMatch(text);
  });

  it("say how to see the line of a syntax error", async () => {
    // Node itself imports what is in this folder; elsewhere the test runner does.
    const folder = join(await folderWith({}), "node_modules");
    await mkdir(folder);
    const file = join(folder, "p.mjs");
    await writeFile(file, "no syntax that Node knows");
    const { message } = await refusal([file]);
    expect(message).toMatch(
      /cannot be loaded: Unexpected identifier 'syntax' \(`node .*p\.mjs` shows the line\)$/,
    );
  });

  it("name a module that is missing, without Node's list of who requires it", async () => {
    // Here, too, Node itself has to import the file.
    const folder = join(await folderWith({}), "node_modules");
    await mkdir(folder);
    const file = join(folder, "p.cjs");
    await writeFile(file, "require('no-such-package');");
    const { message } = await refusal([file]);
    expect(message).toContain("cannot be loaded: Cannot find module 'no-such-package'");
    expect(message).not.toContain("Require stack");
  });

  it.each([
    ["when it is loaded", "export default definePlugin(wrong);"],
    ["when it makes its plugin", "export default () => definePlugin(wrong);"],
  ])("name the file that defines a plugin wrongly: %s", async (_, source) => {
    Object.assign(globalThis, { testDefine: definePlugin });
    const start = 'const definePlugin = globalThis.testDefine; const wrong = { name: "Wrong!" };';
    const folder = await folderWith({ "p.mjs": `${start} ${source}` });
    const file = join(folder, "p.mjs");
    const where = `plugins[0] (${file}) of ${join(folder, "glassine.config.json")}`;
    expect(await refusal([file], { folder })).toEqual({
      code: "manifest_invalid",
      message: expect.stringMatching(/: the plugin .* cannot be loaded: name must match /),
    });
    expect((await refusal([file], { folder })).message).toContain(where);
  });
});

describe("the gates of packages", () => {
  it("stop the gateway with their code", async () => {
    const folder = await folderWith({});
    await install(folder, "guard");
    const cwd = await configured([{ package: "guard" }], { folder });
    expect((await refusalIn(cwd)).message).toContain("unsigned");
    await install(folder, "broken", { code: "throw new Error('no')" });
    expect(await refusal([{ package: "broken" }], { folder })).toEqual({
      code: "discovery_failed",
      message: "failed to load plugin entry point 'broken': no",
    });
  });

  it("are those of production: no start without a lockfile, no path, nothing that is not trusted", async () => {
    const folder = await folderWith({ "p.mjs": pluginSource("of-path") });
    const production = { folder, mode: "production", audit: { file: "audit.jsonl" } };
    expect(await refusal([], production)).toEqual({
      code: "lockfile_missing",
      message: expect.stringContaining(`or place one at ${join(folder, "plugins.lock")}`),
    });
    await trust(folder, await install(folder, "guard"), "guard");
    const named = async (...plugins: readonly object[]) => {
      const { manager } = await running(plugins, production);
      return manager.plugins.map(({ name }) => name);
    };
    expect(await named({ package: "guard" })).toEqual(["guard"]);
    expect(await named()).toEqual([]);
    expect(await refusal(["p.mjs"], production)).toEqual({
      code: "plugin_path_refused",
      message: expect.stringContaining('in a configuration as { "package": ID }'),
    });
    await install(folder, "stranger");
    const stranger = await refusal([{ package: "stranger" }], production);
    expect(stranger.message).toContain("missing_from_lock");
  });
});

describe("the audit trail", () => {
  it("is the file of the configuration, without the secrets that it names", async () => {
    const folder = await folderWith({});
    await configure(folder, {
      servers: { files: { ...files, env: { TOKEN: { env: "TOKEN" }, GONE: { env: "GONE" } } } },
      audit: { file: "audit.jsonl" },
    });
    const { manager, close } = await runningIn(folder, { env: { TOKEN: "sk-live-4242" } });
    await manager.audit({
      eventType: "billing.invoice_sent",
      actorUri: "system:billing",
      targetUri: "invoice:sk-live-4242",
      tenantId: "default",
      timestamp: new Date(0).toISOString(),
      outcome: "success",
      metadata: { note: "sk-live-4242" },
    });
    await close();
    const text = await readFile(join(folder, "audit.jsonl"), "utf8");
    expect(text).toContain("billing.invoice_sent");
    expect(text).not.toContain("sk-live-4242");
  });

  it.each([true, false])(
    "lacks a secret after it has changed, and the older value, as the log does: with a trail %s",
    async (hasTrail) => {
      verifies("cli:gateway-log-redacted");
      const folder = await folderWith({ key: "zebra-old" });
      const key = { file: join(folder, "key") };
      const late = { file: join(folder, "late") };
      await configure(folder, {
        servers: { files: { ...files, env: { KEY: key, LATE: late } } },
        plugins: [{ use: "thrower" }],
        ...(hasTrail && { audit: { file: "audit.jsonl" } }),
      });
      const thrower = definePlugin({
        name: "thrower",
        version: "1.0.0",
        hooks: {
          "cmf.tool_pre_invoke": () => {
            throw new Error("zebra-old, zebra-new, zebra-late and password=hunter2");
          },
        },
      });
      const { manager, parts, events, close } = await runningIn(folder, {
        stock: { thrower: { options: z.unknown(), make: () => thrower } },
      });
      await manager.invoke("cmf.tool_pre_invoke", call);
      await writeFile(key.file, "zebra-new");
      await writeFile(late.file, "zebra-late");
      expect([key, late].map(parts.secrets)).toEqual(["zebra-new", "zebra-late"]);
      await manager.invoke("cmf.tool_pre_invoke", call);
      await close();
      const expected = [
        "[REDACTED], zebra-new, zebra-late and password=[REDACTED]",
        "[REDACTED], [REDACTED], [REDACTED] and password=[REDACTED]",
      ];
      const failed = events().filter(({ event }) => event === "plugin_failed");
      expect(failed.map(({ text }) => String(text).replace(/.*Error: /, ""))).toEqual(expected);
      if (!hasTrail) return;
      const records = (await readFile(join(folder, "audit.jsonl"), "utf8")).trim().split("\n");
      const errors = records.map((line) => JSON.parse(line).metadata.error);
      expect(errors.filter((text) => text !== undefined)).toEqual(expected);
    },
  );

  it("needs its folder at the start, and a file that can be written", async () => {
    const cwd = await folderWith({ "plain.txt": "" });
    const refused = async (file: string) => {
      await configure(cwd, { audit: { file } });
      return (await run(["gateway"], { cwd })).stderr.trim();
    };
    expect(await refused("/nowhere/audit.jsonl")).toBe(
      "audit.file: the folder /nowhere does not exist: create it",
    );
    expect(await refused(".")).toBe(`audit.file: ${cwd} is a folder: name a file`);
    const file = join(cwd, "plain.txt", "audit.jsonl");
    expect(await refused(file)).toBe(
      `audit.file: ${file} cannot be written (ENOTDIR): name a file that this user may write`,
    );
  });
});

describe("an entry that is wrong", () => {
  it.each([
    [["always-no"], "plugin_missing", 'Did you mean the stock plugin, { "use": "always-no" }?'],
    [
      ["@acme/guard"],
      "plugin_missing",
      'Did you mean the installed plugin, { "package": "guard" }?',
    ],
    [["."], "config_unreadable", "is a folder: name the file in it"],
    [["p.yaml"], "config_unreadable", "is not a module: it can be .ts, .js or .mjs"],
    [
      [
        { use: "always-no", options: { as: "one" } },
        { use: "always-no", options: { as: "two" } },
        { use: "always-no", options: { as: "one" } },
      ],
      "plugin_duplicate",
      'plugins[0] and plugins[2] (--plugin and --use come last) both name the plugin "one"',
    ],
    [
      ["good.mjs", "good.mjs"],
      "plugin_duplicate",
      "good.mjs): plugin 'good' is already registered. Rename one of them in its definePlugin",
    ],
    [[{ use: "nosuch" }], "plugin_missing", "Stock plugins: always-no"],
  ])("%j", async (plugins, code, text) => {
    const good = `import { definePlugin } from "glassine";
export default definePlugin({ name: "good", version: "1.0.0", hooks: {} });`;
    const folder = await folderWith({ "p.yaml": "", "good.mjs": good });
    expect(await refusal(plugins, { folder })).toEqual({
      code,
      message: expect.stringContaining(text),
    });
  });

  it("names a stock plugin by its place, and the options that there are", async () => {
    const folder = await configured([{ use: "pii", options: { acton: "deny" } }]);
    expect(await refusalIn(folder, { stock: stockPlugins })).toEqual({
      code: "options_invalid",
      message: expect.stringMatching(
        /^plugins\[0\] \(pii\) of .*\/glassine\.config\.json: the options must not have "acton"\. Its options are [^.]*\baction\b[^.]*\.$/,
      ),
    });
  });

  it("says where options are written, which the command line cannot have", async () => {
    const flags = ["--use", "role-guard", "--", "x"];
    expect(await refusalIn(await folderWith({}), { stock: stockPlugins, flags })).toEqual({
      code: "options_invalid",
      message: expect.stringContaining('"plugins": [{ "use": "role-guard", "options": { … } }]'),
    });
  });
});
