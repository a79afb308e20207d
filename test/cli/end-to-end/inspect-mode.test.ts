/** The mode, and which lockfile is in effect. */
// Only in test:all: it runs whole commands in processes of their own.
import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { folderWith } from "../../support/folder.ts";
import { verifies } from "../../support/verifies.ts";
import { documentOf, linesOf, sectionOf } from "./documents.ts";
import { commandOf, installTime, marked, procedure } from "./fixtures.ts";
import { newWorkspace, pluginSource, unsigned, type Workspace } from "./support.ts";

const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const dev = { env: unsigned };
const trusting = ["plugins", "trust", "acme-guard", "--reason", "reviewed"];

let workspace: Workspace;
/** The user's lockfile, which every command of the workspace sees. */
let ofUser = "";
beforeAll(async () => {
  workspace = await newWorkspace();
  ofUser = join(workspace.above, "home/.config/glassine/plugins.lock");
  const { marker } = workspace;
  await workspace.install(
    marked({ name: "acme-guard" }, marker),
    procedure({ package: "acme-sweep", id: "acme.sweep", marker }),
  );
}, installTime);

afterEach(async () => {
  const { root, marker } = workspace;
  for (const path of [ofUser, marker, ...["plugins.lock", "other.lock"].map((n) => join(root, n))])
    for (const end of ["", ".journal"]) await rm(`${path}${end}`, { force: true });
});

const ran = () => existsSync(workspace.marker);

describe("the mode", () => {
  const refused = "invalid plugin mode 'prod': expected dev or production\n";

  it("CLI-001: an invalid mode is refused as option and as variable, and nothing is run", async () => {
    verifies("cli:mode-refused");
    for (const command of [["plugins", "list"], ["plugins", "doctor"], ["doctor"]]) {
      const option = await workspace.run([...command, "--plugin-mode", "prod"], dev);
      expect(option).toMatchObject({ code: 2, stdout: "", stderr: refused });
      const env = { ...unsigned, GLASSINE_PLUGIN_MODE: "prod" };
      expect(await workspace.run(command, { env })).toMatchObject({
        code: 2,
        stdout: "",
        stderr: `${refused}It is the value of GLASSINE_PLUGIN_MODE.\n`,
      });
    }
    expect(ran()).toBe(false);
  });

  it("CLI-001: ' Production ' is production, and the option wins over the variable", async () => {
    verifies("cli:mode");
    const mode = async (args: readonly string[], variable: string) => {
      const env = { ...unsigned, GLASSINE_PLUGIN_MODE: variable };
      const { code, stdout } = await workspace.run(["plugins", "list", ...args], { env });
      return [code, linesOf(stdout)[0]];
    };
    expect(await mode(["--plugin-mode", " Production "], "")).toEqual([
      0,
      "plugin mode: production",
    ]);
    expect(await mode([], " PRODUCTION ")).toEqual([0, "plugin mode: production"]);
    expect(await mode(["--plugin-mode", "dev"], "production")).toEqual([0, "plugin mode: dev"]);
    expect(await mode(["--plugin-mode", "dev"], "prod")).toEqual([0, "plugin mode: dev"]);
    expect(await mode([], "")).toEqual([0, "plugin mode: dev"]);
  });

  it("CLI-007: local plugins are refused in production, and nothing is imported", async () => {
    verifies("cli:local-plugins");
    const folder = join(workspace.root, "local/acme-local");
    await mkdir(folder, { recursive: true });
    const fixture = { name: "acme-local" };
    const manifest = { name: "acme-local", version: "1.0.0", type: "module" };
    await workspace.write(
      "local/acme-local/package.json",
      JSON.stringify({ ...manifest, glassine: { plugin: "./plugin.js" } }),
    );
    await workspace.write("local/acme-local/plugin.js", pluginSource(fixture, workspace.marker));
    const local = ["--local-plugins", "local"];
    const commands = [["plugins", "list"], ["plugins", "describe", "acme-local"], ["doctor"]];
    for (const command of [...commands, ["plugins", "doctor"]]) {
      const ended = await workspace.run([...command, ...local], production);
      expect(ended).toMatchObject({
        code: 2,
        stdout: "",
        stderr: "local plugins are not allowed in production mode\n",
      });
    }
    expect(ran()).toBe(false);
    const { data } = await documentOf(workspace, ["plugins", "list", ...local], dev);
    expect(data.loaded[1]).toMatchObject({
      id: "acme-local",
      package: "<local>",
      distribution_hash: "sha256:local",
    });
    expect(ran()).toBe(true);
  });

  it("a local plugin without a node_modules above it finds the library of the command", async () => {
    verifies("discovery:local");
    const folder = await folderWith();
    const manifest = { name: "acme-far", version: "1.0.0", type: "module" };
    const glassine = { plugin: "./plugin.js" };
    await writeFile(join(folder, "package.json"), JSON.stringify({ ...manifest, glassine }));
    const argv = ["plugins", "describe", "acme-far", "--local-plugins", folder];
    const status = async () => (await documentOf(workspace, argv, dev)).data.status;
    await writeFile(join(folder, "plugin.js"), pluginSource({ name: "acme-far" }));
    expect(await status()).toBe("loaded");
    const other = `import "not-there";\n${pluginSource({ name: "acme-far" })}`;
    await writeFile(join(folder, "plugin.js"), other);
    expect(await status()).toBe("rejected");
  });
});

describe("production without a lockfile", () => {
  it("CLI-002: list says so, ends with 0, and loads nothing", async () => {
    verifies("cli:list-head");
    const { code, stdout, stderr } = await workspace.run(["plugins", "list"], production);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toBe(`plugin mode: production
plugins.lock: (none — production mode requires one to gate trust)

(no plugins loaded)

Rejected:
  acme-guard: lock_missing: production mode requires a plugins.lock
  acme.sweep: lock_missing: production mode requires a plugins.lock

What to do next:
  lock_missing: Create it with \`plugins lock\`, then trust what was reviewed.
`);
    const { data } = await documentOf(workspace, ["plugins", "list"], production);
    expect(data).toMatchObject({ lock: null, loaded: [], drift: [], warnings: [] });
    expect(ran()).toBe(false);
  });

  it("CLI-021: with an empty one only the host's own plugins are loaded", async () => {
    await cp(workspace.packageAt("acme-sweep"), join(workspace.above, "own"), { recursive: true });
    await workspace.write("own.mjs", commandOf({ builtins: [join(workspace.above, "own")] }));
    const other = commandOf({ builtins: [workspace.packageAt("acme-sweep")] });
    await workspace.write("installed.mjs", other);
    await workspace.write("plugins.lock", "version = 1\n");
    for (const program of ["own.mjs", "installed.mjs"]) {
      const args = [program, "plugins", "list", "--json"];
      const { code, stdout } = await workspace.node(args, production);
      expect([program, code]).toEqual([program, 0]);
      const { loaded, rejected } = JSON.parse(stdout);
      expect(loaded).toMatchObject([{ id: "acme.sweep", builtin: true }]);
      expect(loaded).toHaveLength(1);
      expect(rejected).toMatchObject([{ id: "acme-guard", code: "missing_from_lock" }]);
    }
  });

  it("CLI-021: an entry for a built-in shows drift but does not block it", async () => {
    await workspace.write(
      "command.mjs",
      commandOf({ builtins: [workspace.packageAt("acme-sweep")] }),
    );
    await workspace.run(["plugins", "trust", "acme.sweep", "--reason", "r"], dev);
    const lock = (await workspace.read("plugins.lock")) ?? "";
    await workspace.write("plugins.lock", lock.replace('version = "1.0.0"', 'version = "0.9.0"'));
    const args = ["command.mjs", "plugins", "list", "--json"];
    const { loaded, drift } = JSON.parse((await workspace.node(args, production)).stdout);
    expect(loaded).toMatchObject([{ id: "acme.sweep", builtin: true }]);
    expect(drift[0]).toEqual({
      id: "acme.sweep",
      kind: "version_mismatch",
      expected: "0.9.0",
      actual: "1.0.0",
      blocking: false,
    });
  });
});

it("CLI-004: in dev another version than the locked one is loaded, and shown as drift", async () => {
  await workspace.run(trusting, dev);
  const lock = (await workspace.read("plugins.lock")) ?? "";
  await workspace.write("plugins.lock", lock.replace('version = "1.0.0"', 'version = "0.9.0"'));
  const { code, stdout } = await workspace.run(["plugins", "list"], dev);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^acme-guard {32}acme-guard {12}1\.0\.0 {7}sha256:[0-9a-f]{12}…$/m);
  expect(sectionOf(stdout, "Drift vs plugins.lock:")).toEqual([
    "  acme-guard: version (expected='0.9.0', actual='1.0.0')",
    "  acme.sweep: missing_from_lock (expected=None, actual='acme-sweep==1.0.0')",
  ]);
});

describe("a lockfile that is named", () => {
  it("CLI-005: is refused if missing, except that list goes on and trust creates it", async () => {
    verifies("cli:lock-named");
    const named = ["--plugins-lock", "other.lock"];
    const stderr = `plugins.lock not found: ${workspace.root}/other.lock\n`;
    const commands = [
      ["plugins", "verify"],
      ["plugins", "untrust", "acme-guard", "--reason", "r"],
      ["plugins", "describe", "acme-guard"],
      ["plugins", "doctor"],
    ];
    for (const command of commands) {
      const ended = await workspace.run([...command, ...named], dev);
      expect([command, ended]).toMatchObject([command, { code: 2, stdout: "", stderr }]);
    }
    const listed = await workspace.run(["plugins", "list", ...named], dev);
    expect(listed).toMatchObject({ code: 0, stderr: `warning: ${stderr}` });
    expect(linesOf(listed.stdout)[1]).toMatch(/^plugins\.lock: \(none /);
    const trusted = await workspace.run([...trusting, ...named], dev);
    expect([trusted.code, linesOf(trusted.stdout)[1]]).toEqual([
      0,
      `  lock:    ${workspace.root}/other.lock`,
    ]);
    expect(await workspace.read("other.lock")).toMatch(/^version = 1\n/);
    expect(existsSync(join(workspace.root, "plugins.lock"))).toBe(false);
  });

  it("CLI-005: in a folder that is not there nothing is made", async () => {
    const before = await readdir(workspace.root);
    const ended = await workspace.run([...trusting, "--plugins-lock", "no/such/other.lock"], dev);
    expect([ended.code, ended.stdout]).toEqual([2, ""]);
    expect(ended.stderr).toContain("no/such");
    expect(await readdir(workspace.root)).toEqual(before);
  });
});

describe("the usual places", () => {
  it("CLI-006: trust goes on with the user's lockfile where only that exists", async () => {
    const { run, root } = workspace;
    await mkdir(join(ofUser, ".."), { recursive: true });
    await run(["plugins", "lock", "--plugins-lock", ofUser], dev);
    const { code, stdout } = await run(trusting, dev);
    expect([code, linesOf(stdout)[1]]).toEqual([0, `  lock:    ${ofUser}`]);
    expect(existsSync(join(root, "plugins.lock"))).toBe(false);
    const listed = await run(["plugins", "list"], production);
    expect(linesOf(listed.stdout)[1]).toBe(`plugins.lock: ${ofUser} (schema v1)`);
    expect(listed.stdout).toContain("\nacme-guard 1.0.0 hooks=0 ");
  });

  it("CLI-006: the one of the folder is in effect for every command where both exist", async () => {
    const { run, root } = workspace;
    await mkdir(join(ofUser, ".."), { recursive: true });
    await run(["plugins", "lock", "--plugins-lock", ofUser], dev);
    await run(["plugins", "lock", "--plugins-lock", "plugins.lock"], dev);
    const path = `${root}/plugins.lock`;
    expect((await run(trusting, dev)).stdout).toContain(`  lock:    ${path}\n`);
    for (const command of [["list"], ["verify"], ["doctor"], ["describe", "acme-guard"]])
      expect((await run(["plugins", ...command], dev)).stdout).toContain(path);
    expect(
      (await run(["plugins", "untrust", "acme-guard", "--reason", "r"], dev)).stdout,
    ).toContain(`  lock:    ${path}\n`);
  });
});
