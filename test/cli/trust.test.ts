/** `plugins trust`, `untrust` and `lock`: what they print, and how they refuse. */

import { GlassineError } from "glassine";
import { describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { facts, lockAt, locked, rejected, report, trusted } from "./support/facts.ts";
import { fixtures, linesOf, run, runJson } from "./support/run.ts";

const procedure = "capa.contrib.my_procedure";
const trusting = (given: Parameters<typeof trusted>[0] = {}) => ({
  trust: vi.fn(() => Promise.resolve(trusted(given))),
});
const failing = (error: unknown) => () => Promise.reject(error);
const trust = ["plugins", "trust", procedure, "--reason", "reviewed"] as const;

const earlier = {
  package: "capa_contrib",
  version: "0.3.0",
  entry_point: "dist/proc.js:MyProcedure",
  distribution_hash: `sha256:${"9".repeat(64)}`,
  capabilities: null,
  hooks: null,
  signer: null,
  dependencies: [],
  until: null,
  isolate: null,
  accept: [],
};

describe("plugins trust", () => {
  it("prints three lines", async () => {
    verifies("cli:trust-lines", "cli:lock-shown");
    const services = trusting();
    const ended = await run(trust, { services });
    expect(ended).toEqual({
      code: 0,
      stderr: "",
      stdout: `trusted: capa.contrib.my_procedure 0.3.1 (sha256:a1b2c3d4e5f6789abcdef01…)
  lock:    /home/lab/app/plugins.lock
  journal: /home/lab/app/plugins.lock.journal
`,
    });
    expect(services.trust).toHaveBeenCalledWith(
      expect.objectContaining({ id: procedure, reason: "reviewed", check: false, root: fixtures }),
    );
  });

  it("shows the previous version of a refreshed entry", async () => {
    verifies("cli:trust-lines");
    const { stdout } = await run(trust, { services: trusting({ previous: earlier }) });
    expect(linesOf(stdout)[1]).toBe("  was:     0.3.0 (sha256:99999999999999999999999…)");
    expect(linesOf(stdout)[1]?.match(/sha256:9+/)?.[0]).toHaveLength(30);
  });

  it("prints a document", async () => {
    const { document } = await runJson(trust, { services: trusting({ previous: earlier }) });
    expect(document).toEqual({
      action: "trust",
      id: procedure,
      package: "capa_contrib",
      version: "0.3.1",
      entry_point: "dist/proc.js:MyProcedure",
      distribution_hash: trusted().distribution_hash,
      until: null,
      previous: earlier,
      lock: lockAt,
      journal_path: "/home/lab/app/plugins.lock.journal",
      capabilities: null,
      hooks: null,
      signer: null,
      dependencies: [],
      isolate: null,
      accept: [],
      permission_change: { added: [], removed: [] },
      hook_change: { added: [], removed: [] },
      signer_change: null,
      warnings: [],
    });
    expect((await runJson(trust, { services: trusting() })).document.previous).toBe(null);
  });

  it("includes the whole previous entry in the document", async () => {
    verifies("cli:schemas");
    const previous = {
      ...earlier,
      capabilities: ["audit.emit"],
      hooks: ["evaluate"],
      signer: "builder@example.com",
      dependencies: [{ name: "is-odd", version: "3.0.1", hash: `sha256:${"8".repeat(64)}` }],
    };
    const trusted = await runJson(trust, { services: trusting({ previous }) });
    expect(trusted.document.previous).toEqual(previous);
  });

  it("lists all grants the first time, later only changes", async () => {
    verifies("cli:trust-permissions");
    const capabilities = ["read_labels", "audit.emit"];
    const first = await run(trust, { services: trusting({ capabilities }) });
    expect(linesOf(first.stdout).at(-1)).toBe("  granted: audit.emit, read_labels");
    const previous = { ...earlier, capabilities: ["audit.emit", "facts.read"] };
    const again = await run(trust, { services: trusting({ capabilities, previous }) });
    expect(linesOf(again.stdout).slice(-2)).toEqual([
      "  new:     read_labels (Sees security.labels.)",
      "  gone:    facts.read",
    ]);
  });

  it("pairs a dependency with its predecessor only if one was added and one removed", async () => {
    verifies("cli:trust-permissions");
    const of = (name: string, version: string) => ({ name, version, hash: `sha256:${version}` });
    const was = [of("a", "1"), of("a", "2"), of("b", "1")];
    const linesFor = async (dependencies: typeof was) => {
      const previous = { ...earlier, dependencies: was };
      const { stdout } = await run(trust, { services: trusting({ dependencies, previous }) });
      return linesOf(stdout).filter((line) => line.includes(" dependency "));
    };
    expect(await linesFor([of("a", "3"), of("b", "2")])).toEqual([
      "  changed: dependency b 2 (sha256:2), was 1 (sha256:1)",
      "  new:     dependency a 3 (sha256:3)",
      "  gone:    dependency a 1 (sha256:1)",
      "  gone:    dependency a 2 (sha256:2)",
    ]);
    expect(await linesFor([...was, of("a", "3")])).toEqual([
      "  new:     dependency a 3 (sha256:3)",
    ]);
    expect(await linesFor(was)).toEqual([]);
  });

  it("reports changed hooks, a changed signer, and dependencies", async () => {
    verifies("cli:trust-permissions");
    const dependencies = [{ name: "is-odd", version: "3.0.1", hash: `sha256:${"1".repeat(64)}` }];
    const now = { hooks: ["cmf.llm_input"], signer: "other@example.com", dependencies };
    const first = await run(trust, { services: trusting(now) });
    expect(linesOf(first.stdout).at(-1)).toBe("  needs:   is-odd==3.0.1");
    const previous = { ...earlier, hooks: ["evaluate"], signer: "builder@example.com" };
    const again = await run(trust, { services: trusting({ ...now, previous }) });
    expect(linesOf(again.stdout).slice(-5)).toEqual([
      expect.stringMatching(/^ {2}new: {5}hook cmf\.llm_input \(.+\)$/),
      "  gone:    hook evaluate",
      "  signer:  signed by other@example.com, previously by builder@example.com",
      "  needs:   is-odd==3.0.1",
      "  new:     dependency is-odd 3.0.1 (sha256:11111111111111111111111…)",
    ]);
    const { document } = await runJson(trust, { services: trusting({ ...now, previous }) });
    expect(document).toMatchObject({
      ...now,
      hook_change: { added: ["cmf.llm_input"], removed: ["evaluate"] },
      signer_change: { was: "builder@example.com", now: "other@example.com" },
    });
  });

  it("passes on whether the plugin should be loaded", async () => {
    const services = trusting();
    await run([...trust, "--check"], { services });
    expect(services.trust).toHaveBeenCalledWith(expect.objectContaining({ check: true }));
  });

  const missing = new GlassineError(
    "reason_invalid",
    "trust: --reason is required (recorded in audit journal)",
  );

  it("requires the reason first", async () => {
    const discover = vi.fn(() => Promise.resolve(report({ loaded: [facts({ id: procedure })] })));
    const services = { trust: failing(missing), discover };
    const ended = await run(["plugins", "trust", procedure], { services });
    expect(ended).toEqual({ code: 2, stdout: "", stderr: `${missing.message}\n` });
  });

  it("says what a missing reason is needed for if a plugin asks for more than was granted", async () => {
    verifies("cli:trust-permissions");
    const asking = facts({
      id: procedure,
      capabilities: ["audit.emit", "network.outbound"],
      hooks: ["cmf.llm_input", "evaluate"],
      signer: "unsigned",
      trusted: trusted({
        capabilities: ["audit.emit"],
        hooks: ["evaluate"],
        signer: "builder@example.com",
      }),
    });
    for (const given of [
      { loaded: [asking] },
      { rejected: [rejected({ id: procedure, code: "capabilities_mismatch", facts: asking })] },
    ]) {
      const discover = vi.fn(() => Promise.resolve(report(given)));
      const services = { trust: failing(missing), discover };
      const { code, stderr } = await run(["plugins", "trust", procedure], { services });
      expect([code, linesOf(stderr)]).toEqual([
        2,
        [
          missing.message,
          "since it was trusted:",
          "  asks for network.outbound",
          "  runs on cmf.llm_input",
          "  signed by nobody, previously by builder@example.com",
        ],
      ]);
      expect(discover).toHaveBeenCalledWith(expect.objectContaining({ load: false }));
    }
  });

  it("says no more if that cannot be determined", async () => {
    const services = { trust: failing(missing), discover: failing(new Error("broken")) };
    const { stderr } = await run(["plugins", "trust", procedure], { services });
    expect(stderr).toBe(`${missing.message}\n`);
  });
});

describe("a lockfile problem", () => {
  const invalid = new GlassineError(
    "lockfile_invalid",
    "/a/plugins.lock is not a valid plugins.lock: empty",
  );
  const newer = new GlassineError("lockfile_newer", "plugins.lock schema version 2 is newer", {
    path: "/a/plugins.lock",
    version: "2",
    supported: 1,
  });
  const busy = new GlassineError(
    "lockfile_busy",
    "plugins.lock is being changed by another process (pid 7)",
  );

  it.each([
    [invalid, `trust: ${invalid.message}`],
    [newer, "trust: /a/plugins.lock has schema version 2; this version understands 1"],
    [busy, "trust: plugins.lock is being changed by another process (pid 7)"],
    [new GlassineError("lockfile_failed", "trust: said already"), "trust: said already"],
  ])("is reported with the name of the command: %#", async (error, message) => {
    verifies("cli:refused-lock");
    const ended = await run(trust, { services: { trust: failing(error) } });
    expect([ended.code, ended.stdout, linesOf(ended.stderr)[0]]).toEqual([2, "", message]);
  });

  it("is reported by list unchanged", async () => {
    verifies("cli:refused-lock");
    const services = { discover: failing(invalid) };
    expect((await run(["plugins", "list"], { services })).stderr).toBe(`${invalid.message}\n`);
    const { code, document } = await runJson(["plugins", "list"], { services });
    expect([code, document.error]).toEqual([
      2,
      { code: "lockfile_invalid", message: invalid.message },
    ]);
  });

  it("is reported by its path if there is none", async () => {
    verifies("cli:refused-lock");
    const named = new GlassineError("lockfile_missing", "none", { path: "/a/plugins.lock" });
    const services = { untrust: failing(named) };
    const { stderr: at } = await run(["plugins", "untrust", "a", "--reason", "r"], { services });
    expect(at).toBe("plugins.lock not found: /a/plugins.lock\n");
  });
});

describe("plugins untrust", () => {
  const argv = ["plugins", "untrust", procedure, "--reason", "OPS-1"] as const;
  const { warnings, lock, journal_path } = trusted();

  it("prints the id and the paths", async () => {
    verifies("cli:untrust-lines", "cli:lock-shown");
    const untrust = vi.fn(() =>
      Promise.resolve({ id: procedure, previous: earlier, lock, journal_path, warnings }),
    );
    const { stdout } = await run(argv, { services: { untrust } });
    expect(linesOf(stdout)).toEqual([
      `untrusted: ${procedure}`,
      "  lock:    /home/lab/app/plugins.lock",
      "  journal: /home/lab/app/plugins.lock.journal",
    ]);
    expect(untrust).toHaveBeenCalledWith(
      expect.objectContaining({ id: procedure, reason: "OPS-1" }),
    );
    const { document } = await runJson(argv, { services: { untrust } });
    expect(document).toMatchObject({
      action: "untrust",
      id: procedure,
      lock: lockAt,
      journal_path,
    });
  });
});

describe("plugins lock", () => {
  const lock = "/home/lab/app/plugins.lock";
  const locking = (given: Parameters<typeof locked>[0]) => ({
    lock: vi.fn(() => Promise.resolve(locked(given))),
  });

  it.each([
    [{ created: true }, [], `created: ${lock}`],
    [{}, [], `exists: ${lock} (2 entries)`],
  ])("creates a lockfile, or says that one exists: %#", async (given, argv, line) => {
    verifies("cli:lock-actions", "cli:lock-shown");
    const services = locking(given);
    const ended = await run(["plugins", "lock", ...argv], { services });
    expect(ended).toEqual({ code: 0, stdout: `${line}\n`, stderr: "" });
    expect(services.lock).toHaveBeenCalledWith(expect.objectContaining({ action: "create" }));
  });

  it("checks that it can be read", async () => {
    verifies("cli:lock-actions");
    const services = locking({});
    const { code, stdout } = await run(["plugins", "lock", "--check"], { services });
    expect([code, stdout]).toEqual([0, `valid: ${lock} (2 entries)\n`]);
    expect(services.lock).toHaveBeenCalledWith(expect.objectContaining({ action: "check" }));
  });

  it("trusts everything, and exits with 1 if something was skipped", async () => {
    verifies("cli:lock-actions");
    const { lock: _, journal_path: __, warnings: ___, ...plugin } = trusted();
    const skipped = [{ id: "bad", code: "unsafe_symlink", reason: "a link leads out" }];
    const given = { trusted: [plugin], skipped, journal_path: `${lock}.journal` };
    const services = locking(given);
    const argv = ["plugins", "lock", "--all", "--reason", "r"];
    const { code, stdout } = await run(argv, { services });
    expect([code, linesOf(stdout)]).toEqual([
      1,
      [
        "trusted: capa.contrib.my_procedure 0.3.1 (sha256:a1b2c3d4e5f6789abcdef01…)",
        "skipped: bad: unsafe_symlink",
        `  lock:    ${lock}`,
        `  journal: ${lock}.journal`,
        "",
        "What to do next:",
        "  unsafe_symlink: Reinstall the package. If it persists, treat it as tampering.",
      ],
    ]);
    expect(services.lock).toHaveBeenCalledWith(
      expect.objectContaining({ action: "all", reason: "r" }),
    );
    const { document } = await runJson(argv, { services });
    expect(document).toMatchObject({ action: "all", skipped, trusted: [{ id: plugin.id }] });
    expect((await run(argv, { services: locking({ trusted: [plugin] }) })).code).toBe(0);
  });

  it("removes what is gone, or says that there is nothing to remove", async () => {
    verifies("cli:lock-actions");
    const argv = ["plugins", "lock", "--prune", "--reason", "r"];
    const removed = locking({ untrusted: [{ id: "a" }, { id: "b" }], journal_path: "/j" });
    expect(linesOf((await run(argv, { services: removed })).stdout)).toEqual([
      "untrusted: a",
      "untrusted: b",
      `  lock:    ${lock}`,
      "  journal: /j",
    ]);
    const { code, stdout } = await run(argv, { services: locking({}) });
    expect([code, linesOf(stdout)]).toEqual([0, ["nothing to remove", `  lock:    ${lock}`]]);
  });
});

it("a named lockfile is passed on, existing or not, relative to the current directory", async () => {
  verifies("cli:paths");
  const services = trusting();
  await run([...trust, "--plugins-lock", "new.lock"], { services });
  expect(services.trust).toHaveBeenCalledWith(
    expect.objectContaining({ lockfile: `${fixtures}new.lock` }),
  );
});
