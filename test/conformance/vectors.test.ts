import { readFileSync } from "node:fs";
import { decodeExtensions, filterExtensions, isGlassineError, mergeExtensions } from "glassine";
import { decodeMessage, encodeMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { same, type VectorCase } from "./compare.ts";
import { deviations } from "./deviations.ts";
import { answersOf, sameViews } from "./parts.ts";

function load(file: string): readonly VectorCase[] {
  const url = new URL(`../../spec/vectors/${file}`, import.meta.url);
  return (JSON.parse(readFileSync(url, "utf8")) as { cases: VectorCase[] }).cases;
}

/** Glassine's answer: a value, or the kind of refusal. */
type Answer =
  | { value: unknown }
  | { error: { kind: string; input?: string; slot?: unknown; tier?: unknown } };

/** Runs `read`; if it throws, the error names the input. */
function reading<T>(input: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw Object.assign(new Error("unreadable", { cause: error }), { input });
  }
}

const decode = (input: string, value: unknown) =>
  value === null ? null : reading(input, () => decodeExtensions(value).extensions);

const decodeInput = (value: unknown) => reading("message", () => decodeMessage(value).message);

const plain = (value: unknown) => (value === null ? null : JSON.parse(JSON.stringify(value)));

function answer(run: () => unknown): Answer {
  try {
    return { value: run() };
  } catch (error) {
    const { input } = error as { input?: string };
    if (input !== undefined) return { error: { kind: "validation", input } };
    if (!isGlassineError(error)) throw error;
    if (error.name === "TierViolationError") {
      return { error: { kind: "tier_violation", slot: error.data.slot, tier: error.data.tier } };
    }
    return { error: { kind: "validation", input: "proposed" } };
  }
}

const operations: Record<string, (vector: VectorCase) => { answer: Answer; untouched?: boolean }> =
  {
    filter: ({ extensions, capabilities }) => ({
      answer: answer(() => {
        const envelope = decode("extensions", extensions);
        return plain(envelope === null ? null : filterExtensions(envelope, capabilities as never));
      }),
    }),
    merge: ({ original, proposed, capabilities }) => {
      let untouched = false;
      const result = answer(() => {
        const envelope = decode("original", original);
        if (envelope === null) return null;
        const merged = mergeExtensions(envelope, proposed, capabilities as never).extensions;
        untouched = merged === envelope;
        return plain(merged);
      });
      return { answer: result, untouched };
    },
    message: ({ message }) => ({
      answer: answer(() => JSON.parse(encodeMessage(decodeInput(message)))),
    }),
    view: (vector) => ({
      answer: answer(() => {
        const message = decodeInput(vector.message);
        const envelope = decode("extensions", vector.extensions);
        const isCut = envelope !== null && vector.capabilities !== null;
        const shown = isCut ? filterExtensions(envelope, vector.capabilities as never) : envelope;
        return plain(answersOf(vector, message, shown));
      }),
    }),
  };

/** Whether the answer is what the case expects or, if it has one, what it recommends. */
function holds(vector: VectorCase, op: string): boolean {
  const { answer: got, untouched } = (operations[op] as (typeof operations)[string])(vector);
  const error = vector.recommended_error ?? ("recommended" in vector ? undefined : vector.error);
  if (error !== undefined) {
    if (!("error" in got) || got.error.kind !== error.kind) return false;
    if (error.kind === "tier_violation")
      return got.error.slot === error.slot && got.error.tier === error.tier;
    return error.input === undefined || got.error.input === error.input;
  }
  if ("error" in got) return false;
  const expected = "recommended" in vector ? vector.recommended : vector.expected;
  if (
    vector.unchanged === true &&
    !("recommended" in vector) &&
    untouched === false &&
    vector.original !== null
  ) {
    return false;
  }
  return op === "view" ? sameViews(expected, got.value, vector) : same(expected, got.value, vector);
}

describe("the vectors", () => {
  it("show what these requirements mean", () => {
    verifies("filter:null", "filter:ungated", "filter:gated-slot", "filter:subject-cut");
    verifies("capability:write-implies-read", "capability:unknown-opens-nothing");
    verifies("envelope:null-is-absent", "envelope:null-is-data", "envelope:sets");
    verifies("merge:nothing-returned", "merge:immutable-kept", "merge:grown");
    verifies("merge:label-missing", "merge:chain-prefix", "merge:custom-cleared");
    verifies("merge:all-or-nothing", "merge:labels-first", "merge:same-object");
    verifies("message:parts", "message:null-is-absent", "message:unknown-field");
    expect(Object.keys(operations)).toEqual(["filter", "merge", "message", "view"]);
  });
});

for (const op of Object.keys(operations)) {
  describe(`vectors/${op}.json`, () => {
    const cases = load(`${op}.json`);
    const listed = deviations[op] ?? {};
    it("has its cases", () => expect(cases.length).toBeGreaterThan(200));
    for (const vector of cases) {
      if (listed[vector.name] !== undefined) {
        it(`${vector.name} deviates: ${listed[vector.name]}`, () => {
          expect(holds(vector, op), "it holds now: take it off the list").toBe(false);
        });
      } else {
        it(vector.name, () => {
          if (holds(vector, op)) return;
          const { answer: got } = (operations[op] as (typeof operations)[string])(vector);
          expect(got).toEqual(
            vector.recommended ?? vector.recommended_error ?? vector.expected ?? vector.error,
          );
          expect.unreachable("the comparison failed");
        });
      }
    }
    it("lists no case that is not there", () => {
      const names = new Set(cases.map((vector) => vector.name));
      expect(Object.keys(listed).filter((name) => !names.has(name))).toEqual([]);
    });
  });
}
