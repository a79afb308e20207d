/** Laws of messages: reading and writing them, whatever they contain. */
import fc from "fast-check";
import { createMessage, decodeMessage, encodeMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { isObject, type Level, reach } from "./support/data.ts";
import { hostiles, places, plant, Watch } from "./support/hostile.ts";
import { messageDocuments, unknownFields } from "./support/messages.ts";
import { outcomeOf } from "./support/outcome.ts";

const decode = (input: unknown): Message => decodeMessage(input).message;

describe("messages", () => {
  it("L28: decode(encode(m)) equals m, from text and from data", () => {
    fc.assert(
      fc.property(messageDocuments, (document) => {
        const message = decode(document);
        const text = encodeMessage(message);
        expect(decode(text)).toEqual(message);
        expect(decode(JSON.parse(text))).toEqual(message);
        expect(encodeMessage(decode(text))).toBe(text);
        expect(createMessage(message)).toBe(message);
      }),
    );
  });

  it("L28: two messages are equal if and only if they encode to the same text", () => {
    fc.assert(
      fc.property(messageDocuments, messageDocuments, (a, b) => {
        const one = decode(a);
        const other = decode(b);
        const isAlike = encodeMessage(one) === encodeMessage(other);
        expect(isAlike).toBe(isEqual(one, other));
      }),
    );
  });

  it("L24: decoding or creating a message handles any value, and runs none of its code", () => {
    fc.assert(
      fc.property(messageDocuments, hostiles, places, (document, hostile, place) => {
        const watch = new Watch();
        const value = plant(document, hostile.make(watch), place);
        for (const read of [decode, (input: unknown) => createMessage(input as never)]) {
          const outcome = outcomeOf(() => read(value));
          if (!outcome.ok) expect(outcome.code).toBe("message_invalid");
        }
        expect(watch.ran).toBe(0);
      }),
    );
  });

  it("L26: a message is deeply frozen, and shares nothing with what it was read from", () => {
    fc.assert(
      fc.property(messageDocuments, (document) => {
        const given = reach(document);
        for (const object of reach(decode(document))) {
          expect(Object.isFrozen(object)).toBe(true);
          expect(given.has(object)).toBe(false);
        }
      }),
    );
  });

  it("L29: an unknown field of a part is dropped and reported; one of a message refuses the message", () => {
    fc.assert(
      fc.property(messageDocuments, unknownFields, (document, fields) => {
        const content = ((document.content ?? []) as Level[]).map((part) => ({
          ...fields,
          ...part,
        }));
        const { message, dropped, droppedCount } = decodeMessage({ ...document, content });
        expect(message).toEqual(decode(document));
        expect(droppedCount).toBe(content.length * Object.keys(fields).length);
        expect(dropped).toHaveLength(droppedCount);
        const isAny = Object.keys(fields).length > 0;
        expect(outcomeOf(() => decode({ ...fields, ...document })).ok).toBe(!isAny);
        expect(outcomeOf(() => decodeMessage({ ...document, content }, { strict: true })).ok).toBe(
          droppedCount === 0,
        );
      }),
    );
  });
});

/** Equal as data, in the order of keys; absent and undefined are the same. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const one = entriesOf(a);
  const other = entriesOf(b);
  return (
    one.length === other.length &&
    one.every(([key, value], at) => key === other[at]?.[0] && isEqual(value, other[at]?.[1]))
  );
}

function entriesOf(value: object): readonly [string, unknown][] {
  return Object.entries(value).filter(([, item]) => item !== undefined);
}
