// Only in test:all: it runs whole command flows.
/** Conveniences for operators: settings in place of options, the journal, what to do next. */
import { appendFile, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { install, newRoot, unsigned } from "../discovery/support.ts";
import { verifies } from "../support/verifies.ts";
import { catalogPath, commandServices, documentOf, linesOf, run } from "./support/run.ts";

let root = "";
beforeEach(async () => {
  root = await newRoot();
});
const at = (argv: readonly string[], env: Readonly<Record<string, string>> = unsigned) =>
  run(argv, { services: commandServices, cwd: root, env });
const documentAt = async (argv: readonly string[], env?: Readonly<Record<string, string>>) =>
  documentOf((await at([...argv, "--json"], env)).stdout);

describe("settings in place of options", () => {
  it("select the catalog, unless the option does", async () => {
    verifies("cli:settings");
    const env = { GLASSINE_PLUGIN_CATALOG: catalogPath };
    const search = ["plugins", "search", "tenant"];
    const found = await at(search, env);
    expect(found.stdout).toContain("multi-tenant");
    expect(await at([...search, "--catalog", catalogPath], {})).toEqual(found);
    await writeFile(join(root, "empty.json"), "[]");
    expect((await at([...search, "--catalog", "empty.json"], env)).stdout).toMatch(/^No catalog/);
    expect((await at(search, { GLASSINE_PLUGIN_CATALOG: "" })).stdout).toMatch(/^No catalog/);
    const none = await at(search, { GLASSINE_PLUGIN_CATALOG: "none.json" });
    expect(none.stderr).toMatch(/none\.json of GLASSINE_PLUGIN_CATALOG does not exist/);
  });

  it("select the host, and are named in the error if it is not one", async () => {
    verifies("cli:settings");
    const list = ["plugins", "list"];
    const wrong = await at(list, { GLASSINE_PLUGIN_HOST: "./none.js" });
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringMatching(/^GLASSINE_PLUGIN_HOST: cannot use the module '\.\/none\.js'/),
    ]);
    const option = await at([...list, "--host", "./other.js"], {
      GLASSINE_PLUGIN_HOST: "./none.js",
    });
    expect(option.stderr).toMatch(/^--host: cannot use the module '\.\/other\.js'/);
    // A command that takes no host does not load one.
    expect(
      (await at(["plugins", "journal"], { GLASSINE_PLUGIN_HOST: "./none.js" })).stderr,
    ).toMatch(/^there is no plugins\.lock/);
  });

  it("are refused if mistyped, like any other setting", async () => {
    const { code, stderr } = await at(["plugins", "list"], { GLASSINE_PLUGIN_CATALOGUE: "a.json" });
    expect([code, stderr]).toEqual([2, expect.stringContaining("GLASSINE_PLUGIN_CATALOG?")]);
  });
});

describe("plugins journal", () => {
  const reason = "reviewed\tby GB\u001b[2J";
  beforeEach(async () => {
    await install(root, "guard");
    await install(root, "other");
    await at(["plugins", "trust", "guard", "--reason", reason, "--until", "9999-12-31"]);
    await at(["plugins", "trust", "other", "--reason", "too"]);
    await at(["plugins", "untrust", "guard", "--reason", "OPS-1"]);
  });

  it("shows who trusted what, when, until when and why", async () => {
    verifies("cli:journal", "cli:journal-uncovered");
    const { code, stdout, stderr } = await at(["plugins", "journal"]);
    expect([code, stderr]).toEqual([0, ""]);
    expect(linesOf(stdout).map((line) => line.replace(/\S+Z |sha256:\w+…|@.*/g, "*"))).toEqual([
      `journal: ${root}/plugins.lock.journal`,
      "",
      "*trust guard 1.0.0 (*) until 9999-12-31",
      expect.stringMatching(/^ {2}by: {5}\S+\*$/),
      "  reason: reviewed\\u{9}by GB\\u{1b}[2J",
      "*trust other 1.0.0 (*)",
      expect.stringMatching(/^ {2}by: {5}\S+\*$/),
      "  reason: too",
      "*revoke guard",
      expect.stringMatching(/^ {2}by: {5}\S+\*$/),
      "  reason: OPS-1",
      "",
      "journal: 3 lines, nothing wrong",
      "not covered: the time, author and reason of the last line; the next change covers them",
    ]);
    const { changes, ...rest } = await documentAt(["plugins", "journal", "guard"]);
    expect(changes).toMatchObject([
      { line: 1, action: "trust", id: "guard", version: "1.0.0", until: "9999-12-31", reason },
      { line: 3, action: "revoke", id: "guard", version: null, distribution_hash: null },
    ]);
    expect(rest).toMatchObject({ change_count: 2, lock: { entries: 1 }, journal_problems: [] });
  });

  it("shows what is wrong with its chain, and ends with 1", async () => {
    verifies("cli:journal");
    const path = join(root, "plugins.lock.journal");
    await writeFile(path, (await readFile(path, "utf8")).replace("\ttoo\t", "\tfor ever\t"));
    const { code, stdout } = await at(["plugins", "journal"]);
    expect(code).toBe(1);
    expect(stdout).toContain("\nJournal:\n  line 3: guard: chain_broken: ");
    expect(linesOf(stdout)).toContain("journal: 1 problem(s)");
    expect(linesOf(stdout).slice(-2)).toEqual([
      "What to do next:",
      expect.stringMatching(/^ {2}chain_broken: Restore the journal/),
    ]);
  });

  it("misses a journal that is gone or ends early, as `verify` and `doctor` do", async () => {
    verifies("cli:journal");
    const path = join(root, "plugins.lock.journal");
    const first = (await readFile(path, "utf8")).split("\n").slice(0, 1).join("\n");
    for (const text of [undefined, "", `${first}\n`]) {
      await (text === undefined ? rm(path) : writeFile(path, text));
      const { code, stdout } = await at(["plugins", "journal"]);
      const missing =
        "  other: journal_mismatch: The lock has an entry, but the journal has no line for it.";
      expect([code, linesOf(stdout)]).toEqual([1, expect.arrayContaining([missing])]);
      expect(await at(["plugins", "verify", "--strict-journal"])).toMatchObject({ code: 1 });
      for (const doctor of [["doctor"], ["plugins", "doctor"]])
        expect(await at([...doctor, "--strict"])).toMatchObject({
          code: 1,
          stdout: expect.stringContaining("journal"),
        });
    }
  });

  it("says that no line names the plugin that was asked for", async () => {
    verifies("cli:journal");
    const { code, stdout } = await at(["plugins", "journal", "nosuch"]);
    expect([code, linesOf(stdout)[2]]).toEqual([0, "no line names 'nosuch'"]);
  });

  it("misses a plugins.lock that is gone, as `doctor` and the next change do", async () => {
    verifies("cli:journal", "journal:lock-missing");
    await rm(join(root, "plugins.lock"));
    const missing = "other: journal_mismatch: The journal trusts it, but there is no lock.";
    const { code, stdout } = await at(["plugins", "journal"]);
    expect([code, linesOf(stdout)]).toEqual([1, expect.arrayContaining([`  line 2: ${missing}`])]);
    const named = ["plugins", "journal", "--plugins-lock"];
    expect(await at([...named, "plugins.lock"])).toMatchObject({ code, stdout });
    expect(await at([...named, "other.lock"])).toEqual({
      code: 2,
      stdout: "",
      stderr: `plugins.lock not found: ${join(root, "other.lock")}\n`,
    });
    const { findings } = await documentAt(["doctor"]);
    expect(findings).toMatchObject([{ about: "journal", message: `line 2: ${missing}` }]);
    const { stderr } = await at(["plugins", "trust", "guard", "--reason", "r"]);
    expect(stderr).toContain("plugins.lock was missing, although its journal trusts plugins");
  });

  it("misses no plugins.lock where nothing is trusted any more", async () => {
    verifies("cli:journal", "journal:lock-missing");
    await at(["plugins", "untrust", "other", "--reason", "r"]);
    await rm(join(root, "plugins.lock"));
    const { code, stdout } = await at(["plugins", "journal"]);
    expect([code, linesOf(stdout).slice(-3, -1)]).toEqual([
      0,
      ["journal: 4 lines, nothing wrong", "there is no plugins.lock"],
    ]);
    expect((await documentAt(["doctor"])).findings).toEqual([]);
    const { stderr } = await at(["plugins", "trust", "guard", "--reason", "r"]);
    expect(stderr).not.toContain("was missing");
  });

  it("says why plugins.lock cannot be read, and ends with 1", async () => {
    verifies("cli:journal", "cli:journal-uncovered");
    await writeFile(join(root, "plugins.lock"), "no lock\n");
    const { code, stdout } = await at(["plugins", "journal"]);
    expect([code, linesOf(stdout)]).toEqual([
      1,
      expect.arrayContaining([
        expect.stringMatching(/^not compared with plugins\.lock: .*is not a valid plugins\.lock/),
      ]),
    ]);
    const { lock_fault } = await documentAt(["plugins", "journal"]);
    expect(lock_fault).toMatchObject({ code: "lockfile_invalid" });
  });

  it("shows where code runs from a change on, also back in the host", async () => {
    verifies("cli:journal", "journal:isolate");
    const trust = ["plugins", "trust", "other", "--reason", "routine renewal", "--isolate"];
    await at([...trust, "process"]);
    await at([...trust, "host"]);
    const { stdout } = await at(["plugins", "journal", "other"]);
    expect(linesOf(stdout).filter((line) => line.startsWith("  isolate:"))).toEqual([
      "  isolate: process",
      "  isolate: host",
    ]);
    const { changes } = await documentAt(["plugins", "journal", "other"]);
    expect(changes.map(({ isolate }: { isolate: unknown }) => isolate)).toEqual([
      null,
      "process",
      "host",
    ]);
  });

  it("has bounded output, however long or broken the journal is", async () => {
    verifies("cli:journal");
    const line = `2026-01-01T00:00:00Z\ttrust\tguard\t1.0.0\tsha256:${"0".repeat(64)}\tr\n`;
    await appendFile(join(root, "plugins.lock.journal"), `${line}none\n`.repeat(5000));
    const document = await documentAt(["plugins", "journal"]);
    expect([document.changes.length, document.change_count]).toEqual([100, 5003]);
    expect([document.journal_problems.length, document.journal_problem_count]).toEqual([
      100, 10_001,
    ]);
    expect(document.changes.at(-1).line).toBe(10_002);
    const { stdout } = await at(["plugins", "journal"]);
    expect(linesOf(stdout)[1]).toBe("4903 earlier ones are in the file");
    expect(linesOf(stdout).length).toBeLessThan(420);
  });
});

describe("an unsigned plugin, with signatures switched off", () => {
  const warning =
    "SECURITY WARNING: unsigned plugin 'guard' loaded because GLASSINE_PLUGIN_SIGNING_REQUIRED=false; do not use this setting in production";

  it("causes the same warning as in a host, also in the document", async () => {
    verifies("cli:unsigned-warning");
    await install(root, "guard");
    for (const argv of [["plugins", "list"], ["plugins", "describe", "guard"], ["doctor"]]) {
      expect((await at(argv)).stderr).toBe(`warning: ${warning}\n`);
      expect((await documentAt(argv)).warnings).toEqual([warning]);
    }
    expect((await at(["plugins", "list", "--no-load"])).stderr).toBe("");
    expect((await at(["plugins", "list"], {})).stderr).toBe("");
  });
});

describe("what to do next", () => {
  const steps = (stdout: string) => {
    const lines = linesOf(stdout);
    const from = lines.indexOf("What to do next:");
    return from === -1 ? [] : lines.slice(from + 1);
  };

  it("ends list and verify, with one line for each remedy", async () => {
    verifies("cli:next");
    for (const name of ["aaa-guard", "bbb-guard"]) await install(root, name);
    const { stdout } = await at(["plugins", "list"], {});
    expect(steps(stdout)).toEqual([expect.stringMatching(/^ {2}unsigned: Use a signed package/)]);
    await at(["plugins", "lock"]);
    const verified = await at(["plugins", "verify"]);
    expect(steps(verified.stdout)).toEqual([
      "  missing_from_lock: Review it, then run `plugins trust ID --reason …`.",
    ]);
    const listed = await at(["plugins", "list"], {
      ...unsigned,
      GLASSINE_PLUGIN_MODE: "production",
    });
    expect(steps(listed.stdout)).toEqual(steps(verified.stdout));
    await at(["plugins", "lock", "--all", "--reason", "r"]);
    await appendFile(join(root, "plugins.lock.journal"), "what\n");
    expect(steps((await at(["plugins", "verify"])).stdout)).toEqual([
      expect.stringMatching(/^ {2}malformed: Restore the journal/),
    ]);
  });

  it("is empty if nothing is wrong", async () => {
    verifies("cli:next");
    await install(root, "guard");
    await at(["plugins", "lock", "--all", "--reason", "r"]);
    for (const argv of [
      ["plugins", "list"],
      ["plugins", "verify"],
    ])
      expect(steps((await at(argv)).stdout)).toEqual([]);
  });
});
