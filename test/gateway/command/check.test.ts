// Only in test:all: it runs whole command flows.
/** `gateway --check`: who sees what, and what can never happen, without starting anything. */
import { basename, dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { codeOf, openGateway, run, start } from "./support.ts";

const node = { command: process.execPath };
const http = { url: "https://files.example/mcp" };
const never = () => Promise.reject(new Error("nothing is to be started"));

async function check(config: unknown, env: Readonly<Record<string, string>> = {}) {
  const cwd = await folderWith({ "glassine.config.json": JSON.stringify(config) });
  const given = { cwd, env, openGateway: never };
  const { code, document } = await run(["gateway", "--check", "--json"], given);
  const plain = await run(["gateway", "--check"], given);
  expect(plain.code).toBe(code);
  return { cwd, code, document: document(), lines: plain.stdout, complaint: plain.stderr };
}

describe("what each plugin sees", () => {
  it("is said in words, and as data", async () => {
    verifies("cli:gateway-check");
    const plugins = [{ use: "header-writer" }];
    const { cwd, code, document, lines } = await check({ servers: { files: http }, plugins });
    expect([code, document]).toEqual([
      0,
      expect.objectContaining({
        config_file: join(cwd, "glassine.config.json"),
        mode: "dev",
        front: "stdio",
        servers: ["files"],
        models: [],
        problems: [],
        warnings: [],
      }),
    ]);
    const [plugin] = document.plugins;
    expect(plugin).toMatchObject({
      name: "header-writer",
      from: "stock",
      source: "header-writer",
      never: [],
      hooks: ["cmf.tool_pre_invoke"],
      capabilities: ["write_headers"],
      sees: ["Sees http: Headers, and what else is known of the HTTP request."],
      may_change: ["Changes http, but not its method, path, host and scheme."],
    });
    expect(plugin.hidden).toEqual(expect.arrayContaining(["security.labels", "agent"]));
    expect(plugin.hidden).not.toContain("http");
    for (const sentence of [...plugin.sees, ...plugin.may_change, ...plugin.runs_on])
      expect(lines).toContain(sentence);
    expect(lines).toContain("Does not see agent, security.labels");
    expect(lines).toContain("The configuration can work.");
  });

  it("is nothing beside the payload where a handler takes no extensions", async () => {
    verifies("cli:gateway-check");
    const plugins = [{ use: "headers-both-ways" }];
    const { code, document, lines } = await check({ servers: { files: http }, plugins });
    // It writes request headers only, so its handler of answers needs no extensions.
    expect([code, document.plugins[0].never]).toEqual([0, []]);
    const sentence =
      "On cmf.tool_post_invoke it sees no extensions: its handler has no third parameter, or says `extensions: false`.";
    expect(document.plugins[0].sees).toContain(sentence);
    expect(lines).toContain(sentence);
  });

  it("is narrowed by a grant", async () => {
    verifies("cli:gateway-check");
    const plugins = [{ use: "header-writer", grant: [] }];
    const { document } = await check({ servers: { files: http }, plugins });
    expect(document.plugins[0]).toMatchObject({ capabilities: [], sees: [], may_change: [] });
    expect(document.plugins[0].hidden).toContain("http");
    expect(document.warnings).toEqual([
      expect.stringMatching(
        /^plugin header-writer declares write_headers, .* changes that need them are refused\.$/,
      ),
    ]);
  });
});

it("says for which calls alone a plugin runs", async () => {
  verifies("cli:gateway-check");
  const conditions = { tools: ["read", "write*"], servers: ["files"] };
  const plugins = [{ use: "header-writer", conditions }];
  const { document, lines } = await check({ servers: { files: http }, plugins });
  const [sentence] = document.plugins[0].only_for;
  expect(sentence).toBe(
    'On cmf.tool_pre_invoke it runs only for tools "read" or "write*" and servers "files".',
  );
  expect(lines).toContain(sentence);
});

it("says nothing of conditions that are empty, with which a plugin runs for everything", async () => {
  verifies("cli:gateway-check");
  const plugins = [{ use: "header-writer", conditions: {} }];
  const { code, document } = await check({ servers: { files: http }, plugins });
  expect([code, document.plugins[0].only_for]).toEqual([0, []]);
});

it("says what a plugin may do in its mode", async () => {
  verifies("cli:gateway-check");
  const plugins = [{ use: "header-writer", mode: "audit" }];
  const { document } = await check({ servers: { files: http }, plugins });
  const words = /It sees the payload\. In its mode, audit, it denies and changes nothing\.$/;
  expect(document.plugins[0].runs_on).toEqual([expect.stringMatching(words)]);
  expect(document.plugins[0].may_change).toEqual([]);
});

it.each<[object, RegExp | undefined]>([
  [{ mode: "audit" }, /has the mode "audit": what it would refuse or change passes unchanged\.$/],
  [{ mode: "fire_and_forget" }, /what it would refuse or change passes unchanged\.$/],
  [{ mode: "transform" }, /has the mode "transform": what it would refuse passes\.$/],
  [
    { mode: "concurrent", options: { action: "redact" } },
    /what it would redact passes unchanged\.$/,
  ],
  [{ mode: "concurrent", options: { action: "deny" } }, undefined],
  [{ mode: "sequential", onError: "fail" }, undefined],
  [{ onError: "ignore" }, /has the onError "ignore": what it cannot judge, .* passes\.$/],
  [{ onError: "disable" }, /after its first failure it is skipped until a reload\.$/],
])("warns of a plugin that lets pass what it finds: %j", async (settings, text) => {
  const plugins = [{ use: "prompt-reader", ...settings }];
  const { code, document } = await check({ servers: { files: http }, plugins });
  const place = /^plugins\[0\] \(prompt-reader\) /;
  expect([code, document.warnings]).toEqual([
    0,
    text === undefined ? [] : [expect.stringMatching(text)],
  ]);
  for (const warning of document.warnings) expect(warning).toMatch(place);
});

const guard = (...labels: string[]) => ({ use: "egress-guard", options: { labels } });
const roleGuard = { use: "role-guard", options: { tools: { "*": ["admin"] } } };
const withRoles = {
  listen: {},
  identity: { trustedHeaders: { from: ["10.0.0.1"], subject: "x-user", roles: "x-roles" } },
};
const onlyStock = { servers: { files: http } };

it.each<[string, object, RegExp | undefined]>([
  ["a label that nothing adds", { plugins: [guard("PIl")] }, /but nothing here adds any labels\.$/],
  [
    "another label than those that are added",
    {
      servers: { files: { ...http, definitions: "label" } },
      plugins: [guard("PII", "B")],
    },
    /: the labels that can be added are DEFINITION_CHANGED\.$/,
  ],
  [
    "the label of a changed tool",
    {
      servers: { files: { ...http, definitions: "label" } },
      plugins: [guard("DEFINITION_CHANGED")],
    },
    undefined,
  ],
  [
    "a label that a server may claim",
    { servers: { files: { ...http, wireLabels: { ifc: true } } }, plugins: [guard("A")] },
    undefined,
  ],
  ["roles that nobody has", { listen: {}, plugins: [roleGuard] }, /judges by roles/],
  ["roles over stdio", { plugins: [roleGuard] }, /judges by roles/],
  [
    "roles of a local subject",
    { identity: { local: { id: "ada", roles: ["admin"] } }, plugins: [roleGuard] },
    undefined,
  ],
  ["roles of a proxy", { ...withRoles, plugins: [roleGuard] }, undefined],
  [
    "sessions, which no request has",
    { plugins: [{ use: "rate-limit", options: { limit: 9, by: ["subject", "session"] } }] },
    /^plugins\[0\] \(rate-limit\) counts by session/,
  ],
  [
    "a key that can be read on the way",
    { servers: { files: { url: "http://files.example/mcp", headers: { "x-key": "k" } } } },
    /^servers\.files\.url is not https/,
  ],
  [
    "a key that stays on this machine",
    { servers: { files: { url: "http://127.0.0.1:3000/mcp", headers: { "x-key": "k" } } } },
    undefined,
  ],
])("warns of what cannot be meant, and of nothing else: %s", async (_, config, text) => {
  const { code, document } = await check({ ...onlyStock, ...config });
  const expected = text === undefined ? [] : [expect.stringMatching(text)];
  expect([code, document.warnings]).toEqual([0, expected]);
});

it("warns of a plugin that is disabled", async () => {
  const plugins = [{ use: "header-writer", mode: "disabled" }];
  const { code, document } = await check({ servers: { files: http }, plugins });
  expect([code, document.warnings]).toEqual([
    0,
    ["plugin header-writer is disabled: it never runs."],
  ]);
});

describe("what can never happen", () => {
  const model = { provider: "openai", url: "https://api.example", path: "/v1" };
  const routes = { models: { model }, listen: {} };
  it.each<[string, object, object, RegExp | undefined]>([
    [
      "a server that is not configured",
      { servers: { files: http } },
      { use: "prompt-reader", conditions: { servers: ["docs", "d*"] } },
      /for the servers "docs", "d\*", and only "files" is configured/,
    ],
    [
      "one of several servers",
      { servers: { files: http, docs: http } },
      { use: "prompt-reader", conditions: { servers: ["d*"] } },
      undefined,
    ],
    [
      "a tenant where none is set",
      { servers: { files: http } },
      { use: "prompt-reader", conditions: { tenants: ["acme"] } },
      /`tenant` is not set/,
    ],
    [
      "another tenant",
      { servers: { files: http }, tenant: "other" },
      { use: "prompt-reader", conditions: { tenants: ["acme"] } },
      /`tenant` has another value/,
    ],
    [
      "the tenant",
      { servers: { files: http }, tenant: "acme" },
      { use: "prompt-reader", conditions: { tenants: ["acme"] } },
      undefined,
    ],
    [
      "a condition of another kind",
      { servers: { files: http } },
      { use: "prompt-reader", conditions: { tools: ["x"] } },
      /never matches/,
    ],
    [
      "a server that is not configured, in the options of the egress guard",
      { servers: { files: http } },
      { use: "egress-guard", options: { labels: ["PII"], refuse: { servers: ["file", "d*"] } } },
      /its option refuse is for the servers "file", "d\*", and only "files" is configured/,
    ],
    [
      "one of the servers, in the options of the egress guard",
      { servers: { files: http } },
      { use: "egress-guard", options: { labels: ["PII"], allow: { servers: ["docs", "f*"] } } },
      undefined,
    ],
    [
      "a tool with the name that callers know, of several servers",
      { servers: { files: http, docs: http } },
      { use: "header-writer", conditions: { tools: ["files__read"] } },
      /for the tools "files__read", but plugins see tool names without the server's prefix/,
    ],
    [
      "a tool of several servers",
      { servers: { files: http, docs: http } },
      { use: "header-writer", conditions: { tools: ["read", "files__read"] } },
      undefined,
    ],
    [
      "headers to a server over stdio",
      { servers: { files: node } },
      { use: "header-writer" },
      /headers that it writes on cmf\.tool_pre_invoke are not sent: files is reached over stdio/,
    ],
    [
      "headers to one of two",
      { servers: { files: node, docs: http } },
      { use: "header-writer" },
      undefined,
    ],
    [
      "headers to the one of two that it is for",
      { servers: { files: node, docs: http } },
      { use: "header-writer", conditions: { servers: ["files"] } },
      /files is reached over stdio/,
    ],
    [
      "headers of a plugin that is switched off",
      { servers: { files: node } },
      { use: "header-writer", mode: "disabled" },
      undefined,
    ],
    [
      "headers to a model, with a server over stdio",
      { ...routes, servers: { files: node } },
      { use: "foreign-writer" },
      undefined,
    ],
    [
      "headers of calls that models are never asked for",
      { ...routes, servers: { files: node } },
      { use: "header-writer" },
      /files is reached over stdio/,
    ],
    [
      "a tool with the name that callers know, which models call it by",
      { ...routes, servers: { files: http, docs: http } },
      { use: "header-writer", conditions: { tools: ["files__read"] } },
      undefined,
    ],
    [
      "a condition that results of tools meet, which a model gets",
      { ...routes, servers: { files: http } },
      { use: "foreign", conditions: { tools: ["read"] } },
      undefined,
    ],
    [
      "the same condition, where there are no models",
      { servers: { files: http } },
      { use: "foreign", conditions: { tools: ["read"] } },
      /has the condition tools on cmf\.llm_input, where it never matches/,
    ],
    ["a hook of no host beside one that runs", routes, { use: "evaluator" }, undefined],
    [
      "a hook of no host beside one that runs, with a server",
      { servers: { files: http } },
      { use: "evaluator" },
      undefined,
    ],
    ["a prompt where there are models only", routes, { use: "prompt-reader" }, /never runs here/],
    ["a model where there are models", routes, { use: "foreign" }, undefined],
  ])("%s", async (_, config, plugin, text) => {
    verifies("cli:gateway-never");
    const { code, document, lines } = await check({ ...config, plugins: [plugin] });
    const sentences: readonly string[] = document.plugins[0].never;
    expect([code, sentences]).toEqual(
      text === undefined ? [0, []] : [1, expect.arrayContaining([expect.stringMatching(text)])],
    );
    for (const sentence of sentences) expect(lines).toContain(`No effect: ${sentence}`);
  });

  it("a folder that is not there, which is a warning", async () => {
    const file = "./glassine.config.json";
    const servers = {
      a: { ...node, cwd: "./none" },
      b: { ...node, cwd: "." },
      c: { ...node, cwd: file },
    };
    const { cwd, code, document } = await check({ servers });
    expect([code, document.warnings]).toEqual([
      0,
      [
        `servers.a.cwd: there is no folder ${join(cwd, "none")}.`,
        `servers.c.cwd: ${join(cwd, file)} is not a folder.`,
      ],
    ]);
  });

  it("a program that is not installed", async () => {
    verifies("cli:gateway-never");
    const servers = {
      a: { command: "no-such-program" },
      b: { command: "./none", cwd: "/" },
      node,
      d: { command: "none --token sk-live/42" },
      e: { command: "./glassine.config.json" },
      f: { command: "/" },
      c: { command: "no-such-program --token sk-live-42" },
    };
    const { code, document } = await check({ servers });
    expect([code, document.problems]).toEqual([
      1,
      [
        "servers.a.command: no-such-program is not found: install it, or write its path.",
        "servers.b.command: ./none is not found: install it, or write its path.",
        "servers.d.command: none is not found: `command` is the program alone, and its arguments belong in `args`.",
        "servers.e.command: ./glassine.config.json is not executable: make it so with `chmod +x`, or name the program that runs it and pass it in `args`.",
        "servers.f.command: / is not found: install it, or write its path.",
        "servers.c.command: no-such-program is not found: `command` is the program alone, and its arguments belong in `args`.",
      ],
    ]);
  });
});

it.each([dirname(process.execPath), { env: "OWN" }])(
  "finds a program where the server's own PATH leads: %o",
  async (PATH) => {
    verifies("cli:gateway-never");
    const own = { command: basename(process.execPath), env: { PATH } };
    const env = { OWN: dirname(process.execPath) };
    expect(await check({ servers: { own } }, env)).toMatchObject({
      code: 0,
      document: { problems: [] },
    });
  },
);

describe("a label store", () => {
  const checked = async (redis: unknown, env = {}) => {
    const labels = { store: { redis } };
    const { code, document, lines } = await check({ servers: { files: http }, labels }, env);
    expect(lines).not.toContain("hunter2");
    return [code, document.problems];
  };
  const wrong = [1, [expect.stringContaining("is not the URL of a Redis or Valkey server")]];

  it("is connected to by a URL of its protocol", async () => {
    verifies("cli:gateway-never");
    expect(await checked("redis://a.example:6379")).toEqual([0, []]);
    expect(await checked("http://x:hunter2@a.example")).toEqual(wrong);
    expect(await checked({ env: "STORE" }, { STORE: "hunter2" })).toEqual(wrong);
  });

  it("may have a secret URL that is only where the gateway will run", async () => {
    expect(await checked({ env: "STORE" })).toEqual([0, []]);
  });
});

it("refuses broken pins", async () => {
  const config = { servers: { files: http }, definitionsFile: "glassine.config.json" };
  const { code, document } = await check(config);
  expect([code, codeOf(document)]).toEqual([2, "config_unreadable"]);
  expect(document.error.message).toContain("file of pinned definitions");
});

it("warns of a folder of the audit trail that may be there where the gateway will run", async () => {
  const { code, document } = await check({
    servers: { files: http },
    audit: { file: "none/a.jsonl" },
  });
  expect([code, document.warnings]).toEqual([
    0,
    [expect.stringMatching(/^audit\.file: the folder .*none does not exist/)],
  ]);
});

it("finds a folder in place of the file of the audit trail", async () => {
  verifies("cli:gateway-never");
  const { code, document } = await check({ servers: { files: http }, audit: { file: "." } });
  expect([code, document.problems, document.warnings]).toEqual([
    1,
    [expect.stringMatching(/^audit\.file: .* is a folder: name a file$/)],
    [],
  ]);
});

it("warns of pins of no server, and of a URL that has the path of the API", async () => {
  const cwd = await folderWith({
    "pins.json": { gone: { tool: "sha256:0" }, files: {} },
    "glassine.config.json": {
      servers: { files: http },
      models: { openai: { provider: "openai", url: "https://api.example/v1/", path: "/openai" } },
      listen: { port: 0 },
      definitionsFile: "pins.json",
    },
  });
  const { code, document } = await run(["gateway", "--check", "--json"], { cwd });
  expect([code, document().warnings]).toEqual([
    0,
    [
      expect.stringContaining('definitions of the server "gone", which is not configured'),
      expect.stringContaining('models.openai.url ends in "/v1"'),
    ],
  ]);
  const running = start(["gateway"], { cwd, openGateway });
  await running.seen("ready");
  expect(await running.seen("pins")).toMatchObject({ level: "warn" });
  expect(await running.seen("setting_odd")).toMatchObject({ level: "warn" });
  running.signals.emit("SIGTERM");
  await running.code;
});

it("looks for servers in no list of the egress guard that is undefined", async () => {
  const cwd = await folderWith({
    "glassine.config.mjs": `export default {
      servers: { files: { url: "https://files.example/mcp" } },
      plugins: [{ use: "egress-guard", options: { labels: ["PII"], allow: undefined } }],
    };`,
  });
  const { code, document } = await run(["gateway", "--check", "--json"], { cwd });
  expect([code, document().plugins[0].never]).toEqual([0, []]);
});

it("leaves it to a plugin to refuse its options", async () => {
  const plugin = { use: "pii", options: { kindLabels: null } };
  const cwd = await folderWith({
    "glassine.config.json": { servers: { files: http }, plugins: [plugin] },
  });
  const { code, stderr } = await run(["gateway"], { cwd });
  // The stock of these tests has no such plugin.
  expect([code, stderr]).toEqual([2, expect.stringContaining("there is no stock plugin 'pii'")]);
});

it("logs at the start which plugin is always skipped", async () => {
  const plugin = { use: "prompt-reader", conditions: { servers: ["docs"] } };
  const cwd = await folderWith({
    "glassine.config.json": { servers: { files: http }, listen: { port: 0 }, plugins: [plugin] },
  });
  const running = start(["gateway"], { cwd, openGateway });
  await running.seen("ready");
  expect(await running.seen("plugin_skipped")).toMatchObject({
    level: "warn",
    plugin: "prompt-reader",
    text: expect.stringContaining('only "files" is configured: it is always skipped'),
  });
  running.signals.emit("SIGTERM");
  await running.code;
});

describe("an identity that the gateway would not start with", () => {
  const jwt = {
    issuer: "https://issuer.example",
    audience: "https://gateway.example/mcp",
    algorithms: ["ES256"],
  };
  const cases = [
    [
      "a key file that is no key",
      { listen: {}, identity: { jwt: { ...jwt, keys: { file: "glassine.config.json" } } } },
      "key file",
    ],
    [
      "a key file that is not there",
      { listen: {}, identity: { jwt: { ...jwt, keys: { file: "none.pem" } } } },
      "key file",
    ],
  ] as const;

  it.each(cases)("%s", async (_what, config, problem) => {
    verifies("cli:gateway-never");
    const { code, document, lines } = await check({ servers: { files: http }, ...config });
    expect([code, document.problems]).toEqual([1, [expect.stringContaining(problem)]]);
    expect(lines).toContain("The configuration cannot work as it is.");
  });

  const proxy = { from: ["10.0.0.0/8"], subject: "x-user" };
  const keys = { url: "https://issuer.example/jwks" };
  it.each<[string, object, string]>([
    [
      "a proxy that is no address",
      { trustedHeaders: { ...proxy, from: ["10.0.0.0/33"] } },
      "identity.trustedHeaders.from: expected an IP address",
    ],
    [
      "one header for two",
      { trustedHeaders: { ...proxy, roles: "X-User" } },
      "identity.trustedHeaders.roles: ",
    ],
    [
      "two scopes in one",
      { jwt: { ...jwt, keys, scopes: ["mcp:use mcp:admin"] } },
      "identity.jwt.scopes: expected scopes",
    ],
    ["a secret claim", { jwt: { ...jwt, keys, subject: { id: "jti" } } }, "identity.jwt.subject: "],
    [
      "keys that anybody can answer with",
      { jwt: { ...jwt, keys: { url: "http://issuer.example/jwks" } } },
      "identity.jwt.keys.url: expected https",
    ],
  ])("%s is refused as the rest of the configuration is", async (_what, identity, text) => {
    verifies("cli:gateway-check");
    const { cwd, code, document } = await check({
      servers: { files: http },
      listen: {},
      identity,
    });
    const file = join(cwd, "glassine.config.json");
    expect([code, codeOf(document)]).toEqual([2, "config_invalid"]);
    const { message } = document.error;
    expect(message).toContain(`${file} is not a valid configuration. ${text}`);
  });

  it("says nothing of one that fits, and asks no server of keys", async () => {
    const identity = { jwt: { ...jwt, keys } };
    const { code, document } = await check({ servers: { files: http }, listen: {}, identity });
    expect([code, document.problems]).toEqual([0, []]);
  });
});

it("names the secrets that are not there, and no value of those that are", async () => {
  verifies("cli:gateway-warnings");
  const headers = { a: { env: "GONE" }, b: { env: "TOKEN" } };
  const servers = { files: { ...http, headers } };
  const { code, document, lines } = await check({ servers }, { TOKEN: "sk-live-42" });
  expect([code, document.warnings]).toEqual([
    0,
    ['servers.files.headers.a: the environment variable "GONE" is not set: set it for the gateway'],
  ]);
  expect(JSON.stringify(document) + lines).not.toContain("sk-live-42");
});

it("lists several problems of the configuration one a line", async () => {
  const { cwd, complaint } = await check({ servers: { files: { ...http, args: [] } }, plugin: [] });
  expect(complaint).toBe(
    `${join(cwd, "glassine.config.json")} is not a valid configuration.
  servers.files.args: cannot be combined with \`url\`.
  plugin: unknown key. Did you mean "plugins"?
`,
  );
});

it("refuses what is wrong with its code, and runs no plugin then", async () => {
  verifies("cli:gateway-check");
  const invalid = await check({ servers: { files: http }, plugin: [] });
  expect([invalid.code, codeOf(invalid.document)]).toEqual([2, "config_invalid"]);
  const production = await check({
    servers: { files: http },
    mode: "production",
    audit: { file: "audit.jsonl" },
  });
  expect(codeOf(production.document)).toBe("lockfile_missing");
});

it("matches its definition", async () => {
  const { document } = await check({ servers: { files: http }, plugins: [{ use: "quiet" }] });
  const { allCommands } = await import("../../../tools/scripts/all-commands.ts");
  const spec = allCommands.find(({ path }) => path.join(" ") === "gateway");
  expect(spec?.schema.parse(document)).toEqual(document);
});

it("warns of patterns that are none, and of a secret of two lines", async () => {
  const tools = { "^read$": {} };
  const { document } = await check(
    {
      servers: { files: { ...http, headers: { a: { env: "LINES" } } } },
      plugins: [{ use: "allow-list", options: { tools } }],
    },
    { LINES: "sk-live-42\n" },
  );
  expect(document.warnings).toEqual([
    "servers.files.headers.a: the secret has a line break, which no header can have.",
    expect.stringContaining("plugins[0] (allow-list) has names that look like regular expressions"),
  ]);
  expect(JSON.stringify(document)).not.toMatch(/sk-live|\^read/);
});

it("warns of variables that only a shell expands, and of a secret that no header can have", async () => {
  const { document } = await check(
    {
      servers: {
        files: { ...http, headers: { a: "Bearer ${TOKEN}", b: { env: "EURO" }, c: "$5 a day" } },
        local: { command: process.execPath, args: ["$HOME", "a$b"], env: { T: "$T" } },
      },
    },
    { EURO: "\u20ac" },
  );
  expect(document.warnings).toEqual([
    "servers.files.headers.b: the secret has a character that no header can have.",
    'servers.files.headers.a has a variable as a shell writes it, which is not expanded: write { "env": NAME } in place of the whole value.',
    'servers.local.env.T has a variable as a shell writes it, which is not expanded: write { "env": NAME } in place of the whole value.',
    "servers.local.args[0] has a variable as a shell writes it, which is not expanded: write the value, or pass it in `env`.",
  ]);
});

it("does not warn of variables that the program itself may expand", async () => {
  const given = { command: process.execPath, args: ["--header", "a: ${A}"], env: { A: "x" } };
  const shell = { command: process.execPath, args: ["-lc", "exec server ${HOME}"] };
  const lacking = { ...given, args: ["--header", "a: ${A} ${B}"] };
  const { document } = await check({ servers: { given, shell, lacking } });
  expect(document.warnings).toEqual([expect.stringContaining("servers.lacking.args[1] has")]);
});

it.each([
  ["a regular expression of a role", { use: "role-guard", options: { tools: { "^rm$": [] } } }],
  ["a shell's pattern", { use: "role-guard", options: { tools: { "rm_[ab]": [] } } }],
  [
    "a regular expression of a resource",
    { use: "egress-guard", options: { labels: ["PII"], refuse: { resources: ["^file:"] } } },
  ],
  [
    "a server before a tool",
    { use: "role-guard", options: { tools: { files__rm: [] } } },
    "server",
  ],
  [
    "a role with a space after it",
    { use: "role-guard", options: { tools: { rm: ["admin "] } } },
    "a name or role that begins or ends with a space",
  ],
  [
    "a space before a tool",
    { use: "allow-list", options: { tools: { " rm": {} } } },
    "a name or role that begins or ends with a space",
  ],
])("warns of patterns that match nothing: %s", async (_, plugin, text = "regular expressions") => {
  const { document } = await check({
    servers: { files: http, mail: { ...http, wireLabels: { ifc: true } } },
    ...withRoles,
    plugins: [plugin],
  });
  expect(document.warnings).toEqual([expect.stringContaining(text)]);
});

it("does not take a query of a URI for a regular expression", async () => {
  const options = { labels: ["PII"], refuse: { resources: ["https://a.example/?q=(1)"] } };
  const plugins = [{ use: "egress-guard", options }];
  const servers = { files: { ...http, wireLabels: { ifc: true } } };
  const { document } = await check({ servers, listen: {}, plugins });
  expect(document.warnings).toEqual([]);
});

it("warns of a server whose tools are to be as pinned, and are not pinned", async () => {
  const servers = { files: { ...http, definitions: "refuse" }, mail: http };
  const { code, document } = await check({ servers, listen: {} });
  expect([code, document.warnings]).toEqual([
    0,
    [
      expect.stringMatching(
        /^servers\.files\.definitions is "refuse", and .* has no definitions of this server/,
      ),
    ],
  ]);
});
