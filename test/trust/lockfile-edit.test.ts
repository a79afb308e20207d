/** Edits of a lockfile that people have also edited by hand. */
import { type LockEntry, readLockfile, revokePlugins, trustPlugins } from "glassine/node";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { lockFolder, refusalOf } from "./change-support.ts";

const hashOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const entry = (id: string, changes: Partial<LockEntry> = {}): LockEntry => ({
  id,
  package: id,
  version: "1.0.0",
  entryPoint: "dist/plugin.js:default",
  hash: hashOf("1"),
  ...changes,
});
const newLockfile = "version = 1\n";
/** A lock with one entry, as this library writes it. */
const base = `${newLockfile}
[[plugins]]
id = "aaa"
package = "aaa"
version = "1.0.0"
entry_point = "dist/plugin.js:default"
distribution_hash = "${hashOf("1")}"
`;

/** The entries of a lock with this text. */
async function entriesIn(text: string): Promise<readonly LockEntry[]> {
  const { path } = await lockFolder(text);
  return (await readLockfile(path))?.entries ?? [];
}

/** The text of a lock after an entry of it was trusted. */
async function setEntry(text: string, of: LockEntry): Promise<string> {
  const lock = await lockFolder(text);
  await trustPlugins(lock.path, [of], "r");
  return lock.text();
}

/** The text of a lock after an entry of it was revoked. */
async function removeEntry(text: string, id: string): Promise<string> {
  const lock = await lockFolder(text);
  await revokePlugins(lock.path, [id], "r");
  return lock.text();
}

/** The lines of `after` that differ from those of `before`, with their numbers. */
function changedLines(before: string, after: string): readonly string[] {
  const a = before.split("\n");
  const b = after.split("\n");
  expect(b.length).toBe(a.length);
  return b.flatMap((line, at) => (line === a[at] ? [] : [`${at + 1}: ${line}`]));
}

/** Comments, blank lines, CRLF, single quotes and an unusual order of keys. */
const handwritten = `# Trust of the lab. Ask GB before you change it.
version = 1   # schema


# --- first
#     reviewed in OPS-1284
[[plugins]]
distribution_hash = '${hashOf("a")}'  # of the tarball
id = 'aaa' # [[plugins]]

# pinned
version = '1.0.0'
package = "aaa"
entry_point = """
dist/plugin.js:default"""

  [[ plugins ]] # second
  id = "acme.bbb"
  # the one from the fork
  package = "@acme/bbb"
  version = "1.0.0" # do not upgrade
  entry_point = "dist/plugin.js:default"
  distribution_hash = "${hashOf("b")}"
  capabilities = ["read_labels"] # granted by GB
  # end of the second

# third
[[plugins]]
id = "ccc"
package = "ccc"
version = "1.0.0"
entry_point = 'dist/#plugin.js:default'
distribution_hash = "${hashOf("c")}"
# nothing below
`.replaceAll("\n", "\r\n");

describe("CLI-043: a lockfile with comments, CRLF, single quotes and keys in any order", () => {
  it("CLI-043: gets a new entry at its end", async () => {
    verifies("lockfile:append", "lockfile:untouched");
    const text = await setEntry(handwritten, entry("ddd", { capabilities: ["b.c", "a", "a"] }));
    expect(text).toBe(
      `${handwritten}\r\n[[plugins]]\r\nid = "ddd"\r\npackage = "ddd"\r\nversion = "1.0.0"\r\nentry_point = "dist/plugin.js:default"\r\ndistribution_hash = "${hashOf("1")}"\r\ncapabilities = ["a", "b.c"]\r\n`,
    );
    expect(await removeEntry(text, "ddd")).toBe(handwritten);
  });

  it("CLI-043: keeps everything except the values of a refreshed entry", async () => {
    verifies("lockfile:refresh");
    const [first] = (await entriesIn(handwritten)) as [LockEntry];
    const text = await setEntry(handwritten, {
      ...first,
      version: "1.0.1",
      hash: hashOf("d"),
    });
    expect(changedLines(handwritten, text)).toEqual([
      `8: distribution_hash = '${hashOf("d")}'  # of the tarball\r`,
      "12: version = '1.0.1'\r",
    ]);
    const moved = await setEntry(handwritten, { ...first, entryPoint: "it's.js:default" });
    expect(moved).toBe(
      handwritten.replace('"""\r\ndist/plugin.js:default"""', '"it\'s.js:default"'),
    );
  });

  it("CLI-043: loses the lines of a removed entry and no others", async () => {
    verifies("lockfile:remove");
    const [top, first, second, third] = parts(handwritten);
    expect(await removeEntry(handwritten, "aaa")).toBe(top + second + third);
    expect(await removeEntry(handwritten, "acme.bbb")).toBe(top + first + third);
    expect(await removeEntry(handwritten, "ccc")).toBe(top + first + second);
  });

  /** Split where each entry's lines begin; the places are given by hand. */
  function parts(text: string): [string, string, string, string] {
    const starts = ["\r\n# --- first", "\r\n  [[ plugins ]]", "\r\n# third"].map((mark) =>
      text.indexOf(mark),
    ) as [number, number, number];
    const [a, b, c] = starts;
    return [text.slice(0, a), text.slice(a, b), text.slice(b, c), text.slice(c)];
  }
});

/** Layout that `patch` of toml-patch 3.3.0 changes although nobody asked for it. */
describe("a layout that an editor of TOML would tidy up", () => {
  const keys = (id: string) =>
    `  id = "${id}"  \r\npackage\t=  "${id}"\t# tab\nversion = '1.0.0'\nentry_point = """\na:b"""   \ndistribution_hash = "${hashOf("a")}"\n`;
  const untidy = `version = 1\n\n[[ plugins ]]\t# first\r\n${keys("aaa")}\n# of bbb\n\t[[plugins ]]\n${keys("bbb")}# of ccc\n[[plugins]]\n${keys("ccc")}`;

  it("keeps spaced headers, tabs, trailing spaces and mixed line ends", async () => {
    verifies("lockfile:untouched");
    const [first, second] = (await entriesIn(untidy)) as [LockEntry, LockEntry];
    const before = `"bbb"\t# tab\nversion = '1.0.0'`;
    expect(await setEntry(untidy, { ...second, version: "2.0.0" })).toBe(
      untidy.replace(before, before.replace("1.0.0", "2.0.0")),
    );
    const quoted = { ...first, entryPoint: "it's:b" };
    expect(await setEntry(untidy, quoted)).toBe(untidy.replace('"""\na:b"""', '"it\'s:b"'));
    const added = await setEntry(untidy, entry("ddd"));
    expect(added.startsWith(untidy)).toBe(true);
    expect(await removeEntry(added, "ddd")).toBe(untidy);
  });

  it("keeps the comment of the next entry when an entry is removed", async () => {
    verifies("lockfile:remove");
    const from = untidy.indexOf("\n# of bbb");
    const to = untidy.indexOf("# of ccc");
    expect(await removeEntry(untidy, "bbb")).toBe(untidy.slice(0, from) + untidy.slice(to));
  });
});

describe("CLI-044: the middle entry of three", () => {
  it("CLI-044: keeps its place and its comments when it is refreshed", async () => {
    const text = await setEntry(
      handwritten,
      entry("acme.bbb", {
        package: "@acme/bbb",
        version: "2.0.0",
        hash: hashOf("e"),
        capabilities: ["read_labels", "append_labels"],
      }),
    );
    expect(changedLines(handwritten, text)).toEqual([
      '21:   version = "2.0.0" # do not upgrade\r',
      `23:   distribution_hash = "${hashOf("e")}"\r`,
      '24:   capabilities = ["append_labels", "read_labels"] # granted by GB\r',
    ]);
    expect((await entriesIn(text)).map(({ id }) => id)).toEqual(["aaa", "acme.bbb", "ccc"]);
  });

  it("CLI-044: changes no byte when it is trusted again as it is", async () => {
    for (const each of await entriesIn(handwritten))
      expect(await setEntry(handwritten, each)).toBe(handwritten);
    const [, second] = (await entriesIn(handwritten)) as [LockEntry, LockEntry];
    const turned = handwritten.replace('["read_labels"]', '["b", "a", "b"]');
    expect(await setEntry(turned, { ...second, capabilities: ["a", "b"] })).toBe(turned);
  });
});

describe("CLI-045: an inline array", () => {
  const values = `id = "aaa", package = "aaa", version = "1.0.0", entry_point = "a:b", distribution_hash = "${hashOf("1")}"`;

  it.each([
    [
      "of one",
      `version = 1\nplugins = [ { ${values} } ]\n`,
      "line 2, column 1: plugins is an inline array",
    ],
    ["of none", "version = 1\nplugins = []\n", "line 2, column 1: plugins is an inline array"],
    [
      "under a quoted key",
      `"plugins" = [\n{ # x\n${values}\n},\n]\n`,
      "line 1, column 1: plugins is an inline array",
    ],
    [
      "replaced by a quoted header",
      `[["plugins"]]\n${values.replaceAll(", ", "\n")}\n`,
      "line 1, column 1: the name in the header is in quotes",
    ],
    [
      "replaced by an escaped header",
      `\n[[ "pl\\u0075gins" ]]\n${values.replaceAll(", ", "\n")}\n`,
      "line 2, column 1: the name in the header is in quotes",
    ],
  ])("CLI-045: %s is read but not edited", async (_form, text, problem) => {
    verifies("lockfile:form");
    const entries = await entriesIn(text);
    for (const run of [
      () => setEntry(text, entry("bbb")),
      () => setEntry(text, entry("aaa")),
      ...entries.flatMap((each) => [() => setEntry(text, each), () => removeEntry(text, each.id)]),
    ]) {
      const error = await refusalOf(run);
      expect(error.code).toBe("lockfile_uneditable");
      expect(error.message).toBe(
        `plugins.lock cannot be edited without rewriting it: ${problem}; write each entry below a header [[plugins]]`,
      );
    }
  });

  it("CLI-045: still provides its entries", async () => {
    expect(await entriesIn(`plugins = [ { ${values} } ]`)).toEqual([
      entry("aaa", { entryPoint: "a:b" }),
    ]);
  });
});

describe("the end of the file", () => {
  it.each([
    "version = 1",
    "version = 1\n",
    "version = 1\n\n",
    "version = 1\n  ",
    "# only this",
    "\n",
    "version = 1\r\n# x",
  ])("is unchanged after adding and removing an entry: %j", async (text) => {
    const edited = await setEntry(text, entry("aaa"));
    expect(edited.endsWith("\n")).toBe(text.endsWith("\n"));
    expect(await removeEntry(edited, "aaa")).toBe(text);
  });

  it("never leaves an empty file", async () => {
    verifies("lockfile:never-empty");
    const only = (lineEnd: string) =>
      [
        "[[plugins]]",
        'id="aaa"',
        'package="aaa"',
        'version="1.0.0"',
        'entry_point="a:b"',
        `distribution_hash="${hashOf("1")}"`,
      ].join(lineEnd);
    expect(await removeEntry(only("\n"), "aaa")).toBe("version = 1\n");
    expect(await removeEntry(`# x\r\n${only("\r\n")}`, "aaa")).toBe("version = 1\r\n");
    expect(await removeEntry(`# x\n\n${only("\n")}`, "aaa")).toBe("# x");
    expect(await removeEntry(`\n${only("\n")}`, "aaa")).toBe("version = 1\n");
  });
});

describe("a line of a string that looks like a comment", () => {
  it("belongs to the value", async () => {
    const text = `[[plugins]]\nid = "aaa"\npackage = "aaa"\nversion = "1.0.0"\ndistribution_hash = "${hashOf("1")}"\nentry_point = """\\\n# a:b"""\n# kept\n[[plugins]]\nid = "bbb"\npackage = "bbb"\nversion = "1.0.0"\nentry_point = "a:b"\ndistribution_hash = "${hashOf("1")}"\n`;
    expect((await entriesIn(text))[0]?.entryPoint).toBe("# a:b");
    expect(await removeEntry(text, "bbb")).toBe(text.slice(0, text.indexOf("# kept")));
    expect(await removeEntry(text, "aaa")).toBe(text.slice(text.indexOf("# kept")));
  });
});

describe("a grant", () => {
  const line = "capabilities = ";
  const granted = (...capabilities: string[]) => entry("aaa", { capabilities });

  it("gets its own line when it is new, and loses it again", async () => {
    verifies("lockfile:grant");
    const text = await setEntry(base, granted("b", "a"));
    expect(text).toBe(`${base}${line}["a", "b"]\n`);
    expect(await setEntry(text, entry("aaa"))).toBe(base);
    const open = base.slice(0, -1);
    expect(await setEntry(open, granted("a"))).toBe(`${open}\n${line}["a"]`);
    expect(await setEntry(await setEntry(open, granted("a")), entry("aaa"))).toBe(open);
    const windows = open.replaceAll("\n", "\r\n");
    expect(await setEntry(windows, granted("a"))).toBe(`${windows}\r\n${line}["a"]`);
    expect(await setEntry(await setEntry(windows, granted("a")), entry("aaa"))).toBe(windows);
  });

  it("has the indentation of the key above it", async () => {
    const indented = base.replace("distribution_hash", "\t  distribution_hash");
    expect(await setEntry(indented, granted("a"))).toBe(`${indented}\t  ${line}["a"]\n`);
  });

  it("of nothing differs from no grant", async () => {
    const text = await setEntry(base, granted());
    expect(text).toBe(`${base}${line}[]\n`);
    expect((await entriesIn(text))[0]?.capabilities).toEqual([]);
  });

  it("keeps the comment behind it", async () => {
    const text = `${base}  ${line}[\n'a',\n] # why\n# more\n`;
    expect(await setEntry(text, granted("b"))).toBe(`${base}  ${line}["b"] # why\n# more\n`);
    expect(await setEntry(text, entry("aaa"))).toBe(`${base}  # why\n# more\n`);
  });

  it("with comments inside is not replaced, nor are the other values", async () => {
    const text = `${base}${line}[\n  "a", # why\n]\n`;
    expect(await setEntry(text, { ...granted("a"), version: "2.0.0" })).toBe(
      text.replace('"1.0.0"', '"2.0.0"'),
    );
    for (const fresh of [granted("b"), entry("aaa")]) {
      const error = await refusalOf(() => setEntry(text, { ...fresh, version: "2.0.0" }));
      expect(error.code).toBe("lockfile_uneditable");
      expect(error.message).toContain("line 9, column 16: capabilities has comments between");
    }
  });
});

describe("an edit is refused", () => {
  it("for an invalid or newer lockfile", async () => {
    verifies("lockfile:version-newer");
    for (const [text, code] of [
      ["", "lockfile_invalid"],
      ["\ufeffversion = 1\n", "lockfile_invalid"],
      ["version = 1\nx = 1\n", "lockfile_invalid"],
      ["version = 2\n", "lockfile_newer"],
    ] as const) {
      expect((await refusalOf(() => setEntry(text, entry("aaa")))).code).toBe(code);
      expect((await refusalOf(() => removeEntry(text, "aaa"))).code).toBe(code);
    }
  });

  it("if the result could not be read again", async () => {
    verifies("lockfile:confirmed");
    const full = `${newLockfile}#${"x".repeat(5 * 1024 * 1024 - 100)}\n`;
    expect(await refusalOf(() => setEntry(full, entry("aaa")))).toMatchObject({
      code: "lockfile_uneditable",
      message: expect.stringContaining("it is larger than 5 MiB"),
    });
  });
});

describe("an entry that is optional", () => {
  const optional = entry("aaa", { capabilities: ["a"], optional: true });

  it("says so on its own line, which goes when it is no longer optional", async () => {
    verifies("lockfile:optional");
    const text = await setEntry(newLockfile, optional);
    expect(text).toBe(`${base}capabilities = ["a"]\noptional = true\n`);
    expect(await entriesIn(text)).toEqual([optional]);
    expect(await setEntry(base, entry("aaa", { optional: true }))).toBe(`${base}optional = true\n`);
    const before = await setEntry(newLockfile, entry("aaa", { capabilities: ["a"] }));
    expect(await setEntry(before, optional)).toBe(text);
    const { optional: _, ...needed } = optional;
    expect(await setEntry(text, needed)).toBe(before);
    expect(await setEntry(text, { ...needed, optional: false })).toBe(before);
    const denied = text.replace("true", "false");
    expect(await entriesIn(denied)).toEqual([needed]);
    expect(await setEntry(denied, needed)).toBe(denied);
    expect(await setEntry(denied, optional)).toBe(text);
  });
});

describe("an entry that says where its plugin runs", () => {
  const lasting = `${base}until = "2027-01-31"\n`;
  const isolated = entry("aaa", {
    until: "2027-01-31",
    isolate: "process",
    accept: ["signals", "network", "network"],
  });

  it("says so on lines of their own, which go when it runs in the host again", async () => {
    verifies("lockfile:isolate", "lockfile:grant-set");
    const text = await setEntry(newLockfile, isolated);
    expect(text).toBe(`${lasting}isolate = "process"\naccept = ["network", "signals"]\n`);
    expect(await setEntry(lasting, isolated)).toBe(text);
    expect((await entriesIn(text))[0]).toMatchObject({ accept: ["network", "signals"] });
    expect(await setEntry(text, { ...isolated, accept: undefined })).toBe(
      `${lasting}isolate = "process"\n`,
    );
    expect(await setEntry(text, { ...isolated, isolate: "worker", accept: [] })).toBe(
      `${lasting}isolate = "worker"\n`,
    );
    expect(await setEntry(text, { ...isolated, isolate: undefined, accept: undefined })).toBe(
      lasting,
    );
  });

  it("is not written where it accepts something and is not isolated", async () => {
    const error = await refusalOf(() => setEntry(lasting, { ...isolated, isolate: undefined }));
    expect([error.code, error.message]).toEqual([
      "trust_refused",
      "plugin 'aaa' cannot be trusted: accept requires isolate, which the entry does not have",
    ]);
  });
});
