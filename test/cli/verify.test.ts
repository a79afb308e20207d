/** `plugins verify`: what counts, and what is printed. */
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { drift, lockAt, verified } from "./support/facts.ts";
import { linesOf, run, runJson } from "./support/run.ts";

type Given = NonNullable<Parameters<typeof verified>[0]>;
const serving = (given: Given) => ({
  verify: () => Promise.resolve(verified(given)),
});
const head = "plugins.lock: /home/lab/app/plugins.lock (schema v1)";
const gone = drift({ kind: "missing_from_install", expected: "p==1.0.0", actual: null });
const optional = { ...gone, blocking: false };

const rejectedRow = (id: string | null, code: string, reason: string) => ({
  id,
  package: "p",
  entry_point: null,
  code,
  reason,
});

const unchanged = { hook_change: { added: [], removed: [] }, signer_change: null };

describe("plugins verify", () => {
  it("reports success if everything is as it was trusted", async () => {
    verifies("cli:verify-lines", "cli:lock-shown");
    const ended = await run(["plugins", "verify"], { services: serving({}) });
    expect(ended).toEqual({
      code: 0,
      stdout: `${head}\nplugins.lock verified: 2 entries\n`,
      stderr: "",
    });
  });

  const plain: readonly string[] = [];
  it.each<readonly [Given, readonly string[], number]>([
    [{ drift: [drift()] }, plain, 1],
    [{ drift: [drift(), drift({ id: "b", kind: "hash_mismatch" })] }, plain, 2],
    [{ drift: [drift({ kind: "capabilities_mismatch" })] }, plain, 1],
    [{ drift: [gone] }, plain, 1],
    [{ drift: [optional] }, plain, 0],
    [{ drift: [drift(), optional] }, plain, 1],
    [{ rejected: [rejectedRow("a", "unsafe_symlink", "r")] }, plain, 1],
    [{ rejected: [rejectedRow(null, "invalid_metadata", "r")] }, plain, 1],
    [{ pending: true }, plain, 1],
    [{ unreadable: ["/srv/node_modules"] }, plain, 1],
    [{ journal_problems: [{ line: 2, id: "a", problem: "p" }] }, plain, 0],
    [{ journal_problems: [{ line: 2, id: "a", problem: "p" }] }, ["--strict-journal"], 1],
    [
      { journal_problems: [{ line: 2, id: "a", problem: "p" }], pending: true },
      ["--strict-journal"],
      2,
    ],
    [{ permissions: [{ id: "a", added: ["x.y"], removed: [], ...unchanged }] }, plain, 0],
  ])("counts %j with %j as %i", async (given, argv, count) => {
    verifies("cli:verify-counts", "cli:verify-lines", "cli:exit-codes");
    const services = serving(given);
    const { code, stdout } = await run(["plugins", "verify", ...argv], { services });
    const said = linesOf(stdout).find((line) =>
      /^(plugins.lock verified|verify failed):/.test(line),
    );
    expect([code, said]).toEqual(
      count === 0
        ? [0, "plugins.lock verified: 2 entries"]
        : [1, `verify failed: ${count} problem(s)`],
    );
    const { document, code: asDocument } = await runJson(["plugins", "verify", ...argv], {
      services,
    });
    expect([asDocument, document.ok]).toEqual([code, count === 0]);
  });

  it.each([
    [1, "1 entry of another host was not looked at: `verify --host MODULE` compares it."],
    [2, "2 entries of other hosts were not looked at: `verify --host MODULE` compares them."],
  ])("says of %i entries of other hosts that it did not look at them", async (count, text) => {
    verifies("cli:verify-lines");
    const services = serving({ other_host_count: count });
    const { stdout } = await run(["plugins", "verify"], { services });
    expect(linesOf(stdout).slice(1)).toEqual([
      text,
      "",
      `plugins.lock verified: ${2 - count} entries`,
    ]);
  });

  it("prints each finding", async () => {
    verifies("cli:verify-lines", "cli:list-drift");
    const given: Given = {
      drift: [drift(), optional],
      rejected: [
        rejectedRow("a", "unsafe_symlink", "it leads out"),
        rejectedRow("b", "untrusted_identity", "nobody knows it"),
        rejectedRow(null, "invalid_metadata", "it is not JSON"),
      ],
      unhashable: [{ id: "a", code: "unsafe_symlink", reason: "it leads out" }],
      signatures_unchecked: null,
      journal_problems: [
        { line: 2, id: "a", problem: "it does not pair" },
        { line: null, id: null, problem: "there is no journal" },
      ],
      pending: true,
      unreadable: ["/srv/node_modules"],
      permissions: [
        {
          id: "example-plugin",
          added: ["network.outbound"],
          removed: ["audit.read"],
          hook_change: { added: ["cmf.llm_input"], removed: ["evaluate"] },
          signer_change: { was: "builder@example.com", now: "unsigned" },
        },
      ],
    };
    const { stdout } = await run(["plugins", "verify"], { services: serving(given) });
    expect(linesOf(stdout)).toEqual([
      head,
      "",
      "Drift vs plugins.lock:",
      "  example-plugin: version (expected='0.9.0', actual='1.0.0')",
      "  example-plugin: missing_from_install (expected='p==1.0.0', actual=None)",
      "",
      "Rejected:",
      "  a: unsafe_symlink: it leads out",
      "  b: untrusted_identity: nobody knows it",
      "  p: invalid_metadata: it is not JSON",
      "",
      "Cannot be read, and what is in it was not compared:",
      "  /srv/node_modules",
      "",
      "Permissions since it was trusted:",
      "  example-plugin: asks for network.outbound",
      "  example-plugin: no longer asks for audit.read",
      "  example-plugin: runs on cmf.llm_input",
      "  example-plugin: no longer runs on evaluate",
      "  example-plugin: signed by nobody, previously by builder@example.com",
      "",
      "Journal:",
      "  line 2: a: it does not pair",
      "  there is no journal",
      "",
      "A change is unfinished: the next command that writes completes or undoes it.",
      "",
      "verify failed: 6 problem(s)",
      "",
      "What to do next:",
      "  unsafe_symlink: Reinstall the package. If it persists, treat it as tampering.",
      "  untrusted_identity: After review, add the identity to the trusted list, or to the override list for a documented exception.",
      "  invalid_metadata: Report it to the authors of the plugin, or remove it.",
      "  version_mismatch: Compare `plugins describe` with what was reviewed, then trust it again or reinstall the pinned version.",
      "  /srv/node_modules: Make it readable, and look again: a package may be there.",
      "  pending: Run any command that writes, such as `plugins lock`: it completes or undoes the change.",
      "  it does not pair, there is no journal: Redo the edit with the commands, which record it, or restore both files from version control.",
    ]);
    const { document } = await runJson(["plugins", "verify"], { services: serving(given) });
    const { journal_problems, ...rest } = given;
    expect(document).toEqual({
      ok: false,
      lock: lockAt,
      ...rest,
      warnings: [],
      journal_problems,
      journal_problem_count: 2,
      guest_count: 0,
      other_host_count: 0,
    });
    expect(Object.keys(document)).toEqual([
      "ok",
      "lock",
      "guest_count",
      "other_host_count",
      "drift",
      "rejected",
      "unhashable",
      "signatures_unchecked",
      "journal_problems",
      "journal_problem_count",
      "pending",
      "unreadable",
      "permissions",
      "warnings",
    ]);
  });
});
