import type { LanguageModelV3GenerateResult, LanguageModelV3Prompt } from "@ai-sdk/provider";
import type { ModelMessage } from "ai";
import { createExtensions } from "glassine";
import { fromContent, fromModelMessages, fromPrompt, toStreamParts } from "glassine/ai-sdk";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

type Result = LanguageModelV3GenerateResult;
const usage: Result["usage"] = {
  inputTokens: { total: 3, noCache: undefined, cacheRead: undefined, cacheWrite: undefined },
  outputTokens: { total: 5, text: undefined, reasoning: undefined },
};
const resultOf = (content: Result["content"], more: Partial<Result> = {}): Result => ({
  content,
  finishReason: { unified: "stop", raw: undefined },
  usage,
  warnings: [],
  ...more,
});

/** The parts of a prompt with one message, and what is left over. */
function parts(role: "user" | "assistant" | "tool", ...content: object[]) {
  const prompt = [{ role, content }] as unknown as LanguageModelV3Prompt;
  const { messages, left } = fromPrompt(prompt);
  return { parts: messages[0]?.content, left: left.map(({ kind, path }) => `${kind} ${path}`) };
}

describe("a prompt", () => {
  it("reads as messages with the same roles, and parts in the same order", () => {
    verifies("aisdk:parts");
    const prompt: LanguageModelV3Prompt = [
      { role: "system", content: "Be brief." },
      {
        role: "user",
        content: [
          { type: "text", text: "What is it?" },
          { type: "file", mediaType: "image/png", data: "AAEC" },
          { type: "file", mediaType: "audio/wav", data: "AAEC" },
          { type: "file", mediaType: "video/mp4", data: "AAEC" },
          { type: "file", mediaType: "application/pdf", data: "AAEC", filename: "a.pdf" },
        ],
      },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "Hm." },
          { type: "tool-call", toolCallId: "c", toolName: "find", input: { name: "Ada" } },
        ],
      },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: "c",
            toolName: "find",
            output: { type: "error-text", value: "no" },
          },
        ],
      },
    ];
    const { messages, left, extensions } = fromPrompt(prompt);
    const base64 = { type: "base64", data: "AAEC" };
    expect(messages.map(({ role, content }) => [role, content])).toEqual([
      ["system", [{ content_type: "text", text: "Be brief." }]],
      [
        "user",
        [
          { content_type: "text", text: "What is it?" },
          { content_type: "image", content: { ...base64, media_type: "image/png" } },
          { content_type: "audio", content: { ...base64, media_type: "audio/wav" } },
          { content_type: "video", content: { ...base64, media_type: "video/mp4" } },
          {
            content_type: "document",
            content: { ...base64, media_type: "application/pdf", title: "a.pdf" },
          },
        ],
      ],
      [
        "assistant",
        [
          { content_type: "thinking", text: "Hm." },
          {
            content_type: "tool_call",
            content: { tool_call_id: "c", name: "find", arguments: { name: "Ada" } },
          },
        ],
      ],
      [
        "tool",
        [
          {
            content_type: "tool_result",
            content: { tool_call_id: "c", tool_name: "find", content: "no", is_error: true },
          },
        ],
      ],
    ]);
    expect(left).toEqual([]);
    expect(extensions).toEqual({});
  });

  it("shows bytes, URLs and dates as text", () => {
    verifies("aisdk:host-values");
    const url = new URL("https://a.example/a.pdf");
    const large = new Uint8Array(100_000).map((_, index) => index);
    const shown = parts(
      "user",
      { type: "file", mediaType: "image/png", data: Buffer.from([1, 2, 3]) },
      { type: "file", mediaType: "application/pdf", data: url },
      { type: "file", mediaType: "image/png", data: large },
      { type: "file", mediaType: "image/png", data: large.subarray(1, 3) },
    );
    expect(shown.parts).toMatchObject([
      { content: { type: "base64", data: "AQID" } },
      { content: { type: "url", data: url.href } },
      { content: { type: "base64", data: Buffer.from(large).toString("base64") } },
      { content: { type: "base64", data: "AQI=" } },
    ]);
    const input = {
      at: new Date(0),
      never: new Date(Number.NaN),
      none: undefined,
      list: [undefined, Number.NaN, () => 1],
      map: new Map([[1, 2]]),
      own: { toJSON: () => ({ a: 1 }) },
    };
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input };
    expect(parts("assistant", call).parts).toMatchObject([
      {
        content: {
          arguments: {
            at: "1970-01-01T00:00:00.000Z",
            never: null,
            list: [null, null, null],
            map: {},
            own: { a: 1 },
          },
        },
      },
    ]);
  });

  it("distinguishes media by their type", () => {
    verifies("aisdk:media-type");
    const file = (mediaType: string, data: unknown) => ({ type: "file", mediaType, data });
    const { parts: shown, left } = parts(
      "user",
      file("image/*", "AA=="),
      file("*/*", "AA=="),
      file("IMAGE/PNG", "AA=="),
      file("application/pdf", new URL("data:image/png;base64,AA==")),
    );
    expect(shown).toEqual([
      { content_type: "image", content: { type: "base64", data: "AA==" } },
      { content_type: "document", content: { type: "base64", data: "AA==" } },
      { content_type: "image", content: { type: "base64", data: "AA==", media_type: "IMAGE/PNG" } },
      { content_type: "image", content: { type: "base64", data: "AA==", media_type: "image/png" } },
    ]);
    expect(left).toEqual(["data", "mediaType"].map((name) => `setting [0].content[3].${name}`));
  });

  it("shows the original text of a URL only if it belongs to that URL", () => {
    verifies("aisdk:host-values");
    const data = new URL("https://a.example");
    const file = (originalUrl: string) => ({
      type: "file",
      mediaType: "image/png",
      data,
      originalUrl,
    });
    const { parts: shown, left } = parts(
      "user",
      file("HTTPS://a.example"),
      file("https://b.example"),
    );
    expect(shown?.map((part) => (part.content_type === "image" ? part.content.data : ""))).toEqual([
      "HTTPS://a.example",
      "https://a.example/",
    ]);
    expect(left).toEqual(["setting [0].content[1].originalUrl"]);
  });
});

describe("the output of a tool", () => {
  const answer = (output: object) => {
    const { parts: shown, left } = parts("tool", {
      type: "tool-result",
      toolCallId: "c",
      toolName: "t",
      output,
    });
    const [part] = shown ?? [];
    if (part?.content_type !== "tool_result") throw new Error("No result was shown.");
    return [
      part.content.content,
      part.content.is_error,
      left.map((each) => each.replace("[0].content[0].", "")),
    ];
  };

  it.each([
    [{ type: "text", value: "a" }, "a", false, []],
    [{ type: "json", value: { a: null } }, { a: null }, false, []],
    [{ type: "json", value: null }, undefined, false, []],
    [{ type: "error-text", value: "a" }, "a", true, []],
    [{ type: "error-json", value: [1] }, [1], true, []],
    [{ type: "json", value: "a" }, "a", false, ["setting output"]],
    [{ type: "execution-denied", reason: "no" }, "no", true, ["setting output"]],
    [{ type: "execution-denied" }, undefined, true, ["setting output"]],
    [{ type: "later", value: 1 }, undefined, false, ["content output"]],
    [
      { type: "text", value: "a", providerOptions: {} },
      "a",
      false,
      ["setting output.providerOptions"],
    ],
  ])("%j", (output, content, isError, left) => {
    verifies("aisdk:tool-output");
    expect(answer(output)).toEqual([content, isError, left]);
  });

  it("of several items is a list of parts", () => {
    verifies("aisdk:tool-output", "aisdk:left");
    const items = [
      { type: "text", text: "a" },
      { type: "image-data", data: "AA==", mediaType: "image/png" },
      { type: "file-data", data: "AA==", mediaType: "text/plain", filename: "a.txt" },
      { type: "image-url", url: "https://a.example/" },
      { type: "file-url", url: "https://a.example/", mediaType: "audio/wav" },
      { type: "file-id", fileId: "f" },
      { type: "custom" },
    ];
    const shown = [
      { content_type: "text", text: "a" },
      { content_type: "image", content: { type: "base64", data: "AA==", media_type: "image/png" } },
      {
        content_type: "document",
        content: { type: "base64", data: "AA==", media_type: "text/plain", title: "a.txt" },
      },
      { content_type: "image", content: { type: "url", data: "https://a.example/" } },
      {
        content_type: "audio",
        content: { type: "url", data: "https://a.example/", media_type: "audio/wav" },
      },
    ];
    const hidden = ["content output.value[5]", "content output.value[6]"];
    expect(answer({ type: "content", value: items })).toEqual([shown, false, hidden]);
    const older = { type: "media", data: "AA==", mediaType: "image/png" };
    expect(answer({ type: "content", value: [older] })).toEqual([[shown[1]], false, []]);
  });
});

describe("what messages do not show", () => {
  it("is reported as left over: content that is read or has an effect, and settings", () => {
    verifies("aisdk:left");
    const list: readonly { role: string; content: unknown; providerOptions?: object }[] = [
      { role: "user", content: "a", providerOptions: { test: {} } },
      {
        role: "assistant",
        content: [
          { type: "tool-approval-request", approvalId: "a", toolCallId: "c" },
          { type: "text", text: "a", later: 1 },
          { type: "tool-call", toolCallId: "c", toolName: "t", input: {}, providerExecuted: true },
        ],
      },
      {
        role: "tool",
        content: [{ type: "tool-approval-response", approvalId: "a", approved: true }],
      },
      { role: "data", content: 3 },
    ];
    const { messages, left } = fromModelMessages(list);
    expect(messages.map(({ content }) => content.length)).toEqual([1, 2, 0]);
    expect(left.map(({ kind, path }) => [path, kind])).toEqual([
      ["[0].providerOptions", "setting"],
      ["[1].content[0]", "setting"],
      ["[1].content[1].later", "content"],
      ["[1].content[2].providerExecuted", "setting"],
      ["[2].content[0]", "content"],
      ["[3]", "content"],
    ]);
  });

  it.each([
    ["setting", { anthropic: { cacheControl: { type: "ephemeral" }, signature: "s" } }],
    ["setting", { bedrock: { cachePoint: {} }, test: {} }],
    ["setting", { googleVertex: { thoughtSignature: "s" }, vertex: { thoughtSignature: "s" } }],
    ["setting", { amazonBedrock: { signature: "s" }, azure: { imageDetail: "low" } }],
    ["setting", null],
    ["content", { openai: { itemId: "msg_1" } }],
    ["content", { anthropic: { cacheControl: {}, later: 1 } }],
    ["content", { openrouter: { reasoning_details: [{ text: "a" }] } }],
    ["content", { __proto__: null, constructor: { name: "a" } }],
    ["content", "a"],
  ])("is %s if providerOptions are %j", (kind, providerOptions) => {
    verifies("aisdk:provider-settings");
    const output = { type: "text", value: "a", providerOptions };
    const list = [
      { role: "user", content: "a", providerOptions },
      { role: "assistant", content: [{ type: "text", text: "a", providerOptions }] },
      {
        role: "tool",
        content: [{ type: "tool-result", toolCallId: "c", toolName: "t", output }],
      },
    ];
    expect(fromPrompt(list).left.map((each) => [each.path, each.kind])).toEqual([
      ["[0].providerOptions", kind],
      ["[1].content[0].providerOptions", kind],
      ["[2].content[0].output.providerOptions", kind],
    ]);
  });

  it.each([
    ["setting", {}],
    ["setting", { isAutomatic: false, providerMetadata: { openai: { itemId: "i" } } }],
    ["content", { reason: "why" }],
    ["content", { toolCallId: { text: "why" } }],
    ["content", { providerMetadata: { mcp: { text: "why" } } }],
  ])("is %s if what asks for an approval has %j beside its ids", (kind, more) => {
    verifies("aisdk:left");
    const asking = { type: "tool-approval-request", approvalId: "a", toolCallId: "c", ...more };
    const { left } = fromContent({ content: [asking] });
    expect(left).toMatchObject([{ path: "content[0]", kind }]);
  });

  it("of a result is content, except for known settings", () => {
    verifies("aisdk:left", "aisdk:settings", "aisdk:provider-settings");
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input: "{}" } as const;
    const contentOf = (result: object) => {
      const { left } = fromContent({ content: [], ...result });
      return left.flatMap(({ kind, path }) => (kind === "content" ? [path] : []));
    };
    const settings = {
      content: [{ ...call, dynamic: true, providerMetadata: { openai: { itemId: "i" } } }],
      request: { body: "a" },
      response: { id: "r", headers: {}, body: {} },
      providerMetadata: { openai: { responseId: "r", serviceTier: "default" } },
    };
    expect(contentOf(settings)).toEqual([]);
    expect(contentOf({ providerMetadata: { azure: { responseId: "r" } } })).toEqual([]);
    const others = {
      content: [{ ...call, title: "Delete" }],
      response: { messages: [] },
      usage: { later: 1 },
      providerMetadata: { openai: { responseId: "r", logprobs: [] } },
      later: 1,
    };
    expect(contentOf(others)).toEqual([
      "content[0].title",
      "usage.later",
      "response.messages",
      "providerMetadata",
      "later",
    ]);
  });

  it.each([
    ["[1]"],
    ['"a"'],
    ["{"],
    ['{"a":"\\ud800"}'],
    [`${'{"a":'.repeat(80)}1${"}".repeat(80)}`],
  ])("is the input %j, which is not a data object", (input) => {
    verifies("aisdk:input");
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input } as const;
    const { messages, left } = fromContent(resultOf([call]));
    expect(messages[0]?.content).toEqual([
      { content_type: "tool_call", content: { tool_call_id: "c", name: "t", arguments: {} } },
    ]);
    expect(left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
    expect(parts("assistant", { ...call, input: [1] }).left).toEqual([
      "content [0].content[0].input",
    ]);
  });

  it("is an input string with a number beyond the range of numbers", () => {
    verifies("aisdk:input");
    const input = '{"account":12345678901234567890}';
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input } as const;
    const { left } = fromContent(resultOf([call]));
    expect(left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
  });

  it("is an input string with a duplicate key, of which the last is shown", () => {
    verifies("aisdk:input");
    const input = '{"path":"/etc","path":"/tmp"}';
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input } as const;
    const { messages, left } = fromContent(resultOf([call]));
    expect(messages[0]?.content).toMatchObject([{ content: { arguments: { path: "/tmp" } } }]);
    expect(left).toMatchObject([{ path: "content[0].input", kind: "content" }]);
  });
});

describe("ModelMessage", () => {
  it("may contain text, images, buffers and URL strings", () => {
    verifies("aisdk:parts", "aisdk:host-values");
    const list: ModelMessage[] = [
      { role: "user", content: "a" },
      {
        role: "user",
        content: [
          { type: "image", image: new Uint8Array([1, 2, 3]).buffer },
          { type: "image", image: "https://a.example/" },
          { type: "file", data: "data:text/plain;base64,AA==", mediaType: "text/plain" },
        ],
      },
    ];
    expect(fromModelMessages(list).messages.map(({ content }) => content)).toEqual([
      [{ content_type: "text", text: "a" }],
      [
        { content_type: "image", content: { type: "base64", data: "AQID" } },
        { content_type: "image", content: { type: "url", data: "https://a.example/" } },
        {
          content_type: "document",
          content: { type: "base64", data: "AA==", media_type: "text/plain" },
        },
      ],
    ]);
  });
});

describe("a result", () => {
  it("shows sources as resources", () => {
    verifies("aisdk:parts");
    const { messages, left } = fromContent(
      resultOf([
        { type: "source", sourceType: "url", id: "1", url: "https://a.example/", title: "A" },
        {
          type: "source",
          sourceType: "document",
          id: "2",
          mediaType: "text/plain",
          title: "B",
          filename: "b",
        },
      ]),
    );
    expect(messages[0]?.content).toEqual([
      {
        content_type: "resource_ref",
        content: {
          resource_request_id: "1",
          uri: "https://a.example/",
          name: "A",
          resource_type: "uri",
        },
      },
      {
        content_type: "resource",
        content: {
          resource_request_id: "2",
          uri: "b",
          name: "B",
          resource_type: "file",
          mime_type: "text/plain",
          annotations: {},
        },
      },
    ]);
    expect(left).toEqual([]);
  });

  it("fills completion and llm, which an envelope accepts", () => {
    verifies("aisdk:completion");
    const response = { id: "r", modelId: "m", timestamp: new Date(0), headers: { a: "b" } };
    const { extensions, left } = fromContent(resultOf([], { response }));
    const completion = {
      stop_reason: "end",
      tokens: { input_tokens: 3, output_tokens: 5, total_tokens: 8 },
      model: "m",
      raw_format: "ai-sdk",
      created_at: "1970-01-01T00:00:00.000Z",
    };
    expect(extensions).toEqual({ completion, llm: { model_id: "m" } });
    expect(createExtensions(extensions)).toMatchObject({ completion, llm: { model_id: "m" } });
    expect(left.map(({ path }) => path)).toEqual(["response.id", "response.headers"]);
    expect(left.every(({ kind }) => kind === "setting")).toBe(true);
  });

  it.each([
    [{ unified: "stop", raw: undefined }, "end", []],
    [{ unified: "stop", raw: "stop_sequence" }, "stop_sequence", []],
    [{ unified: "length", raw: "max_tokens" }, "max_tokens", ["finishReason.raw"]],
    [{ unified: "tool-calls", raw: undefined }, "call", []],
    [{ unified: "content-filter", raw: undefined }, undefined, ["finishReason.unified"]],
    ["stop", "end", []],
    ["unknown", undefined, ["finishReason"]],
    ["toString", undefined, ["finishReason"]],
  ])("that ended by %j", (finishReason, expected, paths) => {
    verifies("aisdk:completion");
    const older = { inputTokens: 1, outputTokens: 2, totalTokens: 9 };
    const result = {
      ...resultOf([]),
      finishReason,
      ...(typeof finishReason === "string" ? { usage: older } : {}),
    };
    const { extensions, left } = fromContent(result);
    expect(extensions.completion?.stop_reason).toBe(expected);
    expect(left.map(({ path }) => path)).toEqual(paths);
    expect(extensions.completion?.tokens?.total_tokens).toBe(
      typeof finishReason === "string" ? 9 : 8,
    );
  });

  it("has no token counts if one is missing or invalid", () => {
    verifies("aisdk:completion");
    for (const total of [undefined, -1, 1.5, Number.NaN]) {
      const odd = { ...usage, inputTokens: { ...usage.inputTokens, total } };
      const { extensions, left } = fromContent(resultOf([], { usage: odd }));
      expect(extensions.completion?.tokens).toBeUndefined();
      expect(left.map(({ path }) => path)).toContain("usage.outputTokens.total");
    }
  });
});

describe("a document of the wrong shape", () => {
  it.each([
    [() => fromPrompt([{ role: "user", content: [{ type: "text" }] }]), "[0].content[0].text"],
    [() => fromPrompt([{ role: "user", content: 3 }]), "[0].content"],
    [() => fromPrompt("a" as never), ""],
    [() => fromPrompt([null] as never), "[0]"],
    [() => fromModelMessages([{ role: 3, content: "a" }] as never), "[0].role"],
    [() => fromContent({} as never), "content"],
    [
      () =>
        fromContent({ content: [{ type: "tool-call", toolCallId: "c", toolName: "t" }] } as never),
      "content[0].input",
    ],
  ])("is refused with the path", (read, path) => {
    verifies("aisdk:refused");
    const { code, message } = refusalOf(read);
    expect(code).toBe("document_invalid");
    expect(message).toContain(path);
  });

  it.each([
    (list: readonly never[]) => fromPrompt(list),
    (list: readonly never[]) => fromPrompt([{ role: "user", content: list }]),
    (list: readonly never[]) => fromContent({ content: list }),
    (list: readonly never[]) =>
      fromPrompt([
        {
          role: "tool",
          content: [
            {
              type: "tool-result",
              toolCallId: "c",
              toolName: "t",
              output: { type: "content", value: list },
            },
          ],
        },
      ]),
  ])("is refused at once for an empty list of huge length", (read) => {
    verifies("aisdk:refused");
    expect(refusalOf(() => read(new Array<never>(2 ** 32 - 1))).code).toBe("document_invalid");
  });

  it.each(["finishReason", "usage", "response"] as const)(
    "is refused if %s of a result is not JSON",
    (name) => {
      verifies("aisdk:refused");
      // Found by L24: a proxy was not refused here, and its traps ran when it was streamed.
      const run = () => {
        throw new Error("a trap ran");
      };
      const result = { ...resultOf([]), [name]: new Proxy(() => {}, { ownKeys: run, get: run }) };
      for (const read of [fromContent, toStreamParts]) {
        const { code, message } = refusalOf(() => read(result));
        expect(code).toBe("document_invalid");
        expect(message).toContain(name);
      }
    },
  );

  it("is refused if its own code throws", () => {
    verifies("aisdk:refused");
    const part = {
      type: "text",
      get text(): string {
        throw new Error("secret");
      },
    };
    const { code, message } = refusalOf(() => fromPrompt([{ role: "user", content: [part] }]));
    expect(code).toBe("document_invalid");
    expect(message).not.toContain("secret");
  });
});

it("an output with many unknown fields is read in time proportional to them", () => {
  verifies("adapters:work-bounded");
  const fields = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`k${at}`, 1]));
  const output = { type: "content", value: [], ...fields };
  const result = { type: "tool-result", toolCallId: "c", toolName: "find", output };
  expect(parts("tool", result).left).toContain("content [0].content[0].output.k0");
});
