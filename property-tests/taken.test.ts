// A process of its own: it patches the realm.
/** Laws of the fast path: what is reused from `JSON.parse` equals a full read. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits, type Limits, payloadLimits } from "../src/core/data/index.ts";
import { messageReader } from "../src/core/messages/message.ts";
import { admit, type Compiled, compileSchema, takeParsed } from "../src/core/schema/index.ts";
import { messageDocuments, unknownFields } from "./support/messages.ts";
import { jsonData } from "./support/provider-values.ts";
import { zodSchemas } from "./support/zod-schemas.ts";

/** The result of a full read if nothing is dropped; `undefined` if it is refused. */
function readSlowly(compiled: Compiled, text: string, limits: Limits): unknown {
  const admitted = admit(compiled, JSON.parse(text), {
    origin: "parsed",
    limits,
    shapeCode: "payload_shape",
    strict: false,
    previous: undefined,
    partial: false,
  });
  return admitted.ok && admitted.droppedCount === 0 ? admitted.value : undefined;
}

function takeQuickly(compiled: Compiled, text: string, limits: Limits): unknown {
  const parsed: unknown = JSON.parse(text);
  const isContainer = typeof parsed === "object" && parsed !== null;
  return isContainer ? takeParsed(compiled, parsed, limits) : undefined;
}

const isWhole = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isWhole));

/** Prototypes and the order of keys count, as does the sign of zero. */
function expectSame(compiled: Compiled, text: string, limits: Limits): boolean {
  const taken = takeQuickly(compiled, text, limits);
  if (taken === undefined) return false;
  const read = readSlowly(compiled, text, limits);
  expect(isDeepStrictEqual(taken, read)).toBe(true);
  expect(JSON.stringify(taken)).toBe(JSON.stringify(read));
  expect(isWhole(taken)).toBe(true);
  return true;
}

/** JSON text with everything JSON allows: negative zero, `__proto__`, huge numbers. */
const textOf = (document: unknown) =>
  JSON.stringify(document, (_key, value: unknown) => (Object.is(value, -0) ? "<-0>" : value))
    .replaceAll('"<-0>"', "-0")
    .replaceAll("9007199254740991", "1e999");

/** A document with one value replaced by anything. */
const spoiled = fc
  .tuple(messageDocuments, jsonData, fc.nat(), unknownFields)
  .map(([document, value, at, more]) => {
    const places: [Record<string, unknown>, string][] = [];
    const look = (level: unknown): void => {
      if (typeof level !== "object" || level === null) return;
      for (const [key, inner] of Object.entries(level)) {
        places.push([level as Record<string, unknown>, key]);
        look(inner);
      }
    };
    const copy: unknown = structuredClone(document);
    look(copy);
    const place = places[at % Math.max(1, places.length)];
    if (place !== undefined) place[0][place[1]] = at % 3 === 0 ? more : value;
    return copy;
  });

it("L70: a message on the fast path equals the message that a full read returns", () => {
  fc.assert(
    fc.property(fc.oneof(messageDocuments, spoiled), (document) => {
      expectSame(messageReader, textOf(document), payloadLimits);
    }),
  );
});

it("L70: every message without unknown fields and duplicates takes the fast path", () => {
  fc.assert(
    fc.property(messageDocuments, (document) => {
      const text = textOf(document);
      const isRead = readSlowly(messageReader, text, payloadLimits) !== undefined;
      const hasBytes = text.includes('"blob":[');
      expect(expectSame(messageReader, text, payloadLimits)).toBe(isRead && !hasBytes);
    }),
  );
});

it("L70: a message takes the fast path if and only if it is within every limit", () => {
  const limitsOf = fc
    .record({
      depth: fc.integer({ min: 1, max: 8 }),
      nodes: fc.integer({ min: 1, max: 40 }),
      units: fc.integer({ min: 1, max: 120 }),
      keyUnits: fc.integer({ min: 1, max: 8 }),
    })
    .map((some) => ({ ...payloadLimits, ...some }));
  fc.assert(
    fc.property(messageDocuments, limitsOf, (document, limits) => {
      const text = textOf(document);
      const isRead = readSlowly(messageReader, text, limits) !== undefined;
      const isTaken = expectSame(messageReader, text, limits);
      expect(isTaken).toBe(isRead && !text.includes('"blob":['));
    }),
  );
});

it("L70: with any schema of a host, the fast path and a full read return the same", () => {
  const drawn = zodSchemas.chain(({ schema, values, code }) =>
    values.map((value) => ({
      schema,
      value,
      [fc.toStringMethod]: () => `${code} of ${fc.stringify(value)}`,
    })),
  );
  fc.assert(
    fc.property(drawn, fc.boolean(), ({ schema, value }, shownWhole) => {
      const compiled = compileSchema(z.object({ value: schema }), { closed: false, shownWhole });
      const text = textOf({ value });
      expectSame(compiled, text, extensionsLimits);
    }),
  );
});

it("an enumerable property on a prototype forces a full read", () => {
  const text = '{"role":"user","content":[]}';
  expect(takeQuickly(messageReader, text, payloadLimits)).toBeDefined();
  const patch = { value: "final", enumerable: true, configurable: true, writable: true };
  Object.defineProperty(Object.prototype, "channel", patch);
  let taken: unknown;
  let read: unknown;
  try {
    taken = takeQuickly(messageReader, text, payloadLimits);
    read = readSlowly(messageReader, text, payloadLimits);
  } finally {
    Reflect.deleteProperty(Object.prototype, "channel");
  }
  expect([taken, (read as { channel?: unknown }).channel]).toEqual([undefined, undefined]);
});
