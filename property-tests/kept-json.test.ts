/** Laws of writing over a document: what was not edited keeps its JSON, and losses are reported. */
// Only in test:all: it runs each law for every kind of document.
import fc from "fast-check";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { pathOf } from "../src/providers/rewrite/index.ts";
import { verifies } from "../test/support/verifies.ts";
import { conversations } from "./support/conversations.ts";
import { jsonCopy } from "./support/data.ts";
import { type Case, cases, markLeft } from "./support/kept.ts";
import { kinds } from "./support/mcp-documents.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome, share } from "./support/runs.ts";
import { type Touch, touched, touches } from "./support/touches.ts";

/** What a plugin did to some messages, and where. */
interface Edited {
  readonly after: readonly Message[];
  /** How many of the old messages or parts need not keep their JSON. */
  readonly changed: number;
}

type Act = "edit" | "insert" | "move" | "movePart" | "touch";
const acts = fc.constantFrom<Act>("edit", "edit", "insert", "move", "movePart", "touch", "touch");
const ways = ["set", "remove", "cut", "add"] as const;
const numbers = fc.tuple(fc.nat(), fc.nat(), fc.nat());

const withContent = (message: Message, content: readonly ContentPart[]) =>
  createMessage({ ...message, content });

function edited(
  { holds }: Case,
  before: readonly Message[],
  given: Act,
  [one, other, third]: readonly [number, number, number],
  strangers: readonly Message[],
): Edited | undefined {
  const isOne = holds === "one message";
  const act = isOne && given === "move" ? "movePart" : given;
  if (act === "insert" && !isOne) {
    const all = [...before, ...strangers];
    const front = all[one % Math.max(1, all.length)];
    return front && { after: [front, ...before], changed: 0 };
  }
  if (before.length === 0) return undefined;
  const at = one % before.length;
  const message = before[at] as Message;
  if (act === "move") {
    const after = before.toSpliced(at, 1).toSpliced(other % before.length, 0, message);
    return { after, changed: 0 };
  }
  const { content } = message;
  const values = [...before, ...strangers].flatMap((each) => each.content);
  const value = values[third % values.length];
  if (value !== undefined && act === "insert") {
    return { after: before.with(at, withContent(message, [value, ...content])), changed: 0 };
  }
  if (value === undefined || content.length === 0) return undefined;
  const place = other % content.length;
  if (act === "touch") {
    const touch = { way: ways[third % ways.length] as Touch["way"], place: third, value: one };
    const part = touched(content[place] as ContentPart, touch);
    const outcome = part && outcomeOf(() => withContent(message, content.with(place, part)));
    return outcome?.ok ? { after: before.with(at, outcome.value), changed: 1 } : undefined;
  }
  if (act === "movePart") {
    const part = content[place] as ContentPart;
    const moved = content.toSpliced(place, 1).toSpliced(third % content.length, 0, part);
    // If a document holds several, a message may be one piece.
    return { after: before.with(at, withContent(message, moved)), changed: isOne ? 0 : 1 };
  }
  return { after: before.with(at, withContent(message, content.with(place, value))), changed: 1 };
}

/** The document as forwarded without changes, without what is never forwarded. */
function settled({ from, over }: Case, document: object): object {
  return over(from(document).messages, document).document;
}

const countOf = (texts: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
};

/** Which old pieces are missing, and whether they all belonged to one message or part. */
function missingOf({ pieces }: Case, before: object, after: object) {
  const old = pieces(before);
  const now = countOf(pieces(after).map(({ json }) => json));
  const missing = [...countOf(old.map(({ json }) => json))].flatMap(([json, count]) => {
    const less = count - (now.get(json) ?? 0);
    return less > 0 ? [[json, less] as const] : [];
  });
  const owners = [...new Set(old.map(({ of }) => of))];
  const isOfOne = owners.some((owner) => {
    const own = countOf(old.flatMap(({ of, json }) => (of === owner ? [json] : [])));
    return missing.every(([json, less]) => (own.get(json) ?? 0) >= less);
  });
  return { missing, isOfOne: isOfOne || missing.length === 0 };
}

/** Arguments that are not a JSON object are replaced by those of a plugin. */
const ofArguments = /\.(arguments|input)($|[.[])/;

describe.each(cases)("over $name", (each) => {
  const { documents, from, over } = each;

  it("after one edit, one insertion or one move, every other message keeps its exact JSON", () => {
    verifies("adapters:kept");
    let met = 0;
    fc.assert(
      fc.property(documents, acts, numbers, conversations, (document, act, at, strangers) => {
        const onto = settled(each, document);
        const edit = edited(each, from(onto).messages, act, at, strangers);
        const outcome = edit && outcomeOf(() => over(edit.after, onto));
        if (edit === undefined || !outcome?.ok) return;
        met += 1;
        const { missing, isOfOne } = missingOf(each, onto, outcome.value.document);
        if (edit.changed === 0) expect(missing).toEqual([]);
        else expect([missing, isOfOne]).toEqual([missing, true]);
      }),
    );
    expectSome(met);
  });

  it("what messages do not show is kept, or reported as lost", () => {
    verifies("adapters:gone");
    let met = 0;
    fc.assert(
      fc.property(documents, acts, numbers, conversations, (document, act, at, strangers) => {
        const before = settled(each, document);
        const { marked, marks: all } = markLeft(before, from(before).left, pathOf);
        const read = outcomeOf(() => from(marked));
        if (!read.ok) return;
        const shown = JSON.stringify(read.value.messages);
        const marks = [...all].filter(
          ([mark, path]) => !shown.includes(mark) && !ofArguments.test(path),
        );
        if (marks.length === 0) return;
        const onto = settled(each, marked);
        const edit = edited(each, from(onto).messages, act, at, strangers);
        const outcome = edit && outcomeOf(() => over(edit.after, onto));
        if (edit === undefined || !outcome?.ok) return;
        met += 1;
        const { document: now, lost } = outcome.value;
        const old = JSON.stringify(onto);
        const text = JSON.stringify(now);
        const reported = lost.map(({ path }) => path);
        const isReported = (path: string) =>
          reported.some((each) => {
            if (!each.startsWith("onto")) return true;
            const of = each.replace(/^onto\.?/, "");
            return path.startsWith(of) && /^($|[.[])/.test(path.slice(of.length));
          });
        const silent = marks.filter(
          ([mark, path]) => old.includes(mark) && !text.includes(mark) && !isReported(path),
        );
        expect(silent).toEqual([]);
      }),
    );
    expectSome(met);
  });

  it("each path in lost is that of an existing value, or of a missing field of one", () => {
    verifies("adapters:lost-paths");
    fc.assert(
      fc.property(documents, acts, numbers, conversations, (document, act, at, strangers) => {
        const before = from(document).messages;
        const after = edited(each, before, act, at, strangers)?.after ?? before;
        const outcome = outcomeOf(() => over(after, document));
        if (!outcome.ok) return;
        const paths = new Set(pathsIn(jsonCopy(after)));
        const old = new Set(pathsIn(jsonCopy(document)).map((path) => ofOnto(path)));
        for (const { path } of outcome.value.lost) {
          const isThere = paths.has(path) || paths.has(path.replace(/\.[^.[]+$/, ""));
          expect([path, path === "" || isThere || old.has(path)]).toEqual([path, true]);
        }
      }),
      share(1 / 2),
    );
  });
});

const others = kinds.filter(({ name }) => cases.every((each) => each.name !== name));

describe.each([...cases, ...others])("over $name", ({ documents, from, over }) => {
  it("if nothing is lost, the document reads back as the messages, whatever was changed in them", () => {
    verifies("adapters:read-back");
    let met = 0;
    fc.assert(
      fc.property(documents as fc.Arbitrary<object>, touches, (document, touch) => {
        const read = outcomeOf(() => from(document as never));
        const copy = read.ok ? touched(read.value.messages, touch) : undefined;
        // A response without a message reads as an empty message.
        if (copy === undefined || copy.length === 0) return;
        const edited = outcomeOf(() => copy.map((each) => createMessage(each)));
        if (!edited.ok) return;
        const written = outcomeOf(() => over(edited.value, document as never));
        if (!written.ok || written.value.lost.length > 0) return;
        met += 1;
        expect(from(written.value.document as never).messages).toEqual(edited.value);
      }),
    );
    expectSome(met);
  });
});

const ofOnto = (path: string) => `onto${path.startsWith("[") ? "" : "."}${path}`;

function pathsIn(value: unknown, keys: readonly (string | number)[] = []): readonly string[] {
  const own = keys.length === 0 ? [] : [pathOf(...keys)];
  if (typeof value !== "object" || value === null) return own;
  const below = Object.entries(value).flatMap(([key, item]) =>
    pathsIn(item, [...keys, Array.isArray(value) ? Number(key) : key]),
  );
  return [...own, ...below];
}
