/** What commands say to do about the packages that keep them from starting or reloading. */
import { appendFile, cp } from "node:fs/promises";
import { join } from "node:path";
import { type RejectionCode, rejectionCodes } from "glassine/node";
import { expect, it } from "vitest";
import { install, trust, unsigned } from "../../discovery/support.ts";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { codeOf, run, start } from "./support.ts";

const file = "glassine.config.json";
const http = { url: "https://files.example/mcp" };

async function folderNaming(...packages: readonly string[]): Promise<string> {
  const audit = { file: "audit.jsonl" };
  const plugins = packages.map((id) => ({ package: id }));
  const config = { servers: { files: http }, listen: { port: 8080 }, audit, plugins };
  return folderWith({ [file]: JSON.stringify(config) });
}

const production = { ...unsigned, GLASSINE_PLUGIN_MODE: "production" };
const next = (...lines: readonly (readonly [string, RejectionCode])[]) =>
  [
    "",
    "What to do next:",
    ...lines.map(
      ([about, code]) =>
        `  ${about}: ${rejectionCodes[code].todo.replaceAll("{prefix}", "GLASSINE_")}`,
    ),
    "",
  ].join("\n");

const listen = ["--listen", "127.0.0.1:9002", "--envoy-admin", "http://127.0.0.1:9901"];
const commands = [
  ["gateway --check", ["gateway", "--check"]],
  ["gateway", ["gateway"]],
  ["extproc --check", ["extproc", ...listen, "--check"]],
  ["serve-plugin", ["serve-plugin", "stranger"]],
  ["serve-plugin --check", ["serve-plugin", "stranger", "--check"]],
] as const;

it.each(commands)("%s says how to trust a package that nobody trusted", async (_what, argv) => {
  verifies("cli:next-refused");
  const cwd = await folderNaming("guard", "stranger");
  await trust(cwd, await install(cwd, "guard"), "guard");
  await install(cwd, "stranger");
  const { code, stdout, stderr } = await run(argv, { cwd, env: production });
  expect([code, stdout]).toEqual([2, ""]);
  expect(stderr).toContain("'stranger' of package 'stranger' is rejected: missing_from_lock: ");
  expect(stderr.endsWith(next(["missing_from_lock", "missing_from_lock"]))).toBe(true);
});

it.each(commands.filter(([what]) => what.endsWith("--check")))(
  "%s warns about a package that loads without a signature",
  async (_what, argv) => {
    verifies("cli:unsigned-warning");
    const cwd = await folderNaming("stranger");
    await trust(cwd, await install(cwd, "stranger"), "stranger");
    const { code, stderr } = await run(argv, { cwd, env: production });
    expect(code).toBe(0);
    expect(stderr.match(/SECURITY WARNING: unsigned plugin 'stranger' loaded/g)).toHaveLength(1);
  },
);

it("has a line for each remedy if several are refused, also with --json", async () => {
  verifies("cli:next-refused", "cli:error-document");
  const cwd = await folderNaming("changed", "changed-too", "stranger");
  for (const name of ["changed", "changed-too"]) {
    const path = await install(cwd, name);
    await trust(cwd, path, name);
    await appendFile(join(path, "plugin.js"), "// changed\n");
  }
  await install(cwd, "stranger");
  const argv = ["gateway", "--check", "--json"];
  const { code, document, stderr } = await run(argv, { cwd, env: production });
  expect([code, codeOf(document())]).toEqual([2, "discovery_failed"]);
  const lines = [
    ["hash_mismatch", "hash_mismatch"],
    ["missing_from_lock", "missing_from_lock"],
  ] as const;
  expect(stderr).toBe(`${document().error.message}\n${next(...lines)}`);
});

it("says at a reload what a start says", async () => {
  verifies("cli:next-refused");
  const cwd = await folderNaming();
  await install(cwd, "guard");
  const running = start(["gateway"], { cwd });
  await running.seen("ready");
  await cp(join(await folderNaming("guard"), file), join(cwd, file));
  const { code, stderr } = await run(["gateway", "reload"], { cwd });
  expect([code, stderr.endsWith(next(["unsigned", "unsigned"]))]).toEqual([1, true]);
  const todo = next(["unsigned", "unsigned"]).trim();
  expect(await running.seen("reload_refused")).toMatchObject({ code: "signature_rejected", todo });
  running.signals.emit("SIGTERM");
  expect(await running.code).toBe(0);
});

it("says what a package without a signature needs", async () => {
  verifies("cli:next-refused");
  const cwd = await folderNaming("guard");
  await install(cwd, "guard");
  const { code, stderr } = await run(["gateway", "--check"], { cwd });
  expect(code).toBe(2);
  expect(stderr.endsWith(next(["unsigned", "unsigned"]))).toBe(true);
});

it("says that a procedure cannot run there", async () => {
  const cwd = await folderNaming("acme.clean");
  const code = `import { defineProcedure } from "glassine/node";
    export default defineProcedure(class {
      static id = "acme.clean"; static name = "Clean"; static version = "1.0.0";
      static configModel = { parse: (value) => value }; static requiredCapabilities = [];
      async preflight() {} async run() {}
    });`;
  await install(cwd, "clean", { code, glassine: { procedures: { "acme.clean": "./plugin.js" } } });
  const why = "'acme.clean' is a procedure, and only plugins with hooks can run here.";
  const served = await run(["serve-plugin", "acme.clean", "--check"], { cwd, env: unsigned });
  expect([served.code, served.stderr]).toEqual([2, `${why}\n`]);
  const checked = await run(["gateway", "--check"], { cwd, env: unsigned });
  expect(checked.stderr).toContain(`${why} \`glassine plugins list\` shows`);
});

it("says nothing more about other refusals", async () => {
  const cwd = await folderNaming("gone");
  const { code, stderr } = await run(["gateway", "--check"], { cwd, env: unsigned });
  expect([code, stderr.split("\n")]).toEqual([2, [expect.stringContaining('"gone"'), ""]]);
});
