/** The report on a wrong configuration: every place, what was expected there, and no value. */
import fc from "fast-check";
import { createPluginManager, type GlassineError } from "glassine";
import { createGateway } from "glassine/gateway";
import { describe, expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { files, load, problemsOf } from "./support.ts";

const listening = { servers: { files }, listen: {}, identity: { anonymous: true } };
const secret = "sk-live-4242424242";

describe("a problem", () => {
  it.each<[string, unknown, Readonly<Record<string, string>>]>([
    ["no object", [], { "(root)": "expected an object, got an array." }],
    ["a misspelt key", { severs: {} }, { severs: 'unknown key. Did you mean "servers"?' }],
    ["an unknown key", { qqqqqqqq: 1, servers: { files } }, { qqqqqqqq: "unknown key." }],
    [
      "a misspelt key further in",
      { ...listening, listen: { prot: 1 }, limits: { mesageBytes: 4096 } },
      {
        "listen.prot": 'unknown key. Did you mean "port"?',
        "limits.mesageBytes": 'unknown key. Did you mean "messageBytes"?',
      },
    ],
    [
      "a value of another kind",
      { servers: { files: { command: 1, args: "stdio", timeoutMs: 1.5 } }, tenant: "" },
      {
        "servers.files.command": "expected a string, got a whole number.",
        "servers.files.args": "expected an array, got a string.",
        "servers.files.timeoutMs": "expected a whole number, got a fractional number.",
        tenant: "expected a string that is not empty, got an empty one.",
      },
    ],
    [
      "brackets without an address, which would be every address",
      { ...listening, listen: { host: "[]" } },
      { "listen.host": "expected a string that is not empty, got an empty one." },
    ],
    [
      "a word that is none of the choices",
      {
        servers: { files: { ...files, onDeny: "tool_reslt" } },
        mode: "prodution",
      },
      {
        "servers.files.onDeny":
          'expected one of "error", "tool_result", got a string that does not match. Did you mean "tool_result"?',
        mode: 'expected one of "dev", "production", got a string that does not match. Did you mean "production"?',
      },
    ],
    [
      "production without records, whatever serves",
      { servers: { files }, mode: "production" },
      {
        audit: "is required in production: name the `file` that records what plugins do.",
      },
    ],
    [
      "a number out of range",
      { ...listening, listen: { port: 65_536 }, limits: { sessions: 0 } },
      {
        "listen.port": "expected a number of at most 65535, got a larger one.",
        "limits.sessions": "expected a number of at least 1, got a smaller one.",
      },
    ],
    [
      "a server without command and url",
      { servers: { files: { comand: "x" } } },
      {
        "servers.files": "expected either `command` or `url`, and only the keys that go with it.",
        "servers.files.comand": 'unknown key. Did you mean "command"?',
      },
    ],
    [
      "a key of the other kind of server",
      { servers: { files: { command: "x", headers: {} } } },
      { "servers.files.headers": "cannot be combined with `command`." },
    ],
    [
      "a plugin from two places, and a key that no plugin has",
      { servers: { files }, plugins: [{ use: "quiet", path: "./p.js", sticky: true }] },
      {
        "plugins[0]": "expected only one of `path` and `use`.",
        "plugins[0].sticky": "unknown key.",
      },
    ],
    [
      "a plugin with its options under the name that they have in code",
      { servers: { files }, plugins: [{ package: "guard", config: {} }] },
      { "plugins[0].config": 'unknown key. Did you mean "options"?' },
    ],
    [
      "a plugin from two places, and a key of a third kind",
      { servers: { files }, plugins: [{ use: "quiet", package: "p", network: true }] },
      {
        "plugins[0]": "expected only one of `package` and `use`.",
        "plugins[0].network": "cannot be combined with `use` and `package`.",
      },
    ],
    [
      "a key of another kind of plugin",
      { servers: { files }, plugins: [{ use: "quiet", readable: [] }] },
      { "plugins[0].readable": "cannot be combined with `use`." },
    ],
    [
      "a server that is a string",
      { servers: { files: "npx server" } },
      {
        "servers.files":
          "expected either `command` or `url`, and only the keys that go with it, got a string.",
      },
    ],
    [
      "credentials in a URL",
      {
        ...listening,
        servers: { one: { url: "https://ada:hunter2@one.example/mcp" } },
        models: { m: { provider: "openai", url: "https://ada@m.example", path: "/m" } },
      },
      {
        "servers.one.url":
          "expected a URL without a user name or password, which belong in `headers`, got a string that does not match.",
        "models.m.url":
          "expected a URL without a user name or password, which belong in `headers`, got a string that does not match.",
      },
    ],
    [
      "a query or a fragment where the URL would lead elsewhere",
      {
        ...listening,
        servers: { query: { url: "https://a.example/mcp?key=1" }, one: { url: "https://a#b" } },
        models: Object.fromEntries(
          ["https://m/base?api-version=1", "https://m/base#x", "https://m?"].map((url, at) => [
            `m${at}`,
            { provider: "openai", url, path: `/m${at}` },
          ]),
        ),
      },
      {
        "servers.one.url":
          "expected a URL without `#` (leave it out: what follows would not be sent), got a string that does not match.",
        ...Object.fromEntries(
          ["m0", "m1", "m2"].map((name) => [
            `models.${name}.url`,
            "expected a URL without `?` and `#` (leave them out: the path of each request is appended, and callers add `api-version` themselves), got a string that does not match.",
          ]),
        ),
      },
    ],
    [
      "a store of labels that does not exist",
      { servers: { files: { command: "x" } }, labels: { store: "redis" } },
      { "labels.store": 'expected "memory" or an object, got a string that does not match.' },
    ],
    [
      "the name of a server",
      { servers: { "My Files": files } },
      {
        'servers["My Files"]':
          "the name must be 1 to 32 lower-case letters, digits and hyphens, beginning with a letter.",
      },
    ],
    [
      "a URL that is none",
      { servers: { files: { url: "ftp://files" } } },
      { "servers.files.url": "expected an http or https URL, got a string that does not match." },
    ],
    [
      "a server without its program",
      { servers: { files: { args: [] } } },
      { "servers.files": "expected either `command` or `url`, and only the keys that go with it." },
    ],
    [
      "an algorithm with a shared secret",
      {
        ...listening,
        identity: {
          jwt: { issuer: "i", audience: "a", algorithms: ["HS256"], keys: { file: "k" } },
        },
      },
      {
        "identity.jwt.algorithms[0]":
          'expected one of "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519", got a string that does not match. Only asymmetric algorithms are accepted: with a shared secret, whoever checks tokens can make them.',
      },
    ],
    [
      "keys of tokens from two places",
      {
        ...listening,
        identity: {
          jwt: {
            issuer: "i",
            audience: "a",
            algorithms: ["RS256"],
            keys: { file: "k", url: "https://a.example" },
          },
        },
      },
      { "identity.jwt.keys": "expected only one of `url` and `file`." },
    ],
    [
      "a header of two lines",
      { servers: { web: { url: "https://a.example", headers: { a: `${secret}\n` } } } },
      {
        "servers.web.headers.a":
          "expected a header value, which has no line break, no other control character and nothing beyond Latin-1, got a string that does not match.",
      },
    ],
    [
      "a secret in a wrong form",
      { servers: { files: { ...files, env: { A: { evn: "A" }, B: 1 } } } },
      {
        "servers.files.env.A":
          "expected a string or an object with `env` or an object with `file`, got an object.",
        "servers.files.env.A.evn": 'unknown key. Did you mean "env"?',
        "servers.files.env.B": "expected a string or an object, got a whole number.",
      },
    ],
    [
      "a plugin of no kind",
      { servers: { files }, plugins: [{ usr: "secret-scanner" }, 1, { use: "a", priorty: 1 }] },
      {
        "plugins[0]":
          "expected a path, or an object with one of `use`, `package`, `path` and `kind`, got an object.",
        "plugins[0].usr": 'unknown key. Did you mean "use"?',
        "plugins[1]":
          "expected a path, or an object with one of `use`, `package`, `path` and `kind`, got a whole number.",
        "plugins[2].priorty": 'unknown key. Did you mean "priority"?',
      },
    ],
    [
      "a label store",
      { servers: { files }, labels: { store: { rediss: "redis://x" } } },
      {
        "labels.store.redis": "expected a string or an object, got nothing.",
        "labels.store.rediss": 'unknown key. Did you mean "redis"?',
      },
    ],
  ])("%s", async (_, config, expected) => {
    expect(await problemsOf(config)).toEqual(expected);
  });

  it.each<"servers" | "models">(["servers", "models"])(
    "is a header of %s that the gateway writes itself",
    async (key) => {
      const own = ["content-length", "Transfer-Encoding", "host", "te", "connection"];
      const harmless = ["Accept", "Content-Type"];
      const ofMcp = ["mcp-session-id", "MCP-Protocol-Version"];
      const end = {
        ...(key === "models" ? { provider: "openai", path: "/o" } : {}),
        url: "https://a.example",
        headers: Object.fromEntries(
          [...own, ...ofMcp, ...harmless, "x-api-key", "accept-encoding"].map((name) => [
            name,
            secret,
          ]),
        ),
        forward: ["authorization", "*", ...own, ...ofMcp, ...harmless],
      };
      const problems = await problemsOf({ ...listening, servers: { files }, [key]: { a: end } });
      const written = [...own, ...ofMcp];
      expect(problems).toEqual({
        ...Object.fromEntries(
          written.map((name) => [
            /^[a-z]+$/.test(name) ? `${key}.a.headers.${name}` : `${key}.a.headers["${name}"]`,
            "is a header of the connection, which the gateway writes itself: leave it out.",
          ]),
        ),
        [`${key}.a.forward[1]`]: "expected the name of a header: there are no wildcards.",
        ...Object.fromEntries(
          written.map((name, at) => [
            `${key}.a.forward[${at + 2}]`,
            `"${name}" is a header of the connection, which the gateway writes itself: leave it out.`,
          ]),
        ),
      });
    },
  );

  it("does not quote a value, wherever it stands", async () => {
    const shared = {
      servers: {
        a: { url: secret, headers: { "bad header": secret }, forward: [secret, 5], onDeny: secret },
        b: { command: "x", env: secret, wireLabels: secret },
      },
      listen: { port: secret, path: secret, host: 5 },
      identity: { jwt: { issuer: secret, algorithms: [secret], keys: secret } },
      labels: { store: secret },
    };
    const config = { ...shared, mode: secret, plugins: [{ use: "x", mode: secret }] };
    const problems = await problemsOf(config);
    expect(Object.keys(problems)).toHaveLength(15);
    const manager = await createPluginManager({ plugins: [] });
    afterTest(() => manager.close());
    const thrown = await createGateway({ config: shared as never, manager }).catch(
      ({ message, data }: GlassineError) => ({ message, data }),
    );
    expect(thrown).toMatchObject({ message: expect.stringContaining("listen.port: expected") });
    expect(JSON.stringify([problems, thrown])).not.toContain("sk-live");
  });

  it("is found and placed for every key of any object that is misspelt by a letter", async () => {
    const whole = {
      ...listening,
      labels: { session: "session" },
      audit: { file: "a", strict: true },
      tenant: "t",
    };
    await load(whole);
    const paths = [
      ...Object.keys(whole).map((key) => [key]),
      ...["session"].map((key) => ["labels", key]),
      ...["file", "strict"].map((key) => ["audit", key]),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), async (path, at) => {
        const [key = "", ...above] = path.toReversed();
        const place = 1 + (at % (key.length - 1));
        const slip = key.slice(0, place) + key.slice(place + 1);
        const config = structuredClone(whole) as Record<string, unknown>;
        const object = (above[0] === undefined ? config : config[above[0]]) as typeof config;
        object[slip] = object[key];
        delete object[key];
        const problems = await problemsOf(config);
        expect(problems[[...above, slip].join(".")]).toContain(`Did you mean "${key}"?`);
      }),
      { numRuns: 40 },
    );
  });
});

describe("what makes no sense together", () => {
  it.each<[string, unknown, string, string]>([
    ["nothing to guard", {}, "servers", "there is nothing to guard"],
    [
      "routes without HTTP",
      { models: { gpt: { provider: "openai", url: "https://api.example.com", path: "/v1" } } },
      "models",
      "over HTTP only",
    ],
    [
      "bearer tokens over stdio",
      {
        servers: { files },
        identity: {
          jwt: { issuer: "i", audience: "a", algorithms: ["RS256"], keys: { file: "k" } },
        },
      },
      "identity.jwt",
      "is for HTTP",
    ],
    [
      "a subject of stdio over HTTP",
      { ...listening, identity: { anonymous: true, local: { id: "ada" } } },
      "identity.local",
      "is for stdio",
    ],
    [
      "one port for callers and operators",
      { ...listening, admin: { port: 8080 } },
      "admin.port",
      "must not be the port of `listen`",
    ],
    [
      "HTTP for everybody, unsaid",
      { servers: { files }, listen: { host: "0.0.0.0", allowedHosts: ["a.example"] } },
      "identity",
      "anonymous: true",
    ],
    [
      "a header that says who is asking, sent on",
      {
        listen: {},
        identity: { trustedHeaders: { from: ["10.0.0.1"], subject: "X-User", roles: "X-Roles" } },
        servers: { remote: { url: "https://mcp.example.com", forward: ["x-other", "x-roles"] } },
      },
      "servers.remote.forward",
      '"x-roles" is an identity header from the proxy',
    ],
    [
      "another spelling of it, which some servers take for the same",
      {
        listen: {},
        identity: { trustedHeaders: { from: ["10.0.0.1"], subject: "X-User" } },
        servers: { remote: { url: "https://mcp.example.com", forward: ["X_User"] } },
      },
      "servers.remote.forward",
      '"X_User" is an identity header from the proxy',
    ],
    [
      "messages that are longer than what may wait",
      { ...listening, limits: { messageBytes: 20_971_520, queuedBytes: 8_388_608 } },
      "limits.queuedBytes",
      "expected at least 1024 more than `messageBytes`",
    ],
    [
      "messages that are longer than what one subject may have unanswered",
      { ...listening, limits: { inFlightBytes: 8_388_607 } },
      "limits.inFlightBytes",
      "expected at least 8388608, twice `messageBytes`, got 8388607",
    ],
    [
      "sessions that stay open longer than labels in memory",
      { ...listening, limits: { idleSessionMs: 86_400_000 } },
      "limits.idleSessionMs",
      "expected at most 86340000, a minute less than `labels.store.ttlMs` (86400000 in memory), got 86400000",
    ],
    [
      "sessions that stay open longer than labels on a server",
      { ...listening, labels: { store: { redis: "redis://127.0.0.1", ttlMs: 3_600_000 } } },
      "limits.idleSessionMs",
      "expected at most 3540000, a minute less than `labels.store.ttlMs` (86400000 in memory), got 3600000",
    ],
    [
      "a kind that nothing has",
      {
        ...listening,
        models: {
          gpt: { provider: "openai", url: "https://a.example", path: "/v1", allow: ["tool"] },
        },
      },
      "models.gpt.allow[0]",
      'has no kind "tool". The kinds are content, tools, citation, reference, setting. Did you mean "tools"?',
    ],
    [
      "an address that no Host header names",
      { ...listening, listen: { host: "0.0.0.0" } },
      "listen.allowedHosts",
      "gateway.example.com",
    ],
    [
      "an origin of any page",
      { ...listening, listen: { allowedOrigins: ["https://a.example", "null"] } },
      "listen.allowedOrigins[1]",
      'got "null", which would allow any page.',
    ],
    [
      "an origin with a slash at its end",
      { ...listening, listen: { allowedOrigins: ["https://a.example/"] } },
      "listen.allowedOrigins[0]",
      'expected an origin without a path, such as "https://app.example.com" or "https://app.example.com:8443", got "https://a.example/".',
    ],
    [
      "origins by a wildcard",
      { ...listening, listen: { allowedOrigins: ["https://*.example.com"] } },
      "listen.allowedOrigins[0]",
      'got "https://*.example.com": wildcards are not supported.',
    ],
    [
      "an origin with a password, which is not repeated",
      { ...listening, listen: { allowedOrigins: ["https://ada:hunter2@a.example"] } },
      "listen.allowedOrigins[0]",
      "got one with a user name.",
    ],
    [
      "a Host header by a wildcard",
      { ...listening, listen: { allowedHosts: ["*.example.com"] } },
      "listen.allowedHosts[0]",
      'got "*.example.com": wildcards are not supported.',
    ],
    [
      "one path for two",
      {
        ...listening,
        models: { gpt: { provider: "openai", url: "https://api.example.com", path: "/mcp" } },
      },
      "models.gpt.path",
      "`listen`",
    ],
    [
      "two paths that differ in a slash at the end",
      {
        ...listening,
        models: {
          gpt: { provider: "openai", url: "https://api.example.com", path: "/o" },
          other: { provider: "openai", url: "https://other.example.com", path: "/o/" },
        },
      },
      "models.other.path",
      "`models.gpt`",
    ],
    [
      "a path that differs from that of callers in a slash at the end",
      {
        servers: { files },
        listen: { path: "/mcp/" },
        models: { gpt: { provider: "openai", url: "https://api.example.com", path: "/mcp/" } },
      },
      "models.gpt.path",
      "`listen`",
    ],
    [
      "a path that no URL can have",
      { ...listening, listen: { path: "/a/../mcp" } },
      "listen.path",
      "has no segment `.` or `..`",
    ],
    [
      "a path with a query",
      { ...listening, listen: { path: "/mcp?v=1" } },
      "listen.path",
      "has only letters, digits, `_`, `.`, `-` and /",
    ],
    [
      "a value that no header can have",
      { ...listening, servers: { a: { url: "https://a.example", headers: { k: "\u20ac" } } } },
      "servers.a.headers.k",
      "nothing beyond Latin-1",
    ],
    [
      "a header twice, in another case",
      { ...listening, servers: { a: { url: "https://a.example", headers: { K: "1", k: "2" } } } },
      "servers.a.headers.k",
      "appears twice",
    ],
    [
      "a header that the caller and the gateway decide",
      {
        ...listening,
        servers: { a: { url: "https://a.example", headers: { "x-who": "g" }, forward: ["X-Who"] } },
      },
      "servers.a.forward[0]",
      '"X-Who" is in `headers` too',
    ],
    [
      "an argument with a null character",
      { servers: { a: { command: "x", args: ["sk-live\0"] } } },
      "servers.a.args[0]",
      "expected a string without null characters, got a string that does not match.",
    ],
    [
      "the name of a variable with a sign of equality",
      { servers: { a: { command: "x", env: { "A=B": "c" } } } },
      'servers.a.env["A=B"]',
      "the name must be the name of a variable",
    ],
    [
      "the gateway itself as a server",
      { ...listening, servers: { a: { url: "http://localhost:8080/mcp" } } },
      "servers.a.url",
      "is the gateway's own endpoint",
    ],
    [
      "the gateway itself as a server, at the port that a URL need not name",
      { servers: { a: { url: "http://localhost/mcp" } }, listen: { port: 80 } },
      "servers.a.url",
      "is the gateway's own endpoint",
    ],
    [
      "the gateway itself as a server, by an address among all",
      {
        servers: { a: { url: "http://127.0.0.1:8080/mcp" } },
        listen: { host: "0.0.0.0", allowedHosts: ["x.example"] },
        identity: { anonymous: true },
      },
      "servers.a.url",
      "is the gateway's own endpoint",
    ],
    [
      "the gateway itself as a server, by an address of version 6",
      { servers: { a: { url: "http://[::1]:8080/mcp" } }, listen: { host: "::1" } },
      "servers.a.url",
      "is the gateway's own endpoint",
    ],
  ])("%s", async (_, config, path, part) => {
    expect((await problemsOf(config))[path]).toContain(part);
  });

  it("is none for two ports that the system picks", async () => {
    await load({ servers: { files }, listen: { port: 0 }, admin: { port: 0 } });
  });

  it("is none for a server on another port, path or address of this machine", async () => {
    for (const url of ["127.0.0.1:8081/mcp", "127.0.0.1:8080/", "127.0.0.2:8080/mcp"])
      await load({ ...listening, servers: { a: { url: `http://${url}` } } });
    const servers = { a: { url: "http://localhost:8080/mcp" } };
    await load({ servers, listen: { host: "127.0.0.2" } });
  });
});
