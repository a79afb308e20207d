/** `plugins doctor` and `doctor`: what is wrong, and what to do. */
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, facts, lockAt, rejected, report } from "./support/facts.ts";
import { catalogPath, linesOf, type RunOptions, run, runJson } from "./support/run.ts";

type Report = NonNullable<Parameters<typeof report>[0]>;
type Services = NonNullable<RunOptions["services"]>;
type State = Awaited<ReturnType<NonNullable<Services["journalState"]>>>;

const fine: State = {
  journal_fault: null,
  journal_problems: [],
  journal_problem_count: 0,
  pending: false,
};

const serving = (given: Report, state: Partial<State> = {}) => ({
  discover: () => Promise.resolve(report(given)),
  journalState: () => Promise.resolve({ ...fine, ...state }),
});

/** The rows of `plugins doctor --json`. */
async function rowsOf(given: Report, more: RunOptions = {}, argv: string[] = []) {
  const services = serving(given);
  const { document, code } = await runJson(["plugins", "doctor", ...argv], { ...more, services });
  return { rows: document as readonly Record<string, unknown>[], code };
}

const ofCatalog = ["--catalog", catalogPath];
const tombstones = "STIGMEM_TOMBSTONES_ENABLED";

describe("plugins doctor", () => {
  it("CLI-062: a variable that enables a missing package is a problem", async () => {
    verifies("cli:doctor-rows", "cli:doctor-severity");
    const options = { env: { [tombstones]: "1" }, services: serving({}) };
    const { code, stdout } = await run(["plugins", "doctor", ...ofCatalog], options);
    expect(code).toBe(0);
    expect(stdout).toContain(
      `\nstigmem-plugin-tombstones status=enabled-not-installed enabled=true env=${tombstones}\n  recommendation: Install stigmem-plugin-tombstones or unset ${tombstones}.\n`,
    );
    expect(stdout).not.toContain("looks consistent");
    const { rows, code: strict } = await rowsOf({}, options, [...ofCatalog, "--strict"]);
    expect(strict).toBe(1);
    expect(rows[2]).toEqual({
      slug: "tombstones",
      package: "stigmem-plugin-tombstones",
      env_var: tombstones,
      installed: false,
      enabled: true,
      status: "enabled-not-installed",
      recommendation: `Install stigmem-plugin-tombstones or unset ${tombstones}.`,
      reason: null,
      id: null,
    });
  });

  it.each([
    ["1", true],
    ["TRUE", true],
    [" on ", true],
    ["yes", true],
    ["0", false],
    ["no", false],
    ["", false],
    ["enabled", false],
  ])("CLI-063: the variable as %j is %s", async (value, enabled) => {
    verifies("cli:variable");
    const { rows } = await rowsOf({}, { env: { [tombstones]: value } }, ofCatalog);
    expect(rows[2]).toMatchObject({ enabled });
  });

  it("reports that all is well, with a row for each plugin of the catalog", async () => {
    verifies("cli:doctor-rows", "cli:doctor-severity");
    const options = { services: serving({}) };
    const { code, stdout } = await run(["plugins", "doctor", ...ofCatalog, "--strict"], options);
    expect(code).toBe(0);
    expect(linesOf(stdout).at(-1)).toBe("Plugin configuration looks consistent.");
    expect(
      linesOf(stdout).filter((line) => / status=not-installed enabled=false /.test(line)),
    ).toHaveLength(11);
  });

  it("shows whether the variable of an installed plugin enables it", async () => {
    verifies("cli:doctor-rows");
    const given = { loaded: [facts({ id: "t", package: "stigmem-plugin-tombstones" })] };
    const off = await rowsOf(given, {}, [...ofCatalog, "--strict"]);
    expect(off.rows[2]).toMatchObject({
      installed: true,
      enabled: false,
      status: "installed-disabled",
      id: "t",
      recommendation: `Set ${tombstones}=1 to enable it.`,
      reason: "the host must read this variable; in a host that does not, the plugin runs",
    });
    expect(off.code).toBe(1);
    const on = await rowsOf(given, { env: { [tombstones]: "yes" } }, [...ofCatalog, "--strict"]);
    expect(on.rows[2]).toMatchObject({
      status: "installed-enabled",
      recommendation: "No action required.",
    });
    expect([on.code, on.rows]).toEqual([0, expect.objectContaining({ length: 11 })]);
  });

  const mishaps: readonly (readonly [status: string, Parameters<typeof facts>[0], string])[] = [
    [
      "unsigned-in-production",
      { trust_decision: "development_unsigned_override" },
      "Use a signed package, and switch signing on again.",
    ],
    [
      "missing-keyword",
      { missing_keyword: true },
      'You need not do anything. Its authors should add the keyword "glassine-plugin"',
    ],
    [
      "unsupplied-capability",
      { unsupplied_capabilities: ["facts.read"] },
      "The host supplies nothing for facts.read: ask for it, or remove the plugin.",
    ],
    [
      "dependencies-not-covered",
      { lock_only_dependencies: ["x", "y"] },
      "No signature covers x, y: only plugins.lock pins them.",
    ],
    [
      "unhealthy",
      { health: { status: "unhealthy", message: "", checked_at: null, error_summary: null } },
      "Run `plugins describe a --json`, and read its health.",
    ],
    [
      "degraded",
      { health: { status: "degraded", message: "", checked_at: null, error_summary: null } },
      "Run `plugins describe a --json`, and read its health.",
    ],
  ];

  const notes: readonly string[] = ["missing-keyword", "dependencies-not-covered"];

  it.each(mishaps)("finds %s", async (status, given, recommendation) => {
    verifies("cli:doctor-rows", "cli:doctor-severity");
    const found = {
      mode: "production",
      lock: lockAt,
      loaded: [facts({ id: "a", ...given })],
    } as const;
    const { rows, code } = await rowsOf(found, {}, ["--strict"]);
    expect(rows.at(-1)).toMatchObject({ id: "a", installed: true, enabled: true, status });
    expect(rows.at(-1)?.recommendation).toContain(recommendation);
    const isNote = notes.includes(status);
    expect(code).toBe(isNote ? 0 : 1);
    // A note is not a problem, so there is also the row that says all is well.
    expect(rows).toHaveLength(isNote ? 2 : 1);
  });

  it("finds unsigned plugins in production alone", async () => {
    const loaded = [facts({ id: "a", trust_decision: "development_unsigned_override" })];
    const { rows } = await rowsOf({ mode: "dev", loaded });
    expect(rows.map(({ status }) => status)).toEqual(["installed-enabled"]);
  });

  it("has a row for each finding of one plugin", async () => {
    verifies("cli:doctor-rows");
    const both = facts({ id: "a", missing_keyword: true, unsupplied_capabilities: ["facts.read"] });
    const { rows } = await rowsOf({ loaded: [both], drift: [drift({ id: "a" })] });
    expect(rows.map(({ status }) => status)).toEqual([
      "drifted",
      "unsupplied-capability",
      "missing-keyword",
    ]);
  });

  it("reports drift and rejection with code and remedy", async () => {
    const rows = await rowsOf({
      loaded: [facts({ id: "a" })],
      rejected: [rejected({ id: "b", code: "hash_mismatch", reason: "expected 'x', actual 'y'" })],
      drift: [
        drift({ id: "a", kind: "missing_from_lock", expected: null }),
        drift({ id: "b", kind: "hash_mismatch" }),
        drift({ id: "c", kind: "missing_from_install", expected: "gone==1.0.0", actual: null }),
      ],
    });
    expect(rows.rows.map(({ id, status, recommendation }) => [id, status, recommendation])).toEqual(
      [
        ["a", "drifted", "missing_from_lock: Review it, then run `plugins trust ID --reason …`."],
        ["b", "rejected", expect.stringMatching(/^hash_mismatch: Compare /)],
        [
          "c",
          "drifted",
          "missing_from_install: Install what was trusted, or run `plugins untrust c` or `plugins lock --prune`. Each takes `--reason TEXT`.",
        ],
      ],
    );
    expect(rows.rows[2]).toMatchObject({ package: "gone", installed: false });
  });

  it("does not report an optional plugin that is gone", async () => {
    const gone = drift({
      id: "c",
      kind: "missing_from_install",
      expected: "gone==1.0.0",
      actual: null,
      blocking: false,
    });
    const { rows } = await rowsOf({ drift: [gone] });
    expect(rows).toMatchObject([
      { id: "c", package: "gone", installed: false, status: "not-installed" },
    ]);
  });

  it("reports the reason beside the recommendation", async () => {
    verifies("cli:doctor-reason");
    const refused = [rejected({ id: "a", code: "dependency_missing", reason: "it needs b" })];
    const { rows } = await rowsOf({ rejected: refused, loaded: [facts({ id: "z" })] });
    expect(rows).toMatchObject([{ reason: "it needs b" }, { reason: null }]);
    const services = serving({ rejected: refused });
    expect(linesOf((await run(["plugins", "doctor"], { services })).stdout).slice(-2)).toEqual([
      "  recommendation: dependency_missing: Install it, or remove the dependent.",
      "  reason: it needs b",
    ]);
  });

  it("reports a rejected plugin of the catalog as rejected, whatever its variable", async () => {
    verifies("cli:doctor-rows");
    const refused = [rejected({ id: "t", package: "stigmem-plugin-tombstones" })];
    for (const value of ["", "1"]) {
      const { rows } = await rowsOf({ rejected: refused }, { env: { [tombstones]: value } }, [
        ...ofCatalog,
      ]);
      expect(rows.filter(({ id }) => id === "t")).toMatchObject([
        { slug: "tombstones", status: "rejected", enabled: value === "1", installed: true },
      ]);
      expect(rows).toHaveLength(11);
    }
  });

  it("tells plugins of one package apart", async () => {
    const loaded = ["one", "two"].map((id) => facts({ id, package: "@acme/one" }));
    const { stdout } = await run(["plugins", "doctor"], { services: serving({ loaded }) });
    expect(linesOf(stdout).filter((line) => line.includes("status="))).toEqual([
      "@acme/one status=installed-enabled enabled=true env=-",
      "@acme/one status=installed-enabled enabled=true env=- id=two",
    ]);
  });
});

describe("doctor", () => {
  it("CLI-064: unsigned, crashing and cyclic plugins each have a row", async () => {
    verifies("cli:doctor-status", "cli:doctor-goes-on");
    const services = serving({
      rejected: [
        rejected({ id: "unsigned-one", code: "unsigned" }),
        rejected({ id: "crashing", code: "import_failed", reason: "boom" }),
        rejected({ id: "cyclic", code: "dependency_cycle" }),
      ],
    });
    const { code, stdout } = await run(["doctor"], { services });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^status: error\n/)]);
    for (const id of ["unsigned-one", "crashing", "cyclic"])
      expect(stdout).toContain(`\n${id} status=rejected enabled=false env=-\n  recommendation: `);
    expect((await run(["doctor", "--strict"], { services })).code).toBe(1);
    const { document } = await runJson(["doctor"], { services });
    expect([document.status, document.plugins]).toEqual([
      "error",
      expect.objectContaining({ length: 3 }),
    ]);
  });

  it("is ok if there are no findings", async () => {
    verifies("cli:doctor-status");
    const { code, stdout } = await run(["doctor", "--strict"]);
    expect([code, linesOf(stdout)]).toEqual([
      0,
      [
        "status: ok",
        "plugin mode: dev",
        "plugins.lock: (none — production mode requires one to gate trust)",
        "",
        "Plugin state diagnostics:",
        "Plugin configuration looks consistent.",
      ],
    ]);
    const { document } = await runJson(["doctor"]);
    expect(document).toEqual({
      status: "ok",
      mode: "dev",
      lock: null,
      findings: [],
      plugins: [],
      warnings: [],
    });
  });

  it("continues if the lockfile cannot be read", async () => {
    verifies("cli:doctor-goes-on", "cli:doctor-status");
    const fault = { code: "lockfile_invalid", message: "/a/plugins.lock is not valid: line 3" };
    const discover = vi.fn(() =>
      Promise.resolve(report({ lock_fault: fault, loaded: [facts({ id: "a" })] })),
    );
    const services = { discover, journalState: () => Promise.resolve(fine) };
    const { code, stdout } = await run(["doctor"], { services });
    expect(discover).toHaveBeenCalledWith(expect.objectContaining({ faults: "report" }));
    expect([code, linesOf(stdout).slice(0, 6)]).toEqual([
      0,
      [
        "status: error",
        "plugin mode: dev",
        "plugins.lock: (cannot be read)",
        "",
        "Findings:",
        "  lock: /a/plugins.lock is not valid: line 3",
      ],
    ]);
    expect(stdout).toContain("\na status=installed-enabled ");
    const rows = await run(["plugins", "doctor"], { services });
    expect([rows.code, rows.stderr]).toEqual([0, `warning: ${fault.message}\n`]);
  });

  it("says that there are no plugins, but nothing of a consistent configuration", async () => {
    verifies("cli:doctor-status");
    const services = serving({}, { pending: true });
    const { stdout } = await run(["doctor"], { services, cwd: "/srv" });
    expect(linesOf(stdout).slice(-3)).toEqual([
      "Plugin state diagnostics:",
      "No plugins registered.",
      'Searched for the field "glassine" in package.json: /srv/node_modules and the node_modules of the folders above.',
    ]);
    for (const unknown of [{ discovery_off: "SWITCH=false" }, { unreadable: ["/a"] }]) {
      const ended = await run(["doctor"], { services: serving(unknown, { pending: true }) });
      expect(ended.stdout).not.toContain("No plugins registered");
    }
  });

  it.each([
    [{}, { pending: true }, "warning", "pending"],
    [
      {},
      { journal_problems: [{ line: 3, id: "a", problem: "it does not pair" }] },
      "warning",
      "journal",
    ],
    [{ lock_fault: { code: "lockfile_newer", message: "newer" } }, {}, "error", "lock"],
  ] as const)("reports problems of lock and journal: %#", async (given, state, status, about) => {
    const place = {
      pending: "an unfinished change",
      journal: "the journal",
      lock: "plugins.lock",
    }[about];
    verifies("cli:doctor-status");
    const services = serving(given, state);
    const { document } = await runJson(["doctor"], { services });
    expect([document.status, document.findings]).toEqual([
      status,
      [
        {
          about,
          severity: status,
          message: expect.any(String),
          recommendation: expect.any(String),
        },
      ],
    ]);
    expect((await run(["doctor", "--strict"], { services })).code).toBe(1);
    const ofPlugins = await run(["plugins", "doctor", "--strict"], { services });
    expect([ofPlugins.code, linesOf(ofPlugins.stdout).at(-1)]).toEqual([
      1,
      `There are also problems with ${place}: run \`glassine doctor\` to see them.`,
    ]);
    const { stdout } = await run(["doctor"], { services });
    expect(stdout).not.toContain("looks consistent");
  });

  it.each([
    ["unsupported_file", "'plugin.js' cannot be read (EACCES)"],
    ["unsupported_file", "The folder of the package cannot be read (EPERM)."],
    ["invalid_metadata", "package.json cannot be read: EACCES"],
  ])("takes permissions for what they are, and not for tampering: %s", async (code, reason) => {
    verifies("cli:responses");
    const todo =
      "The user of this process may not read what the reason names: fix its permissions, and look again.";
    const services = serving({ rejected: [rejected({ id: "a", code, reason })] });
    for (const argv of [["doctor"], ["plugins", "list"], ["plugins", "describe", "a"]]) {
      const { stdout } = await run(argv, { services });
      expect(stdout).toContain(todo);
      expect(stdout).not.toMatch(/tampering|authors/);
    }
    const named = rejected({ id: "a", code, reason: "'x (EACCES)' is not a regular file" });
    const { stdout } = await run(["doctor"], { services: serving({ rejected: [named] }) });
    expect(stdout).not.toContain(todo);
  });

  it("does not advise setting a file of keys that is set and cannot be read", async () => {
    verifies("cli:responses");
    const reason = "there is no usable verifier for it; set GLASSINE_PLUGIN_PUBLISHER_KEYS";
    const refused = [rejected({ id: "a", code: "signature_unchecked", reason })];
    const broken = {
      code: "setting_invalid",
      message: "GLASSINE_PLUGIN_PUBLISHER_KEYS: not there",
    };
    const doctor = async (setting_faults: readonly (typeof broken)[]) =>
      (await run(["doctor"], { services: serving({ rejected: refused, setting_faults }) })).stdout;
    expect(await doctor([broken])).toContain(
      "\n  recommendation: signature_unchecked: Fix the signature settings first: the signature cannot be checked until then.\n  reason: a signature setting, or the file that it names, cannot be used\n",
    );
    expect(await doctor([])).toContain(`\n  reason: ${reason}\n`);
  });

  it("says with --no-load that nothing was run, and not that all is consistent", async () => {
    verifies("cli:no-load-said");
    const services = serving({ loaded: [facts()] });
    for (const argv of [["doctor"], ["plugins", "doctor"]]) {
      const { code, stdout } = await run([...argv, "--strict", "--no-load"], { services });
      expect([code, linesOf(stdout)]).toEqual([
        0,
        expect.arrayContaining([
          "nothing was run (--no-load): whether plugins load and are healthy is not known",
          "No problem was found without running plugins.",
        ]),
      ]);
      expect(stdout).not.toContain("consistent");
      const loaded = await run([...argv, "--strict"], { services });
      expect(loaded.stdout).toContain("Plugin configuration looks consistent.");
      expect(loaded.stdout).not.toContain("nothing was run");
    }
    const { document } = await runJson(["doctor", "--no-load"], { services });
    expect(document.no_load).toBe(true);
  });

  it("does not advise creating a lockfile that exists but cannot be read", async () => {
    verifies("cli:doctor-goes-on");
    const fault = { code: "lockfile_invalid", message: "/a/plugins.lock is not valid: line 3" };
    const refused = [rejected({ id: "a", code: "lock_missing", reason: "it cannot be read" })];
    const services = serving({ lock_fault: fault, rejected: refused });
    expect((await run(["doctor"], { services })).stdout).toContain(
      "\n  recommendation: lock_missing: Fix plugins.lock first: it cannot be read.\n  reason: it cannot be read\n",
    );
  });

  it("does not advise removing trust if a folder cannot be read", async () => {
    verifies("cli:doctor-unread");
    const gone = drift({ id: "c", kind: "missing_from_install", expected: "c==1", actual: null });
    const services = serving({ drift: [gone], unreadable: ["/a/node_modules"] });
    expect((await run(["doctor"], { services })).stdout).toContain(
      "\n  recommendation: missing_from_install: Make /a/node_modules readable and look again: the package may be there.\n",
    );
  });

  it.each([
    ["chain_broken", "Restore the journal from version control."],
    ["journal_mismatch", "Redo the edit with the commands"],
    ["unchained", "Compare the journal with version control."],
    ["lock_edited", "trust a plugin again"],
    ["malformed", "six fields"],
    ["torn", "make it again if it was not"],
    ["unheard", "Redo the edit"],
  ])("explains %s in the journal, with a remedy", async (problem, todo) => {
    verifies("cli:doctor-journal");
    const services = serving(
      {},
      { journal_problems: [{ line: 3, id: null, problem, detail: "So it is." }] },
    );
    const { document } = await runJson(["doctor"], { services });
    expect(document.findings).toMatchObject([
      {
        message: `line 3: ${problem}: So it is.`,
        recommendation: expect.stringContaining(todo),
      },
    ]);
  });

  it("continues if journal and settings cannot be read", async () => {
    verifies("cli:doctor-goes-on");
    const fault = (code: string) => ({ code, message: `${code}!` });
    const services = serving(
      { setting_faults: [fault("setting_invalid")] },
      { journal_fault: fault("lockfile_failed") },
    );
    const { document } = await runJson(["doctor"], { services });
    expect([document.status, document.findings]).toMatchObject([
      "error",
      [
        { about: "setting", severity: "error", message: "setting_invalid!" },
        { about: "journal", severity: "error", message: "lockfile_failed!" },
      ],
    ]);
    expect((await run(["plugins", "doctor", "--strict"], { services })).code).toBe(1);
  });

  it("reports production mode without a lockfile", async () => {
    verifies("cli:doctor-status");
    const services = serving({ mode: "production" });
    const { document } = await runJson(["doctor", "--plugin-mode", "production"], { services });
    expect(document.findings).toMatchObject([
      {
        about: "mode",
        recommendation: "Create it with `plugins lock`, then trust what was reviewed.",
      },
    ]);
    const withLock = serving({ mode: "production", lock: lockAt });
    const { document: fit } = await runJson(["doctor", "--plugin-mode", "production"], {
      services: withLock,
    });
    expect(fit).toMatchObject({ status: "ok", findings: [], lock: lockAt });
  });

  it("prints each warning once", async () => {
    const warnings = ["the journal can be written by others"];
    const services = serving({ warnings });
    expect((await run(["doctor"], { services })).stderr).toBe(`warning: ${warnings[0]}\n`);
  });
});
