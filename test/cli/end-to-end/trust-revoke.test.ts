/** Refreshing and revoking trust: which bytes change, and which never do. */
// Only in test:all: it runs whole commands in processes of their own.
import { writeFile } from "node:fs/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { newWorkspace, unsigned, type Workspace } from "./support.ts";
import { placeIn, valuesOf } from "./trust-support.ts";

const timeout = 300_000;
const production = { env: { ...unsigned, GLASSINE_PLUGIN_MODE: "production" } };
const zeros = `sha256:${"0".repeat(64)}`;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await newWorkspace();
  const first = "aaa-guard";
  const middle = "bbb-guard";
  const last = "ccc-guard";
  await workspace.install({ name: first }, { name: middle }, { name: last });
}, timeout);

/** A lock as a person might keep it: comments, single quotes, keys in an order of their own. */
const commented = `# ours
version = 1

# the first: ask GB
[[plugins]]
version = "0.9.0" # pinned
id = 'aaa-guard'
package = "aaa-guard"
distribution_hash = '${zeros}'
entry_point = "plugin.js:default"

# of another time
# and place
[[plugins]]
id = "gone-guard"
package = "@acme/gone-guard"
version = "1.0.0"
entry_point = "dist/x.js:default"
distribution_hash = "${zeros}"


# the end`;

const crlf = (text: string) => text.replaceAll("\n", "\r\n");

describe("a lock that somebody keeps", () => {
  it.each([
    ["as it is", commented],
    ["with CRLF", crlf(commented)],
    ["with a line end behind it", `${commented}\n`],
    ["of its header alone", "version = 1\n"],
  ])("CLI-033: trust and untrust leave it to the byte: %s", async (_, text) => {
    verifies("lockfile:untouched", "lockfile:remove");
    const { trust, done, text: now } = await placeIn(workspace, text);
    await trust("bbb-guard");
    expect(await now()).not.toBe(text);
    await done(["untrust", "bbb-guard", "--reason", "over"]);
    expect(await now()).toBe(text);
  });

  it("CLI-033: one that trust made keeps its header", async () => {
    const { trust, done, text } = await placeIn(workspace);
    await trust("bbb-guard");
    await done(["untrust", "bbb-guard", "--reason", "over"]);
    expect(await text()).toBe("version = 1\n");
  });

  it.each([
    ["LF", commented, "\n"],
    ["CRLF", crlf(commented), "\r\n"],
  ])("CLI-043: only the lines of a change differ: %s", async (_, text, end) => {
    verifies("lockfile:refresh", "lockfile:append", "lockfile:untouched");
    const { trust, done, text: now } = await placeIn(workspace, text);
    await trust("bbb-guard");
    const added = await now();
    const entry = [
      "",
      "[[plugins]]",
      'id = "bbb-guard"',
      'package = "bbb-guard"',
      'version = "1.0.0"',
      'entry_point = "plugin.js:default"',
      `distribution_hash = "${valuesOf("distribution_hash", added.replaceAll("\r", "")).at(-1)}"`,
      'signer = "unsigned"',
    ];
    // The lock did not end with a line break, and still does not.
    expect(added).toBe(text + end + entry.join(end));

    await trust("aaa-guard");
    const hash = valuesOf("distribution_hash", (await now()).replaceAll("\r", ""))[0] ?? "";
    const refreshed = added
      .replace('version = "0.9.0" # pinned', 'version = "1.0.0" # pinned')
      .replace(`'${zeros}'`, `'${hash}'`)
      .replace(
        `entry_point = "plugin.js:default"${end}`,
        `entry_point = "plugin.js:default"${end}signer = "unsigned"${end}`,
      );
    expect(await now()).toBe(refreshed);
    expect(refreshed).not.toBe(added);

    await done(["untrust", "gone-guard", "--reason", "gone"]);
    const from = refreshed.indexOf(`${end}# of another time`);
    // Everything below an entry belongs to it, up to the blank line before the next one.
    const to = refreshed.indexOf(`${end}[[plugins]]${end}id = "bbb-guard"`);
    expect(await now()).toBe(refreshed.slice(0, from) + refreshed.slice(to));
  });

  it("CLI-044: the middle one of three is refreshed in its place, with its comments", async () => {
    verifies("lockfile:refresh");
    const { trust, text, lock, run } = await placeIn(workspace);
    for (const id of ["aaa-guard", "bbb-guard", "ccc-guard"]) await trust(id);
    const whole = await text();
    const old = whole.replace(
      'id = "bbb-guard"\npackage = "bbb-guard"\nversion = "1.0.0"\n',
      'id = "bbb-guard" # the middle\n# since May\npackage = "bbb-guard"\nversion = "0.1.0"\n',
    );
    await writeFile(lock, old);
    expect(await run(["trust", "bbb-guard", "--reason", "reviewed"])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining("\n  was:     0.1.0 (sha256:"),
      stderr: expect.stringContaining("was edited after the last change in its journal"),
    });
    expect(await text()).toBe(old.replace('"0.1.0"', '"1.0.0"'));
    expect(valuesOf("package", await text())).toEqual(["aaa-guard", "bbb-guard", "ccc-guard"]);
  });

  it("CLI-045: one in a form that cannot be edited is read, and never rewritten", async () => {
    verifies("lockfile:form");
    const row = `{ id = "aaa-guard", package = "aaa-guard", version = "1.0.0", entry_point = "plugin.js:default", distribution_hash = "${zeros}" }`;
    const { run, refused, state, lock } = await placeIn(
      workspace,
      `version = 1\nplugins = [ ${row} ]\n`,
    );
    const before = await state();
    for (const argv of [
      ["trust", "aaa-guard", "--reason", "r"],
      ["trust", "bbb-guard", "--reason", "r"],
      ["untrust", "aaa-guard", "--reason", "r"],
    ]) {
      expect(await refused(argv)).toMatch(
        new RegExp(`^${argv[0]}: plugins\\.lock cannot be edited without rewriting it: line 2,`),
      );
    }
    const all = await run(["lock", "--all", "--reason", "r"], { env: unsigned });
    expect([all.code, all.stderr]).toEqual([
      2,
      expect.stringMatching(/^lock: plugins\.lock cannot be edited without rewriting it: line 2,/),
    ]);
    expect(await state()).toEqual(before);
    const verified = await run(["verify"]);
    expect([verified.code, verified.stdout]).toEqual([
      1,
      expect.stringContaining(`aaa-guard: hash (expected='${zeros}'`),
    ]);
    const listed = await run(["list", "--no-load"]);
    expect([listed.code, listed.stdout.split("\n")[1]]).toEqual([
      0,
      `plugins.lock: ${lock} (schema v1)`,
    ]);
    expect(await state()).toEqual(before);
  });
});

describe("after an upgrade", () => {
  it(
    "CLI-029: trust updates the entry in its place, and the journal has two lines",
    async () => {
      const { trust, text, lines, run } = await placeIn(workspace);
      for (const id of ["aaa-guard", "ccc-guard"]) await trust(id);
      const before = await text();
      await workspace.install({ name: "aaa-guard", version: "1.1.0" });
      const drifted = await run(["list"], production);
      expect(drifted.stdout).toContain(
        "aaa-guard: version_mismatch: expected '1.0.0', actual '1.1.0'\n",
      );
      const [old = ""] = valuesOf("distribution_hash", before);
      const printed = await trust("aaa-guard", "1.1 reviewed");
      const [hash = ""] = valuesOf("distribution_hash", await text());
      expect(printed.split("\n").slice(0, 2)).toEqual([
        `trusted: aaa-guard 1.1.0 (${hash.slice(0, 30)}…)`,
        `  was:     1.0.0 (${old.slice(0, 30)}…)`,
      ]);
      expect(await text()).toBe(before.replace('"1.0.0"', '"1.1.0"').replace(old, hash));
      const own = (await lines()).filter((line) => line[2] === "aaa-guard");
      expect(own.map((line) => line.slice(1, 6))).toEqual([
        ["trust", "aaa-guard", "1.0.0", old, "reviewed"],
        ["trust", "aaa-guard", "1.1.0", hash, "1.1 reviewed"],
      ]);
      await workspace.install({ name: "aaa-guard" });
    },
    timeout,
  );
});

describe("untrust", () => {
  it("CLI-031: removes the entry alone, adds its line, and production refuses the plugin", async () => {
    verifies("cli:untrust-lines", "journal:actions");
    const { trust, done, text, journalText, run, lock, journal } = await placeIn(workspace);
    for (const id of ["aaa-guard", "ccc-guard"]) await trust(id);
    const before = await text();
    await trust("bbb-guard");
    const earlier = await journalText();
    const loaded = await run(["list"], production);
    expect(loaded.stdout).toContain("bbb-guard 1.0.0 hooks=0");
    const printed = await done(["untrust", "bbb-guard", "--reason", "found a leak, OPS-1301"]);
    expect(printed).toBe(`untrusted: bbb-guard\n  lock:    ${lock}\n  journal: ${journal}\n`);
    expect(await text()).toBe(before);
    const now = await journalText();
    expect(now.startsWith(earlier)).toBe(true);
    expect(now.slice(earlier.length)).toMatch(
      /^[^\t\n]+\trevoke\tbbb-guard\t-\t-\tfound a leak, OPS-1301\tactor=[^\t\n]+\tlock=[0-9a-f]{64}\tprev=[0-9a-f]{64}\n$/,
    );
    const listed = await run(["list"], production);
    expect(listed.stdout).toContain(
      "bbb-guard: missing_from_lock: bbb-guard==1.0.0 has no entry in plugins.lock\n",
    );
    expect(listed.stdout).toContain("aaa-guard 1.0.0 hooks=0");
  });

  it("CLI-031: the document has what was removed", async () => {
    const { trust, json, text, lock, journal } = await placeIn(workspace);
    await trust("bbb-guard");
    const [hash] = valuesOf("distribution_hash", await text());
    expect(await json(["untrust", "bbb-guard", "--reason", "r"])).toEqual({
      code: 0,
      data: {
        action: "untrust",
        id: "bbb-guard",
        journal_path: journal,
        warnings: [expect.stringContaining("'bbb-guard' is still installed at ")],
        lock: { path: lock, schema_version: 1, entries: 0 },
        previous: {
          accept: [],
          isolate: null,
          package: "bbb-guard",
          version: "1.0.0",
          entry_point: "plugin.js:default",
          distribution_hash: hash,
          until: null,
          capabilities: null,
          hooks: null,
          signer: "unsigned",
          dependencies: [],
        },
      },
    });
  });

  it("CLI-032: works for what is not installed; what is not locked is refused with what is", async () => {
    const { done, refused, state, lock, lines } = await placeIn(workspace, commented);
    const before = await state();
    const text = `untrust: plugin 'bbb-guard' is not in ${lock}. Locked: aaa-guard, gone-guard\n`;
    expect(await refused(["untrust", "bbb-guard", "--reason", "r"])).toBe(text);
    expect(await state()).toEqual(before);
    await done(["untrust", "gone-guard", "--reason", "r"]);
    expect((await lines()).map((line) => line.slice(1, 6))).toEqual([
      ["revoke", "gone-guard", "-", "-", "r"],
    ]);
    const empty = await placeIn(workspace, "version = 1\n");
    expect(await empty.refused(["untrust", "aaa-guard", "--reason", "r"])).toBe(
      `untrust: plugin 'aaa-guard' is not in ${empty.lock}. Locked: <none>\n`,
    );
  });
});
