/**
 * Lockfiles as people lay them out: comments everywhere, quotes of all kinds, keys in any order,
 * both kinds of line ends, lines that only look like headers. Which entry a line belongs to is
 * known from how the text is built, not from parsing it.
 */
import fc from "fast-check";
import { isolations, type Opening, openings } from "../../src/operate/isolate/kinds.ts";
import type { LockEntry } from "../../src/operate/trust/lockfile/entry-rules.ts";

/** A key of an entry, with its value as spelled. Values can span several lines. */
export interface KeyLine {
  readonly field: keyof LockEntry;
  /** Everything before the value. */
  readonly before: string;
  readonly value: string;
  /** The rest of the line after the value. */
  readonly after: string;
}

export interface EntryLayout {
  readonly entry: LockEntry;
  /** Blank lines and comments above the header, whichever entry they belong to. */
  readonly gap: readonly string[];
  readonly header: string;
  /** Keys, and lines between them. The last one is a key. */
  readonly body: readonly (KeyLine | string)[];
}

export interface Layout {
  readonly top: readonly string[];
  readonly entries: readonly EntryLayout[];
  readonly tail: readonly string[];
  /** Used in turn, one per line. */
  readonly lineEnds: readonly ("\n" | "\r\n")[];
  readonly endsWithLineFeed: boolean;
}

const blanks = ["", "", "  ", "\t"];
const comments = ["# note", "#", "  # [[plugins]]", '# id = "x"', "# ä 🔒 '''", '#"""'];
const gapLines = fc.array(fc.constantFrom(...blanks, ...comments), { maxLength: 4 });
const trailing = fc.constantFrom("", "", " # kept", "\t# [[plugins]]", "  ", " #'''");
const headers = fc.constantFrom(
  "[[plugins]]",
  "[[plugins]]",
  "[[ plugins ]]",
  "\t[[plugins]]",
  "[[plugins\t]]  # [[plugins]]",
);
const tops = fc.constantFrom(
  ["version = 1"],
  ["# the lock of the lab", "", "version=1 # [[plugins]]"],
  ['"version" = 0x1', "# below"],
  ["# no version"],
  ["", "  version\t= +1  "],
  [""],
);

const digit = fc.constantFrom(..."0123456789abcdef");
const word = fc.stringMatching(/^[a-z][a-z0-9-]{2,8}$/);
const ids = fc.oneof(
  word,
  fc.constantFrom("constructor", "plugins", "version", "tostring"),
  fc.tuple(word, word).map(([a, b]) => `${a}.${b.replaceAll("-", "_")}`),
);
const names = fc.oneof(
  word,
  fc.tuple(word, word).map(([a, b]) => `@${a}/${b}`),
);
const versions = fc
  .tuple(fc.nat(20), fc.nat(20), fc.constantFrom("", "-rc.1", "a2", "+build.7"))
  .map(([major, minor, rest]) => `${major}.${minor}.0${rest}`);
/** Paths can contain any printable character, including TOML's syntax. */
const paths = fc.oneof(
  word.map((name) => `dist/${name}.js`),
  fc
    .array(
      fc.constantFrom(
        '"',
        "'",
        "#",
        "\\",
        "]",
        "[[plugins]]",
        "=",
        " ",
        "ä",
        "🔒",
        "a",
        "'''",
        '"""',
      ),
      {
        minLength: 1,
        maxLength: 6,
      },
    )
    .map((parts) => parts.join("")),
);
const exportNames = fc.constantFrom("default", "plugin", "__proto__");
const hashes = fc.oneof(
  digit.map((each) => `sha256:${each.repeat(64)}`),
  digit.map((each) => `sha512:${each.repeat(128)}`),
);
const capabilityNames = ["append_labels", "facts.read", "network.outbound", "read_labels"];
const hookNames = ["cmf.llm_input", "evaluate", "tool_pre_invoke"];
const hookLists = fc.option(fc.subarray(hookNames), { nil: undefined });
const signers = fc.option(fc.constantFrom("unsigned", "builder@example.com", "O'Neil ä"), {
  nil: undefined,
});
const zeros = "0".repeat(64);
const dependencyTexts = [
  `@acme/log@1.0.0 sha256:${zeros}`,
  `is-odd@3.0.1 sha256:${zeros}`,
  `is-odd@4.0.0-rc.1 sha256:${zeros}`,
  `is-odd-too@1.0.0 sha256:${"f".repeat(64)}`,
];
const dependencyLists = fc.option(fc.subarray(dependencyTexts, { minLength: 1 }), {
  nil: undefined,
});
const kindNames = fc.constantFrom(...isolations);
const openingLists = fc.option(
  fc.subarray(Object.keys(openings).sort() as Opening[], { minLength: 1 }),
  { nil: undefined },
);
const grants = fc.option(fc.subarray(capabilityNames), { nil: undefined });

export const lockEntries: fc.Arbitrary<LockEntry> = fc
  .record({
    id: ids,
    package: names,
    version: versions,
    entryPoint: fc.tuple(paths, exportNames).map(([path, name]) => `${path}:${name}`),
    hash: hashes,
    capabilities: grants,
    hooks: hookLists,
    signer: signers,
    dependencies: dependencyLists,
    until: fc.option(fc.constantFrom("2024-02-29", "2027-01-31", "9999-12-31"), { nil: undefined }),
    optional: fc.boolean(),
    isolation: fc.option(
      fc.oneof(
        fc.record({ isolate: kindNames, accept: openingLists }),
        fc.record({ kind: fc.constant("cpex"), accept: openingLists }),
      ),
      { nil: undefined },
    ),
  })
  .map(
    ({ isolation, ...entry }) =>
      Object.fromEntries(
        Object.entries({ ...entry, ...isolation }).filter(
          ([, value]) => value !== undefined && value !== false,
        ),
      ) as unknown as LockEntry,
  );

export const tomlKeys: Readonly<Record<keyof LockEntry, string>> = {
  id: "id",
  kind: "kind",
  package: "package",
  version: "version",
  entryPoint: "entry_point",
  hash: "distribution_hash",
  capabilities: "capabilities",
  hooks: "hooks",
  signer: "signer",
  until: "until",
  optional: "optional",
  isolate: "isolate",
  accept: "accept",
  dependencies: "dependencies",
};

const escaped = (text: string) => text.replaceAll("\\", "\\\\").replaceAll('"', '\\"');
const asUnicode = (text: string) =>
  [...text].map((c) => `\\U${(c.codePointAt(0) ?? 0).toString(16).padStart(8, "0")}`).join("");
/** Ways to spell a string; `undefined` if one cannot represent it. */
const spellings: readonly ((text: string) => string | undefined)[] = [
  (text) => `"${escaped(text)}"`,
  (text) => `"${asUnicode(text)}"`,
  (text) => (text.includes("'") ? undefined : `'${text}'`),
  (text) => `"""${escaped(text)}"""`,
  (text) => `"""\n${escaped(text)}"""`,
  (text) => (text.startsWith(" ") ? undefined : `"""\\\n   ${escaped(text)}"""`),
  (text) => (/'''|'$/.test(text) ? undefined : `'''${text}'''`),
  (text) => (/'''|'$/.test(text) ? undefined : `'''\n${text}'''`),
];
const spelled = (text: string) =>
  fc.constantFrom(...spellings).map((spell) => spell(text) ?? `"${escaped(text)}"`);

const arraySpellings: readonly ((names: readonly string[]) => string)[] = [
  (list) => `[${list.map((name) => `"${name}"`).join(", ")}]`,
  (list) => `[ ${list.map((name) => `'${name}'`).join(" ,")} ]`,
  (list) => `[\n${list.map((name) => `  "${name}",\n`).join("")}]`,
];
/** An array with comments inside, which are lost if it is replaced. */
const commented = (list: readonly string[]) =>
  `[ # [[plugins]]\n${list.map((name) => `  '${name}', # ] why\n`).join("")}]`;

const spelledGrant = (list: readonly string[], hasComments: boolean) =>
  fc
    .tuple(fc.constantFrom(...arraySpellings, ...(hasComments ? [commented] : [])), fc.boolean())
    // The operator chooses the order, and can list a name twice.
    .map(([spell, turned]) => spell(turned ? [...list, ...list].reverse() : list));

const keyLine = (field: keyof LockEntry, entry: LockEntry, hasComments: boolean) => {
  const value = entry[field];
  const spelling =
    typeof value === "object"
      ? spelledGrant(value, hasComments)
      : typeof value === "string"
        ? spelled(value)
        : fc.constant(String(value));
  const key = tomlKeys[field];
  const keys = fc.constantFrom(key, key, key, `"${key}"`, `'${key}'`, `  ${key}`);
  return fc
    .tuple(keys, fc.constantFrom(" = ", "=", "\t=  "), spelling, trailing)
    .map(([name, equals, text, after]) => ({ field, before: name + equals, value: text, after }));
};

const body = (entry: LockEntry, hasComments: boolean) => {
  const fields = (Object.keys(tomlKeys) as (keyof LockEntry)[]).filter(
    (field) => entry[field] !== undefined,
  );
  return fc
    .shuffledSubarray(fields, { minLength: fields.length })
    .chain((order) =>
      fc.tuple(...order.map((field) => fc.tuple(gapLines, keyLine(field, entry, hasComments)))),
    )
    .map((lines) => lines.flatMap(([gap, line]) => [...gap.slice(0, 2), line]));
};

const entryLayout = (entry: LockEntry, hasComments: boolean): fc.Arbitrary<EntryLayout> =>
  fc.record({
    entry: fc.constant(entry),
    gap: gapLines,
    header: headers,
    body: body(entry, hasComments),
  });

/** With `hasComments`, comments also appear between the names of an array. */
export const layouts = (hasComments = false): fc.Arbitrary<Layout> =>
  fc
    .uniqueArray(lockEntries, { selector: ({ id }) => id, maxLength: 4 })
    .chain((entries) =>
      fc.record({
        top: tops,
        entries: fc.tuple(...entries.map((entry) => entryLayout(entry, hasComments))),
        tail: gapLines,
        lineEnds: fc.oneof(
          fc.constant(["\n"] as const),
          fc.constant(["\r\n"] as const),
          fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1, maxLength: 5 }),
        ),
        endsWithLineFeed: fc.boolean(),
      }),
    )
    // An empty file is not a lockfile.
    .filter((layout) => textOf(layout) !== "");

/** The lines of a body as text. */
function linesOfBody(lines: EntryLayout["body"]): readonly string[] {
  return lines.map((line) =>
    typeof line === "string" ? line : line.before + line.value + line.after,
  );
}

export function linesOf({ gap, header, body: lines }: EntryLayout): readonly string[] {
  return [...gap, header, ...linesOfBody(lines)];
}

/** Each line with its line end, so that removing lines leaves the others as they were. */
export function endedLines(layout: Layout, lines: readonly string[]): readonly string[] {
  const { lineEnds, endsWithLineFeed } = layout;
  return lines.map((line, at) => {
    const end = lineEnds[at % lineEnds.length] ?? "\n";
    const whole = line.replaceAll("\n", end);
    return at === lines.length - 1 && !endsWithLineFeed ? whole : whole + end;
  });
}

export function allLines({ top, entries, tail }: Layout): readonly string[] {
  return [...top, ...entries.flatMap(linesOf), ...tail];
}

export function textOf(layout: Layout): string {
  return endedLines(layout, allLines(layout)).join("");
}
