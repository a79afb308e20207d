// Only in test:all: it reads large documents.
import { isGlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { extensionsLimits } from "../../../src/core/data/index.ts";
import { readDocument } from "../../../src/providers/rewrite/index.ts";

const block = z.union([
  z.looseObject({ type: z.literal("text"), text: z.string() }),
  z.looseObject({ type: z.literal("image"), source: z.looseObject({ url: z.string() }) }),
]);
const schema = z.looseObject({ model: z.string(), content: z.array(block).optional() });
const read = (value: unknown) => readDocument(schema, value, "request");

function faultOf(act: () => unknown) {
  try {
    act();
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    return error;
  }
  throw new Error("It was taken.");
}

describe("a document", () => {
  it("is refused if it has more faults than zod can collect", () => {
    // How many that are depends on the size of the stack, so this check stands for zod's own call.
    const overflow = z.looseObject({}).check(() => {
      throw new RangeError("Maximum call stack size exceeded");
    });
    const { code, message } = faultOf(() => readDocument(overflow, {}, "request"));
    expect(code).toBe("document_invalid");
    expect(message).toContain("expected fewer faults, got more");
  });

  it("is a frozen copy, including unknown fields", () => {
    const input = { model: "m", content: [{ type: "text", text: "a", more: { b: [1] } }], n: 2 };
    const copy = read(input);
    expect(copy).toEqual(input);
    expect(copy).not.toBe(input);
    expect(Object.isFrozen(copy.content?.[0]?.more)).toBe(true);
    input.content[0]!.text = "changed";
    expect(copy.content?.[0]?.text).toBe("a");
  });

  it("reports at most a hundred problems", () => {
    const content = Array.from({ length: 300_000 }, () => ({ type: "text" }));
    const { data, message } = faultOf(() => read({ model: "m", content }));
    expect((data as { problems: readonly unknown[] }).problems).toHaveLength(100);
    expect(message).toContain("content[0].text: expected a string, got nothing");
    const nested = z.looseObject({ content: z.union([z.string(), z.array(block)]) });
    const other = faultOf(() => readDocument(nested, { content }, "request"));
    expect((other.data as { problems: readonly unknown[] }).problems).toHaveLength(100);
  });

  it("is copied once", () => {
    const copy = read({ model: "m" });
    expect(read(copy)).toBe(copy);
  });

  it("keeps inherited names as data", () => {
    const copy = read(JSON.parse('{"model":"m","__proto__":{"a":1},"constructor":2}'));
    expect(JSON.stringify(copy)).toBe('{"model":"m","__proto__":{"a":1},"constructor":2}');
    expect(Object.getPrototypeOf(copy)).toBeNull();
  });

  it("runs no code of its input", () => {
    let ran = 0;
    const hostile = Object.defineProperty({}, "model", { enumerable: true, get: () => ran++ });
    expect(faultOf(() => read(hostile)).data.problems?.[0]).toMatchObject({ path: ["model"] });
    expect(faultOf(() => read(new Proxy({ model: "m" }, { get: () => ran++ }))).code).toBe(
      "document_invalid",
    );
    expect(ran).toBe(0);
  });

  it.each([
    [undefined, "", "a JSON value"],
    ["{}", "", "an object"],
    [{ model: 1 }, "model", "a string"],
    [{ model: "m", content: {} }, "content", "an array"],
    [{ model: "m", content: [{ type: "text" }] }, "content.0.text", "a string"],
    [
      { model: "m", content: [{ type: "image", source: { url: 1 } }] },
      "content.0.source.url",
      "a string",
    ],
  ])("that does not fit is refused, with the path: %j", (value, path, expected) => {
    const error = faultOf(() => read(value));
    expect(error.code).toBe("document_invalid");
    expect(error.data.problems?.map((each) => [each.path.join("."), each.expected])).toContainEqual(
      [path, expected],
    );
  });

  it("is read as JSON: hidden properties are not part of it, and do not run", () => {
    let ran = 0;
    const get = () => (ran += 1);
    const text = Object.defineProperties(
      { type: "text", text: "a" },
      { parsed: { get }, parsed_output: { value: { secret: 1 } } },
    );
    const value = Object.defineProperty({ model: "m", content: [text] }, "_request_id", {
      value: () => {},
    });
    expect(read(value)).toEqual(JSON.parse(JSON.stringify(value)));
    expect(ran).toBe(0);
    Object.defineProperty(text, "text", { get, enumerable: true });
    expect(faultOf(() => read(value)).data.problems?.[0]?.code).toBe("snapshot_accessor");
    const listed = { model: "m", content: Object.defineProperty([], "raw", { value: 1 }) };
    expect(faultOf(() => read(listed)).data.problems?.[0]?.code).toBe("snapshot_key");
    const holed = { model: "m", list: Object.defineProperty([1], 0, { enumerable: false }) };
    expect(faultOf(() => read(holed)).data.problems?.[0]?.code).toBe("snapshot_type");
    expect(ran).toBe(0);
  });

  it.each<readonly [unknown, string]>([
    [{}, "model: expected a string, got nothing."],
    [{ model: null }, "model: expected a string, got null."],
    [{ model: ["m"] }, "model: expected a string, got an array."],
    [{ model: "m", content: 5 }, "content: expected an array or a string, got a number."],
    [{ model: "m", content: [5] }, "content[0]: expected an object, got a number."],
    [
      { model: "m", content: [{ type: "text", text: {} }] },
      "text: expected a string, got an object.",
    ],
    [{ model: "m", kind: "c" }, "kind: expected one of a, b, got a string that does not match."],
    [{ model: "m", kind: true }, "kind: expected one of a, b, got a boolean."],
    [
      '{"model":"m"}',
      "expected an object, got a string. It is a string: parse it first, as with JSON.parse.",
    ],
    [Promise.resolve({ model: "m" }), "expected plain data, got a promise. Await it first."],
  ])("that does not fit is reported with what was found: %j", (value, problem) => {
    const mixed = z.looseObject({
      model: z.string(),
      kind: z.enum(["a", "b"]).optional(),
      content: z.union([z.array(block), z.string()]).optional(),
    });
    const { message } = faultOf(() => readDocument(mixed, value, "request"));
    expect(message).toContain("The request is not readable. ");
    expect(message.endsWith(problem)).toBe(true);
  });

  it("is refused without quoting its values", () => {
    const secret = "sk-canary";
    const error = faultOf(() =>
      read({ model: [secret], content: [{ type: secret, text: secret }] }),
    );
    expect(error.message).toMatch(/^The request is not readable\. /);
    expect(JSON.stringify([error.message, error.data])).not.toContain(secret);
  });

  it("has limits, and the requested error code", () => {
    const limits = { ...extensionsLimits, nodes: 3 };
    const value = { model: "m", list: [1, 2, 3] };
    const act = () => readDocument(schema, value, "event", "stream_invalid", limits);
    expect(faultOf(act)).toMatchObject({ code: "stream_invalid" });
    expect(faultOf(act).data.problems?.[0]?.code).toBe("snapshot_limit");
  });
});
