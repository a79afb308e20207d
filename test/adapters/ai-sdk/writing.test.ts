import type { LanguageModelV3Prompt } from "@ai-sdk/provider";
import {
  contentStream,
  fromContent,
  fromModelMessages,
  fromPrompt,
  toContent,
  toModelMessages,
  toPrompt,
  toStreamParts,
} from "glassine/ai-sdk";
import { createMessage, type Message, type MessageInput } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

type Part = NonNullable<MessageInput["content"]>[number];
const said = (role: Message["role"], ...content: Part[]) => createMessage({ role, content });
const image = (data: string, type: "url" | "base64" = "base64", more = {}): Part => ({
  content_type: "image",
  content: { type, data, ...more },
});

/** A copy with one string replaced by another everywhere. */
function replaced(messages: readonly Message[], from: string, to: string): readonly Message[] {
  return JSON.parse(JSON.stringify(messages).replaceAll(from, to)) as Message[];
}

describe("new parts", () => {
  const written = (role: Message["role"], part: Part, version: "v2" | "v3" = "v3") => {
    const { document, lost } = toPrompt([said(role, part)], { specificationVersion: version });
    return [document[0]?.content, lost.map(({ path }) => path)];
  };

  it.each([
    [image("AA=="), { type: "file", data: "AA==", mediaType: "image/*" }],
    [image("https://a.example/", "url"), { data: new URL("https://a.example/") }],
    [
      image("HTTPS://a.example", "url"),
      { data: new URL("https://a.example/"), originalUrl: "HTTPS://a.example" },
    ],
    [
      { content_type: "document", content: { type: "base64", data: "AA==", title: "a" } },
      { data: "AA==", mediaType: "*/*", filename: "a" },
    ],
  ] as const)("of a user: %j", (part, expected) => {
    verifies("aisdk:round-trip");
    expect(written("user", part as Part)).toMatchObject([[expected], []]);
  });

  it.each([
    ["user", image("https://evil.example/"), ["[0].content[0]"]],
    ["user", image("no-url", "url"), ["[0].content[0]"]],
    ["user", { content_type: "thinking", text: "a" }, ["[0].content[0]"]],
    ["tool", { content_type: "text", text: "a" }, ["[0].content[0]"]],
    [
      "assistant",
      { content_type: "prompt_request", content: { prompt_request_id: "1", name: "p" } },
      ["[0].content[0]"],
    ],
  ] as const)("that %s cannot express are lost: %j", (role, part, paths) => {
    verifies("aisdk:lost", "aisdk:base64-only");
    expect(written(role, part as Part)).toEqual([[], paths]);
  });

  it.each([
    ["user", image("AA==", "base64", { media_type: "text/plain" }), "content[0]"],
    ["user", image("data:image/png;base64,AA==", "url"), "content[0].content.type"],
    [
      "user",
      { content_type: "audio", content: { type: "base64", data: "AA==", duration_ms: 1 } },
      "content[0].content.duration_ms",
    ],
    [
      "assistant",
      { content_type: "tool_call", content: { tool_call_id: "c", name: "t", namespace: "n" } },
      "content[0].content.namespace",
    ],
  ] as const)("that %s expresses approximately: %j", (role, part, path) => {
    verifies("aisdk:lost");
    const [content, lost] = written(role, part as Part);
    expect(content).toHaveLength(1);
    expect(lost).toContain(`[0].${path}`);
    for (const each of lost as string[]) expect(each).toMatch(/^\[0\]\.content\[0\]/);
  });

  it("of a message without a place in the SDK", () => {
    verifies("aisdk:lost");
    const text = (each: string): Part => ({ content_type: "text", text: each });
    const messages = [
      createMessage({ role: "developer", channel: "final", content: [text("a"), text("b")] }),
    ];
    const { document, lost } = toPrompt(messages);
    expect(document).toEqual([{ role: "system", content: "a\n\nb" }]);
    expect(lost.map(({ path }) => path)).toEqual(["[0].channel", "[0].role", "[0].content"]);
    expect(toContent([]).lost).toHaveLength(1);
    expect(toContent([said("user", text("a"))])).toMatchObject({
      document: { content: [{ type: "text", text: "a" }] },
      lost: [{ path: "[0].role" }],
    });
  });

  it("have the form of ai 5 on request", () => {
    verifies("aisdk:older");
    const list: Part = {
      content_type: "tool_result",
      content: {
        tool_call_id: "c",
        tool_name: "t",
        content: [image("AA=="), image("https://a.example/", "url")] as never,
      },
    };
    expect(written("tool", list, "v2")).toEqual([
      [
        {
          type: "tool-result",
          toolCallId: "c",
          toolName: "t",
          output: {
            type: "content",
            value: [{ type: "media", data: "AA==", mediaType: "image/*" }],
          },
        },
      ],
      ["[0].content[0].content.content[1]", "[0].content[0].content.content"],
    ]);
    const text = said("assistant", { content_type: "text", text: "a" });
    const completion = {
      stop_reason: "max_tokens",
      tokens: { input_tokens: 1, output_tokens: 2, total_tokens: 4 },
    } as const;
    const options = { extensions: { completion } };
    expect(toContent([text], { ...options, specificationVersion: "v2" })).toMatchObject({
      document: {
        finishReason: "length",
        usage: { inputTokens: 1, outputTokens: 2, totalTokens: 4 },
      },
      lost: [],
    });
    expect(toContent([text], options)).toMatchObject({
      document: {
        finishReason: { unified: "length", raw: undefined },
        usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } },
      },
      lost: [{ path: "extensions.completion.tokens.total_tokens" }],
    });
  });
});

describe("changed parts", () => {
  const call = { type: "tool-call", toolCallId: "c", toolName: "find" } as const;
  const prompt: LanguageModelV3Prompt = [
    {
      role: "user",
      content: [
        { type: "text", text: "Ada", providerOptions: { test: { cache: true } } },
        {
          type: "file",
          mediaType: "image/png",
          data: new URL("https://ada.example/"),
          originalUrl: "https://ada.example",
          filename: "f",
          providerOptions: { test: {} },
        },
      ],
    },
    {
      role: "assistant",
      content: [
        { type: "reasoning", text: "Ada?", providerOptions: { anthropic: { signature: "s" } } },
        {
          ...call,
          input: { name: "Ada" },
          providerExecuted: true,
          providerOptions: { openai: { itemId: "i" } },
        },
        { type: "reasoning", text: "Yes.", providerOptions: { anthropic: { signature: "t" } } },
      ],
    },
    {
      role: "tool",
      content: [
        {
          type: "tool-result",
          toolCallId: "c",
          toolName: "find",
          providerOptions: { test: {} },
          output: {
            type: "content",
            ...({ providerOptions: { test: {} } } as object),
            value: [
              { type: "file-id", fileId: "f-1" },
              { type: "text", text: "Ada", providerOptions: { test: {} } },
              { type: "custom" },
              { type: "text", text: "kept", providerOptions: { test: {} } },
            ],
          },
        },
        { type: "tool-approval-response", approvalId: "a", approved: true },
      ],
    },
  ];

  it("keep what did not change, except what signs or represents the model's old text", () => {
    verifies("aisdk:changed-part", "aisdk:provider-fields", "aisdk:unshown-kept");
    const { messages } = fromPrompt(prompt);
    const { document, lost } = toPrompt(replaced(messages, "Ada", "Bea"), { onto: prompt });
    const [user, assistant, tool] = prompt;
    expect(document).toEqual([
      { ...user, content: [{ ...(user?.content[0] as object), text: "Bea" }, user?.content[1]] },
      {
        ...assistant,
        content: [
          { type: "reasoning", text: "Bea?" },
          { ...call, input: { name: "Bea" }, providerExecuted: true },
          assistant?.content[2],
        ],
      },
      {
        ...tool,
        content: [
          {
            ...(tool?.content[0] as object),
            output: {
              type: "content",
              providerOptions: { test: {} },
              value: [
                { type: "file-id", fileId: "f-1" },
                { type: "text", text: "Bea", providerOptions: { test: {} } },
                { type: "custom" },
                { type: "text", text: "kept", providerOptions: { test: {} } },
              ],
            },
          },
          tool?.content[1],
        ],
      },
    ]);
    expect(lost.map(({ path }) => path)).toEqual(["[1].content[0]", "[1].content[1]"]);
  });

  it("never keep the original of another URL", () => {
    verifies("aisdk:changed-part");
    const { messages } = fromPrompt(prompt);
    const { document } = toPrompt(replaced(messages, "ada.example", "bea.example/x"), {
      onto: prompt,
    });
    expect(document[0]?.content[1]).toEqual({
      type: "file",
      mediaType: "image/png",
      data: new URL("https://bea.example/x"),
      filename: "f",
      providerOptions: { test: {} },
    });
  });

  it("of a result drop what may hold the old text next to the content", () => {
    verifies("aisdk:copies");
    const ssn = "078-05-1120";
    const result = {
      content: [{ type: "text", text: `SSN ${ssn}` }],
      finishReason: { unified: "stop", raw: "stop" },
      usage: { inputTokens: { total: 1 }, outputTokens: { total: 2 } },
      warnings: [],
      providerMetadata: { openai: { responseId: "r", logprobs: [{ token: ssn }] } },
      request: { body: `{"messages":["${ssn}"]}` },
      response: { id: "r", headers: { a: "b" }, body: { output: `SSN ${ssn}` } },
    };
    const { messages } = fromContent(result);
    expect(toContent(messages, { onto: result })).toEqual({ document: result, lost: [] });
    const { document, lost } = toContent(replaced(messages, ssn, "***"), { onto: result });
    const { providerMetadata: _, ...rest } = result;
    expect(document).toEqual({
      ...rest,
      content: [{ type: "text", text: "SSN ***" }],
      request: {},
      response: { id: "r", headers: { a: "b" } },
    });
    expect(lost.map(({ path, reason }) => [path, /^(\S+) belongs/.exec(reason)?.[1]])).toEqual(
      ["providerMetadata", "body", "body"].map((name) => ["[0].content", name]),
    );
    expect(JSON.stringify(toStreamParts(document))).not.toContain(ssn);
    const gone = toContent([said("assistant")], { onto: result }).document;
    expect(JSON.stringify(gone)).not.toContain(ssn);
  });

  it("of an assistant drop options of the message that may represent the old text", () => {
    verifies("aisdk:provider-fields");
    const cached = { anthropic: { cacheControl: { type: "ephemeral" } } };
    const thought = { openrouter: { reasoning_details: [{ text: "Ada" }] } };
    const turn = (role: string, providerOptions: object) => ({
      role,
      content: [{ type: "text", text: "Ada" }],
      providerOptions,
    });
    const list = [turn("assistant", thought), turn("assistant", cached), turn("user", thought)];
    const { messages } = fromPrompt(list);
    const { document, lost } = toPrompt(replaced(messages, "Ada", "Bea"), { onto: list });
    expect(document.map((each) => Reflect.get(each, "providerOptions"))).toEqual([
      undefined,
      cached,
      thought,
    ]);
    expect(lost.map(({ path }) => path)).toEqual(["[0].content"]);
  });

  it.each([
    ['{"to":"evil@a.example","to":"ok@a.example"}', '{"to":"ok@a.example"}'],
    ['{"n":1,"\\u006e":2}', '{"n":2}'],
    ['{"n":12345678901234567890}', '{"n":12345678901234567000}'],
    ['{ "n" : 1.50 }', undefined],
  ])("or not: of the input %s only what was shown is forwarded", (input, parsed) => {
    verifies("aisdk:input");
    const result = { content: [{ ...call, input, dynamic: true }] };
    const { messages } = fromContent(result);
    const expected = { ...result.content[0], input: parsed ?? input };
    expect(toContent(messages, { onto: result })).toEqual({
      document: { content: [expected] },
      lost: [],
    });
    const renamed = toContent(replaced(messages, "find", "look"), { onto: result }).document;
    expect(renamed.content).toEqual([{ ...expected, toolName: "look" }]);
    const list = [{ role: "assistant", content: [{ ...call, input }] }];
    const sent = toPrompt(fromPrompt(list).messages, { onto: list }).document;
    expect(sent).toEqual([
      {
        role: "assistant",
        content: [{ ...call, input: parsed === undefined ? input : JSON.parse(parsed) }],
      },
    ]);
  });

  it("keep the spelling of an equal input", () => {
    verifies("aisdk:changed-part");
    const result = { content: [{ ...call, input: '{ "name" : "Ada" }', dynamic: true }] };
    const { messages } = fromContent(result);
    const renamed = toContent(replaced(messages, "find", "look"), { onto: result }).document;
    expect(renamed.content).toEqual([{ ...result.content[0], toolName: "look" }]);
    const changed = toContent(replaced(messages, "Ada", "Bea"), { onto: result }).document;
    expect(changed.content).toEqual([{ ...result.content[0], input: '{"name":"Bea"}' }]);
  });

  it("of a tool's output report hidden items that are lost with it", () => {
    verifies("aisdk:lost");
    const { messages } = fromPrompt(prompt);
    const gone = messages.map((message) => ({
      ...message,
      content: message.content.map((part) =>
        part.content_type === "tool_result"
          ? { ...part, content: { ...part.content, content: "[removed]" } }
          : part,
      ),
    }));
    const { document, lost } = toPrompt(gone as Message[], { onto: prompt });
    expect(document[2]?.content[0]).toMatchObject({
      output: { type: "text", value: "[removed]", providerOptions: { test: {} } },
      providerOptions: { test: {} },
    });
    const value = "onto[2].content[0].output.value";
    expect(lost.map(({ path }) => path)).toEqual([0, 1, 2, 3].map((at) => `${value}[${at}]`));
  });

  it("of a tool's data stay data, even if they look like parts", () => {
    verifies("aisdk:output-form");
    const result = { type: "tool-result", toolCallId: "c", toolName: "t" };
    const link = { content_type: "image", content: { type: "url", data: "https://evil.example/" } };
    for (const value of [[link, { content_type: "text", text: "Ada" }], "Ada", { name: "Ada" }]) {
      const prompt = [{ role: "tool", content: [{ ...result, output: { type: "json", value } }] }];
      const changed = replaced(fromPrompt(prompt).messages, "Ada", "Bea");
      expect(toPrompt(changed, { onto: prompt }).document).toEqual(
        JSON.parse(JSON.stringify(prompt).replaceAll("Ada", "Bea")),
      );
    }
  });

  it("of a string message stay a string if they are one text", () => {
    verifies("aisdk:changed-part");
    const list = [{ role: "user", content: "Ada" }];
    const { messages } = fromModelMessages(list);
    const changed = replaced(messages, "Ada", "Bea");
    expect(toModelMessages(changed, { onto: list }).document).toEqual([
      { role: "user", content: "Bea" },
    ]);
    const more = [said("user", ...(changed[0]?.content ?? []), image("AA=="))];
    expect(toModelMessages(more, { onto: list }).document).toEqual([
      {
        role: "user",
        content: [
          { type: "text", text: "Bea" },
          { type: "image", image: "AA==" },
        ],
      },
    ]);
  });
});

describe("what is written", () => {
  it("is frozen, and has its own bytes and URLs", () => {
    verifies("aisdk:frozen");
    const bytes = new Uint8Array([1, 2]);
    const url = new URL("https://a.example/");
    const prompt: LanguageModelV3Prompt = [
      {
        role: "user",
        content: [
          { type: "file", mediaType: "image/png", data: bytes },
          { type: "file", mediaType: "image/png", data: url },
        ],
      },
    ];
    const { document } = toPrompt(fromPrompt(prompt).messages, { onto: prompt });
    bytes[0] = 9;
    url.pathname = "/changed";
    const content = document[0]?.content as readonly { data: unknown }[];
    expect(content.map(({ data }) => data)).toEqual([
      new Uint8Array([1, 2]),
      new URL("https://a.example/"),
    ]);
    expect([document, document[0], content, content[0]].every(Object.isFrozen)).toBe(true);
  });

  it.each([
    [() => toPrompt([], { ontoo: [] } as never), 'Did you mean "onto"'],
    [() => toModelMessages([], { specificationVersion: "v2" } as never), "specificationVersion"],
    [() => toContent([], { extension: {} } as never), 'Did you mean "extensions"'],
    [() => toContent([], null as never), "toContent expects"],
    [() => toPrompt([], { specificationVersion: "v9" as never }), '"v3" for ai 6 or "v2"'],
    [() => toContent([], { specificationVersion: 3 as never }), "got a number"],
    [() => contentStream({ maxEvent: 1 } as never), 'Did you mean "maxEvents"'],
  ])("refuses the unknown option %s", (act, text) => {
    verifies("aisdk:misuse");
    const { code, message } = refusalOf(act);
    expect([code, message]).toEqual(["options_invalid", expect.stringContaining(text)]);
  });

  it.each<(messages: readonly Message[]) => unknown>([
    (list) => toPrompt(list),
    (list) => toModelMessages(list),
    (list) => toContent(list),
  ])("takes no messages but in an array: %s", (write) => {
    verifies("aisdk:misuse");
    const { code, message } = refusalOf(() => write(fromPrompt([]) as never));
    expect([code, message]).toEqual(["message_invalid", expect.stringContaining("pass .messages")]);
    expect(refusalOf(() => write([{}] as never)).code).toBe("message_invalid");
  });

  it("refuses another kind of document", () => {
    verifies("aisdk:refused");
    const { code } = refusalOf(() => toPrompt([], { onto: [{ role: "user", content: 3 }] }));
    expect(code).toBe("document_invalid");
    expect(refusalOf(() => toContent([], { onto: {} as never })).code).toBe("document_invalid");
  });
});
