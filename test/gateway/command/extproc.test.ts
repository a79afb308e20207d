/** How the arguments of `glassine extproc` are read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { certificate, hasOpenssl } from "../support/certificate.ts";
import { double, run, start } from "./support.ts";

const config = {
  servers: { notes: { url: "http://127.0.0.1:3000/mcp" } },
  identity: { anonymous: true },
  audit: { file: "audit.jsonl" },
};
const folder = () => folderWith({ "glassine.config.json": JSON.stringify(config) });
const local = ["--listen", "127.0.0.1:9002"];
const production = ["--plugin-mode", "production"];
const admin = ["--envoy-admin", "http://127.0.0.1:9901"];
const tls = (cert: string) => ["--tls-cert", cert, "--tls-key", cert, "--tls-ca", cert];
Object.assign(globalThis, { testGlassine: { definePlugin } });

it.each([
  [[], "extproc needs --listen"],
  [["--listen", "somewhere"], "--listen expects unix:PATH or HOST:PORT, got somewhere"],
  [["--listen", "0.0.0.0:9002"], "others can connect to 0.0.0.0"],
  [[...local, "--webhook", "0.0.0.0:9003"], "others can connect to 0.0.0.0"],
  [[...local, "--webhook", "unix:/run/hook.sock"], "--webhook expects HOST:PORT"],
  [[...local, "--mask-answers"], "--mask-answers needs --webhook"],
  [[...local, "--tls-cert", "a.pem"], "--tls-cert, --tls-key and --tls-ca go together"],
  [[...local, "--json"], "--json needs --check"],
  [[...local, "--envoy-admin", "nowhere"], "--envoy-admin expects an http or https URL"],
])("says what is wrong with %j", async (args, text) => {
  const { code, stderr } = await run(["extproc", ...args], { cwd: await folder() });
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
});

it("does not begin in production where nothing is known of what is in front", async () => {
  verifies("envoy:safe");
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify(config),
    "plugins.lock": "",
    "open.yaml": "policies: { extProc: { host: 127.0.0.1:9002, failureMode: failOpen } }",
  });
  const production = ["extproc", ...local, "--plugin-mode", "production"];
  const unknown = await run(production, { cwd });
  expect(unknown.stderr).toContain("production needs --envoy-admin or --envoy-config");
  const open = await run([...production, "--envoy-config", "open.yaml"], { cwd });
  expect(open.code).not.toBe(0);
  expect(open.stderr).toContain("`failureMode` of `extProc` is failOpen");
});

it("does not become one for production by a reload, since it has asked nothing of Envoy", async () => {
  verifies("envoy:safe");
  const file = (mode: string) => JSON.stringify({ ...config, mode });
  const cwd = await folderWith({
    "glassine.config.json": file("dev"),
    "plugins.lock": "version = 1\n",
  });
  const { state, openGateway } = double();
  const running = start(["extproc", ...local], { cwd, openGateway });
  await running.seen("ready");
  await writeFile(join(cwd, "glassine.config.json"), file("production"));
  running.signals.emit("SIGHUP");
  expect(await running.seen("reload_refused")).toMatchObject({
    code: "config_invalid",
    message: expect.stringContaining("mode: can only be changed by a restart."),
  });
  expect(state.parts).toHaveLength(1);
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

it("listens for Envoy and for the webhook where it was said", async () => {
  const { state, openGateway } = double();
  const args = [...local, "--webhook", "127.0.0.1:9003", "--mask-answers"];
  const running = start(["extproc", ...args], { cwd: await folder(), openGateway });
  await running.seen("ready");
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
  expect(state.parts[0]?.envoy).toMatchObject({
    at: { host: "127.0.0.1", port: 9002 },
    webhook: { host: "127.0.0.1", port: 9003, masksAnswers: true },
  });
});

it("takes SIGHUP while it reads its configuration", async () => {
  const reading = { begun: () => {}, ready: Promise.resolve() };
  const begun = new Promise<void>((resolve) => {
    reading.begun = resolve;
  });
  let goOn = () => {};
  reading.ready = new Promise((resolve) => {
    goOn = resolve;
  });
  Object.assign(globalThis, { reading });
  const cwd = await folderWith({
    "glassine.config.mjs": `reading.begun(); await reading.ready; export default ${JSON.stringify(config)};`,
  });
  const running = start(["extproc", ...local], { cwd });
  await begun;
  expect(running.signals.emit("SIGHUP")).toBe(true);
  goOn();
  await running.seen("ready");
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
  expect(running.signals.emit("SIGHUP")).toBe(false);
});

it("says with --check where it would listen", async () => {
  const args = [...local, "--webhook", "127.0.0.1:9003", "--check"];
  const gpt = { provider: "openai", url: "https://model.example", path: "/gpt" };
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify({ ...config, models: { gpt } }),
  });
  const { document } = await run(["extproc", ...args, "--json"], { cwd });
  expect(document()).toMatchObject({
    listens_at: "127.0.0.1:9002",
    webhook_at: "127.0.0.1:9003",
    served_at: { "/mcp": "notes", "/gpt": "gpt" },
  });
  const { stdout } = await run(["extproc", ...args], { cwd: await folder() });
  expect(stdout).toContain("webhook at: 127.0.0.1:9003");
});

it("takes addresses of IPv6 as URLs have them", async () => {
  const { state, openGateway } = double();
  const args = ["extproc", "--listen", "[::1]:9002", "--webhook", "[::1]:9003"];
  const { document } = await run([...args, "--check", "--json"], { cwd: await folder() });
  expect(document()).toMatchObject({ listens_at: "[::1]:9002", webhook_at: "[::1]:9003" });
  const running = start(args, { cwd: await folder(), openGateway });
  await running.seen("ready");
  expect(state.parts[0]?.envoy).toMatchObject({
    at: { host: "::1", port: 9002 },
    webhook: { host: "::1", port: 9003 },
  });
  running.signals.emit("SIGTERM");
  await running.code;
  const { stdout } = await run(["envoy-config", "--processor", "[::1]:9002"], {
    cwd: await folder(),
  });
  expect(stdout).toMatch(/address: "?::1"?\n +port_value: 9002/);
});

it("says with --check what each plugin would see, and whether all can work", async () => {
  verifies("envoy:check");
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify({ ...config, plugins: ["./p.mjs"] }),
    "p.mjs": `export default globalThis.testGlassine.definePlugin({
      name: "watcher", version: "1.0.0", capabilities: ["read_labels"],
      hooks: { "cmf.tool_pre_invoke": (_payload, _context, _extensions) => undefined },
    });`,
  });
  const { code, stdout } = await run(["extproc", ...local, "--check"], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain("watcher 1.0.0");
  expect(stdout).toMatch(/\nThe configuration can work\.\n$/);
});

it("finds with --check what Envoy lets pass unjudged, which is a problem in production", async () => {
  verifies("envoy:check", "envoy:safe");
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify(config),
    "plugins.lock": "version = 1\n",
    "open.yaml": "policies: { extProc: { host: 127.0.0.1:9002, failureMode: failOpen } }",
  });
  const args = ["extproc", ...local, "--check", "--envoy-config", "open.yaml"];
  const fault = "`failureMode` of `extProc` is failOpen";
  const dev = await run(args, { cwd });
  expect([dev.code, dev.stderr]).toEqual([0, expect.stringContaining(`warning: ${fault}`)]);
  expect(dev.stdout).toMatch(/\nThe configuration can work, but see the warnings\.\n$/);
  const real = await run([...args, ...production], { cwd });
  expect([real.code, real.stdout]).toEqual([1, expect.stringContaining(fault)]);
  expect(real.stdout).toMatch(/\nThe configuration cannot work as it is\.\n$/);
});

it.each([
  ["a certificate that is not there", [...tls("none.pem")], {}, "--tls-cert: /", "does not exist"],
  [
    "what is no certificate",
    [...tls("glassine.config.json")],
    {},
    "--tls-cert: /",
    "no certificate",
  ],
  [
    "TLS that is not to be used",
    [...tls("a.pem"), "--plaintext"],
    {},
    "--plaintext cannot be combined",
  ],
  ["an address without a scheme", ["--envoy-admin", "localhost:9901"], {}, "an http or https URL"],
  ["two servers at one address", ["--webhook", local[1] as string], {}, "expects another address"],
  ["a folder as its certificate", [...tls(".")], {}, "--tls-cert: /", "is a folder"],
  ["an address that is open", ["--webhook", "0.0.0.0:1"], {}, "others can connect to 0.0.0.0"],
  [
    "an admin interface that is no URL",
    ["--envoy-admin", "x"],
    {},
    "--envoy-admin expects an http",
  ],
  ["no file of Envoy", ["--envoy-config", "no.yaml"], {}, "--envoy-config: /", "does not exist"],
  ["production without Envoy", production, {}, "production needs --envoy-admin"],
  [
    "production without a lock",
    [...production, ...admin],
    {},
    "production plugin mode requires a plugins.lock; pass --plugins-lock or place one at /",
  ],
  ["a plugin that is not there", [], { plugins: ["./none.mjs"] }, "none.mjs", "does not exist"],
])("refuses with --check what a start refuses: %s", async (_, args, more, ...texts) => {
  verifies("envoy:check");
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify({ ...config, ...more }),
  });
  for (const check of [["--check"], []]) {
    const { code, stderr } = await run(["extproc", ...local, ...args, ...check], { cwd });
    expect(code).toBe(2);
    for (const text of texts) expect(stderr).toContain(text);
  }
});

it.skipIf(!hasOpenssl)("refuses files of TLS that do not fit together, by name", async () => {
  verifies("envoy:check");
  const cwd = await folder();
  await certificate(cwd, "own");
  await certificate(cwd, "other");
  const flags = (cert: string, key: string, ca: string) =>
    ["--tls-cert", cert, "--tls-key", key, "--tls-ca", ca] as const;
  for (const [given, text] of [
    [
      flags("own.pem", "own.key", "own.key"),
      `--tls-ca: ${join(cwd, "own.key")} has no certificate`,
    ],
    [flags("own.pem", "own.pem", "own.pem"), "has no private key in PEM, or one with a passphrase"],
    [flags("own.pem", "other.key", "own.pem"), "other.key is not the key of the certificate in"],
  ] as const) {
    const { code, stderr } = await run(["extproc", ...local, "--check", ...given], { cwd });
    expect([code, stderr]).toEqual([2, expect.stringContaining(text)]);
  }
  const fine = ["extproc", ...local, "--check", ...flags("own.pem", "own.key", "other.pem")];
  expect((await run(fine, { cwd })).code).toBe(0);
});

it("refuses the path of a socket that gRPC would shorten", async () => {
  verifies("envoy:check");
  const at = (length: number) => ["--listen", `unix:/tmp/${"x".repeat(length - 5)}`];
  const cwd = await folder();
  const long = await run(["extproc", ...at(108), "--check"], { cwd });
  expect([long.code, long.stderr]).toEqual([2, expect.stringContaining("at most 107 bytes")]);
  expect((await run(["extproc", ...at(107), "--check"], { cwd })).code).toBe(0);
});

it("lets both servers pick a free port at one address", async () => {
  verifies("envoy:check");
  const args = ["extproc", "--listen", "127.0.0.1:0", "--webhook", "127.0.0.1:0", "--check"];
  expect((await run(args, { cwd: await folder() })).code).toBe(0);
});

it("says which file of Envoy's lets something pass, and finds out itself whose it is", async () => {
  verifies("envoy:safe");
  const open = "policies: { extProc: { host: 127.0.0.1:9002, failureMode: failOpen } }";
  const cwd = await folderWith({ "open.yaml": open });
  const args = ["envoy-config", "--check-file", "open.yaml"];
  const { code, stdout } = await run(args, { cwd });
  expect([code, stdout]).toEqual([1, expect.stringMatching(/^open\.yaml: `failureMode` of/)]);
  const { document } = await run([...args, "--json"], { cwd });
  expect(document()).toMatchObject({ product: null, text: null });
  const both = await run([...args, "--for", "istio"], { cwd });
  expect([both.code, both.stderr]).toEqual([
    2,
    expect.stringContaining("--for cannot be combined"),
  ]);
});

it("prints no configuration in which Envoy listens twice at one port", async () => {
  const { code, stderr } = await run(["envoy-config", "--admin-port", "8080"], {
    cwd: await folder(),
  });
  expect([code, stderr]).toEqual([2, expect.stringContaining("expects another port than that of")]);
});

it("warns with --check of a secret that is missing here", async () => {
  verifies("envoy:check");
  const notes = { url: "http://127.0.0.1:3000/mcp", headers: { "x-key": { env: "NOTES_KEY" } } };
  const cwd = await folderWith({
    "glassine.config.json": JSON.stringify({ ...config, servers: { notes } }),
  });
  const { code, stdout, stderr } = await run(["extproc", ...local, "--check"], { cwd });
  expect(code).toBe(0);
  expect(stderr).toContain("warning: servers.notes.headers.x-key: ");
  expect(stdout).toMatch(/\nThe configuration can work, but see the warnings\.\n$/);
});
