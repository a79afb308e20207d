// Its process is only for files that patch the realm.
/** JSON text, text given as bytes, and what is read of a value that another library made. */
import fc from "fast-check";
import { createExtensions, decodeExtensions, encodeExtensions } from "glassine";
import { createMessage } from "glassine/messages";
import { fromChatResponse } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { refusalOf } from "./support.ts";

describe("JSON text", () => {
  it("that is too long is reported without it", () => {
    const { code, data } = refusalOf(() =>
      decodeExtensions("{     ", { limits: { textUnits: 5 } }),
    );
    expect(code).toBe("extensions_invalid");
    expect(data.problems).toEqual([
      {
        path: [],
        code: "snapshot_limit",
        expected: "JSON text of at most 5 UTF-16 units",
        received: "a longer one",
      },
    ]);
    expect(() => decodeExtensions("{   }", { limits: { textUnits: 5 } })).not.toThrow();
  });

  it("that is invalid is reported without it", () => {
    const { code, message } = refusalOf(() => decodeExtensions("{"));
    expect(code).toBe("syntax_invalid");
    expect(message).toBe("Expected JSON text, got text that cannot be parsed.");
  });

  const extensions = createExtensions({
    custom: { a: [1, { b: "c" }, null], e: true },
    agent: { turn: 1 },
  });
  const text = '{"agent":{"turn":1},"custom":{"a":[1,{"b":"c"},null],"e":true}}';

  it("is written without what is absent", () => {
    expect(encodeExtensions(extensions)).toBe(text);
  });

  it.each([
    ["objects", Object.prototype, "toJSON"],
    ["arrays", Array.prototype, "toJSON"],
  ] as const)("is written from own properties even if %s have a toJSON", (_, prototype, key) => {
    Object.defineProperty(prototype, key, { configurable: true, value: () => "forged" });
    let written: string;
    try {
      written = encodeExtensions(extensions);
    } finally {
      Reflect.deleteProperty(prototype, key);
    }
    expect(written).toBe(text);
  });

  it("is written from own properties even if arrays have another prototype", () => {
    const above = Object.getPrototypeOf(Array.prototype) as object;
    const forged = Object.create(above, { toJSON: { value: () => "forged" } }) as object;
    let written: string;
    Object.setPrototypeOf(Array.prototype, forged);
    try {
      written = encodeExtensions(extensions);
    } finally {
      Object.setPrototypeOf(Array.prototype, above);
    }
    expect(written).toBe(text);
  });
});

describe("text that may be given as bytes", () => {
  /** The text that a message keeps of these bytes, or the problem. */
  function blobOf(blob: unknown): unknown {
    const make = () =>
      createMessage({
        role: "user",
        content: [
          {
            content_type: "resource",
            content: { resource_request_id: "r", uri: "a:b", resource_type: "file", blob },
          },
        ],
      } as never);
    try {
      return (make().content[0] as { readonly content: { readonly blob: string } }).content.blob;
    } catch {
      const [{ expected, received } = {}] = refusalOf(make).data.problems ?? [];
      return [expected, received];
    }
  }

  it("is decoded from the bytes", () => {
    expect(blobOf([104, 195, 169])).toBe("hé");
    expect(blobOf("hé")).toBe("hé");
  });

  it("is the base64 of bytes that are not UTF-8", () => {
    expect(blobOf([195])).toBe("ww==");
    // No UTF-8 ends with this byte.
    const bytes = fc.uint8Array({ maxLength: 9 }).map((some) => [...some, 0xff]);
    fc.assert(
      fc.property(bytes, (each) => {
        expect(blobOf(each)).toBe(Buffer.from(each).toString("base64"));
      }),
    );
  });

  it("is reported if bytes are invalid", () => {
    expect(blobOf([256])).toEqual(["a byte from 0 to 255", "another value"]);
    expect(blobOf(5)).toEqual(["a string", "number"]);
  });
});

describe("a hidden property", () => {
  const hiding = (value: object) => Object.defineProperty(value, "hidden", { value: 2 });

  it("of what a provider's library returned is not read", () => {
    const message = hiding({ role: "assistant", content: "a" });
    const answer = hiding({
      object: "chat.completion",
      choices: [{ index: 0, message, finish_reason: "stop" }],
    });
    const { messages, left } = fromChatResponse(answer);
    expect(messages).toMatchObject([{ content: [{ text: "a" }] }]);
    expect(left).toEqual([]);
  });

  it("of any other value is refused", () => {
    const { data } = refusalOf(() => createExtensions({ custom: hiding({ shown: 1 }) as never }));
    expect(data.problems).toMatchObject([{ code: "snapshot_key" }]);
  });
});
