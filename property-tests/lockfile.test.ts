/** Law of the lockfile: an edit has the intended meaning, and every other byte stays. */
import fc from "fast-check";
import { parse } from "smol-toml";
import { describe, expect, it } from "vitest";
import { GlassineError } from "../src/core/errors/index.ts";
import { removeEntry, setEntry } from "../src/operate/trust/lockfile/edit-lockfile.ts";
import type { LockEntry } from "../src/operate/trust/lockfile/entry-rules.ts";
import { newLockfile, parseLockfile } from "../src/operate/trust/lockfile/read-lockfile.ts";
import { type FieldPlace, partsOf, placesOf } from "../src/operate/trust/lockfile/toml-places.ts";
import { verifies } from "../test/support/verifies.ts";
import {
  allLines,
  endedLines,
  type KeyLine,
  type Layout,
  layouts,
  linesOf,
  lockEntries,
  textOf,
  tomlKeys,
} from "./support/lockfile-layouts.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome } from "./support/runs.ts";

const path = "/srv/plugins.lock";
const parsed = (text: string) => parseLockfile(new TextEncoder().encode(text), path);
const entriesOf = (text: string) => parsed(text).entries;
const lineEndOf = (text: string) => /\r?\n/.exec(text)?.[0] ?? "\n";
const unprintable = /[\p{C}\p{Zl}\p{Zp}]/u;

/** A refusal is the library's own error, and one printable line. */
function expectRefusal(error: unknown, codes: readonly string[]): void {
  if (!(error instanceof GlassineError)) throw error;
  expect(codes).toContain(error.code);
  expect(error.message).not.toMatch(unprintable);
}

/** A layout, and an entry that is not in it. */
const withNewcomer = (hasComments = false) =>
  fc
    .tuple(layouts(hasComments), lockEntries)
    .filter(([{ entries }, { id }]) => entries.every(({ entry }) => entry.id !== id));

/** A layout with entries, and one of them. */
const withChoice = (hasComments = false) =>
  layouts(hasComments)
    .filter(({ entries }) => entries.length > 0)
    .chain((layout) => fc.tuple(fc.constant(layout), fc.nat(layout.entries.length - 1)));

describe("reading", () => {
  it("L43: the layout of a lockfile does not change its meaning", () => {
    verifies("lockfile:schema");
    fc.assert(
      fc.property(layouts(true), (layout) => {
        expect(entriesOf(textOf(layout))).toEqual(layout.entries.map(({ entry }) => entry));
      }),
    );
  });

  it("L43: entries written one by one can be read back and removed", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(lockEntries, { selector: ({ id }) => id, maxLength: 5 }),
        (entries) => {
          const text = entries.reduce(setEntry, newLockfile);
          expect(entriesOf(text)).toEqual(entries);
          expect(entries.reduceRight((rest, { id }) => removeEntry(rest, id), text)).toBe(
            newLockfile,
          );
        },
      ),
    );
  });
});

describe("a new entry", () => {
  it("L43: a new entry is appended, and the rest is unchanged", () => {
    verifies("lockfile:append");
    fc.assert(
      fc.property(withNewcomer(true), ([layout, entry]) => {
        const text = textOf(layout);
        const edited = setEntry(text, entry);
        expect(entriesOf(edited)).toEqual([...entriesOf(text), entry]);
        const lineEnd = lineEndOf(text);
        const written = Object.entries(tomlKeys).flatMap(([field, key]) => {
          const value = entry[field as keyof LockEntry];
          if (value === undefined) return [];
          if (key !== "dependencies") return [`${key} = ${quotedLike(value)}`];
          // Each on a line of its own.
          return ["dependencies = [", ...(value as string[]).map((each) => `  "${each}",`), "]"];
        });
        const block = ["[[plugins]]", ...written].join(lineEnd);
        const isEnded = text.endsWith("\n");
        const expected = isEnded
          ? `${text}${lineEnd}${block}${lineEnd}`
          : `${text}${lineEnd}${lineEnd}${block}`;
        expect(edited).toBe(expected);
      }),
    );
  });

  it("L43: adding and removing an entry leaves the file byte for byte as it was", () => {
    verifies("lockfile:remove");
    fc.assert(
      fc.property(withNewcomer(true), ([layout, entry]) => {
        const text = textOf(layout);
        expect(removeEntry(setEntry(text, entry), entry.id)).toBe(text);
      }),
    );
  });
});

function quotedLike(value: string | boolean | readonly string[]): string {
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return `[${value.map((name) => `"${name}"`).join(", ")}]`;
  return `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

describe("a refresh", () => {
  const texts = ["package", "version", "entryPoint", "hash"] as const;

  it("L43: a refresh replaces values, and touches nothing else", () => {
    verifies("lockfile:refresh", "lockfile:untouched");
    fc.assert(
      fc.property(withChoice(true), lockEntries, fc.subarray([...texts]), (choice, other, what) => {
        const [layout, at] = choice;
        const { entry } = layout.entries[at]!;
        const fresh = {
          ...entry,
          ...Object.fromEntries(what.map((field) => [field, other[field]])),
        };
        const edited = setEntry(textOf(layout), fresh);
        expect(entriesOf(edited)).toEqual(
          layout.entries.map(({ entry: each }) => (each.id === entry.id ? fresh : each)),
        );
        // The text around changed values stays, in the same order.
        let rest = edited;
        for (const part of partsAround(layout, at, (field) => fresh[field] !== entry[field])) {
          const start = rest.indexOf(part.before);
          expect(start).toBe(0);
          rest = rest.slice(part.before.length);
          if (part.field === undefined) continue;
          const [value = ""] = /^(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')/.exec(rest) ?? [];
          expect(parse(`x = ${value}`).x).toBe(fresh[part.field]);
          expect(value.startsWith("'")).toBe(
            part.wasLiteral && !/[^ -~]|'/.test(fresh[part.field] as string),
          );
          rest = rest.slice(value.length);
        }
        expect(rest).toBe("");
      }),
    );
  });

  it("L43: writing the same entry again changes no byte", () => {
    fc.assert(
      fc.property(withChoice(true), ([layout, at]) => {
        const text = textOf(layout);
        expect(setEntry(text, { ...layout.entries[at]!.entry })).toBe(text);
      }),
    );
  });

  it("L43: a changed list changes only its own lines, or is refused if a comment would be lost", () => {
    for (const key of ["capabilities", "hooks", "dependencies"] as const) {
      verifies("lockfile:grant");
      let refused = 0;
      let changed = 0;
      fc.assert(
        fc.property(withChoice(true), lockEntries, ([layout, at], { [key]: names }) => {
          const { entry, body } = layout.entries[at]!;
          const { [key]: before, ...others } = entry;
          const fresh = names === undefined ? others : { ...others, [key]: names };
          const text = textOf(layout);
          const line = body.find((each) => typeof each !== "string" && each.field === key);
          const isCommented = typeof line === "object" && line.value.includes("#");
          const isSame = JSON.stringify(before) === JSON.stringify(names);
          const outcome = outcomeOf(() => setEntry(text, fresh));
          if (isCommented && !isSame) {
            refused += 1;
            if (outcome.ok) throw new Error("a comment is lost");
            expectRefusal(outcome.error, ["lockfile_uneditable"]);
            return;
          }
          if (!outcome.ok) throw outcome.error;
          changed += isSame ? 0 : 1;
          expect(entriesOf(outcome.value)).toEqual(
            layout.entries.map(({ entry: each }) => (each.id === entry.id ? fresh : each)),
          );
          expect(commentsIn(outcome.value)).toEqual(commentsIn(text));
          const [above, below] = partsAround(layout, at, (field) => field === key);
          if (above !== undefined && below !== undefined) {
            const head = above.before.replace(/\r?\n.*$/, "");
            const rest = below.before.replace(/^.*(\r?\n)?/, "");
            expect(outcome.value.slice(0, head.length)).toBe(head);
            expect(outcome.value.slice(outcome.value.length - rest.length)).toBe(rest);
          }
          // After restoring the grant, only the spelling of that line can differ.
          if (before === undefined) expect(setEntry(outcome.value, entry)).toBe(text);
        }),
      );
      expectSome(refused);
      expectSome(changed);
    }
  });
});

/** The text in pieces: each ends where a changed value begins, the last one at the end. */
function partsAround(
  layout: Layout,
  at: number,
  differs: (field: keyof LockEntry) => boolean,
): readonly { before: string; field: keyof LockEntry | undefined; wasLiteral: boolean }[] {
  const mark = "\u0000";
  const marked: KeyLine[] = [];
  const entries = layout.entries.map((each, index) => {
    if (index !== at) return each;
    const body = each.body.map((line) => {
      if (typeof line === "string" || !differs(line.field)) return line;
      marked.push(line);
      return { ...line, value: mark };
    });
    return { ...each, body };
  });
  const pieces = textOf({ ...layout, entries }).split(mark);
  return pieces.map((before, index) => ({
    before,
    field: marked[index]?.field,
    wasLiteral: marked[index]?.value.startsWith("'") ?? false,
  }));
}

/** As the position parser sees them: string contents have no position. */
function commentsIn(text: string): readonly string[] {
  const spans: FieldPlace[] = [];
  const { fields, tables } = placesOf(text);
  spans.push(...fields, ...tables.flatMap((table) => table.fields));
  let rest = "";
  let at = 0;
  for (const { start, end } of spans) {
    rest += text.slice(at, start);
    at = end;
  }
  rest += text.slice(at);
  return rest.match(/#.*/g) ?? [];
}

describe("a removal", () => {
  const isComment = (line: string) => line.trim().startsWith("#");
  const isBlank = (line: string) => line.trim() === "";
  /** How many lines at the end of a gap are the next entry's. */
  const owned = (gap: readonly string[]) => {
    const others = [...gap].reverse();
    const attached = others.findIndex((line) => !isComment(line));
    const count = attached === -1 ? others.length : attached;
    return isBlank(others[count] ?? "no line") ? count + 1 : count;
  };

  it("L43: a removal deletes the lines of the entry and no others", () => {
    fc.assert(
      fc.property(withChoice(true), ([layout, at]) => {
        const { top, entries } = layout;
        const last = top.findLastIndex((line) => !isComment(line) && !isBlank(line));
        const gapOf = (index: number) =>
          index === 0 ? [...top.slice(last + 1), ...entries[0]!.gap] : entries[index]!.gap;
        const headerAt = (index: number) =>
          top.length + entries.slice(0, index).flatMap(linesOf).length + entries[index]!.gap.length;
        const startOf = (index: number) => headerAt(index) - owned(gapOf(index));
        const lines = endedLines(layout, allLines(layout));
        const isLast = at === entries.length - 1;
        const end = isLast ? lines.length : startOf(at + 1);
        const text = textOf(layout);
        const kept = [...lines.slice(0, startOf(at)), ...lines.slice(end)].join("");
        const expected = isLast && !text.endsWith("\n") ? kept.replace(/\r?\n$/, "") : kept;

        const left = removeEntry(text, entries[at]!.entry.id);
        expect(left).toBe(expected === "" ? `version = 1${lineEndOf(text)}` : expected);
        expect(entriesOf(left)).toEqual(entries.toSpliced(at, 1).map(({ entry }) => entry));
      }),
    );
  });
});

/** Characters that change the meaning of the text around them. */
const fragments = fc.constantFrom(
  '"""',
  "'''",
  '"',
  "'",
  "\\",
  "\n",
  "\r\n",
  "\r",
  "#",
  "=",
  ".",
  ",",
  "[",
  "]",
  "{",
  "}",
  "[[plugins]]",
  "[plugins]",
  "[[plugins.x]]",
  "plugins = [{}]",
  "plugins = []",
  "[[ plugins ]]",
  "id = 'aaa'\n",
  "version = 2\n",
  "__proto__ = 1\n",
  "capabilities = ['#']\n",
  "\0",
  "\ufeff",
  "\ud800",
  "\u2028",
  "1979-05-27 07:32:00",
  "\n# x\n",
  '"""\n[[plugins]]\n"""',
);
const broken = layouts(true).chain((layout) => {
  const text = textOf(layout);
  const cuts = fc.array(fc.tuple(fc.nat(text.length), fc.nat(3), fragments), {
    minLength: 1,
    maxLength: 3,
  });
  return cuts.map((all) =>
    all.reduce((now, [at, gone, put]) => now.slice(0, at) + put + now.slice(at + gone), text),
  );
});
const hostileTexts = fc.oneof(
  { weight: 6, arbitrary: broken },
  { weight: 2, arbitrary: fc.array(fragments, { maxLength: 12 }).map((all) => all.join("")) },
  fc.string(),
);

describe("a hostile file", () => {
  const refusals = ["lockfile_invalid", "lockfile_newer", "lockfile_uneditable"];

  it("L43: an edit of a hostile file is refused, or has exactly the intended meaning", () => {
    verifies("lockfile:confirmed");
    let edited = 0;
    let refused = 0;
    fc.assert(
      fc.property(hostileTexts, lockEntries, (text, entry) => {
        const outcome = outcomeOf(() => setEntry(text, entry));
        if (!outcome.ok) {
          refused += 1;
          expectRefusal(outcome.error, refusals);
          return;
        }
        edited += 1;
        const before = entriesOf(text);
        const others = (all: readonly LockEntry[]) => all.filter(({ id }) => id !== entry.id);
        expect(others(entriesOf(outcome.value))).toEqual(others(before));
        expect(entriesOf(outcome.value).find(({ id }) => id === entry.id)).toEqual(entry);
        if (before.every(({ id }) => id !== entry.id))
          expect(removeEntry(outcome.value, entry.id)).toBe(text);
      }),
    );
    expectSome(edited);
    expectSome(refused);
  });

  it("L43: hostile bytes are read, or refused in one printable line with file and line", () => {
    verifies("lockfile:strict");
    fc.assert(
      fc.property(
        fc.oneof(
          hostileTexts.map((text) => new TextEncoder().encode(text)),
          fc.uint8Array({ maxLength: 60 }),
        ),
        (bytes) => {
          const outcome = outcomeOf(() => parseLockfile(bytes, path));
          if (outcome.ok) return;
          expectRefusal(outcome.error, ["lockfile_invalid", "lockfile_newer"]);
          const { code, message } = outcome.error as GlassineError;
          if (code === "lockfile_invalid")
            expect(message).toMatch(
              /^\/srv\/plugins\.lock is not a valid plugins\.lock: line \d+, /,
            );
        },
      ),
    );
  });
});

describe("a hostile entry", () => {
  const nasty = fc.oneof(
    fragments,
    fc.string(),
    fc.constantFrom('x"\nid = "y', "a\n[[plugins]]\n", "__proto__", "sha256:", 'a:"', "a:\\"),
  );

  it("L43: a hostile entry is refused, or written so that it reads back as exactly that entry", () => {
    verifies("lockfile:quoted");
    let written = 0;
    const fields = Object.keys(tomlKeys) as (keyof LockEntry)[];
    fc.assert(
      fc.property(
        withNewcomer(),
        fc.constantFrom(...fields),
        nasty,
        nasty,
        ([layout, entry], field, a, b) => {
          const text = textOf(layout);
          const joined = field === "entryPoint" ? `${a}:${b}` : a + b;
          const isList = field === "capabilities" || field === "hooks" || field === "dependencies";
          const hostile = { ...entry, [field]: isList ? [joined] : joined };
          const outcome = outcomeOf(() => setEntry(text, hostile));
          if (!outcome.ok) return expectRefusal(outcome.error, ["trust_refused"]);
          written += 1;
          expect(entriesOf(outcome.value)).toEqual([...entriesOf(text), hostile]);
        },
      ),
    );
    expectSome(written);
  });
});

function isToml(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("positions", () => {
  const scalars = fc.oneof(
    fragments.map((text) => JSON.stringify(text.replaceAll("\ud800", ""))),
    fc.constantFrom(
      "1",
      "-0.5e3",
      "true",
      "0x1f",
      "inf",
      "1979-05-27",
      "07:32:00",
      "1979-05-27 07:32:00Z",
    ),
    fc.constantFrom(
      "'#'",
      "'\\'",
      "'''\\'''",
      "''",
      '""',
      "'''\n'a''b'''''",
      '"""a\\"""b\n\\\n  c"""""',
      '""""a"""',
    ),
  );
  const blanks = fc.constantFrom("", " ", "\n", " # ] }\n", "\t\n\n");
  const bare = fc.stringMatching(/^[A-Za-z0-9_-]{1,4}$/);
  const keys = fc
    .array(
      fc.oneof(bare, fc.constantFrom('"a b"', "'#'", '"\\u0041]"', '"="', "'[['", "__proto__")),
      {
        minLength: 1,
        maxLength: 3,
      },
    )
    .chain((parts) => fc.constantFrom(parts.join("."), parts.join(" .\t")));
  const { values } = fc.letrec<{ values: string }>((tie) => ({
    values: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      scalars,
      fc
        .array(fc.tuple(blanks, tie("values"), blanks), { maxLength: 3 })
        .map((items) => `[${items.map((item) => item.join("")).join(",")}]`),
      fc
        .array(fc.tuple(blanks, keys, tie("values"), blanks), { maxLength: 3 })
        .map(
          (items) =>
            `{${items.map(([a, key, value, b]) => `${a}${key} = ${value}${b}`).join(",")}}`,
        ),
    ),
  }));
  const fieldLines = fc.tuple(keys, values, fc.constantFrom("", " # [x]", "  "));
  const documents = fc
    .array(
      fc.oneof(
        {
          weight: 3,
          arbitrary: fieldLines.map(([key, value, after]) => `${key} = ${value}${after}`),
        },
        keys.map((key) => `[ ${key} ] # x`),
        keys.map((key) => `[[${key}]]`),
        fc.constantFrom("# [x]", "", "  "),
      ),
      { maxLength: 8 },
    )
    .map((lines) => lines.join("\n"))
    .filter(isToml);

  it("L43: values are at the positions where the parser reads them", () => {
    let fields = 0;
    fc.assert(
      fc.property(documents, (text) => {
        // Rebuilt from the positions, the document has the same meaning.
        const places = placesOf(text);
        const assignment = ({ key, value }: FieldPlace) =>
          `${key}=${text.slice(value.start, value.end)}\n`;
        const tables = places.tables.map(
          (table) =>
            `${text.slice(table.start, table.end)}\n${table.fields.map(assignment).join("")}`,
        );
        fields += places.fields.length;
        const again = places.fields.map(assignment).join("") + tables.join("");
        expect(parse(again)).toEqual(parse(text));
        for (const { value } of [
          ...places.fields,
          ...places.tables.flatMap((table) => table.fields),
        ])
          expect(isToml(`x = ${text.slice(value.start, value.end)}`)).toBe(true);
        for (const { start, end, key } of [...places.fields, ...places.tables]) {
          expect(text.slice(start, end)).toContain(key);
          expect(partsOf(key).length).toBeGreaterThan(0);
        }
      }),
    );
    expectSome(fields);
  });

  it("L43: keys have the same parts as for the parser", () => {
    fc.assert(
      fc.property(keys, (key) => {
        const [field] = placesOf(`${key} = 1`).fields;
        const value = partsOf(field?.key ?? "").reduce<unknown>(
          (level, part) => (level as Record<string, unknown>)[part],
          parse(`${key} = 1`),
        );
        expect(value).toBe(1);
      }),
    );
  });
});
