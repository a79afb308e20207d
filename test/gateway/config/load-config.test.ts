/** Where a configuration comes from, what overrides what, and what its paths mean. */
import { execFileSync } from "node:child_process";
import { utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { defineConfig } from "glassine/gateway";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { run } from "../command/support.ts";
import { configFile, files, type Given, load, loadIn, refusalIn } from "./support.ts";

const module = (config: unknown) => `export default ${JSON.stringify(config)};`;
const listening = { servers: { files }, listen: { port: 1 }, identity: { anonymous: true } };

describe("the file", () => {
  it.each([
    ["glassine.config.json", JSON.stringify],
    ["glassine.config.js", module],
    ["glassine.config.mjs", module],
    [
      "glassine.config.ts",
      (config: unknown) => `export default ${JSON.stringify(config)} as const;`,
    ],
  ])("may be %s", async (name, write) => {
    const cwd = await folderWith({
      [name]: write({ servers: { files } }),
      "package.json": { type: "module" },
    });
    const { document } = await run(["gateway", "--check", "--json"], { cwd });
    expect(document()).toMatchObject({ config_file: join(cwd, name), servers: ["files"] });
  });

  it("is read anew where it has changed", async () => {
    const cwd = await folderWith({ "glassine.config.mjs": module({ servers: { files } }) });
    const names = async () => Object.keys((await loadIn(cwd)).servers);
    expect(await names()).toEqual(["files"]);
    await writeFile(join(cwd, "glassine.config.mjs"), module({ servers: { docs: files } }));
    expect(await names()).toEqual(["docs"]);
    await writeFile(join(cwd, "glassine.config.mjs"), module({ servers: { mail: files } }));
    const later = new Date(Date.now() + 5000);
    await utimes(join(cwd, "glassine.config.mjs"), later, later);
    expect(await names()).toEqual(["mail"]);
  });

  it("has every default", async () => {
    const { config } = await load(defineConfig({ servers: { files } }));
    expect(config.mode).toBe("dev");
    expect(config.servers.files).toMatchObject({ args: [], pass: ["tokens"], timeoutMs: 60_000 });
    expect(config.limits.sessions).toBe(1000);
  });

  it.each([
    [{}, { messageBytes: 4_194_304, queuedBytes: 8_388_608 }],
    [{ messageBytes: 16_777_216 }, { messageBytes: 16_777_216, queuedBytes: 16_778_240 }],
    [{ messageBytes: 16_777_216 }, { inFlightBytes: 67_108_864 }],
    [{ messageBytes: 50_000_000 }, { inFlightBytes: 100_000_000 }],
    [{ messageBytes: 1024 }, { messageBytes: 1024, queuedBytes: 8_388_608 }],
    [{ queuedBytes: 1_048_576 }, { messageBytes: 4_194_304, queuedBytes: 1_048_576 }],
  ])("has room for the longest message where it says %o", async (limits, expected) => {
    expect((await load({ servers: { files }, limits })).config.limits).toMatchObject(expected);
  });

  it("may give a slow reader any room where there are models alone", async () => {
    const gpt = { provider: "openai", url: "https://a.example", path: "/v1" };
    const limits = { messageBytes: 2_097_152, queuedBytes: 1_048_576 };
    const given = { ...listening, servers: {}, models: { gpt }, limits };
    expect((await load(given)).config.limits).toMatchObject(limits);
  });

  it.each<[string, Readonly<Record<string, string>>, string | undefined, string, RegExp]>([
    [
      "none",
      {},
      undefined,
      "config_missing",
      /no configuration in .*: write glassine\.config\.ts, name a file with --config, or give a server's command after --$/,
    ],
    ["one that is named and not there", {}, "x.json", "config_missing", /x\.json does not exist/],
    [
      "two",
      { "glassine.config.json": "{}", "glassine.config.js": "" },
      undefined,
      "config_missing",
      /has glassine\.config\.js and glassine\.config\.json/,
    ],
    [
      "no JSON",
      { "glassine.config.json": '{"a": sk-live-42}' },
      undefined,
      "config_unreadable",
      /it is not JSON at line 1, column 7$/,
    ],
    [
      "a comma too many",
      { "glassine.config.json": '{"servers": {},\n}' },
      undefined,
      "config_unreadable",
      /it is not JSON at line 2, column 1: remove the comma in front$/,
    ],
    [
      "a comment",
      { "glassine.config.json": "{\n  // sk-live\n}" },
      undefined,
      "config_unreadable",
      /it is not JSON at line 2, column 3: JSON has no comments$/,
    ],
    [
      "a text that is cut off",
      { "glassine.config.json": '{"servers": {}' },
      undefined,
      "config_unreadable",
      /it is not JSON at line 1, column \d+: it ends too early$/,
    ],
    ["nothing", { "glassine.config.json": "" }, undefined, "config_unreadable", /: it is empty$/],
    [
      "more than 1 MiB",
      { "glassine.config.json": " ".repeat(1024 * 1024 + 1) },
      undefined,
      "config_unreadable",
      /larger than 1024 KiB$/,
    ],
    [
      "a file of another kind",
      { "x.yaml": "" },
      "x.yaml",
      "config_unreadable",
      /x\.yaml is not a module: it can be \.ts, \.js, \.mjs or \.json$/,
    ],
    [
      "a key twice",
      { "glassine.config.json": '{"servers": {}, "servers": {}}' },
      undefined,
      "config_unreadable",
      /"servers" twice at line 1, column 17/,
    ],
    [
      "a control character",
      { "glassine.config.json": '{"a": "sk-live\n42"}' },
      undefined,
      "config_unreadable",
      /it is not JSON$/,
    ],
    [
      "no default export",
      { "glassine.config.mjs": "export const config = {};" },
      undefined,
      "config_unreadable",
      /has no default export/,
    ],
    [
      "a default export of nothing, as in compiled CommonJS without `exports.default`",
      { "glassine.config.mjs": "export default undefined;" },
      undefined,
      "config_unreadable",
      /has no default export/,
    ],
    [
      "a module that throws",
      { "glassine.config.mjs": "throw new Error('no\\nluck')" },
      undefined,
      "config_unreadable",
      /cannot be loaded: no\\u\{a\}luck$|cannot be loaded: no/,
    ],
  ])("is refused: %s", async (_, written, named, code, text) => {
    const cwd = await folderWith(written);
    const flags = named === undefined ? [] : ["--config", named];
    const error = await refusalIn(cwd, { flags });
    expect(error.code).toBe(code);
    expect(error.message).toMatch(text);
    expect(error.message).not.toContain("sk-live");
    expect(error.message).not.toContain("\n");
  });

  it("is refused where it is not UTF-8, a folder, or endless", async () => {
    const cwd = await folderWith({ "glassine.config.json": new Uint8Array([0x22, 0xff, 0x22]) });
    const of = async (file: string) =>
      (await refusalIn(cwd, { flags: ["--config", file] })).message;
    expect(await of("glassine.config.json")).toContain("it is not UTF-8");
    expect(await of(".")).toContain("is a folder");
    if (process.platform === "linux") {
      const zeros = join(cwd, "zeros.json");
      const { symlink } = await import("node:fs/promises");
      await symlink("/dev/zero", zeros);
      expect(await of(zeros)).toBe(`the configuration ${zeros} is not a regular file`);
      const pipe = join(cwd, "pipe.mjs");
      execFileSync("mkfifo", [pipe]);
      expect(await of(pipe)).toBe(`the configuration ${pipe} is not a regular file`);
      const loop = join(cwd, "loop.json");
      await symlink(loop, loop);
      expect(await of(loop)).toBe(`the configuration ${loop} cannot be read: ELOOP`);
    }
  });
});

describe("what goes over what", () => {
  const env = { GLASSINE_GATEWAY_PORT: "2" };

  it("a flag, then the environment, then the file", async () => {
    const port = async (given: Given) => (await load(listening, given)).config.listen?.port;
    expect(await port({})).toBe(1);
    expect(await port({ env })).toBe(2);
    expect(await port({ env, flags: ["--port", "3"] })).toBe(3);
    expect(await port({ env: { GLASSINE_GATEWAY_PORT: "" } })).toBe(1);
  });

  it("each setting sets its key", async () => {
    const audited = { ...listening, audit: { file: "audit.jsonl" } };
    const cwd = await folderWith({ [configFile]: audited, "plugins.lock": "version = 1\n" });
    const config = await loadIn(cwd, {
      env: { ...env, GLASSINE_GATEWAY_HOST: "127.0.0.2", GLASSINE_PLUGIN_MODE: " Production " },
    });
    expect(config.listen).toMatchObject({ port: 2, host: "127.0.0.2" });
    expect(config.mode).toBe("production");
  });

  it("no setting hides a mode that is none", async () => {
    for (const given of [
      { env: { GLASSINE_PLUGIN_MODE: "production" } },
      { flags: ["--plugin-mode", "dev"] },
    ]) {
      const cwd = await folderWith({ [configFile]: { ...listening, mode: "producton" } });
      expect(await refusalIn(cwd, given)).toMatchObject({ code: "config_invalid" });
    }
  });

  it("a port makes it listen, a host alone does not", async () => {
    const stdio = { servers: { files }, identity: { anonymous: true } };
    const listen = async (env: Readonly<Record<string, string>>) =>
      (await load(stdio, { env })).config.listen?.port;
    expect(await listen({ GLASSINE_GATEWAY_HOST: "localhost" })).toBeUndefined();
    expect(await listen({ GLASSINE_GATEWAY_PORT: "0" })).toBe(0);
  });

  it("the file that the environment names, and the one of the flag over it", async () => {
    const cwd = await folderWith({
      "a.json": { servers: { a: files } },
      "b.json": { servers: { b: files } },
    });
    const env = { GLASSINE_GATEWAY_CONFIG: "a.json" };
    const names = async (...flags: readonly string[]) =>
      Object.keys((await loadIn(cwd, { env, flags })).servers);
    expect(await names()).toEqual(["a"]);
    expect(await names("--config", "b.json")).toEqual(["b"]);
  });

  it.each([
    ["GLASSINE_GATEWAY_PORT", "http", /GLASSINE_GATEWAY_PORT: expected a port from 0 to 65535/],
    ["GLASSINE_GATEWAY_PORT", "65536", /expected a port/],
    ["GLASSINE_GATEWAY_PORT", "tcp://10.0.0.1:80", /enableServiceLinks/],
    ["GLASSINE_GATEWAY_PROT", "1", /did you mean GLASSINE_GATEWAY_PORT\?/],
    ["GLASSINE_HOST", "0.0.0.0", /did you mean GLASSINE_GATEWAY_HOST\?/],
    ["GLASSINE_PLUGIN_MODE", "prod", /expected dev or production/],
    ["GLASSINE_PLUGIN_MOD", "production", /did you mean GLASSINE_PLUGIN_MODE\?/],
    ["GLASSINE_MODE", "production", /did you mean GLASSINE_PLUGIN_MODE\?/],
  ])("%s=%s is refused", async (name, value, text) => {
    const cwd = await folderWith({ [configFile]: listening });
    const error = await refusalIn(cwd, { env: { [name]: value } });
    expect([error.code, error.message]).toEqual(["setting_invalid", expect.stringMatching(text)]);
  });

  it("what Kubernetes sets for a service of another name is left alone", async () => {
    const env = {
      GLASSINE_GATEWAY_SERVICE_HOST: "10.0.0.1",
      GLASSINE_GATEWAY_PORT_8080_TCP: "x",
      GLASSINE_PORT: "tcp://10.0.0.1:80",
    };
    expect((await load(listening, { env })).config.listen?.port).toBe(1);
  });
});

describe("one server on the command line", () => {
  const command = ["--", "npx", "server"];
  const server = { command: "npx", args: ["server"] };

  it("needs no file, and reads none", async () => {
    const cwd = await folderWith({ [configFile]: "nonsense" });
    const { servers, listen } = await loadIn(cwd, { flags: command });
    expect(servers).toEqual({ server: expect.objectContaining(server) });
    expect(listen).toBeUndefined();
    const { document } = await run(["gateway", "--check", "--json", ...command], { cwd });
    expect(document().config_file).toBeNull();
  });

  it("replaces the servers of a file that is named", async () => {
    const flags = ["--config", configFile, ...command];
    const { config } = await load({ servers: { files }, tenant: "t" }, { flags });
    expect(Object.keys(config.servers)).toEqual(["server"]);
    expect(config.tenant).toBe("t");
  });

  it("lets everybody in at a local port, and nobody at another without a configuration", async () => {
    const cwd = await folderWith({});
    const at = (...host: readonly string[]) => ({ flags: ["--port", "0", ...host, ...command] });
    for (const [host, expected] of [
      [[], "127.0.0.1"],
      [["--host", "localhost"], "localhost"],
      [["--host", "[::1]"], "::1"],
    ] as const)
      expect((await loadIn(cwd, at(...host))).listen?.host).toBe(expected);
    const { message } = await refusalIn(cwd, at("--host", "0.0.0.0"));
    expect(message).toContain("identity: expected");
    expect(message).toContain("the command line is not a valid configuration");
  });
});

it("paths of a file are from its folder, those of flags from the current one", async () => {
  const plugin = (name: string) =>
    `import { definePlugin } from "glassine"; export default definePlugin({ name: "${name}", version: "1.0.0", hooks: {} });`;
  const folder = await folderWith({
    "c.json": {
      servers: {
        a: { command: "./bin", cwd: "work", env: { T: { file: "t" }, U: { env: "U" }, V: "v" } },
        b: { url: "https://x.example", headers: { a: { file: "h" } } },
        c: { command: "./bin", args: ["./data"] },
        d: { command: "npx" },
      },
      models: {
        m: {
          provider: "openai",
          url: "https://x.example",
          path: "/v1",
          headers: { k: { file: "k" } },
        },
      },
      listen: {},
      identity: {
        jwt: { issuer: "i", audience: "a", algorithms: ["ES256"], keys: { file: "jwks.json" } },
      },
      labels: { store: { redis: { file: "r" } } },
      audit: { file: "audit.jsonl" },
      plugins: ["p.mjs", { path: "q.mjs" }, { use: "quiet" }],
    },
    "p.mjs": plugin("of-p"),
    "q.mjs": plugin("of-q"),
  });
  const cwd = await folderWith({ "f.mjs": plugin("of-f") });
  const at = (path: string) => join(folder, path);
  const named = ["--config", at("c.json")];
  const config = await loadIn(cwd, { flags: [...named, "--plugin", "f.mjs"] });
  expect(config.servers.a).toMatchObject({
    command: "./bin",
    cwd: at("work"),
    env: { T: { file: at("t") }, U: { env: "U" }, V: "v" },
  });
  expect(config.servers.b).toMatchObject({ headers: { a: { file: at("h") } } });
  const flagged = await loadIn(cwd, { flags: [...named, "--", "./bin"] });
  expect(flagged.servers.server).toMatchObject({ command: join(cwd, "bin") });
  // Arguments are passed on as they are, even if they look like paths.
  expect(config.servers.c).toMatchObject({ command: at("bin"), args: ["./data"] });
  expect(config.servers.d).toMatchObject({ command: "npx" });
  expect(config.models.m?.headers).toEqual({ k: { file: at("k") } });
  expect(config.identity.jwt?.keys).toEqual({ file: at("jwks.json") });
  expect(config.labels.store).toMatchObject({ redis: { file: at("r") } });
  expect(config.audit?.file).toBe(at("audit.jsonl"));
  expect(config.plugins).toEqual([
    at("p.mjs"),
    { path: at("q.mjs") },
    { use: "quiet" },
    join(cwd, "f.mjs"),
  ]);
});
