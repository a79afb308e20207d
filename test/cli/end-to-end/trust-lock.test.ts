/** `plugins lock`: creating, filling and tidying a lock. */
// Only in test:all: it runs whole commands in processes of their own.
import { rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";
import { placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const env = { ...unsigned };
const zeros = `sha256:${"0".repeat(64)}`;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  await workspace.install(
    { name: "ccc-guard" },
    { name: "unsafe-guard" },
    { name: "aaa-guard", glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] } },
    { name: "@acme/bbb-guard" },
  );
  await symlink("../../elsewhere", join(workspace.packageAt("unsafe-guard"), "out"));
}, timeout);

const good = ["aaa-guard", "bbb-guard", "ccc-guard"];

describe("lock --all", () => {
  it("CLI-037: trusts what is good, a line each by id, and says what it skipped", async () => {
    verifies("cli:lock-actions", "journal:one-line-each");
    const { run, text, lines, lock, journal, names } = await placeIn(workspace);
    const { code, stdout, stderr } = await run(["lock", "--all", "--reason", "first review"], {
      env,
    });
    expect([code, stderr]).toEqual([1, ""]);
    const hashes = valuesOf("distribution_hash", await text());
    const trusted = good.map((id, at) => `trusted: ${id} 1.0.0 (${hashes[at]?.slice(0, 30)}…)`);
    expect(stdout.split("\n")).toEqual([
      trusted[0],
      "  granted: read_labels",
      trusted[1],
      trusted[2],
      "skipped: unsafe-guard: unsafe_symlink",
      `  lock:    ${lock}`,
      `  journal: ${journal}`,
      "",
      "What to do next:",
      "  unsafe_symlink: Reinstall the package. If it persists, treat it as tampering.",
      "",
    ]);
    expect(valuesOf("id", await text())).toEqual(good);
    expect(valuesOf("package", await text())).toEqual([
      "aaa-guard",
      "@acme/bbb-guard",
      "ccc-guard",
    ]);
    expect((await lines()).map((line) => line.slice(1, 6))).toEqual(
      good.map((id, at) => ["trust", id, "1.0.0", hashes[at], "first review"]),
    );
    expect(await names()).toEqual(["plugins.lock", "plugins.lock.journal"]);
  });

  it("CLI-037: the document has the same, and a second time there is nothing to trust", async () => {
    const { json, text, lines, lock, journal } = await placeIn(workspace);
    const argv = ["lock", "--all", "--reason", "r"];
    const { code, data } = await json(argv, { env });
    expect(code).toBe(1);
    expect(data).toMatchObject({
      action: "all",
      journal_path: journal,
      created: true,
      untrusted: [],
      lock: { path: lock, schema_version: 1, entries: 3 },
      trusted: good.map((id) => ({ id, version: "1.0.0", previous: null })),
      skipped: [{ id: "unsafe-guard", code: "unsafe_symlink" }],
    });
    const before = await text();
    const again = await json(argv, { env });
    expect(again.data).toMatchObject({
      created: false,
      lock: { entries: 3 },
      journal_path: null,
      trusted: [],
    });
    expect(await text()).toBe(before);
    expect(await lines()).toHaveLength(3);
  });

  it("what policy refuses is skipped, and nothing is made for it", async () => {
    const { run, names } = await placeIn(workspace);
    const { code, stdout } = await run(["lock", "--all", "--reason", "r"], { env: {} });
    expect(code).toBe(1);
    expect(stdout).toContain(
      "skipped: aaa-guard: unsigned\nskipped: bbb-guard: unsigned\nskipped: ccc-guard: unsigned\n",
    );
    expect(stdout).toContain("\nnothing to trust\n");
    expect(await names()).toEqual([]);
  });
});

describe("lock", () => {
  it("CLI-038: makes one with its header, and the second time changes nothing", async () => {
    const { done, text, names, state, lock } = await placeIn(workspace);
    expect(await done(["lock"])).toBe(`created: ${lock}\n`);
    expect(await text()).toBe("version = 1\n");
    expect(await names()).toEqual(["plugins.lock"]);
    const before = await state();
    expect(await done(["lock"])).toBe(`exists: ${lock} (0 entries)\n`);
    expect(await state()).toEqual(before);
  });

  it("CLI-038: with entries says how many, and --check only reads it", async () => {
    const { trust, done, refused, run, state, lock } = await placeIn(workspace);
    await trust("aaa-guard");
    await trust("bbb-guard");
    const before = await state();
    expect(await done(["lock"])).toBe(`exists: ${lock} (2 entries)\n`);
    expect(await done(["lock", "--check"])).toBe(`valid: ${lock} (2 entries)\n`);
    expect(await state()).toEqual(before);
    for (const argv of [
      ["--all", "--prune", "--reason", "r"],
      ["--check", "--reason", "r"],
      ["--reason", "r"],
    ]) {
      const { code, stdout, stderr } = await run(["lock", ...argv]);
      expect([argv, code, stdout]).toEqual([argv, 2, ""]);
      expect(stderr).toMatch(/^error: .*\n\nUsage: /);
    }
    expect(await refused(["lock", "--prune"])).toBe(
      "lock: --reason is required (recorded in audit journal)\n",
    );
    expect(await state()).toEqual(before);
  });

  it("--prune removes what is not installed, a line each, and nothing else", async () => {
    const entry = (id: string) =>
      `\n[[plugins]]\nid = "${id}"\npackage = "@acme/${id}"\nversion = "1.0.0"\nentry_point = "x.js:default"\ndistribution_hash = "${zeros}"\n`;
    const { trust, done, text, lines, state, lock, journal } = await placeIn(
      workspace,
      `version = 1\n${entry("zzz-gone")}${entry("aaa-gone")}`,
    );
    await trust("aaa-guard");
    const kept = (await text()).slice((await text()).indexOf('[[plugins]]\nid = "aaa-guard"'));
    expect(await done(["lock", "--prune", "--reason", "tidy up"])).toBe(
      `untrusted: aaa-gone\nuntrusted: zzz-gone\n  lock:    ${lock}\n  journal: ${journal}\n`,
    );
    expect(await text()).toBe(`version = 1\n\n${kept}`);
    expect((await lines()).slice(1).map((line) => line.slice(1, 6))).toEqual([
      ["revoke", "aaa-gone", "-", "-", "tidy up"],
      ["revoke", "zzz-gone", "-", "-", "tidy up"],
    ]);
    const before = await state();
    expect(await done(["lock", "--prune", "--reason", "again"])).toBe(
      `nothing to remove\n  lock:    ${lock}\n`,
    );
    expect(await state()).toEqual(before);
  });

  it("--prune leaves what is installed and broken: it was changed, and did not go", async () => {
    verifies("lockfile:drift");
    const { trust, done, run, text } = await placeIn(workspace);
    await trust("ccc-guard");
    const before = await text();
    const [hash] = valuesOf("distribution_hash", before);
    await rm(join(workspace.packageAt("ccc-guard"), "plugin.js"));
    expect(await done(["lock", "--prune", "--reason", "r"])).toContain("nothing to remove\n");
    expect(await text()).toBe(before);
    const { code, stdout } = await run(["verify"]);
    expect([code, stdout]).toEqual([
      1,
      expect.stringContaining(`  ccc-guard: hash (expected='${hash}', actual='sha256:`),
    ]);
  });
});
