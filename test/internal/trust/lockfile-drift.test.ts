/** How what is installed differs from what was trusted. */
import { describe, expect, it } from "vitest";
import {
  type Drift,
  driftOf,
  type InstalledPlugin,
} from "../../../src/operate/trust/lockfile/drift.ts";
import type { LockEntry } from "../../../src/operate/trust/lockfile/entry-rules.ts";
import { verifies } from "../../support/verifies.ts";

const hashOf = (digit: string) => `sha256:${digit.repeat(64)}`;
const entry = (id: string, changes: Partial<LockEntry> = {}): LockEntry => ({
  id,
  package: `pkg-${id}`,
  version: "1.0.0",
  entryPoint: "a.js:default",
  hash: hashOf("1"),
  ...changes,
});
const plugin = (id: string, changes: Partial<InstalledPlugin> = {}): InstalledPlugin => ({
  ...entry(id),
  ...changes,
});
const shown = (drifts: readonly Drift[]) =>
  drifts.map(
    ({ id, kind, label, expected, actual, blocking }) =>
      `${id} ${kind} ${label} ${expected ?? "None"} ${actual ?? "None"} ${blocking}`,
  );

describe("drift", () => {
  it("of expired trust begins the day after, comes last, and does not block built-ins", () => {
    verifies("lockfile:until", "lockfile:drift-builtin");
    const locked = [entry("aaa", { until: "2027-01-31" })];
    expect(driftOf(locked, [plugin("aaa")], "2027-01-31")).toEqual([]);
    const day = "2027-02-01";
    expect(shown(driftOf(locked, [plugin("aaa", { version: "2.0.0" })], day))).toEqual([
      "aaa version_mismatch version 1.0.0 2.0.0 true",
      "aaa trust_expired expired 2027-01-31 2027-02-01 true",
    ]);
    expect(driftOf(locked, [plugin("aaa", { builtin: true })], day)).toMatchObject([
      { kind: "trust_expired", blocking: false },
    ]);
    expect(driftOf(locked, [], day)).toMatchObject([{ kind: "missing_from_install" }]);
  });

  it("is empty when everything is as it was trusted", () => {
    expect(driftOf([], [])).toEqual([]);
    expect(driftOf([entry("aaa"), entry("bbb")], [plugin("bbb"), plugin("aaa")])).toEqual([]);
  });

  it.each<[string, LockEntry[], InstalledPlugin[], string]>([
    [
      "missing_from_install",
      [entry("aaa")],
      [],
      "aaa missing_from_install missing_from_install pkg-aaa==1.0.0 None true",
    ],
    [
      "missing_from_install of one that is optional",
      [entry("aaa", { optional: true })],
      [],
      "aaa missing_from_install missing_from_install pkg-aaa==1.0.0 None false",
    ],
    [
      "missing_from_lock",
      [],
      [plugin("aaa")],
      "aaa missing_from_lock missing_from_lock None pkg-aaa==1.0.0 true",
    ],
    [
      "version_mismatch",
      [entry("aaa")],
      [plugin("aaa", { version: "1.0.1" })],
      "aaa version_mismatch version 1.0.0 1.0.1 true",
    ],
    [
      "hash_mismatch",
      [entry("aaa")],
      [plugin("aaa", { hash: hashOf("2") })],
      `aaa hash_mismatch hash ${hashOf("1")} ${hashOf("2")} true`,
    ],
    [
      "no hash",
      [entry("aaa")],
      [plugin("aaa", { hash: undefined })],
      `aaa hash_mismatch hash ${hashOf("1")} None true`,
    ],
    [
      "entry_point_mismatch",
      [entry("aaa")],
      [plugin("aaa", { entryPoint: "b.js:default" })],
      "aaa entry_point_mismatch entry_point a.js:default b.js:default true",
    ],
  ])("CLI-046: is reported as %s", (_name, entries, installed, expected) => {
    verifies("lockfile:drift");
    expect(shown(driftOf(entries, installed))).toEqual([expected]);
  });

  it("CLI-046: comes in the order of the file, several of one id in a fixed order, then by id", () => {
    verifies("lockfile:drift-order", "lockfile:drift-id");
    const entries = [entry("zzz"), entry("gone"), entry("aaa", { capabilities: ["a"] })];
    const changed = {
      package: "other",
      entryPoint: "b.js:x",
      hash: hashOf("2"),
      version: "2.0.0",
      capabilities: ["b"],
    };
    const installed = [
      plugin("new-b"),
      plugin("aaa", changed),
      plugin("new-a"),
      plugin("zzz", { version: "2.0.0", hash: hashOf("3") }),
    ];
    expect(driftOf(entries, installed).map(({ id, label }) => `${id} ${label}`)).toEqual([
      "zzz version",
      "zzz hash",
      "gone missing_from_install",
      "aaa version",
      "aaa hash",
      "aaa entry_point",
      "aaa package",
      "aaa capabilities",
      "new-a missing_from_lock",
      "new-b missing_from_lock",
    ]);
    expect(JSON.parse(JSON.stringify(driftOf(entries, installed)[0]))).toEqual({
      id: "zzz",
      kind: "version_mismatch",
      label: "version",
      expected: "1.0.0",
      actual: "2.0.0",
      blocking: true,
    });
  });

  it("CLI-047: is package_mismatch when another package with the same files takes the id", () => {
    const moved = plugin("aaa", { package: "evil" });
    expect(shown(driftOf([entry("aaa")], [moved]))).toEqual([
      "aaa package_mismatch package pkg-aaa evil true",
    ]);
  });

  it("is reported for each package that claims an id", () => {
    verifies("lockfile:drift-several");
    const claims = [
      plugin("aaa", { package: "evil" }),
      plugin("aaa"),
      plugin("bbb", { package: "z" }),
      plugin("bbb", { package: "y" }),
    ];
    expect(shown(driftOf([entry("aaa")], claims))).toEqual([
      "aaa package_mismatch package pkg-aaa evil true",
      "bbb missing_from_lock missing_from_lock None y==1.0.0 true",
      "bbb missing_from_lock missing_from_lock None z==1.0.0 true",
    ]);
  });

  it("compares versions as strings", () => {
    verifies("lockfile:exact");
    const installed = [plugin("aaa", { version: "1.0.0+build" })];
    expect(shown(driftOf([entry("aaa")], installed))).toHaveLength(1);
  });
});

describe("drift of capabilities", () => {
  const of = (granted: LockEntry["capabilities"], asked: InstalledPlugin["capabilities"]) =>
    shown(
      driftOf([entry("aaa", { capabilities: granted })], [plugin("aaa", { capabilities: asked })]),
    );

  it("is reported when a plugin asks for more than was granted", () => {
    expect(of(["a", "b"], ["c", "a", "c"])).toEqual([
      "aaa capabilities_mismatch capabilities a, b a, c true",
    ]);
    expect(of([], ["a"])).toEqual(["aaa capabilities_mismatch capabilities  a true"]);
  });

  it("is not reported when a plugin asks for less, or either side is unknown", () => {
    expect(of(["a", "b"], ["b"])).toEqual([]);
    expect(of(["a"], [])).toEqual([]);
    expect(of(undefined, ["a"])).toEqual([]);
    expect(of(["a"], undefined)).toEqual([]);
  });
});

describe("drift of hooks and signer", () => {
  it("is reported when both sides are known, and blocks", () => {
    const was = entry("aaa", { hooks: ["a", "b"], signer: "builder@example.com" });
    const of = (now: Partial<InstalledPlugin>) => shown(driftOf([was], [plugin("aaa", now)]));
    expect(of({ hooks: ["b", "c"], signer: "unsigned" })).toEqual([
      "aaa hooks_mismatch hooks a, b b, c true",
      "aaa signer_mismatch signer builder@example.com unsigned true",
    ]);
    expect(of({ hooks: ["b"], signer: "builder@example.com" })).toEqual([]);
    expect(of({})).toEqual([]);
    const unknown = plugin("aaa", { hooks: ["c"], signer: "unsigned" });
    expect(driftOf([entry("aaa")], [unknown])).toEqual([]);
  });

  it("is reported for any hook if the trusted package listed none", () => {
    const now = plugin("aaa", { hooks: ["a"] });
    const [found, ...others] = driftOf([entry("aaa", { hooks: [] })], [now]);
    expect(found).toMatchObject({ kind: "hooks_mismatch", expected: "", actual: "a" });
    expect(others).toEqual([]);
  });
});

describe("drift of dependencies", () => {
  const [zeros, ones] = ["0", "1"].map((digit) => `sha256:${digit.repeat(64)}`);
  const of = (trusted: readonly string[] | undefined, now: readonly string[] | undefined) =>
    shown(
      driftOf(
        [entry("aaa", trusted === undefined ? {} : { dependencies: trusted })],
        [plugin("aaa", { dependencies: now })],
      ),
    );

  it("is reported by name, with what was trusted and what replaced it", () => {
    verifies("lockfile:dependencies");
    const trusted = [`@s/b@1.0.0 ${zeros}`, `c@1.0.0 ${zeros}`, `d@1.0.0 ${zeros}`];
    const now = [`@s/b@1.0.0 ${ones}`, `a@2.0.0 ${zeros}`, `d@1.0.0 ${zeros}`];
    expect(of(trusted, now)).toEqual([
      `aaa dependency_mismatch dependency @s/b==1.0.0 ${zeros} @s/b==1.0.0 ${ones} true`,
      `aaa dependency_mismatch dependency None a==2.0.0 ${zeros} true`,
      `aaa dependency_mismatch dependency c==1.0.0 ${zeros} None true`,
    ]);
    expect(of(trusted, trusted.toReversed())).toEqual([]);
  });

  it("pairs copies of a package only if one went and one came", () => {
    verifies("lockfile:dependencies");
    const trusted = [`a@1.0.0 ${zeros}`, `a@2.0.0 ${zeros}`];
    expect(of(trusted, [`a@1.0.0 ${zeros}`, `a@3.0.0 ${zeros}`])).toEqual([
      `aaa dependency_mismatch dependency a==2.0.0 ${zeros} a==3.0.0 ${zeros} true`,
    ]);
    expect(of(trusted, [`a@3.0.0 ${zeros}`])).toEqual([
      `aaa dependency_mismatch dependency a==1.0.0 ${zeros} None true`,
      `aaa dependency_mismatch dependency a==2.0.0 ${zeros} None true`,
      `aaa dependency_mismatch dependency None a==3.0.0 ${zeros} true`,
    ]);
  });

  it("an entry without dependencies trusts none; unhashable ones are not compared", () => {
    expect(of(undefined, [`a@1.0.0 ${zeros}`])).toEqual([
      `aaa dependency_mismatch dependency None a==1.0.0 ${zeros} true`,
    ]);
    expect(of(undefined, [])).toEqual([]);
    expect(of([`a@1.0.0 ${zeros}`], undefined)).toEqual([]);
  });
});

describe("foreign packages", () => {
  it("are reported one by one, after all other differences", () => {
    const foreign = ["node_modules/evil", "node_modules/glassine"];
    const found = driftOf(
      [entry("aaa", { capabilities: [] })],
      [plugin("aaa", { version: "9.0.0", capabilities: ["x"], foreign })],
    );
    expect(shown(found)).toEqual([
      "aaa version_mismatch version 1.0.0 9.0.0 true",
      "aaa capabilities_mismatch capabilities  x true",
      "aaa foreign_package foreign_package None node_modules/evil true",
      "aaa foreign_package foreign_package None node_modules/glassine true",
    ]);
  });
});

describe("a plugin of the host", () => {
  it("needs no entry, and its drift does not block", () => {
    verifies("lockfile:drift-builtin");
    const builtin = plugin("aaa", { builtin: true, version: "9.0.0", capabilities: ["x"] });
    expect(driftOf([], [builtin])).toEqual([]);
    expect(shown(driftOf([entry("aaa", { capabilities: [] })], [builtin]))).toEqual([
      "aaa version_mismatch version 1.0.0 9.0.0 false",
      "aaa capabilities_mismatch capabilities  x false",
    ]);
  });
});
