/** Law of package hashes: they depend on the content of a package, and on nothing else. */
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import fc from "fast-check";
import { isGlassineError } from "glassine";
import { afterAll, expect, it } from "vitest";
import { foldedName, nameFault } from "../src/operate/packages/file-names.ts";
import { type HashRecord, hashPackage, hashRecords } from "../src/operate/packages/hash-package.ts";
import { expectSome, share } from "./support/runs.ts";
import { characters } from "./support/schema-values.ts";

const folders = mkdtempSync(join(tmpdir(), "glassine-laws-"));
afterAll(() => rmSync(folders, { recursive: true, force: true }));

/** The text of a file, or the path of the file that a link leads to. */
type Node = { readonly text: string } | { readonly to: string };
/** By path. */
type Package = ReadonlyMap<string, Node>;

// Few names and contents, so that packages are often equal; some have a special meaning elsewhere.
const names = fc.constantFrom(
  "a",
  "b.js",
  "a-",
  "1",
  "file",
  "link",
  "__proto__",
  "constructor",
  "package.json",
  "...",
  ".git",
  "node_modules",
  "glassine.sig.json",
  "dep",
  "@acme",
  "\u540d",
  "\u{1f600}",
  "\uff5e",
  "A",
  "e\u0301",
  "\u00e9",
  "con",
  "a\n",
  "x.",
);
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const texts = fc.constantFrom("", "1", "12", "2", "file", "\0", "\n", "1\n", "\r\n", "\u{1f600}");

/** A path that is a file in one entry is not a folder in another. */
function fits(node: Package, path: string): boolean {
  const known = [...node.keys()];
  return known.every((other) => other !== path && !isAbove(other, path) && !isAbove(path, other));
}

function isAbove(folder: string, path: string): boolean {
  return path.startsWith(`${folder}/`);
}

const packages: fc.Arbitrary<Package> = fc
  .tuple(
    fc.array(fc.tuple(paths, texts), { maxLength: 5 }),
    fc.array(fc.tuple(paths, fc.nat(4)), { maxLength: 1 }),
  )
  .map(([files, links]) => {
    const all = new Map<string, Node>();
    for (const [path, text] of files) if (fits(all, path)) all.set(path, { text });
    const targets = [...all.keys()];
    for (const [path, at] of links) {
      const to = targets[at % targets.length];
      if (to !== undefined && fits(all, path)) all.set(path, { to });
    }
    return all;
  });

let made = 0;

/** Writes a package, its files in the given order. */
function written(node: Package): string {
  const folder = join(folders, `${made++}`);
  mkdirSync(folder);
  for (const [path, each] of node) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true });
    if ("text" in each) writeFileSync(at, each.text);
    else symlinkSync(posix.relative(posix.dirname(path), each.to), at);
  }
  return folder;
}

/** The hash, or the code of the refusal. */
async function outcomeAt(folder: string): Promise<string> {
  try {
    return (await hashPackage(folder)).hash;
  } catch (error) {
    if (!isGlassineError(error) || error.code !== "package_refused") throw error;
    return String(error.data.code);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Whether a path is hashed, according to the specification. */
function counts(node: Package, path: string): boolean {
  const [first, ...below] = path.split("/");
  if (first === ".git") return below.length === 0 && "to" in (node.get(path) as Node);
  if (first === "node_modules") return below.length === 0;
  return !(path === "glassine.sig.json" && "text" in (node.get(path) as Node));
}

/** Whether each link on the path leads to something hashed, and the last to a file. */
function leadsToFile(node: Package, path: string, hops = 0): boolean {
  const each = node.get(path);
  if (each === undefined || hops > node.size || !counts(node, path)) return false;
  return "text" in each || leadsToFile(node, each.to, hops + 1);
}

/** What the specification says about a package: what is hashed, or why it is refused. */
function expected(node: Package): string {
  const known = [...node.keys()].filter((path) => counts(node, path)).sort();
  const refusals = new Set<string>();
  const facts = known.map((path) => {
    const each = node.get(path) as Node;
    if ("text" in each) return [path, "file", each.text];
    if (
      !leadsToFile(node, each.to) ||
      each.to.split("/").some((part) => nameFault(part) !== undefined)
    )
      refusals.add("unsafe_symlink");
    return [path, "link", posix.relative(posix.dirname(path), each.to)];
  });
  const inFolders = new Map<string, string>();
  for (const path of known) {
    const parts = path.split("/");
    for (let length = 1; length <= parts.length; length++) {
      const part = parts.slice(0, length).join("/");
      const place = [...parts.slice(0, length - 1), foldedName(parts[length - 1] as string)].join(
        "/",
      );
      const other = inFolders.get(place) ?? part;
      if (nameFault(parts[length - 1] as string) !== undefined || other !== part)
        refusals.add("unsupported_file");
      inFolders.set(place, part);
    }
  }
  return refusals.size > 0 ? [...refusals].sort().join() : JSON.stringify(facts);
}

const isRefusal = (text: string) => !text.startsWith("[");

it("L45: two packages have the same hash if and only if they have the same hashed files and links", () => {
  let alike = 0;
  let refused = 0;
  return fc
    .assert(
      fc.asyncProperty(packages, fc.option(packages, { nil: undefined }), async (one, another) => {
        const other = another ?? one;
        const hash = await outcomeAt(written(one));
        const otherHash = await outcomeAt(written(other));
        const facts = expected(one);
        const otherFacts = expected(other);
        for (const [outcome, text] of [
          [hash, facts],
          [otherHash, otherFacts],
        ] as const) {
          if (isRefusal(text)) expect(text.split(",")).toContain(outcome);
          else expect(outcome).toMatch(/^sha256:[0-9a-f]{64}$/);
        }
        if (isRefusal(facts) || isRefusal(otherFacts)) {
          refused += 1;
          return;
        }
        expect(hash === otherHash).toBe(facts === otherFacts);
        if (facts === otherFacts) alike += 1;
      }),
      share(0.5),
    )
    .then(() => {
      expectSome(alike);
      expectSome(refused);
    });
});

it("L45: the order of writing, times and permissions do not change the hash", () =>
  fc.assert(
    fc.asyncProperty(
      packages.chain((node) =>
        fc.tuple(
          fc.constant(node),
          fc.shuffledSubarray([...node], { minLength: node.size, maxLength: node.size }),
        ),
      ),
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.constantFrom(0o400, 0o644, 0o755),
      async ([node, shuffled], time, mode) => {
        const folder = written(new Map(shuffled));
        for (const [path, each] of node) {
          if ("to" in each) continue;
          utimesSync(join(folder, path), time, time);
          chmodSync(join(folder, path), mode);
        }
        expect(await outcomeAt(folder)).toBe(await outcomeAt(written(node)));
      },
    ),
    share(0.5),
  ));

type Change = (node: Map<string, Node>, path: string, text: string) => void;
const changes = fc.constantFrom<Change>(
  (node, path) => node.delete(path),
  (node, path, text) => node.set(path, { text: `${text}${text}x` }),
  (node, path) => {
    const each = node.get(path) as Node;
    node.delete(path);
    node.set(`${path}0`, each);
  },
  (node, path, text) => node.set(`${path}+`, { text }),
  (node, path) => {
    const [other] = [...node.keys()].filter(
      (each) => each !== path && "text" in (node.get(each) as Node),
    );
    if (other !== undefined) node.set(path, { to: other });
  },
  (node, path) => {
    const [other] = [...node.keys()].filter((each) => each !== path);
    const mine = node.get(path) as Node;
    const its = node.get(other ?? path) as Node;
    node.set(path, its).set(other ?? path, mine);
  },
);

it("L45: any change of a path, of content or of a file type changes the hash", () => {
  let changed = 0;
  return fc
    .assert(
      fc.asyncProperty(packages, changes, fc.nat(), texts, async (node, change, at, text) => {
        const path = [...node.keys()][at % Math.max(1, node.size)];
        if (path === undefined) return;
        const after = new Map(node);
        change(after, path, text);
        const facts = expected(node);
        const otherFacts = expected(after);
        if (isRefusal(facts) || facts === otherFacts) return;
        changed += 1;
        expect(await outcomeAt(written(after))).not.toBe(await outcomeAt(written(node)));
      }),
      share(0.5),
    )
    .then(() => expectSome(changed));
});

// Everything that a path or target may contain: no NUL and no line feed.
const free = fc
  .array(
    fc.constantFrom("a", "file", "link", "/", "1", "12", "0", " ", "\\0", "\ufeff", "\u{1f600}"),
    {
      minLength: 1,
      maxLength: 4,
    },
  )
  .map((parts) => parts.join(""));
const records: fc.Arbitrary<HashRecord> = fc.oneof(
  fc.record({
    kind: fc.constant("file" as const),
    path: free,
    size: fc.constantFrom(0, 1, 11, 12),
    sha256: fc.constantFrom("00", "0", "1", "12"),
  }),
  fc.record({ kind: fc.constant("link" as const), path: free, target: free }),
);
const recordSets = fc.uniqueArray(records, { selector: ({ path }) => path, maxLength: 4 });
const inOrder = (set: readonly HashRecord[]) =>
  set.map((each) => JSON.stringify(Object.entries(each).sort())).sort();

it("L45: the framing of records is injective", () =>
  fc.assert(
    fc.property(recordSets, recordSets, (one, other) => {
      const isSame = JSON.stringify(inOrder(one)) === JSON.stringify(inOrder(other));
      expect(hashRecords(one) === hashRecords(other)).toBe(isSame);
    }),
  ));

it("L45: no hashed name can end a field or a record", () =>
  fc.assert(
    fc.property(fc.string({ unit: characters, minLength: 1 }), (name) => {
      if (nameFault(name) === undefined) expect(name).not.toMatch(/[\0\n\r/\\]|[. ]$/);
    }),
  ));
