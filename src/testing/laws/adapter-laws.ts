/** Laws of a provider's conversions: what they keep, show, report and change. */
import * as fc from "fast-check";
import { attempt, expectOptions, hasFunctions, kindOf } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { createMessage, type Message, type MessageInput } from "../../core/messages/index.ts";
import { readFunction } from "../../providers/guard/index.ts";
import {
  isJsonObject,
  isRemoved,
  isSameJsonText,
  type LimitOptions,
  type ModelProvider,
  pathOf,
  type Read,
  type Written,
} from "../../providers/rewrite/index.ts";
import { broken, type Law, law } from "./law.ts";
import { isLinear } from "./work.ts";

/** Documents of one kind, JSON or bytes that the provider reads: examples, or an arbitrary. */
export type AdapterDocuments = readonly object[] | fc.Arbitrary<object>;

/** What a provider's laws are checked with. */
export interface AdapterFixtures {
  readonly requests: AdapterDocuments;
  readonly answers: AdapterDocuments;
  /**
   * The fields whose strings are keywords of the format, such as `type` and `role`. The string of
   * any other field is replaced, to see what becomes of it.
   */
  readonly words: readonly string[];
  /**
   * Returns the path of the string in an event that may be split over any number of such events:
   * `["delta", "text"]`. Returns `undefined` for an event without one.
   */
  readonly pieceIn?: (event: object) => readonly string[] | undefined;
}

/** The provider that the laws are about. Without a stream, the laws of streams are left out. */
export type AdapterUnderTest = Pick<
  ModelProvider,
  "readRequest" | "writeRequest" | "readAnswer" | "writeAnswer"
> &
  Partial<Pick<ModelProvider, "stream" | "toEvents">>;

/** How one kind of document is read and written. */
interface Conversion {
  readonly read: (document: object, options?: LimitOptions) => Read;
  readonly write: (messages: readonly Message[], onto: object) => Written<object>;
}

type Path = readonly (string | number)[];

export function lawsOfAdapter(
  provider: AdapterUnderTest,
  fixtures: AdapterFixtures,
): readonly Law[] {
  expectOptions(fixtures, ["requests", "answers", "words", "pieceIn"], "adapterLaws");
  if (!hasFunctions(provider, ["readRequest", "writeRequest", "readAnswer", "writeAnswer"]))
    throw optionsInvalid(
      `adapterLaws expects a provider that reads and writes requests and answers, got ${kindOf(provider)}.`,
    );
  const { requests, answers } = fixtures;
  for (const [name, documents] of Object.entries({ requests, answers }))
    if (!areDocuments(documents))
      throw optionsInvalid(
        `adapterLaws expects an array of documents, at least one, or an arbitrary of fast-check as ${name}, got ${Array.isArray(documents) ? "an empty array" : kindOf(documents)}.`,
      );
  if (!Array.isArray(fixtures.words))
    throw optionsInvalid(`adapterLaws expects an array as words, got ${kindOf(fixtures.words)}.`);
  readFunction(fixtures, "pieceIn", "adapterLaws");
  const words = new Set(fixtures.words);
  const conversions: { readonly [kind in "request" | "answer"]: Conversion } = {
    request: {
      read: provider.readRequest,
      write: (messages, onto) => provider.writeRequest(messages, { onto }),
    },
    answer: {
      read: provider.readAnswer,
      write: (messages, onto) => provider.writeAnswer(messages, { onto }),
    },
  };
  const cases = fc.oneof(
    fc.record({ kind: fc.constant("request" as const), document: arbitraryOf(requests) }),
    fc.record({ kind: fc.constant("answer" as const), document: arbitraryOf(answers) }),
  );
  const { stream, toEvents } = provider;
  const ofStreams =
    stream === undefined || toEvents === undefined
      ? []
      : lawsOfStreams({ ...provider, stream, toEvents }, fixtures);
  const laws = [
    law("C1", "What is read and written back unchanged is the same document.", () =>
      fc.property(cases, ({ kind, document }) => {
        const { read, write } = conversions[kind];
        const written = write(read(document).messages, document);
        if (!isSameJsonText(written.document, document)) broken("The document changed.");
        if (written.lost.length > 0) broken(`Lost: ${written.lost[0]?.path}.`);
      }),
    ),
    law("C2", "What messages show is replaced wherever an edit replaces it, or reported.", () =>
      fc.property(cases, ({ kind, document }) => {
        const { read, write } = conversions[kind];
        const onto = marked(document, words).document;
        const { messages, paths } = edited(read(onto).messages);
        const { document: now, lost } = write(messages, onto);
        const text = JSON.stringify(now);
        const ofMessages = lost.filter((each) => !isRemoved(each));
        for (const [mark, path] of paths) {
          if (text.includes(mark) && !isAt(path, ofMessages))
            broken(`The old string of ${pathOf(...path)} is in what was written.`);
        }
        if (ofMessages.length > 0) return;
        if (!isSameJsonText(read(now).messages, messages))
          broken("Reading it back returns different messages.");
      }),
    ),
    law("C3", "Each string of a document is shown, or reported in `left`.", () =>
      fc.property(cases, ({ kind, document }) => {
        const { read } = conversions[kind];
        const { document: all, marks } = marked(document, words);
        const { messages, extensions, left } = read(all);
        const shown = JSON.stringify([messages, extensions]);
        for (const [mark, path] of marks) {
          if (!shown.includes(mark) && !isAt(path, left))
            broken(`${pathOf(...path)} is neither shown nor reported.`);
        }
      }),
    ),
    law("C5", "Work grows in proportion to the document.", () =>
      fc.property(cases, fc.nat(), ({ kind, document }, choice) => {
        const { read, write } = conversions[kind];
        const lists = listsIn(document).filter((path) => {
          const twice = grown(document, path, 2);
          return attempt(() => read(twice)) !== undefined;
        });
        const path = lists[choice % lists.length];
        if (path === undefined) return;
        const run = (size: number) => {
          const large = grown(document, path, size);
          return () => {
            const { messages } = read(large);
            write(edited(messages).messages.toReversed(), large);
          };
        };
        if (!isLinear(run, 100)) broken(`Work grows faster than ${pathOf(...path)}.`);
      }),
    ),
  ];
  return Object.freeze([...laws, ...ofStreams].toSorted((a, b) => (a.id < b.id ? -1 : 1)));
}

function lawsOfStreams(
  provider: Pick<ModelProvider, "readAnswer" | "stream" | "toEvents">,
  { answers, pieceIn = () => undefined }: AdapterFixtures,
): readonly Law[] {
  return [
    law(
      "C4",
      "However the text of a stream is cut, the answer and its messages are the same.",
      () =>
        fc.property(arbitraryOf(answers), fc.array(fc.nat(40)), (answer, cuts) => {
          const whole = provider.readAnswer(answer);
          const events = provider.toEvents(answer);
          const ends = [[], cuts, undefined].map((at) => cutEvents(events, pieceIn, at));
          for (const pieces of ends) {
            const stream = provider.stream();
            for (const event of pieces) stream.push(event);
            if (!stream.done) broken("The stream has not ended.");
            if (!isSameJsonText(stream.document, answer))
              broken("The stream's document differs from the answer.");
            const { messages, extensions, left } = stream.current;
            if (
              !isSameJsonText(
                [messages, extensions, left],
                [whole.messages, whole.extensions, whole.left],
              )
            )
              broken("The stream is read differently from the answer.");
          }
        }),
    ),
    law("C6", "Work on a stream grows in proportion to its events.", () =>
      fc.property(arbitraryOf(answers), (answer) => {
        const events = provider.toEvents(answer);
        const run = (size: number) => {
          const longer = events.flatMap((event): readonly object[] => {
            const keys = pieceIn(event);
            if (keys === undefined) return [event];
            const more = withText(event, keys, " ");
            return [event, ...new Array<object>(size).fill(more)];
          });
          return () => {
            const stream = provider.stream();
            // A format that repeats its texts at the end refuses the longer pieces.
            attempt(() => {
              for (const event of longer) stream.push(event);
            });
            return [stream.current, stream.document];
          };
        };
        if (!isLinear(run, 100)) broken("Work grows faster than the events.");
      }),
    ),
  ];
}

function areDocuments(documents: AdapterDocuments): boolean {
  return Array.isArray(documents) ? documents.length > 0 : hasFunctions(documents, ["generate"]);
}

function arbitraryOf(documents: AdapterDocuments): fc.Arbitrary<object> {
  return Array.isArray(documents)
    ? fc.constantFrom(...(documents as readonly object[]))
    : (documents as fc.Arbitrary<object>);
}

/** A copy in which each string that is not a keyword of the format is a unique mark. */
function marked(document: object, words: ReadonlySet<string>) {
  const marks = new Map<string, Path>();
  const copy = (value: unknown, path: Path): unknown => {
    if (typeof value === "string") {
      const name = path.findLast((key) => typeof key === "string");
      if (words.has(String(name))) return value;
      const mark = `§${marks.size}§`;
      marks.set(mark, path);
      return mark;
    }
    return mapped(value, (item, key) => copy(item, [...path, key]));
  };
  return { document: copy(document, []) as object, marks };
}

function mapped(value: unknown, map: (item: unknown, key: string | number) => unknown): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, i) => map(item, i));
  // Bytes stay as they are.
  if (!isJsonObject(value) || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item, key)]));
}

/** Whether a path or one above it is reported. */
function isAt(path: Path, reports: readonly { readonly path: string }[]): boolean {
  const paths = new Set(reports.map((report) => report.path));
  return paths.has(pathOf()) || path.some((_, i) => paths.has(pathOf(...path.slice(0, i + 1))));
}

/** The fields of parts that plugins redact. */
const redacted = ["text", "arguments", "content", "name", "title", "description"];

/** Replaces each string in messages that a plugin may redact, and says where the marks were. */
function edited(messages: readonly Message[]) {
  const paths = new Map<string, Path>();
  const replace = (value: unknown, path: Path): unknown => {
    if (typeof value !== "string")
      return mapped(value, (item, key) => replace(item, [...path, key]));
    const isType = path.at(-1) === "content_type" || path.at(-1) === "type";
    if (isType) return value;
    for (const [mark] of value.matchAll(/§\d+§/g)) paths.set(mark, path);
    return "edited";
  };
  const now = messages.map((message, i) =>
    createMessage({
      ...message,
      content: message.content.map((part, at) => {
        const path = [i, "content", at];
        if ("text" in part) return { ...part, text: replace(part.text, [...path, "text"]) };
        const names = part.content_type === "tool_call" ? ["arguments"] : redacted;
        const content = mapped(part.content, (item, name) =>
          names.includes(String(name)) ? replace(item, [...path, "content", name]) : item,
        );
        return { ...part, content };
      }) as MessageInput["content"],
    }),
  );
  return { messages: now, paths };
}

/** Splits the texts in events at the offsets `at`, or after each unit if there are none. */
function cutEvents(
  events: readonly object[],
  pieceIn: NonNullable<AdapterFixtures["pieceIn"]>,
  at?: readonly number[],
): readonly object[] {
  return events.flatMap((event): readonly object[] => {
    const keys = pieceIn(event);
    const text = keys?.reduce((value: unknown, key) => Object(value)[key], event);
    if (keys === undefined || typeof text !== "string") return [event];
    const ends = (at ?? [...new Array(text.length).keys()]).filter((end) => end < text.length);
    const places = [...new Set([0, ...ends.toSorted((a, b) => a - b)])];
    return places.map((begin, i) => withText(event, keys, text.slice(begin, places[i + 1])));
  });
}

function withText(value: unknown, [key, ...rest]: readonly string[], text: string): object {
  const inner = Object(value);
  const now = rest.length === 0 ? text : withText(inner[String(key)], rest, text);
  return Array.isArray(value) ? value.with(Number(key), now) : { ...inner, [String(key)]: now };
}

/** The paths of the non-empty arrays in a document. */
function listsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null) return [];
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  const isList = Array.isArray(value);
  const inner = entries.flatMap(([key, item]) =>
    listsIn(item, [...path, isList ? Number(key) : key]),
  );
  return isList && value.length > 0 ? [path, ...inner] : inner;
}

/** Returns the document with the items of one of its arrays repeated `times` times. */
function grown(value: unknown, [key, ...rest]: Path, times: number): object {
  if (key !== undefined) {
    return mapped(value, (item, name) =>
      name === key ? grown(item, rest, times) : item,
    ) as object;
  }
  const items = value as readonly unknown[];
  return new Array<readonly unknown[]>(times).fill(items).flat();
}
