/** `plugins list`, as text for people and as JSON for programs. */
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, facts, hash, lockAt, rejected, report } from "./support/facts.ts";
import { catalogPath, fixtures, linesOf, type RunOptions, run, runJson } from "./support/run.ts";

const list = (
  given: Parameters<typeof report>[0],
  argv: readonly string[] = [],
  more: RunOptions = {},
) => run(["plugins", "list", ...argv], { ...more, services: serving(given) });
const listJson = (given: Parameters<typeof report>[0], argv: readonly string[] = []) =>
  runJson(["plugins", "list", ...argv], { services: serving(given) });
const serving = (given: Parameters<typeof report>[0]) => ({
  discover: () => Promise.resolve(report(given)),
});

const procedure = facts({
  id: "capa.contrib.my_procedure",
  kind: "procedure",
  package: "capa_contrib",
  version: "0.3.1",
  distribution_hash: `sha256:a1b2c3d4e5f6${"7".repeat(52)}`,
  hooks: null,
  health: null,
});
const hooked = facts({
  id: "example-stigmem-plugin",
  hooks: ["pre_assert_authorize", "post_assert_audit"],
  capabilities: ["audit.emit"],
  distribution_hash: `sha256:0f1e2d3c4b5a${"6".repeat(52)}`,
});

describe("plugins list", () => {
  it("prints head, table, hook plugins, rejected and drift", async () => {
    verifies("cli:list-head", "cli:list-table", "cli:list-sections", "cli:list-drift");
    verifies("cli:lock-shown", "cli:next");
    const ended = await list({
      lock: lockAt,
      loaded: [hooked, procedure],
      rejected: [
        rejected({
          id: "capa.contrib.experimental",
          code: "contract_check_failed",
          reason: "missing async run()",
        }),
      ],
      drift: [drift({ id: procedure.id, expected: "0.3.0", actual: "0.3.1" })],
    });
    expect(ended).toEqual({
      code: 0,
      stderr: "",
      stdout: `plugin mode: dev
plugins.lock: /home/lab/app/plugins.lock (schema v1)

id                                        package               version     hash
capa.contrib.my_procedure                 capa_contrib          0.3.1       sha256:a1b2c3d4e5f6…
example-stigmem-plugin                    example-stigmem-plugin  1.0.0       sha256:0f1e2d3c4b5a…

Hook plugins:
example-stigmem-plugin 1.0.0 hooks=2 health=healthy signed_by=builder@example.com

Rejected:
  capa.contrib.experimental: contract_check_failed: missing async run()

Drift vs plugins.lock:
  capa.contrib.my_procedure: version (expected='0.3.0', actual='0.3.1')

What to do next:
  contract_check_failed: Report it to the authors of the plugin, or remove it.
  version_mismatch: Compare \`plugins describe\` with what was reviewed, then trust it again or reinstall the pinned version.
`,
    });
  });

  it("CLI-015: a hook plugin is one line", async () => {
    const { stdout } = await list({ loaded: [hooked] });
    expect(linesOf(stdout)).toContain(
      "example-stigmem-plugin 1.0.0 hooks=2 health=healthy signed_by=builder@example.com",
    );
  });

  it("CLI-025: a plugin without hooks is listed with hooks=0", async () => {
    const { stdout } = await list({ loaded: [facts({ id: "bare", hooks: [] })] });
    expect(stdout).toContain("\nbare 1.0.0 hooks=0 health=healthy signed_by=builder@example.com\n");
  });

  it("CLI-013: with every plugin rejected it ends with 0", async () => {
    verifies("cli:list-empty", "cli:exit-codes");
    const { code, stdout } = await list({ rejected: [rejected(), rejected({ id: "b" })] });
    expect(code).toBe(0);
    expect(linesOf(stdout)).toContain("(no plugins loaded)");
    expect(stdout).not.toContain("No plugins registered");
  });

  it("CLI-014: without any plugin it says so, and the document has empty lists", async () => {
    verifies("cli:list-empty", "cli:list-document");
    const { code, stdout } = await list({});
    expect(code).toBe(0);
    expect(linesOf(stdout).slice(-3)).toEqual([
      "(no plugins loaded)",
      "No plugins registered.",
      `Searched for the field "glassine" in package.json: ${fixtures}node_modules and the node_modules of the folders above.`,
    ]);
    for (const unknown of [{ discovery_off: "SWITCH=false" }, { unreadable: ["/a"] }])
      expect((await list(unknown)).stdout).not.toMatch(/No plugins registered|Searched/);
    const { document } = await listJson({});
    expect(document).toEqual({
      mode: "dev",
      lock: null,
      loaded: [],
      rejected: [],
      drift: [],
      warnings: [],
    });
  });

  it("CLI-014: names the catalogue's address where the host has one", async () => {
    const host = { catalogUrl: "https://plugins.example.com" };
    const { stdout } = await list({}, [], { host });
    expect(linesOf(stdout).at(-2)).toBe(
      "No plugins registered. See https://plugins.example.com for the plugin catalog.",
    );
  });

  it("CLI-022: long ids widen their row, and nothing is cut", async () => {
    verifies("cli:list-table");
    const id = `a.${"b".repeat(58)}`;
    const name = `@scope/${"c".repeat(60)}`;
    const version = "1.2.3-alpha.20260101";
    const { stdout } = await list({
      loaded: [facts({ id, kind: "procedure", package: name, version })],
    });
    expect(linesOf(stdout)).toContain(`${id}  ${name}  ${version}  sha256:aaaaaaaaaaaa…`);
  });

  it("lists the host's own plugins first, the others by id", async () => {
    verifies("cli:list-table");
    const own = facts({ id: "z.own", kind: "procedure", builtin: true, distribution_hash: null });
    const others = ["b", "a", "B"].map((id) => facts({ id }));
    const { stdout } = await list({ loaded: [...others, own] });
    const rows = linesOf(stdout).slice(4, 8);
    expect(rows.map((row) => row.split(" ")[0])).toEqual(["z.own", "B", "a", "b"]);
    expect(rows[0]).toMatch(/ -$/);
  });

  it("lists hook plugins in the order of registration", async () => {
    verifies("cli:list-sections");
    const { stdout } = await list({ loaded: [facts({ id: "base" }), facts({ id: "alpha" })] });
    const lines = linesOf(stdout);
    const from = lines.indexOf("Hook plugins:");
    expect(lines.slice(from + 1).map((line) => line.split(" ")[0])).toEqual(["base", "alpha"]);
  });

  it("lists rejected plugins by id, or by what is known of them", async () => {
    verifies("cli:list-sections");
    const { stdout } = await list({
      rejected: [
        rejected({ id: "z", code: "unsigned", reason: "no signature" }),
        rejected({
          id: null,
          package: "p",
          entry_point: null,
          code: "invalid_metadata",
          reason: "",
        }),
        rejected({ id: null, package: "q", entry_point: "x.js:default", code: "id_mismatch" }),
        rejected({ id: "a" }),
      ],
    });
    const lines = linesOf(stdout);
    expect(lines.slice(lines.indexOf("Rejected:") + 1)).toEqual([
      "  a: unsigned",
      "  p: invalid_metadata",
      "  x.js:default: id_mismatch",
      "  z: unsigned: no signature",
      "",
      "What to do next:",
      "  unsigned: Use a signed package of a trusted publisher. Switch signing off only in local development, with the acknowledgement: GLASSINE_PLUGIN_SIGNING_REQUIRED=false and GLASSINE_PLUGIN_UNSIGNED_ACK=i-understand-plugins-are-unsigned.",
      "  invalid_metadata, id_mismatch: Report it to the authors of the plugin, or remove it.",
    ]);
  });

  it("lists every kind of drift with its label, and None for absent values", async () => {
    verifies("cli:list-drift", "cli:next");
    const rows = [
      drift({ kind: "missing_from_install", expected: "p==1.0.0", actual: null, blocking: false }),
      drift({ kind: "missing_from_lock", expected: null, actual: "p==1.0.0" }),
      drift({ kind: "version_mismatch" }),
      drift({ kind: "hash_mismatch", expected: "sha256:a", actual: "sha256:b" }),
      drift({ kind: "entry_point_mismatch", expected: "a:b", actual: "a:c" }),
      drift({ kind: "package_mismatch", expected: "p", actual: "it's" }),
      drift({ kind: "capabilities_mismatch", expected: "", actual: "audit.read" }),
    ];
    const { stdout } = await list({ drift: rows });
    const lines = linesOf(stdout);
    expect(lines.slice(lines.indexOf("Drift vs plugins.lock:") + 1)).toEqual([
      "  example-plugin: missing_from_install (expected='p==1.0.0', actual=None)",
      "  example-plugin: missing_from_lock (expected=None, actual='p==1.0.0')",
      "  example-plugin: version (expected='0.9.0', actual='1.0.0')",
      "  example-plugin: hash (expected='sha256:a', actual='sha256:b')",
      "  example-plugin: entry_point (expected='a:b', actual='a:c')",
      "  example-plugin: package (expected='p', actual='it\\'s')",
      "  example-plugin: capabilities (expected='', actual='audit.read')",
      "",
      "What to do next:",
      "  missing_from_lock: Review it, then run `plugins trust ID --reason …`.",
      "  version_mismatch, hash_mismatch: Compare `plugins describe` with what was reviewed, then trust it again or reinstall the pinned version.",
      "  entry_point_mismatch, package_mismatch: Review it before it is trusted again.",
      "  capabilities_mismatch: Review what it asks for, then trust it again with a reason for exactly that.",
    ]);
    const { document } = await listJson({ drift: rows });
    expect(document.drift).toEqual(rows);
  });

  it("shows whether a plugin of the catalog is enabled, if a variable decides", async () => {
    verifies("cli:list-document");
    const loaded = [
      facts({ id: "tombstones", package: "stigmem-plugin-tombstones" }),
      facts({ id: "zep", package: "stigmem-plugin-zep-adapter" }),
    ];
    const argv = ["--catalog", catalogPath];
    const { stdout } = await list({ loaded }, argv, { env: { STIGMEM_TOMBSTONES_ENABLED: "1" } });
    expect(stdout).toContain("\ntombstones 1.0.0 hooks=0 enabled=true health=healthy ");
    expect(stdout).toContain("\nzep 1.0.0 hooks=0 health=healthy ");
    const { document } = await listJson({ loaded }, argv);
    expect(document.loaded[0]).toMatchObject({
      enabled: false,
      enable_env_var: "STIGMEM_TOMBSTONES_ENABLED",
    });
    expect(document.loaded[1]).not.toHaveProperty("enabled");
  });

  it("names the dependencies that no signature covers", async () => {
    verifies("cli:dependencies-shown");
    const needing = facts({
      id: "needing-plugin",
      lock_only_dependencies: ["is-number", "is-odd"],
    });
    const services = { discover: () => Promise.resolve(report({ loaded: [facts(), needing] })) };
    const { stdout } = await run(["plugins", "list"], { services });
    expect(stdout).toContain(
      "\n\nDependencies:\n  needing-plugin: dependencies trusted by the lock only: is-number, is-odd\n",
    );
  });

  it("prints a document with keys in a fixed order", async () => {
    verifies("cli:list-document", "cli:json-document");
    const { document, stdout } = await listJson({
      mode: "production",
      lock: lockAt,
      loaded: [hooked, procedure],
      rejected: [rejected({ id: "w" })],
      drift: [drift()],
      warnings: ["one"],
    });
    expect(Object.keys(document)).toEqual([
      "mode",
      "lock",
      "loaded",
      "rejected",
      "drift",
      "warnings",
    ]);
    expect(document.lock).toEqual(lockAt);
    expect(Object.keys(document.loaded[1])).toEqual([
      "id",
      "name",
      "kind",
      "version",
      "package",
      "entry_point",
      "distribution_hash",
      "builtin",
      "capabilities",
      "hooks",
      "hook_count",
      "depends_on",
      "discovery_source",
      "lock_only_dependencies",
      "isolation",
      "signed_by",
      "trust_decision",
      "health",
    ]);
    expect(document.loaded[1]).toMatchObject({
      hooks: ["post_assert_audit", "pre_assert_authorize"],
      hook_count: 2,
      health: { status: "healthy", message: "ready", error_summary: null },
    });
    expect(Object.keys(document.loaded[0])).toEqual([
      "id",
      "name",
      "kind",
      "version",
      "package",
      "entry_point",
      "distribution_hash",
      "builtin",
      "capabilities",
      "discovery_source",
      "lock_only_dependencies",
      "isolation",
    ]);
    expect(document.rejected).toEqual([
      {
        id: "w",
        package: "w",
        entry_point: "dist/plugin.js:default",
        code: "unsigned",
        reason: "",
      },
    ]);
    expect(stdout.split("\n}\n")).toEqual([expect.any(String), ""]);
  });

  it("reports warnings on stderr and in the document", async () => {
    verifies("cli:streams", "cli:json-document");
    const warnings = ["plugins.lock can be written by others"];
    expect((await list({ warnings })).stderr).toBe(`warning: ${warnings[0]}\n`);
    const { document, stderr } = await listJson({ warnings });
    expect([document.warnings, stderr]).toEqual([warnings, `warning: ${warnings[0]}\n`]);
  });

  it("runs nothing with --no-load, and shows what is unknown", async () => {
    verifies("cli:list-no-load");
    const discover = vi.fn(() =>
      Promise.resolve(report({ loaded: [facts({ hooks: null, health: null })] })),
    );
    const { stdout } = await run(["plugins", "list", "--no-load"], { services: { discover } });
    expect(discover).toHaveBeenCalledWith(expect.objectContaining({ load: false }));
    expect(linesOf(stdout)).toContain(
      "nothing was run (--no-load): the table has what would be loaded",
    );
    expect(stdout).toContain("example-plugin 1.0.0 hooks=unknown health=unknown ");
    const { document } = await runJson(["plugins", "list", "--no-load"], {
      services: { discover },
    });
    expect(document.no_load).toBe(true);
    expect(document.loaded[0]).toMatchObject({ hooks: null, hook_count: null });
  });

  it("loads otherwise, without mentioning it", async () => {
    const discover = vi.fn(() => Promise.resolve(report()));
    const { document } = await runJson(["plugins", "list"], { services: { discover } });
    expect(discover).toHaveBeenCalledWith(
      expect.objectContaining({ load: true, lockfile: undefined }),
    );
    expect(document).not.toHaveProperty("no_load");
  });

  it("shows a short hash whole, and anything else unchanged", async () => {
    const loaded = ["sha256:local", hash("b")].map((distribution_hash, at) =>
      facts({ id: `p${at}`, distribution_hash }),
    );
    const { stdout } = await list({ loaded });
    expect(linesOf(stdout)[4]).toMatch(/ {2}sha256:local$/);
    expect(linesOf(stdout)[5]).toMatch(/ {2}sha256:bbbbbbbbbbbb…$/);
  });
});

describe("a named lockfile that does not exist", () => {
  it("is ignored by list, with a warning", async () => {
    verifies("cli:lock-named", "cli:list-head");
    const { code, stdout, stderr } = await list({}, ["--plugins-lock", "/nowhere/plugins.lock"]);
    expect([code, stderr]).toEqual([0, "warning: plugins.lock not found: /nowhere/plugins.lock\n"]);
    expect(linesOf(stdout)[1]).toBe(
      "plugins.lock: (none — production mode requires one to gate trust)",
    );
  });

  it.each([
    ["plugins", "describe", "a"],
    ["plugins", "doctor"],
    ["doctor"],
    ["plugins", "verify"],
    ["plugins", "untrust", "a", "--reason", "r"],
    ["plugins", "lock", "--check"],
    ["plugins", "lock", "--prune", "--reason", "r"],
  ])("is refused by %s %s", async (...argv) => {
    verifies("cli:lock-named");
    const ended = await run([...argv, "--plugins-lock", "nowhere.lock"], { cwd: "/tmp" });
    const stderr = "plugins.lock not found: /tmp/nowhere.lock\n";
    expect(ended).toEqual({ code: 2, stdout: "", stderr });
  });
});
