// Its process is only for files that patch the realm.
import { createMessage, decodeMessage, encodeMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../data/support.ts";
import { verifies } from "../support/verifies.ts";

const call = {
  content_type: "tool_call",
  content: { tool_call_id: "c-1", name: "add", arguments: { a: null } },
};
const document = { role: "assistant", content: [{ content_type: "text", text: "Ahoy" }, call] };
const refusal = (act: () => unknown) => {
  try {
    act();
  } catch (error) {
    return error as { code: string; message: string; data: { problems: { path: unknown[] }[] } };
  }
  throw new Error("It was taken.");
};
const pathsOf = (value: unknown, options = {}) =>
  refusal(() => decodeMessage(value, options)).data.problems.map(({ path }) => path.join("."));

describe("decodeMessage", () => {
  it("reads text and what was parsed from it alike", () => {
    verifies("message:version", "message:normal-form", "message:frozen", "message:parts");
    const text = JSON.stringify(document);
    const decoded = decodeMessage(text);
    expect(decoded).toEqual(decodeMessage(document));
    expect(decoded).toMatchObject({ message: { schema_version: "2.0" }, dropped: [] });
    expect(decoded.message).toEqual(createMessage(document as never));
    expect(Object.isFrozen(decoded) && Object.isFrozen(decoded.dropped)).toBe(true);
    expect(decodeMessage({ role: "user", schema_version: "9-draft" }).message.schema_version).toBe(
      "9-draft",
    );
  });

  it("drops unknown fields of a part, and reports them", () => {
    verifies("message:unknown-field");
    const content = [{ ...call, more: 1, content: { ...call.content, extra: { a: 1 } } }];
    const { message, dropped, droppedCount } = decodeMessage({ ...document, content });
    expect(message.content).toEqual(
      createMessage({ role: "user", content: [call as never] }).content,
    );
    expect(dropped).toEqual(["content[0].content.extra", "content[0].more"]);
    expect(droppedCount).toBe(2);
    expect(pathsOf({ ...document, content }, { strict: true })).toEqual([
      "content.0.content.extra",
      "content.0.more",
    ]);
  });

  it("lists the first hundred, and counts all", () => {
    const part = Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`x${i}`, i]));
    const decoded = decodeMessage({ role: "user", content: [{ ...part, ...call }] });
    expect([decoded.dropped.length, decoded.droppedCount]).toEqual([100, 150]);
  });

  it("refuses unknown fields of a message, even of a nested one", () => {
    verifies("message:unknown-field", "message:nested");
    expect(pathsOf({ ...document, id: "m" })).toEqual(["id"]);
    expect(pathsOf({ ...document, extensions: {} })).toEqual(["extensions"]);
    const content = {
      prompt_request_id: "p",
      prompt_name: "n",
      messages: [{ role: "user", id: 1 }],
    };
    const nested = { role: "tool", content: [{ content_type: "prompt_result", content }] };
    expect(pathsOf(nested)).toEqual(["content.0.content.messages.0.id"]);
  });

  it("refuses a part of an unknown kind", () => {
    verifies("message:unknown-part");
    expect(pathsOf({ role: "user", content: [{ content_type: "hologram" }] })).toEqual([
      "content.0.content_type",
    ]);
  });

  it("distinguishes null for absent, refused null, and null as data", () => {
    verifies("message:null-is-absent");
    const { message } = decodeMessage({ ...document, channel: null });
    expect(message.channel).toBeUndefined();
    expect(message.content[1]).toMatchObject({ content: { arguments: { a: null } } });
    const content = [{ ...call, content: { ...call.content, arguments: null } }];
    expect(pathsOf({ ...document, content })).toEqual(["content.0.content.arguments"]);
  });

  it("refuses text that is not JSON, or too long, without quoting it", () => {
    expect(codeOf(() => decodeMessage("{secret"))).toBe("syntax_invalid");
    const error = refusal(() => decodeMessage("{secret", { limits: { textUnits: 3 } }));
    expect(error.code).toBe("message_invalid");
    expect(error.message).toContain("JSON text of at most 3 UTF-16 units");
    expect(error.message).not.toContain("secret");
  });

  it("reads a message that is 64 containers deep, but not deeper", () => {
    verifies("message:depth");
    const deep = (depth: number) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
    // Five levels: the message, its parts, the part, its content and the arguments.
    const nested = (depth: number) => ({
      role: "user",
      content: [{ ...call, content: { ...call.content, arguments: { a: deep(depth - 5) } } }],
    });
    expect(() => decodeMessage(nested(64))).not.toThrow();
    expect(codeOf(() => decodeMessage(nested(65)))).toBe("message_invalid");
  });

  it("enforces the given limits", () => {
    expect(pathsOf(document, { limits: { nodes: 3 } })).toHaveLength(1);
    const { message } = decodeMessage(document, { limits: { nodes: 20 } });
    expect(createMessage(message)).toBe(message);
  });

  it("refuses a resource with text and bytes, and a range that ends before it starts", () => {
    verifies("message:one-of-content-and-blob", "message:range", "message:blob");
    const at = { resource_request_id: "r", uri: "file:///a", resource_type: "file" };
    const resource = (content_type: string, more: object) => ({
      role: "tool",
      content: [{ content_type, content: { ...at, ...more } }],
    });
    expect(pathsOf(resource("resource", { content: "", blob: "" }))).toEqual(["content.0.content"]);
    expect(pathsOf(resource("resource_ref", { range_start: 2, range_end: 1 }))).toEqual([
      "content.0.content",
    ]);
    const bytes = decodeMessage(resource("resource", { blob: [108, 97] })).message;
    expect(bytes.content[0]).toMatchObject({ content: { blob: "la" } });
    const binary = decodeMessage(resource("resource", { blob: [255] })).message;
    expect(binary.content[0]).toMatchObject({ content: { blob: "/w==" } });
  });
});

describe("encodeMessage", () => {
  it("writes fields in one order, with their defaults, without absent ones", () => {
    verifies("message:normal-form");
    const { role, content } = document;
    expect(encodeMessage({ content, role } as never)).toBe(
      '{"schema_version":"2.0","role":"assistant","content":[{"content_type":"text","text":"Ahoy"},' +
        '{"content_type":"tool_call","content":{"tool_call_id":"c-1","name":"add","arguments":{"a":null}}}]}',
    );
  });

  it("refuses what is not a message", () => {
    verifies("message:made-strictly");
    expect(codeOf(() => encodeMessage({ role: "bishop" } as never))).toBe("message_invalid");
    expect(
      codeOf(() => encodeMessage({ ...document, content: [{ ...call, more: 1 }] } as never)),
    ).toBe("message_invalid");
  });

  it("writes a message that was read under wider limits", () => {
    const list = Array.from({ length: 1_000_001 }, () => 1);
    const content = [{ ...call, content: { ...call.content, arguments: { list } } }];
    const limits = { nodes: 2_000_000 };
    const { message } = decodeMessage({ role: "user", content }, { limits });
    expect(encodeMessage(message)).toHaveLength(JSON.stringify(message).length);
    expect(codeOf(() => encodeMessage({ role: "user", content } as never))).toBe("message_invalid");
  });

  it("reads nothing from a prototype", () => {
    const message = decodeMessage(document).message;
    const before = encodeMessage(message);
    const patch = { value: () => "forged", configurable: true, enumerable: false };
    Object.defineProperty(Object.prototype, "toJSON", patch);
    let after: string;
    try {
      after = encodeMessage(message);
    } finally {
      Reflect.deleteProperty(Object.prototype, "toJSON");
    }
    expect(after).toBe(before);
  });
});
