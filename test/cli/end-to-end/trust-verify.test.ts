/** `plugins verify`: lock, installation and journal, checked against each other. */
// Only in test:all: it runs whole commands in processes of their own.
import { existsSync } from "node:fs";
import { appendFile, cp, mkdir, readFile, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";
import { marked, type Place, placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const zodUrl = import.meta.resolve("zod");
const verified =
  "plugins.lock verified: 3 entries; signatures were not checked: GLASSINE_PLUGIN_SIGNING_REQUIRED=false";
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  const asked = { glassine: { plugin: "./plugin.js", capabilities: ["read_labels"] } };
  await workspace.install(
    marked("aaa-guard", workspace, asked),
    marked("bbb-guard", workspace),
    marked("@acme/ccc-guard", workspace),
  );
}, timeout);

/** A place where all three plugins are trusted. */
async function trusted(): Promise<Place> {
  const place = await placeIn(workspace);
  await place.run(["lock", "--all", "--reason", "reviewed"], { env: unsigned });
  expect(valuesOf("id", await place.text())).toEqual(["aaa-guard", "bbb-guard", "ccc-guard"]);
  return place;
}

/** Runs `work` while a package is not installed. */
async function without(name: string, work: () => Promise<void>): Promise<void> {
  const away = join(workspace.root, "away");
  await rename(workspace.packageAt(name), away);
  await work().finally(() => rename(away, workspace.packageAt(name)));
}

/** Changes the text of the lock; `change` must have an effect. */
async function edit({ lock, text }: Place, change: (text: string) => string): Promise<void> {
  const before = await text();
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(lock, after);
}

describe("an installation", () => {
  it("as it was trusted is verified, in any mode, and nothing is run or written", async () => {
    verifies("cli:verify-lines");
    const { done, json, state, lock } = await trusted();
    const before = await state();
    const expected = `plugins.lock: ${lock} (schema v1)\n${verified}\n`;
    expect(await done(["verify"])).toBe(expected);
    expect(await done(["verify", "--strict-journal"], production)).toBe(expected);
    expect(await json(["verify"])).toEqual({
      code: 0,
      data: {
        ok: true,
        lock: { path: lock, schema_version: 1, entries: 3 },
        guest_count: 0,
        other_host_count: 0,
        drift: [],
        rejected: [],
        unhashable: [],
        signatures_unchecked: "GLASSINE_PLUGIN_SIGNING_REQUIRED=false",
        journal_problems: [],
        journal_problem_count: 0,
        pending: false,
        unreadable: [],
        permissions: [],
        warnings: [],
      },
    });
    expect(await state()).toEqual(before);
    expect(existsSync(workspace.marker)).toBe(false);
  });

  it("CLI-034: with one byte changed in any file is reported by its hash, until it is restored", async () => {
    const { run, done, text } = await trusted();
    const [hash] = valuesOf("distribution_hash", await text());
    const folder = workspace.packageAt("aaa-guard");
    for (const file of ["package.json", "plugin.js", "README.md"]) {
      const path = join(folder, file);
      const bytes = await readFile(path);
      try {
        for (const at of [0, Math.floor(bytes.length / 2), bytes.length - 1]) {
          const changed = Buffer.from(bytes);
          changed[at] = (changed[at] ?? 0) ^ 1;
          await writeFile(path, changed);
          const { code, stdout } = await run(["verify"]);
          expect({ file, at, code, stdout }).toMatchObject({
            code: 1,
            stdout: expect.stringMatching(
              new RegExp(
                `\\nDrift vs plugins\\.lock:\\n(?:.*\\n)*?  aaa-guard: hash \\(expected='${hash}', actual='sha256:[0-9a-f]{64}'\\)\\n(?:.*\\n)*\\nverify failed: [12] problem\\(s\\)\\n\\nWhat to do next:\\n(?:  .*\\n)*  hash_mismatch: .*\\n`,
              ),
            ),
          });
        }
      } finally {
        await writeFile(path, bytes);
      }
    }
    await done(["verify"]);
  });

  it("CLI-035: whose package is gone fails, unless its entry says that it is optional", async () => {
    verifies("cli:verify-counts", "cli:trust-optional");
    const { done, run, lock } = await trusted();
    const row = "  bbb-guard: missing_from_install (expected='bbb-guard==1.0.0', actual=None)";
    const head = `plugins.lock: ${lock} (schema v1)\n\nDrift vs plugins.lock:\n${row}\n\n`;
    const next =
      "\nWhat to do next:\n  missing_from_install: Install what was trusted, or run `plugins untrust ID --reason …`. If the host may start without it, run `plugins trust` with `--optional` where it is installed.\n";
    await without("bbb-guard", async () => {
      const { code, stdout } = await run(["verify"]);
      expect([code, stdout]).toEqual([1, `${head}verify failed: 1 problem(s)\n${next}`]);
    });
    await done(["trust", "bbb-guard", "--optional", "--reason", "of some hosts only"]);
    await done(["lock", "--all", "--reason", "reviewed again"], { env: unsigned });
    await without("bbb-guard", async () => {
      expect(await done(["verify", "--strict-journal"])).toBe(`${head}${verified}\n`);
    });
  });

  it("with a link in place of a package fails, as production refuses it", async () => {
    verifies("cli:verify-counts");
    const { run, done, lock } = await trusted();
    await without("bbb-guard", async () => {
      const elsewhere = join(workspace.root, "away");
      await symlink(elsewhere, workspace.packageAt("bbb-guard"));
      const { code, stdout } = await run(["verify"]);
      await rm(workspace.packageAt("bbb-guard"));
      expect([code, stdout]).toEqual([
        1,
        `plugins.lock: ${lock} (schema v1)\n\nRejected:\n  bbb-guard: linked_package: it is a link to ${elsewhere}, not an installed package\n\nverify failed: 1 problem(s)\n\nWhat to do next:\n  linked_package: Install the package from a registry or a tarball.\n`,
      ]);
    });
    await done(["verify"]);
  });
});

describe("a package that nothing asks for", () => {
  it("is reported by verify, list and doctor, and refuses the plugin in any mode", async () => {
    verifies("closure:foreign");
    const { run, env } = { ...(await trusted()), env: unsigned };
    const copy = join(workspace.packageAt("bbb-guard"), "node_modules/glassine");
    await mkdir(copy, { recursive: true });
    await writeFile(join(copy, "package.json"), '{"name":"glassine","version":"9.0.0"}\n');
    try {
      const verified = await run(["verify", "--strict-journal"], { env });
      expect(verified.code).toBe(1);
      expect(verified.stdout).toContain(
        "bbb-guard: foreign_package (expected=None, actual='node_modules/glassine')",
      );
      const reason =
        'foreign_package: "node_modules/glassine" is not something that the plugin asks for';
      for (const options of [{ env }, production])
        expect((await run(["list"], options)).stdout).toContain(`  bbb-guard: ${reason}`);
      const doctor = await run(["doctor", "--strict"], { env });
      expect(doctor.code).toBe(1);
      expect(doctor.stdout).toContain("foreign_package: Remove what the reason names");
      const refused = await run(["trust", "bbb-guard", "--reason", "again"], { env });
      expect([refused.code, refused.stdout]).toEqual([2, ""]);
    } finally {
      await rm(join(workspace.packageAt("bbb-guard"), "node_modules"), { recursive: true });
    }
  }, 120_000);
});

describe("drift", () => {
  it("CLI-046: of each kind, and two at once, is shown in its order by list and verify", async () => {
    verifies("lockfile:drift", "lockfile:drift-order", "cli:list-drift");
    const place = await trusted();
    const { run, json } = place;
    const hashes = valuesOf("distribution_hash", await place.text());
    const zeros = `sha256:${"0".repeat(64)}`;
    const entry = (id: string) =>
      `\n[[plugins]]\nid = "${id}"\npackage = "${id}"\nversion = "2.0.0"\nentry_point = "x.js:default"\ndistribution_hash = "${zeros}"\n`;
    await edit(place, (text) => {
      const [head = "", first = "", second = ""] = text.split("\n[[plugins]]\n");
      const changed = first
        .replace('version = "1.0.0"', 'version = "0.9.0"')
        .replace(hashes[0] ?? "", zeros)
        .replace("plugin.js:default", "dist/plugin.js:make")
        .replace('package = "aaa-guard"', 'package = "@acme/aaa-guard"')
        .replace('["read_labels"]', "[]");
      const moved = second.replace(hashes[1] ?? "", zeros);
      return [`${head}${entry("zzz-gone")}`, `${moved}`, changed].join("\n[[plugins]]\n");
    });
    const rows = [
      ["zzz-gone", "missing_from_install", "zzz-gone==2.0.0", null, true],
      ["bbb-guard", "hash_mismatch", zeros, hashes[1], true],
      ["aaa-guard", "version_mismatch", "0.9.0", "1.0.0", true],
      ["aaa-guard", "hash_mismatch", zeros, hashes[0], true],
      ["aaa-guard", "entry_point_mismatch", "dist/plugin.js:make", "plugin.js:default", true],
      ["aaa-guard", "package_mismatch", "@acme/aaa-guard", "aaa-guard", true],
      ["aaa-guard", "capabilities_mismatch", "", "read_labels", true],
      ["ccc-guard", "missing_from_lock", null, "@acme/ccc-guard==1.0.0", true],
    ] as const;
    const drift = rows.map(([id, kind, expected, actual, blocking]) => ({
      id,
      kind,
      expected,
      actual,
      blocking,
    }));
    const shown = (value: string | null | undefined) =>
      value === null || value === undefined ? "None" : `'${value}'`;
    const label = (kind: string) => kind.replace("_mismatch", "");
    const drifts = rows.map(
      ([id, kind, expected, actual]) =>
        `  ${id}: ${label(kind)} (expected=${shown(expected)}, actual=${shown(actual)})\n`,
    );
    const section = `Drift vs plugins.lock:\n${drifts.join("")}`;
    const verified = await run(["verify"]);
    expect([verified.code, verified.stdout]).toEqual([1, expect.stringContaining(section)]);
    expect(verified.stdout).toContain("\nverify failed: 8 problem(s)\n");
    expect((await json(["verify"])).data).toMatchObject({
      ok: false,
      drift,
      permissions: [{ id: "aaa-guard", added: ["read_labels"], removed: [] }],
    });
    for (const argv of [
      ["list", "--no-load"],
      ["list", "--no-load", "--plugin-mode", "production"],
    ]) {
      const { code, stdout } = await run(argv, { env: unsigned });
      expect([code, stdout]).toEqual([0, expect.stringContaining(section)]);
      expect((await json(argv, { env: unsigned })).data).toMatchObject({ drift });
    }
  });

  it("CLI-047: the same files under the name of another package are refused in production", async () => {
    const place = await trusted();
    await edit(place, (text) =>
      text.replace('package = "bbb-guard"', 'package = "@old/bbb-guard"'),
    );
    const text = "bbb-guard: package (expected='@old/bbb-guard', actual='bbb-guard')\n";
    const { code, stdout } = await place.run(["verify"]);
    expect([code, stdout]).toEqual([1, expect.stringContaining(text)]);
    expect(stdout).toContain("\nverify failed: 1 problem(s)\n");
    const listed = await place.run(["list"], production);
    expect(listed.stdout).toContain(
      "bbb-guard: package_mismatch: expected '@old/bbb-guard', actual 'bbb-guard'\n",
    );
    expect(listed.stdout).not.toMatch(/^bbb-guard 1\.0\.0 /m);
    expect(listed.stdout).toMatch(/^ccc-guard 1\.0\.0 hooks=0/m);
  });
});

describe("a journal", () => {
  it("CLI-036: that does not tell an edit by hand is a problem where it has to", async () => {
    verifies("journal:pairing");
    const place = await trusted();
    const { done, run, json } = place;
    await edit(place, (text) => text.slice(0, text.lastIndexOf("\n[[plugins]]")));
    // If the plugin were still installed, its missing lock entry would be drift.
    await without("@acme/ccc-guard", async () => {
      expect(await done(["verify"])).toContain("Journal:\n  line 3: ccc-guard: journal_mismatch: ");
      const strict = await run(["verify", "--strict-journal"]);
      expect([strict.code, strict.stdout]).toEqual([
        1,
        expect.stringContaining("\nverify failed: 1 problem(s)\n"),
      ]);
      expect((await json(["verify", "--strict-journal"])).data).toMatchObject({
        ok: false,
        journal_problems: [{ line: 3, id: "ccc-guard", problem: "journal_mismatch" }],
      });
    });
  });

  it("CLI-056: with a line that a hand appended, of another offset, tells the latest state", async () => {
    verifies("journal:by-hand", "journal:order-counts");
    const place = await trusted();
    const { run, trust, done, journal, lines } = place;
    await edit(place, (text) => text.slice(0, text.lastIndexOf("\n[[plugins]]")));
    await appendFile(journal, "2020-05-25T10:15:30+02:00\trevoke\tccc-guard\t-\t-\tby hand, GB\n");
    const { code, stdout } = await run(["verify", "--strict-journal"]);
    // Two problems are left: the plugin is still installed, and no command wrote the line.
    expect([code, stdout]).toEqual([1, expect.stringContaining("verify failed: 2 problem(s)\n")]);
    expect(stdout).toContain("  ccc-guard: missing_from_lock");
    expect(stdout).toContain("Journal:\n  line 4: ccc-guard: unchained: ");
    await trust("ccc-guard", "after all");
    // The line that this command adds covers the one written by hand.
    expect(await done(["verify", "--strict-journal"])).not.toContain("Journal:");
    expect((await lines()).map(([, action, id]) => [action, id]).slice(-2)).toEqual([
      ["revoke", "ccc-guard"],
      ["trust", "ccc-guard"],
    ]);
  });

  it("CLI-055: whose last line is torn goes on below it, and verify tells of it", async () => {
    verifies("journal:torn", "journal:after-torn");
    const { run, trust, done, journal, journalText } = await trusted();
    const whole = await journalText();
    const torn = "2026-05-25T10:15:30.123Z\ttrust\tbbb-gu";
    await appendFile(journal, torn);
    const { code, stdout } = await run(["verify"]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("Journal:\n  line 4: torn: ")]);
    expect((await run(["verify", "--strict-journal"])).code).toBe(1);
    await trust("bbb-guard", "again");
    const now = await journalText();
    expect(now.startsWith(`${whole}${torn}\n`)).toBe(true);
    expect(now.slice(whole.length + torn.length + 1)).toMatch(
      /^[^\t\n]+\ttrust\tbbb-guard\t1\.0\.0\tsha256:[0-9a-f]{64}\tagain\t[^\n]+\tbefore=torn\n$/,
    );
    expect(await done(["verify"])).toContain("Journal:\n  line 4: torn: ");
  });

  it("has its malformed lines reported by number", async () => {
    const { done, journal, json } = await trusted();
    const before = await readFile(journal, "utf8");
    await writeFile(journal, `what\n${before}`);
    expect(await done(["verify"])).toMatch(
      /Journal:\n {2}line 1: malformed: .+\n {2}line 2: aaa-guard: chain_broken: .+\n/,
    );
    expect((await json(["verify", "--strict-journal"])).code).toBe(1);
  });
});

describe("names", () => {
  it("CLI-048: a package and a manifest that disagree are not loaded, whichever is locked", async () => {
    const place = await placeIn(workspace);
    const folder = join(place.folder, "node_modules");
    const make = async (id: string, code: string, field: object) => {
      const path = join(folder, id);
      await cp(workspace.packageAt("bbb-guard"), path, { recursive: true });
      const manifest = { name: id, version: "1.0.0", type: "module", glassine: field };
      await writeFile(join(path, "package.json"), JSON.stringify(manifest));
      await writeFile(join(path, "plugin.js"), code);
    };
    const plugin = (name: string) =>
      `import { definePlugin } from "glassine";\nexport default () => definePlugin({ name: "${name}", version: "1.0.0" });\n`;
    const procedure = (id: string) => `import { z } from ${JSON.stringify(zodUrl)};
export class Run {
  static id = "${id}"; static name = "Run"; static version = "1.0.0";
  static configModel = z.object({}); static requiredCapabilities = [];
  async preflight() { return true; }
  async run() { return "ran"; }
}
`;
    await make("key-guard", plugin("class-guard"), { plugin: "./plugin.js" });
    await make("key-run", procedure("acme.class"), {
      procedures: { "acme.key": "./plugin.js:Run" },
    });
    for (const id of ["aaa-guard", "bbb-guard", "ccc-guard"]) await place.trust(id);
    // The key is locked, the class is not.
    for (const id of ["key-guard", "acme.key"]) await place.trust(id);
    const locked = await place.text();
    const first = await place.json(["list"], production);
    expect(first.data).toMatchObject({
      loaded: [{ id: "aaa-guard" }, { id: "bbb-guard" }, { id: "ccc-guard" }],
      rejected: [
        { id: "acme.key", code: "id_mismatch" },
        { id: "key-guard", code: "id_mismatch" },
      ],
    });
    // The class is locked, the key is not.
    await writeFile(
      place.lock,
      locked.replace('"key-guard"', '"class-guard"').replace('"acme.key"', '"acme.class"'),
    );
    const second = await place.json(["list"], production);
    expect(second.data).toMatchObject({
      loaded: [{ id: "aaa-guard" }, { id: "bbb-guard" }, { id: "ccc-guard" }],
      rejected: [
        { id: "acme.key", code: "missing_from_lock" },
        { id: "key-guard", code: "missing_from_lock" },
      ],
    });
  });
});
