import fc from "fast-check";
import { jsonObject } from "glassine/host";
import { describe, expect, it } from "vitest";
import { admit, payloadLimits, writeText } from "../../../src/core/data/index.ts";
import { parseText } from "../../../src/core/data/json-text.ts";
import { compileSchema } from "../../../src/core/schema/index.ts";
import { utf8Text } from "../../support/kinds.ts";

describe("JSON text", () => {
  it("that is too long is reported without it", () => {
    expect(parseText("[1, 2]", { ...payloadLimits, textUnits: 5 })).toEqual({
      problem: {
        path: [],
        code: "snapshot_limit",
        expected: "JSON text of at most 5 UTF-16 units",
        received: "a longer one",
      },
    });
  });

  it("that is invalid is reported without it", () => {
    expect(() => parseText("{", payloadLimits)).toThrow(
      "Expected JSON text, got text that cannot be parsed.",
    );
  });

  it.each([
    ["objects", Object.prototype, "toJSON"],
    ["arrays", Array.prototype, "toJSON"],
  ] as const)("is written from own properties even if %s have a toJSON", (_, prototype, key) => {
    const value = { a: [1, { b: "c" }, null], d: undefined, e: true };
    const text = writeText(value);
    Object.defineProperty(prototype, key, { configurable: true, value: () => "forged" });
    try {
      expect(writeText(value)).toBe(text);
    } finally {
      Reflect.deleteProperty(prototype, key);
    }
  });

  it("is written from own properties even if arrays have another prototype", () => {
    const value = { a: [1] };
    const text = writeText(value);
    const above = Object.getPrototypeOf(Array.prototype);
    const forged = Object.create(above, { toJSON: { value: () => "forged" } });
    Object.setPrototypeOf(Array.prototype, forged);
    try {
      expect(writeText(value)).toBe(text);
    } finally {
      Object.setPrototypeOf(Array.prototype, above);
    }
  });
});

/** Reads a value as text or bytes, and returns the text or the problem. */
function readUtf8(value: unknown): unknown {
  const read = admit(compileSchema(utf8Text(), { closed: true, shownWhole: true }).read, value, {
    origin: "host",
    limits: payloadLimits,
    shapeCode: "payload_shape",
    strict: true,
  });
  if (read.ok) return read.value;
  const [{ expected, received } = {}] = read.problems;
  return [expected, received];
}

describe("text that may be given as bytes", () => {
  it("is decoded from the bytes", () => {
    expect(readUtf8([104, 195, 169])).toBe("hé");
    expect(readUtf8("hé")).toBe("hé");
  });

  it("is the base64 of bytes that are not UTF-8", () => {
    expect(readUtf8([195])).toBe("ww==");
    // No UTF-8 ends with this byte.
    const bytes = fc.uint8Array({ maxLength: 9 }).map((some) => [...some, 0xff]);
    fc.assert(
      fc.property(bytes, (each) => {
        expect(readUtf8(each)).toBe(Buffer.from(each).toString("base64"));
      }),
    );
  });

  it("is reported if bytes are invalid", () => {
    expect(readUtf8([256])).toEqual(["a byte from 0 to 255", "another value"]);
    expect(readUtf8(null)).toEqual(["a string", "null"]);
  });
});

describe("what a library returns", () => {
  const read = (origin: "library" | "host") => {
    const value = Object.defineProperty({ shown: 1 }, "hidden", { value: 2 });
    return admit(compileSchema(jsonObject(), { closed: true, shownWhole: true }).read, value, {
      origin,
      limits: payloadLimits,
      shapeCode: "payload_shape",
      strict: true,
    });
  };

  it("is read without hidden properties; other values with any are refused", () => {
    expect(read("library")).toMatchObject({ ok: true, value: { shown: 1 } });
    expect(read("host")).toMatchObject({ ok: false, problems: [{ code: "snapshot_key" }] });
  });
});
