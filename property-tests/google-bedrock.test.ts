/** Laws of `glassine/google` and `glassine/bedrock`: any value anywhere in their documents. */
import fc from "fast-check";
import { bedrock } from "glassine/bedrock";
import { type GenerateResponse, generateStream, google, toGenerateEvents } from "glassine/google";
import type { ModelProvider } from "glassine/http";
import { describe, expect, it } from "vitest";
import * as converse from "../test/adapters/bedrock/support/documents.ts";
import * as generate from "../test/adapters/google/support/documents.ts";
import { verifies } from "../test/support/verifies.ts";
import { reach } from "./support/data.ts";
import { hostiles, Watch } from "./support/hostile.ts";
import { outcomeOf } from "./support/outcome.ts";
import { expectSome, share } from "./support/runs.ts";

type Make = (watch: Watch) => unknown;

// Created inside the law: fast-check would run their code.
const strange: fc.Arbitrary<Make> = fc.oneof(
  fc
    .anything({ withDate: true, withMap: true, withTypedArray: true, withBigInt: true })
    .map((value) => () => value),
  hostiles.map(({ make }): Make => make),
);
const plain: fc.Arbitrary<Make> = fc.oneof(
  fc.jsonValue().map((value) => () => value),
  fc.constantFrom<Make>(
    () => "",
    () => new Uint8Array([1, 2]),
  ),
);

type Path = readonly string[];

/** The path of each value in a document, its own first. Bytes are one value. */
function pathsIn(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [path];
  const below = Object.entries(value).flatMap(([key, inner]) => pathsIn(inner, [...path, key]));
  return [path, ...below];
}

/** A copy with another value at a path. */
function changed(value: unknown, [key, ...rest]: Path, to: unknown): unknown {
  if (key === undefined) return to;
  const inner = changed((value as Record<string, unknown>)[key], rest, to);
  if (Array.isArray(value)) return value.with(Number(key), inner);
  return { ...(value as object), [key]: inner };
}

/** One of the documents with a value anywhere in it. */
const documentWith = (documents: readonly unknown[], values: fc.Arbitrary<Make>) =>
  fc
    .constantFrom(
      ...documents.flatMap((document) =>
        pathsIn(document).map((path) => [document, path] as const),
      ),
    )
    .chain(([document, path]) =>
      values.map((make) => (watch: Watch) => changed(document, path, make(watch))),
    );

interface Case {
  readonly provider: ModelProvider;
  readonly requests: readonly unknown[];
  readonly answers: readonly object[];
}

/** Everything that a guard asks a provider to do with a request, an answer and an event. */
function acts({ provider, answers }: Case, request: unknown, answer: unknown, event: unknown) {
  const stream = provider.stream();
  const [first, second] = provider.toEvents(answers[0] as object);
  const made: unknown[] = [];
  const act = (work: () => unknown) => {
    const outcome = outcomeOf(work);
    if (outcome.ok) made.push(outcome.value);
  };
  act(() => provider.readRequest(request));
  act(() =>
    provider.writeRequest(provider.readRequest(request).messages, { onto: request as object }),
  );
  act(() => provider.readAnswer(answer));
  act(() => provider.writeAnswer(provider.readAnswer(answer).messages, { onto: answer as object }));
  act(() => provider.toEvents(answer as object));
  for (const each of [first, second, event]) act(() => stream.push(each as object));
  act(() => stream.current);
  act(() => stream.document);
  return made;
}

const cases: Readonly<Record<"google" | "bedrock", Case>> = {
  google: { provider: google as ModelProvider, ...generate },
  bedrock: { provider: bedrock as ModelProvider, ...converse },
};

/** A request, an answer and an event of one API, with a value anywhere in each. */
const drawnFor = (given: Case, values: fc.Arbitrary<Make>) => {
  const events = given.answers.flatMap((answer) => given.provider.toEvents(answer));
  return fc.tuple(
    documentWith(given.requests, values),
    documentWith(given.answers, values),
    documentWith(events, values),
  );
};

function expectHandled(given: Case): void {
  fc.assert(
    fc.property(drawnFor(given, strange), (makes) => {
      const watch = new Watch();
      const [request, answer, event] = makes.map((make) => make(watch));
      acts(given, request, answer, event);
      expect(watch.ran).toBe(0);
    }),
    share(1 / 4),
  );
}

function expectFrozen(given: Case): void {
  let read = 0;
  fc.assert(
    fc.property(drawnFor(given, plain), (makes) => {
      const inputs = makes.map((make) => make(new Watch()));
      const before = inputs.map((input) => structuredClone(input));
      const [request, answer, event] = inputs;
      const made = acts(given, request, answer, event).filter((each) => each !== undefined);
      read += made.length;
      // Bytes cannot be frozen.
      const objects = [...reach(made)].filter((each) => each !== made && !ArrayBuffer.isView(each));
      for (const each of objects) {
        if (each instanceof ArrayBuffer) continue;
        expect(Object.isFrozen(each)).toBe(true);
      }
      expect(inputs).toEqual(before);
    }),
  );
  expectSome(read);
}

/** Parts of an answer: mostly texts, which a reader of events might join. */
const parts: fc.Arbitrary<readonly object[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record(
        {
          text: fc.constantFrom("", "a", "b"),
          thought: fc.boolean(),
          thoughtSignature: fc.constantFrom("", "s", "t"),
          videoMetadata: fc.constantFrom({ fps: 1 }, { fps: 2 }),
        },
        { requiredKeys: ["text"] },
      ),
    },
    fc.constantFrom<object>(
      {},
      { thoughtSignature: "s" },
      { functionCall: { name: "f" }, thoughtSignature: "s" },
      { inlineData: { mimeType: "image/png", data: "AAAA" } },
    ),
  ),
  { maxLength: 5 },
);

describe("events", () => {
  it("of any answer of generateContent are that answer when they are put together", () => {
    verifies("google:events");
    fc.assert(
      fc.property(parts, (list) => {
        const answer = generate.answerOf(list, "STOP") as GenerateResponse;
        const stream = generateStream();
        for (const event of toGenerateEvents(answer)) stream.push(event);
        expect(stream.document).toEqual(answer);
        expect(stream.done).toBe(true);
      }),
    );
  });
});

describe("any input", () => {
  it("L24: any document or event of generateContent is read, or refused with a listed code, and runs no code", () =>
    expectHandled(cases.google));

  it("L24: any document or event of Converse is read, or refused with a listed code, and runs no code", () =>
    expectHandled(cases.bedrock));
});

describe("any output", () => {
  it("L26: what the Google adapter returns is deeply frozen but for bytes, and its inputs are unchanged", () =>
    expectFrozen(cases.google));

  it("L26: what the Bedrock adapter returns is deeply frozen but for bytes, and its inputs are unchanged", () =>
    expectFrozen(cases.bedrock));
});
