import { isGlassineError } from "glassine";
import { createMessage } from "glassine/messages";
import { describe, expect, it } from "vitest";

const of = (part: object) =>
  createMessage({ role: "user", content: [part as never] }).content[0] as object;

/** Returns the paths and the failed expectations for which a message is refused. */
function problemsOf(input: unknown): readonly (readonly [string, string])[] {
  try {
    createMessage(input as never);
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    expect(error.code).toBe("message_invalid");
    return error.data.problems?.map(({ path, code }) => [path.join("."), code] as const) ?? [];
  }
  throw new Error("The message was accepted.");
}

const problemsOfPart = (part: unknown) => problemsOf({ role: "user", content: [part] });

const text = { content_type: "text", text: "Ahoy" };
const toolCall = { content_type: "tool_call", content: { tool_call_id: "c-1", name: "add" } };
const toolResult = {
  content_type: "tool_result",
  content: { tool_call_id: "c-1", tool_name: "add" },
};
const resource = {
  content_type: "resource",
  content: { resource_request_id: "r-1", uri: "file:///a", resource_type: "file" },
};
const resourceRef = { ...resource, content_type: "resource_ref" };
const promptRequest = {
  content_type: "prompt_request",
  content: { prompt_request_id: "p-1", name: "greet" },
};
const promptResult = {
  content_type: "prompt_result",
  content: { prompt_request_id: "p-1", prompt_name: "greet" },
};
const thinking = { ...text, content_type: "thinking" };
const url = { type: "url", data: "https://media.example/pier" };
const image = { content_type: "image", content: url };
const video = { content_type: "video", content: url };
const audio = { content_type: "audio", content: { type: "base64", data: "Zm9naG9ybg==" } };
const document = { content_type: "document", content: url };
const media = { image, video, audio, document };
const calls = { toolCall, toolResult, promptRequest, promptResult };
const all = { text, thinking, ...calls, resource, resourceRef, ...media };
const holdsText = (part: object) => "text" in part;

describe.each(Object.entries(all))("%s", (_, part) => {
  const { content = {} } = part as { content?: Record<string, unknown> };

  it("is read with its required fields alone, and keeps its content", () => {
    expect(of(part)).toMatchObject(part);
    expect(Object.isFrozen(of(part))).toBe(true);
  });

  it("refuses an unknown field, beside the content and in it", () => {
    expect(problemsOfPart({ ...part, extra: 1 })).toEqual([["content.0.extra", "payload_shape"]]);
    if (holdsText(part)) return;
    expect(problemsOfPart({ ...part, content: { ...content, extra: 1 } })).toEqual([
      ["content.0.content.extra", "payload_shape"],
    ]);
  });

  it("refuses each required field left out, null, or of another type", () => {
    const fields = Object.keys(holdsText(part) ? { text: 1 } : content);
    const within = holdsText(part) ? "content.0" : "content.0.content";
    for (const field of fields) {
      for (const value of [undefined, null, 3, ["a"]]) {
        const changed = holdsText(part)
          ? { ...part, [field]: value }
          : { ...part, content: { ...content, [field]: value } };
        expect(problemsOfPart(changed)).toEqual([[`${within}.${field}`, "payload_shape"]]);
      }
    }
  });

  it("accepts no other shape", () => {
    if (holdsText(part)) return;
    for (const given of [undefined, null, "x", [], [content]]) {
      expect(problemsOfPart({ ...part, content: given })).toHaveLength(1);
    }
  });
});

describe("the fields that may be left out", () => {
  it("have their defaults", () => {
    expect(of(toolCall)).toEqual({
      content_type: "tool_call",
      content: { tool_call_id: "c-1", name: "add", arguments: {}, namespace: undefined },
    });
    expect(of(toolResult)).toMatchObject({ content: { is_error: false, content: undefined } });
    expect(of(resource)).toMatchObject({ content: { annotations: {} } });
    expect(of(promptRequest)).toMatchObject({ content: { arguments: {} } });
    expect(of(promptResult)).toMatchObject({ content: { messages: [], is_error: false } });
  });

  it.each([
    [toolCall, { arguments: { a: [1, { b: null }] }, namespace: "math" }],
    [toolResult, { content: [1, null, { a: "b" }], is_error: true }],
    [toolResult, { content: "text" }],
    [
      resource,
      {
        name: "a",
        description: "A file.",
        content: "text",
        mime_type: "text/plain",
        size_bytes: 4,
        annotations: { priority: 1 },
        version: "2",
      },
    ],
    [resource, { blob: "AAEC" }],
    [resourceRef, { name: "a", range_start: 0, range_end: 9, selector: "#a" }],
    [promptRequest, { arguments: { who: "Ada" }, server_id: "s-1" }],
    [image, { media_type: "image/png" }],
    [video, { media_type: "video/webm", duration_ms: 0 }],
    [audio, { duration_ms: 900 }],
    [document, { title: "Tides" }],
    [promptResult, { content: "Ahoy", is_error: true, error_message: "none" }],
  ])("%j takes %j", (part, fields) => {
    const content = { ...part.content, ...fields };
    expect(of({ ...part, content })).toMatchObject({ ...part, content });
  });

  it.each([
    [toolCall, "namespace"],
    [toolResult, "content"],
    [resource, "name"],
    [resource, "content"],
    [resource, "blob"],
    [resource, "size_bytes"],
    [resourceRef, "range_end"],
    [promptRequest, "server_id"],
    [promptResult, "error_message"],
  ])("%j: null at %s means absent", (part, field) => {
    const read = of({ ...part, content: { ...part.content, [field]: null } });
    expect(read).toEqual(of(part));
  });

  it.each([
    [toolCall, "arguments"],
    [toolResult, "is_error"],
    [resource, "annotations"],
    [promptRequest, "arguments"],
    [promptResult, "messages"],
  ])("%j: null at %s, which has a default, is refused", (part, field) => {
    const content = { ...part.content, [field]: null };
    expect(problemsOfPart({ ...part, content })).toEqual([
      [`content.0.content.${field}`, "payload_shape"],
    ]);
  });

  it.each([
    [toolCall, { arguments: "{}" }],
    [toolCall, { arguments: [] }],
    [toolCall, { namespace: 1 }],
    [toolResult, { is_error: "false" }],
    [resource, { size_bytes: -1 }],
    [resource, { size_bytes: 1.5 }],
    [resource, { size_bytes: "4" }],
    [resource, { resource_type: "File" }],
    [resourceRef, { resource_type: "url" }],
    [resourceRef, { range_start: -1 }],
    [promptRequest, { arguments: null }],
    [promptResult, { messages: {} }],
    [promptResult, { is_error: 0 }],
    [image, { type: "file" }],
    [image, { data: "", media_type: 1 }],
    [video, { duration_ms: -1 }],
    [audio, { duration_ms: "900" }],
    [document, { title: ["Tides"] }],
  ])("%j refuses %j", (part, fields) => {
    const field = Object.keys(fields).at(-1);
    const content = { ...part.content, ...fields };
    expect(problemsOfPart({ ...part, content })).toEqual([
      [`content.0.content.${field}`, "payload_shape"],
    ]);
  });

  it.each(["file", "blob", "uri", "database", "api", "memory", "artifact"])(
    "a resource may be a %s",
    (resource_type) => {
      const content = { ...resource.content, resource_type };
      expect(of({ ...resource, content })).toMatchObject({ content: { resource_type } });
    },
  );
});

describe("the bytes of a resource", () => {
  const blobOf = (blob: unknown) =>
    of({ ...resource, content: { ...resource.content, blob } }) as { content: { blob: string } };
  const refused = (blob: unknown) =>
    problemsOfPart({ ...resource, content: { ...resource.content, blob } });

  it.each(["", "lamp", "Ä€😀\u0000", "\uFEFFa"])("are kept as text: %j", (text) => {
    expect(blobOf(text).content.blob).toBe(text);
    expect(blobOf([...new TextEncoder().encode(text)]).content.blob).toBe(text);
  });

  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]]])(
    "are kept as base64 if they are not valid text: %j",
    (bytes) => {
      expect(blobOf(bytes).content.blob).toBe(Buffer.from(bytes).toString("base64"));
    },
  );

  it.each([
    [[256], "content.0.content.blob.0"],
    [[97, -1], "content.0.content.blob.1"],
    [[1.5], "content.0.content.blob.0"],
    [["97"], "content.0.content.blob.0"],
    [{}, "content.0.content.blob"],
    [97, "content.0.content.blob"],
  ])("are refused: %j", (blob, path) => {
    expect(refused(blob)).toEqual([[path, "payload_shape"]]);
  });
});

describe("a resource", () => {
  const withFields = (part: typeof resource, fields: object) =>
    problemsOfPart({ ...part, content: { ...part.content, ...fields } });

  it.each([
    { content: "a", blob: "b" },
    { content: "", blob: "" },
  ])("must not have both text and bytes, even empty: %j", (fields) => {
    expect(withFields(resource, fields)).toEqual([["content.0.content", "payload_shape"]]);
  });

  it("may have null for one of them", () => {
    expect(() =>
      of({ ...resource, content: { ...resource.content, content: "a", blob: null } }),
    ).not.toThrow();
    expect(() =>
      of({ ...resource, content: { ...resource.content, content: null, blob: "b" } }),
    ).not.toThrow();
  });

  it.each([
    { range_start: 2, range_end: 1 },
    { range_start: 10, range_end: 9 },
  ])("must not have a range that ends before it starts: %j", (fields) => {
    expect(withFields(resourceRef, fields)).toEqual([["content.0.content", "payload_shape"]]);
  });

  it.each([
    { range_start: 2, range_end: 2 },
    { range_start: 2 },
    { range_end: 0 },
    { range_start: 2, range_end: null },
    { range_start: null, range_end: 0 },
  ])("may have an empty or open range: %j", (fields) => {
    expect(() =>
      of({ ...resourceRef, content: { ...resourceRef.content, ...fields } }),
    ).not.toThrow();
  });
});

describe("a content type", () => {
  it.each(["poem", "Text", "", "__proto__", "constructor", "picture", null, 3, undefined])(
    "%j is not read",
    (content_type) => {
      const problems = problemsOfPart({ content_type, text: "a", content: {} });
      expect(problems).toHaveLength(1);
      expect(problems[0]?.[0]).toMatch(/^content\.0/);
    },
  );

  it("is a field of the part, never inherited", () => {
    const patched = Object.prototype as { content_type?: string };
    patched.content_type = "text";
    try {
      expect(problemsOfPart({ text: "a" })).toHaveLength(1);
    } finally {
      delete patched.content_type;
    }
  });
});

describe("messages in a prompt's result", () => {
  const nested = (depth: number): object =>
    depth === 0
      ? { role: "user", content: [text] }
      : {
          role: "assistant",
          content: [
            {
              ...promptResult,
              content: { ...promptResult.content, messages: [nested(depth - 1)] },
            },
          ],
        };

  it("are messages themselves, including defaults", () => {
    const read = createMessage(nested(2) as never);
    expect(read).toMatchObject(nested(2));
    expect(read.content[0]).toMatchObject({
      content: { messages: [{ schema_version: "2.0", channel: undefined }] },
    });
  });

  it("are refused with the whole path", () => {
    const messages = [{ role: "user" }, { role: "bishop" }, { role: "user", extra: 1 }];
    const content = { ...promptResult.content, messages };
    expect(problemsOfPart({ ...promptResult, content })).toEqual([
      ["content.0.content.messages.1.role", "payload_shape"],
      ["content.0.content.messages.2.extra", "payload_shape"],
    ]);
  });

  it("nest up to a limit", () => {
    expect(() => createMessage(nested(10) as never)).not.toThrow();
    const problems = problemsOf(nested(40));
    expect(problems.map(([, code]) => code)).toEqual(["snapshot_limit"]);
  });
});
