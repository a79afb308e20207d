// A process of its own: it patches the realm.
/** Laws of parsed data: it is read without a copy, with the same result as any equal value. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { expect, it } from "vitest";
import * as z from "zod";
import { admit, extensionsLimits, type Limits, payloadLimits } from "../src/core/data/index.ts";
import { messageReader } from "../src/core/messages/message.ts";
import { type Compiled, compileSchema } from "../src/core/schema/index.ts";
import { messageDocuments, unknownFields } from "./support/messages.ts";
import { jsonData } from "./support/provider-values.ts";
import { fitsSlot, zodSchemas } from "./support/zod-schemas.ts";

/** The result of reading without dropping anything; `undefined` if it is refused. */
function readAs(
  origin: "parsed" | "host",
  compiled: Compiled,
  text: string,
  limits: Limits,
): unknown {
  const admitted = admit(compiled.read, JSON.parse(text), {
    origin,
    limits,
    shapeCode: "payload_shape",
    strict: false,
  });
  return admitted.ok && admitted.droppedCount === 0 ? admitted.value : undefined;
}

const isWhole = (value: unknown): boolean =>
  typeof value !== "object" ||
  value === null ||
  (Object.isFrozen(value) && Object.values(value).every(isWhole));

/** Prototypes and the order of keys count, as does the sign of zero. */
function expectSame(compiled: Compiled, text: string, limits: Limits): void {
  const parsed = readAs("parsed", compiled, text, limits);
  const given = readAs("host", compiled, text, limits);
  expect(isDeepStrictEqual(parsed, given)).toBe(true);
  expect(JSON.stringify(parsed)).toBe(JSON.stringify(given));
  expect(isWhole(parsed)).toBe(true);
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

it("L70: a message read from its text is the message read from the value of the text", () => {
  fc.assert(
    fc.property(fc.oneof(messageDocuments, spoiled), (document) => {
      expectSame(messageReader, textOf(document), payloadLimits);
    }),
  );
});

it("L70: JSON text and its value have the same limits", () => {
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
      expectSame(messageReader, textOf(document), limits);
    }),
  );
});

it("L70: any schema of a host reads JSON text as its value", () => {
  const drawn = zodSchemas.chain(({ schema, values, code }) =>
    values.map((value) => ({
      schema,
      value,
      [fc.toStringMethod]: () => `${code} of ${fc.stringify(value)}`,
    })),
  );
  fc.assert(
    fc.property(drawn, fc.boolean(), ({ schema, value }, isPayload) => {
      const shownWhole = isPayload || !fitsSlot(schema);
      const compiled = compileSchema(z.object({ value: schema }), { closed: false, shownWhole });
      const text = textOf({ value });
      expectSame(compiled, text, extensionsLimits);
    }),
  );
});

it("what is enumerable on a prototype is not read", () => {
  const text = '{"role":"user","content":[]}';
  const patch = { value: "final", enumerable: true, configurable: true, writable: true };
  Object.defineProperty(Object.prototype, "channel", patch);
  let read: unknown;
  try {
    read = readAs("parsed", messageReader, text, payloadLimits);
  } finally {
    Reflect.deleteProperty(Object.prototype, "channel");
  }
  expect(read).toMatchObject({ role: "user", channel: undefined });
});
