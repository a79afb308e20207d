/** From a configuration's plugins to a manager, or to the code of the error that prevents it. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { appendHop, createExtensions, definePlugin, deny } from "glassine";
import { createMessage, toolCall } from "glassine/messages";
import { stockPlugins } from "glassine/plugins";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import {
  configSchema,
  knownSecrets,
  type StockPlugins,
  secretReader,
} from "../../../../src/gateway/config/index.ts";
import { resolvePlugins } from "../../../../src/gateway/config/resolve-plugins.ts";
import { install, trust, unsigned } from "../../../discovery/support.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { folderWith } from "../../../support/folder.ts";
import { verifies } from "../../../support/verifies.ts";
import { files, refusalOf } from "./support.ts";

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

interface Given {
  readonly folder?: string;
  readonly mode?: "dev" | "production";
  readonly env?: Readonly<Record<string, string>>;
  readonly audit?: object;
  readonly limits?: object;
}

async function resolve(plugins: readonly unknown[], given: Given = {}) {
  const { folder = await folderWith({}), mode = "dev", env = unsigned, audit, limits } = given;
  const config = configSchema.parse({ servers: { files }, plugins, mode, audit, limits });
  const logger = { warn: () => {}, error: () => {} };
  const resolved = await resolvePlugins({ config, folder }, { env, stock, logger });
  afterTest(() => resolved.close());
  return resolved;
}

const call = createMessage({
  role: "assistant",
  content: [toolCall({ tool_call_id: "1", name: "t", arguments: {} })],
});
const names = ({ plugins }: Awaited<ReturnType<typeof resolve>>) =>
  plugins.map(({ plugin, from }) => `${from} ${plugin.name}`);

describe("plugins by name, package and path", () => {
  it("are one manager, in the order of the configuration", async () => {
    const folder = await folderWith({
      "p.mjs": pluginSource("of-path"),
      "q.mjs": pluginSource("of-factory", "async () => plugin"),
    });
    await install(folder, "of-package");
    await install(folder, "nobody-asked");
    const resolved = await resolve(
      [
        join(folder, "p.mjs"),
        { package: "of-package" },
        { use: "always-no", options: { as: "of-stock" } },
        { path: join(folder, "q.mjs") },
      ],
      { folder },
    );
    expect(names(resolved)).toEqual([
      "path of-path",
      "package of-package",
      "stock of-stock",
      "path of-factory",
    ]);
    expect(resolved.manager.plugins.map(({ name }) => name)).not.toContain("nobody-asked");
  });

  it("can judge the longest message", async () => {
    const limits = { messageBytes: 32 * 1024 * 1024 };
    const text = "x".repeat(20 * 1024 * 1024);
    const content = [{ content_type: "text" as const, text }];
    const message = { role: "user" as const, content };
    const { manager } = await resolve([], { limits });
    const { violation } = await manager.invoke("cmf.llm_input", message);
    expect(violation).toBeUndefined();
    const { manager: small } = await resolve([]);
    await expect(small.invoke("cmf.llm_input", message)).rejects.toThrow("16777216");
  });

  it("append no hop that widens", async () => {
    const { manager } = await resolve([{ use: "always-hop" }]);
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
      const { manager } = await resolve([{ ...use, ...settings }]);
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
    const folder = await folderWith({ "p.mjs": pluginSource("of-path") });
    const { plugins, warnings } = await resolve(
      [{ path: join(folder, "p.mjs"), options: { a: 1 }, grant: [] }],
      { folder },
    );
    expect(plugins[0]).toMatchObject({ grant: [], source: join(folder, "p.mjs") });
    expect(warnings).toEqual([
      expect.stringMatching(
        /^plugins\[0\] \(.*p\.mjs\) has options, but its plugin has no configSchema/,
      ),
    ]);
  });

  it("are refused as functions that wait for their options", async () => {
    const folder = await folderWith({ "p.mjs": pluginSource("of-path", "(options) => plugin") });
    const { code, message } = await refusalOf(
      resolve([{ path: join(folder, "p.mjs"), options: { a: 1 } }], { folder }),
    );
    expect([code, message]).toEqual([
      "config_unreadable",
      expect.stringContaining(
        "exports a function with a parameter, but it is called without arguments",
      ),
    ]);
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
      /^plugins\[0\] \(pii-scan\): no installed plugin has the id "pii-scan"\. `glassine plugins list` shows /,
    ],
    [
      "a file that is not there",
      ["/nowhere/p.js"],
      "config_unreadable",
      /^plugins\[0\] \(\/nowhere\/p\.js\): the plugin \/nowhere\/p\.js does not exist$/,
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
      /plugin 'denier': conditions may have only/,
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
    const error = await refusalOf(resolve(plugins));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(text)]);
  });

  it.each([
    ["export const plugin = 1;", /has no default export/],
    ["export default 1;", /is not a plugin: write `export default definePlugin/],
    ["export default () => ({});", /is not a plugin/],
    ["throw new Error('broken')", /cannot be loaded: broken/],
  ])("are refused: a file with %s", async (source, text) => {
    const folder = await folderWith({ "p.mjs": source });
    expect((await refusalOf(resolve([join(folder, "p.mjs")]))).message).toMatch(text);
  });

  it("say how to see the line of a syntax error", async () => {
    // Node itself imports what is in this folder; elsewhere the test runner does.
    const folder = join(await folderWith({}), "node_modules");
    await mkdir(folder);
    const file = join(folder, "p.mjs");
    await writeFile(file, "no syntax that Node knows");
    const { message } = await refusalOf(resolve([file]));
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
    const { message } = await refusalOf(resolve([file]));
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
    const error = await refusalOf(resolve([file]));
    const own = await refusalOf(
      Promise.resolve().then(() => definePlugin({ name: "Wrong!" } as never)),
    );
    expect([error.code, error.message]).toEqual([
      own.code,
      `plugins[0] (${file}): the plugin ${file} cannot be loaded: ${own.message}`,
    ]);
  });
});

describe("the gates of packages", () => {
  it("stop the gateway with their code", async () => {
    const folder = await folderWith({});
    await install(folder, "guard");
    const unsignedHere = await refusalOf(resolve([{ package: "guard" }], { folder, env: {} }));
    expect(unsignedHere.message).toContain("unsigned");
    await install(folder, "broken", { code: "throw new Error('no')" });
    const broken = await refusalOf(resolve([{ package: "broken" }], { folder }));
    expect(broken).toMatchObject({ code: "discovery_failed" });
    expect(JSON.stringify(broken.data)).toContain("import_failed");
  });

  it("are those of production: no start without a lockfile, no path, nothing that is not trusted", async () => {
    const folder = await folderWith({ "p.mjs": pluginSource("of-path") });
    const audit = { file: join(folder, "audit.jsonl") };
    const production = (plugins: readonly unknown[]) =>
      resolve(plugins, { folder, mode: "production", audit });
    expect(await refusalOf(production([]))).toMatchObject({
      code: "lockfile_missing",
      message: expect.stringContaining(`or place one at ${join(folder, "plugins.lock")}`),
    });
    await trust(folder, await install(folder, "guard"), "guard");
    expect(names(await production([{ package: "guard" }]))).toEqual(["package guard"]);
    expect(names(await production([]))).toEqual([]);
    expect(await refusalOf(production([join(folder, "p.mjs")]))).toMatchObject({
      code: "plugin_path_refused",
      message: expect.stringContaining('in a configuration as { "package": ID }'),
    });
    await install(folder, "stranger");
    const stranger = await refusalOf(production([{ package: "stranger" }]));
    expect(JSON.stringify(stranger.data)).toContain("missing_from_lock");
  });
});

describe("the audit trail", () => {
  it("is the file of the configuration, without the secrets that it names", async () => {
    const folder = await folderWith({});
    const file = join(folder, "audit.jsonl");
    const config = configSchema.parse({
      servers: { files: { ...files, env: { TOKEN: { env: "TOKEN" }, GONE: { env: "GONE" } } } },
      plugins: [{ use: "always-no", options: { as: "denier" } }],
      audit: { file },
    });
    const env = { TOKEN: "sk-live-4242" };
    const { manager, close } = await resolvePlugins({ config, folder }, { env, stock, logger: {} });
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
    const text = await readFile(file, "utf8");
    expect(text).toContain("billing.invoice_sent");
    expect(text).not.toContain("sk-live-4242");
  });

  it.each([true, false])(
    "lacks a secret after it has changed, and the older value, as the log does: with a trail %s",
    async (hasTrail) => {
      verifies("cli:gateway-log-redacted");
      const folder = await folderWith({ key: "zebra-old" });
      const file = join(folder, "audit.jsonl");
      const key = { file: join(folder, "key") };
      const late = { file: join(folder, "late") };
      const config = configSchema.parse({
        servers: { files: { ...files, env: { KEY: key, LATE: late } } },
        plugins: [{ use: "thrower" }],
        ...(hasTrail && { audit: { file } }),
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
      const secrets = knownSecrets(secretReader({}));
      const lines: string[] = [];
      const { manager, close } = await resolvePlugins(
        { config, folder },
        {
          env: {},
          stock: { thrower: { options: z.unknown(), make: () => thrower } },
          secrets,
          onHandlerError: (_thrown, _at, text) => lines.push(text.replace(/.*Error: /, "")),
        },
      );
      await manager.invoke("cmf.tool_pre_invoke", call);
      await writeFile(key.file, "zebra-new");
      await writeFile(late.file, "zebra-late");
      expect([key, late].map(secrets.read)).toEqual(["zebra-new", "zebra-late"]);
      await manager.invoke("cmf.tool_pre_invoke", call);
      await close();
      const expected = [
        "[REDACTED], zebra-new, zebra-late and password=[REDACTED]",
        "[REDACTED], [REDACTED], [REDACTED] and password=[REDACTED]",
      ];
      expect(lines).toEqual(expected);
      if (!hasTrail) return;
      const records = (await readFile(file, "utf8")).trim().split("\n");
      const errors = records.map((line) => JSON.parse(line).metadata.error);
      expect(errors.filter((text) => text !== undefined)).toEqual(expected);
    },
  );

  it("needs its folder at the start, and a file that can be written", async () => {
    const { message } = await refusalOf(resolve([], { audit: { file: "/nowhere/audit.jsonl" } }));
    expect(message).toBe("audit.file: the folder /nowhere does not exist: create it");
    const folder = await folderWith({ "plain.txt": "" });
    const isFolder = await refusalOf(resolve([], { audit: { file: folder } }));
    expect(isFolder.message).toBe(`audit.file: ${folder} is a folder: name a file`);
    const file = join(folder, "plain.txt", "audit.jsonl");
    const odd = await refusalOf(resolve([], { audit: { file } }));
    expect(odd.message).toBe(
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
    const at = plugins.map((each) => (typeof each === "string" ? join(folder, each) : each));
    const error = await refusalOf(resolve(at, { folder }));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(text)]);
  });

  it("names a stock plugin by its place, and the options that there are", async () => {
    const config = configSchema.parse({
      servers: { files },
      plugins: [{ use: "pii", options: { acton: "deny" } }],
    });
    const given = { config, folder: "/", file: "/etc/glassine.config.json" };
    const error = await refusalOf(resolvePlugins(given, { env: {}, stock: stockPlugins as never }));
    expect([error.code, error.message]).toEqual([
      "options_invalid",
      expect.stringMatching(
        /^plugins\[0\] \(pii\) of \/etc\/glassine\.config\.json: the options must not have "acton"\. Its options are [^.]*\baction\b[^.]*\.$/,
      ),
    ]);
  });

  it("says where options are written, which the command line cannot have", async () => {
    const config = configSchema.parse({ servers: { files }, plugins: [{ use: "role-guard" }] });
    const given = { config, folder: "/" };
    const error = await refusalOf(resolvePlugins(given, { env: {}, stock: stockPlugins as never }));
    expect([error.code, error.message]).toEqual([
      "options_invalid",
      expect.stringContaining('"plugins": [{ "use": "role-guard", "options": { … } }]'),
    ]);
  });
});
