/** An audit trail in a file that the gateway reads, which records would destroy. */
import { link, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { folderWith } from "../../../support/folder.ts";
import { verifies } from "../../../support/verifies.ts";
import { codeOf, run, start } from "./support.ts";

const name = "glassine.config.json";
const servers = { files: { url: "https://files.example/mcp" } };
const listen = { port: 8080 };

const gateway = ["gateway", "--check"];
const extproc = ["extproc", "--listen", "127.0.0.1:9002", "--check"];

interface Scene {
  readonly config?: object;
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly argv?: readonly string[];
  /** Makes files beside the configuration. */
  readonly prepare?: (folder: string) => Promise<unknown>;
}

/** Checks a configuration whose audit trail is that file. */
async function checked(file: string, scene: Scene = {}) {
  const { config = {}, flags = [], env = {}, argv = gateway, prepare } = scene;
  const whole = { servers, listen, audit: { file }, ...config };
  const cwd = await folderWith({ [name]: whole });
  await prepare?.(cwd);
  const { code, document } = await run([...argv, ...flags, "--json"], { cwd, env });
  return { code, cwd, document: document() };
}

const jwt = { issuer: "https://issuer.example", audience: "a", algorithms: ["ES256"] };
const write = (file: string) => (folder: string) => writeFile(join(folder, file), "{}");

describe("is refused, with both fields named", () => {
  it.each<[string, string, string, Scene]>([
    ["the configuration", name, "the configuration itself (`--config`)", {}],
    [
      "a link to the configuration",
      "audit.jsonl",
      "the configuration itself (`--config`)",
      { prepare: (folder) => symlink(name, join(folder, "audit.jsonl")) },
    ],
    [
      "another name of the configuration",
      "audit.jsonl",
      "the configuration itself (`--config`)",
      { prepare: (folder) => link(join(folder, name), join(folder, "audit.jsonl")) },
    ],
    ["a lockfile that does not exist yet", "plugins.lock", lockText(), {}],
    ["its journal", "plugins.lock.journal", lockText(), { prepare: write("plugins.lock") }],
    [
      "the lockfile that a flag names",
      "a.lock",
      lockText(),
      { flags: ["--plugins-lock", "a.lock"] },
    ],
    ["the pins", "pins.json", fieldText("definitionsFile"), { config: pins("pins.json") }],
    [
      "the pins behind a link that leads nowhere yet",
      "audit.jsonl",
      fieldText("definitionsFile"),
      {
        config: pins("sub/pins.json"),
        prepare: async (folder) => {
          await mkdir(join(folder, "sub"));
          await symlink("sub/pins.json", join(folder, "audit.jsonl"));
        },
      },
    ],
    [
      "the keys of tokens",
      "keys.json",
      fieldText("identity.jwt.keys.file"),
      { config: { identity: { jwt: { ...jwt, keys: { file: "keys.json" } } } } },
    ],
    [
      "a secret",
      "token",
      fieldText("servers.files.headers.authorization"),
      { config: { servers: secretServers() }, prepare: write("token") },
    ],
    [
      "a server's program",
      "server",
      fieldText("servers.own.command"),
      { config: { servers: { own: { command: "./server" } } }, prepare: write("server") },
    ],
    [
      "a server's program in the server's own folder",
      "sub/server",
      fieldText("servers.own.command"),
      inFolder("sub/server"),
    ],
    [
      "a plugin",
      "p.mjs",
      fieldText("plugins[1]"),
      { config: { plugins: [{ use: "quiet" }, { path: "p.mjs" }] }, prepare: write("p.mjs") },
    ],
    ["a plugin of a flag", "p.mjs", fieldText("plugins[0]"), { flags: ["--plugin", "p.mjs"] }],
    [
      "a configuration of CPEX",
      "cpex.yaml",
      fieldText("plugins[0]"),
      { config: { plugins: [{ kind: "cpex", file: "cpex.yaml", python: "venv/bin/python" }] } },
    ],
    [
      "the keys of publishers",
      "publishers.json",
      fieldText("GLASSINE_PLUGIN_PUBLISHER_KEYS"),
      { env: { GLASSINE_PLUGIN_PUBLISHER_KEYS: "publishers.json" } },
    ],
    ["the configuration, for extproc", name, "the configuration itself (`--config`)", envoy()],
    [
      "a key of extproc",
      "key.pem",
      fieldText("--tls-key"),
      envoy(["--tls-cert", "cert.pem", "--tls-key", "key.pem", "--tls-ca", "ca.pem"]),
    ],
    [
      "the configuration of Envoy",
      "envoy.yaml",
      fieldText("--envoy-config"),
      envoy(["--envoy-config", "envoy.yaml"]),
    ],
  ])("%s", async (_what, file, expected, scene) => {
    verifies("cli:gateway-audit-file");
    const { code, cwd, document } = await checked(file, scene);
    expect([code, codeOf(document)]).toEqual([2, "config_invalid"]);
    expect(document.error.message).toBe(
      `${join(cwd, name)} is not a valid configuration. audit.file: must not be ${expected}: appending records would destroy it.`,
    );
  });
});

function fieldText(field: string): string {
  return `the file of \`${field}\``;
}

function lockText(): string {
  return "the lockfile (`--plugins-lock`) or a file that belongs to it";
}

function pins(definitionsFile: string): object {
  return { definitionsFile };
}

function secretServers(): object {
  return { files: { ...servers.files, headers: { authorization: { file: "token" } } } };
}

/** A server that starts in a folder of its own. */
function inFolder(program: string): Scene {
  return {
    config: { servers: { own: { command: "./server", cwd: "sub" } } },
    async prepare(folder) {
      await mkdir(join(folder, "sub"));
      await writeFile(join(folder, program), "", { mode: 0o755 });
    },
  };
}

function envoy(flags: readonly string[] = []): Scene {
  return { argv: extproc, flags };
}

it("is refused at the start too, before anything is written", async () => {
  verifies("cli:gateway-audit-file");
  const text = JSON.stringify({ servers, audit: { file: name } });
  const cwd = await folderWith({ [name]: text });
  const { code, stderr } = await run(["gateway"], { cwd });
  expect([code, stderr]).toEqual([2, expect.stringContaining("audit.file: must not be ")]);
  expect(await readFile(join(cwd, name), "utf8")).toBe(text);
});

it("is refused at a reload", async () => {
  verifies("cli:gateway-audit-file");
  const cwd = await folderWith({ [name]: { servers, listen } });
  const running = start(["gateway"], { cwd });
  await running.seen("ready");
  await writeFile(join(cwd, name), JSON.stringify({ servers, listen, audit: { file: name } }));
  running.signals.emit("SIGHUP");
  expect(await running.seen("reload_refused")).toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining("audit.file: must not be the configuration itself"),
  });
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

it.each<[string, string, Scene]>([
  ["beside them", "audit.jsonl", {}],
  ["with a similar name", "plugins.lock.jsonl", {}],
  ["in a folder that does not exist here", "logs/plugins.lock", {}],
  ["with the name of a program elsewhere", "server", inFolder("sub/server")],
  ["a device, even if it is a secret's too", "/dev/null", { config: devNull() }],
  [
    "a link that leads to itself",
    "audit.jsonl",
    { prepare: (folder) => symlink("audit.jsonl", join(folder, "audit.jsonl")) },
  ],
])("is accepted as a file of its own: %s", async (_what, file, scene) => {
  verifies("cli:gateway-audit-file");
  const { code, document } = await checked(file, scene);
  expect([code, document.problems]).toEqual([0, []]);
});

function devNull(): object {
  return { servers: { files: { ...servers.files, headers: { a: { file: "/dev/null" } } } } };
}
