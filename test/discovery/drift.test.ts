/** How what is installed differs from what was trusted. */
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type DiscoverOptions, hashPackage, type LockEntry, trustPlugins } from "glassine/node";
import { describe, expect, it, vi } from "vitest";
import { afterTest } from "../support/cleanup.ts";
import { verifies } from "../support/verifies.ts";
import { discover, install, newRoot } from "./support.ts";

const hashOf = (digit: string) => `sha256:${digit.repeat(64)}`;

/** A root, and functions that install packages there and compare them with entries of a lock. */
async function place() {
  const root = await newRoot();
  const paths = new Map<string, string>();
  /** Installs a package that lists these capabilities and hooks, and returns an entry for it. */
  const installed = async (name: string, more: object = {}): Promise<LockEntry> => {
    const id = name.replace(/^@[^/]*\//, "");
    const glassine = { plugin: "./plugin.js", capabilities: [], hooks: [], ...more };
    const path = await install(root, name, { glassine });
    paths.set(name, path);
    const { hash } = await hashPackage(path);
    return { id, package: name, version: "1.0.0", entryPoint: "plugin.js:default", hash };
  };
  /** The drift, found without running what is installed: it is not signed. */
  const find = async (entries: readonly LockEntry[], options: DiscoverOptions = {}) => {
    const lock = join(await newRoot(), "plugins.lock");
    await writeFile(lock, "version = 1\n");
    for (const entry of entries) await trustPlugins(lock, [entry], "reviewed");
    return (await discover(root, { env: {}, lock, ...options })).drift;
  };
  const driftFrom = async (...given: Parameters<typeof find>) =>
    (await find(...given)).map(
      ({ id, kind, expected, actual, blocking }) =>
        `${id} ${kind} ${expected ?? "None"} ${actual ?? "None"}${blocking ? "" : " (harmless)"}`,
    );
  /** Adds a dependency at a path below the root, and returns it as an entry names it. */
  const dependency = async (path: string, version: string, needed = "") => {
    const folder = join(root, path);
    await mkdir(folder, { recursive: true });
    const name = path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length);
    const needs = needed === "" ? {} : { dependencies: { [needed]: "*" } };
    await writeFile(join(folder, "package.json"), JSON.stringify({ name, version, ...needs }));
    return `${name}@${version} ${(await hashPackage(folder)).hash}`;
  };
  return { root, paths, installed, find, driftFrom, dependency };
}

describe("drift", () => {
  it("of expired trust begins the day after, comes last, and does not block built-ins", async () => {
    verifies("lockfile:until", "lockfile:drift-builtin");
    const { paths, installed, driftFrom } = await place();
    const entry: LockEntry = { ...(await installed("aaa")), until: "2027-01-31" };
    vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2027-01-31T23:59:59.999Z") });
    afterTest(() => void vi.useRealTimers());
    expect(await driftFrom([entry])).toEqual([]);
    vi.setSystemTime(Date.parse("2027-02-01T00:00:00.000Z"));
    expect(await driftFrom([{ ...entry, version: "2.0.0" }])).toEqual([
      "aaa version_mismatch 2.0.0 1.0.0",
      "aaa trust_expired 2027-01-31 2027-02-01",
    ]);
    expect(await driftFrom([entry], { builtins: [paths.get("aaa") ?? ""] })).toEqual([
      "aaa trust_expired 2027-01-31 2027-02-01 (harmless)",
    ]);
    const gone = { ...entry, id: "gone", package: "gone" };
    expect(await driftFrom([entry, gone])).toContainEqual(
      "gone missing_from_install gone==1.0.0 None",
    );
  });

  it("is empty when everything is as it was trusted", async () => {
    const { installed, driftFrom } = await place();
    expect(await driftFrom([])).toEqual([]);
    const entries = [await installed("bbb"), await installed("aaa")];
    expect(await driftFrom(entries)).toEqual([]);
  });

  it.each<[Partial<LockEntry>, string]>([
    [{ id: "bbb" }, "bbb missing_from_install aaa==1.0.0 None"],
    [{ id: "bbb", optional: true }, "bbb missing_from_install aaa==1.0.0 None (harmless)"],
    [{ version: "1.0.1" }, "aaa version_mismatch 1.0.1 1.0.0"],
    // Versions are compared as strings.
    [{ version: "1.0.0+build" }, "aaa version_mismatch 1.0.0+build 1.0.0"],
    [{ hash: hashOf("2") }, `aaa hash_mismatch ${hashOf("2")} HASH`],
    [{ entryPoint: "b.js:default" }, "aaa entry_point_mismatch b.js:default plugin.js:default"],
    // Another package with the same files takes the id.
    [{ package: "evil" }, "aaa package_mismatch evil aaa"],
    [{ signer: "builder@example.com" }, "aaa signer_mismatch builder@example.com unsigned"],
    [{ signer: "unsigned" }, ""],
  ])("CLI-046: from %j is %s", async (change, expected) => {
    verifies("lockfile:drift", "lockfile:exact");
    const { installed, driftFrom } = await place();
    const entry = await installed("aaa");
    const found = await driftFrom([{ ...entry, ...change }]);
    const others = change.id === undefined ? [] : ["aaa missing_from_lock None aaa==1.0.0"];
    const wanted = expected === "" ? [] : [expected.replace("HASH", entry.hash)];
    expect(found).toEqual([...wanted, ...others]);
  });

  it("CLI-046: from any hash is that of a package without one", async () => {
    verifies("lockfile:drift");
    const { paths, installed, driftFrom } = await place();
    const entry = await installed("aaa");
    await symlink("/etc/passwd", join(paths.get("aaa") ?? "", "out.js"));
    const unknown = {
      ...entry,
      signer: "builder@example.com",
      dependencies: [`a@1.0.0 ${hashOf("0")}`],
    };
    expect(await driftFrom([unknown])).toEqual([`aaa hash_mismatch ${entry.hash} None`]);
  });

  it("CLI-046: comes in the order of the file, several of one id in a fixed order, then by id", async () => {
    verifies("lockfile:drift-order", "lockfile:drift-id");
    const { installed, find } = await place();
    const zzz = await installed("zzz");
    const aaa = await installed("aaa", { capabilities: ["read_labels"], hooks: ["cmf.llm_input"] });
    await installed("new-b");
    await installed("new-a");
    const other = { version: "2.0.0", hash: hashOf("2") };
    const found = await find([
      { ...zzz, ...other },
      { ...zzz, id: "gone" },
      {
        ...aaa,
        ...other,
        ...{ package: "other", entryPoint: "b.js:x", capabilities: [], hooks: [] },
        ...{
          signer: "builder@example.com",
          until: "2026-01-31",
          dependencies: [`a@1.0.0 ${hashOf("0")}`],
        },
      },
    ]);
    expect(found.map(({ id, label }) => `${id} ${label}`)).toEqual([
      "zzz version",
      "zzz hash",
      "gone missing_from_install",
      "aaa version",
      "aaa hash",
      "aaa entry_point",
      "aaa package",
      "aaa capabilities",
      "aaa hooks",
      "aaa signer",
      "aaa expired",
      "aaa dependency",
      "new-a missing_from_lock",
      "new-b missing_from_lock",
    ]);
  });

  it("is reported for each package that claims an id", async () => {
    verifies("lockfile:drift-several");
    const { installed, driftFrom } = await place();
    await installed("@evil/aaa");
    const entry = await installed("@good/aaa");
    for (const scope of ["z", "y"]) await installed(`@${scope}/bbb`);
    const found = await driftFrom([entry]);
    expect(found.filter((each) => !each.includes("hash_mismatch"))).toEqual([
      "aaa package_mismatch @good/aaa @evil/aaa",
      "bbb missing_from_lock None @y/bbb==1.0.0",
      "bbb missing_from_lock None @z/bbb==1.0.0",
    ]);
  });
});

describe("drift of what a plugin asks for", () => {
  const all = ["append_labels", "read_headers", "read_labels"];

  it.each<[string, readonly string[] | undefined, readonly string[] | undefined, string?]>([
    [
      "more than was granted",
      all.slice(0, 2),
      ["read_labels", "append_labels", "read_labels"],
      "append_labels, read_headers append_labels, read_labels",
    ],
    ["something, and nothing was granted", [], ["read_labels"], " read_labels"],
    ["less", all, ["read_labels"]],
    ["nothing", all, []],
    ["something, and the entry does not say", undefined, ["read_labels"]],
    ["what is not known", all, undefined],
  ])("capabilities: %s", async (_, granted, asked, drift) => {
    const { installed, driftFrom } = await place();
    const entry = { ...(await installed("aaa", { capabilities: asked })), capabilities: granted };
    const expected = drift === undefined ? [] : [`aaa capabilities_mismatch ${drift}`];
    expect(await driftFrom([entry])).toEqual(expected);
  });

  it("hooks, if both sides are known", async () => {
    const of = async (
      hooks: readonly string[] | undefined,
      asked: readonly string[] | undefined,
    ) => {
      const { installed, driftFrom } = await place();
      return driftFrom([{ ...(await installed("aaa", { hooks: asked })), hooks }]);
    };
    const [input, output, pre] = [
      "cmf.llm_input",
      "cmf.llm_output",
      "cmf.tool_pre_invoke",
    ] as const;
    expect(await of([input, output], [output, pre])).toEqual([
      `aaa hooks_mismatch ${input}, ${output} ${output}, ${pre}`,
    ]);
    // Any hook, if the trusted package listed none.
    expect(await of([], [input])).toEqual([`aaa hooks_mismatch  ${input}`]);
    expect(await of([input, output], [output])).toEqual([]);
    expect(await of(undefined, [pre])).toEqual([]);
    expect(await of([input], undefined)).toEqual([]);
  });
});

describe("drift of dependencies", () => {
  /** An entry for a plugin with these dependencies, and its drift from an entry with others. */
  async function needing(dependencies: Readonly<Record<string, string>>) {
    const at = await place();
    const path = await install(at.root, "aaa");
    await writeFile(
      join(path, "package.json"),
      JSON.stringify({
        ...{ name: "aaa", version: "1.0.0", dependencies },
        glassine: { plugin: "./plugin.js", capabilities: [], hooks: [] },
      }),
    );
    const { hash } = await hashPackage(path);
    const entry = { id: "aaa", package: "aaa", version: "1.0.0", hash };
    const from = (trusted?: readonly string[]) =>
      at.driftFrom([{ ...entry, entryPoint: "plugin.js:default", dependencies: trusted }]);
    return { ...at, from };
  }
  const shown = (...items: readonly (string | undefined)[]) => {
    const texts = items.map((item) => item?.replace(/@(?=\d)/, "==") ?? "None");
    return `aaa dependency_mismatch ${texts.join(" ")}`;
  };
  const zeros = hashOf("0");

  it("is reported by name, with what was trusted and what replaced it", async () => {
    verifies("lockfile:dependencies");
    const { dependency, from } = await needing({ "@s/b": "1", a: "2", d: "1" });
    const b = await dependency("node_modules/@s/b", "1.0.0");
    const a = await dependency("node_modules/a", "2.0.0");
    const d = await dependency("node_modules/d", "1.0.0");
    expect(await from([`@s/b@1.0.0 ${zeros}`, `c@1.0.0 ${zeros}`, d])).toEqual([
      shown(`@s/b@1.0.0 ${zeros}`, b),
      shown(undefined, a),
      shown(`c@1.0.0 ${zeros}`, undefined),
    ]);
    expect(await from([d, a, b])).toEqual([]);
    // An entry without dependencies trusts none.
    expect(await from()).toEqual([b, a, d].map((each) => shown(undefined, each)));
  });

  it("pairs copies of a package only if one went and one came", async () => {
    verifies("lockfile:dependencies");
    const { dependency, from } = await needing({ a: "1", b: "1" });
    const one = await dependency("node_modules/a", "1.0.0");
    const b = await dependency("node_modules/b", "1.0.0", "a");
    const three = await dependency("node_modules/b/node_modules/a", "3.0.0");
    const two = `a@2.0.0 ${zeros}`;
    expect(await from([one, two, b])).toEqual([shown(two, three)]);
    const zero = `a@0.1.0 ${zeros}`;
    expect(await from([zero, two, three, b])).toEqual([
      shown(zero, undefined),
      shown(two, undefined),
      shown(undefined, one),
    ]);
  });

  it("ends with packages that nothing asks for, one by one", async () => {
    const { dependency, from } = await needing({ a: "1" });
    const a = await dependency("node_modules/a", "1.0.0");
    await dependency("node_modules/aaa/node_modules/evil", "1.0.0");
    await dependency("node_modules/aaa/node_modules/glassine", "1.0.0");
    expect(await from([])).toEqual([
      shown(undefined, a),
      "aaa foreign_package None node_modules/evil",
      "aaa foreign_package None node_modules/glassine",
    ]);
  });
});

describe("a plugin of the host", () => {
  it("needs no entry, and its drift does not block", async () => {
    verifies("lockfile:drift-builtin");
    const { paths, installed, driftFrom } = await place();
    const entry = await installed("aaa", { capabilities: ["read_labels"] });
    const builtins = [paths.get("aaa") ?? ""];
    expect(await driftFrom([], { builtins })).toEqual([]);
    const changed = { ...entry, version: "9.0.0", capabilities: [] };
    expect(await driftFrom([changed], { builtins })).toEqual([
      "aaa version_mismatch 9.0.0 1.0.0 (harmless)",
      "aaa capabilities_mismatch  read_labels (harmless)",
    ]);
  });
});
