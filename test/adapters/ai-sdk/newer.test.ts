/** Documents of ai 7: files in tagged forms, citations, and additions to its streams. */

import {
  contentStream,
  fromContent,
  fromModelMessages,
  fromPrompt,
  type PromptLike,
  toContent,
  toModelMessages,
  toPrompt,
  toStreamParts,
} from "glassine/ai-sdk";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

const file = (data: unknown, mediaType = "application/pdf", more: object = {}) => ({
  type: "file",
  data,
  mediaType,
  ...more,
});
const url = new URL("https://a.example/b.png");
const prompt: PromptLike = [
  {
    role: "user",
    content: [
      file({ type: "data", data: new Uint8Array([0, 1, 2]) }, "image/png"),
      file({ type: "url", url, originalUrl: "HTTPS://A.Example/b.png" }, "image"),
      file({ type: "text", text: "Ada's number" }, "text/plain", { filename: "a.txt" }),
      file({ type: "reference", reference: { openai: "file_1" } }),
      file({ type: "later", data: "x" }),
    ],
  },
];
const said = (role: Message["role"], ...content: object[]) =>
  createMessage({ role, content: content as never });
const text = (value: string): ContentPart => ({ content_type: "text", text: value });
const v4 = { specificationVersion: "v4" } as const;
const bytes = { content_type: "image", content: { type: "base64", data: "AAEC" } } as const;
const inline = {
  content_type: "resource",
  content: {
    resource_request_id: "",
    uri: "",
    name: "a.txt",
    resource_type: "file",
    content: "Ada's number",
    mime_type: "text/plain",
  },
} as const;

describe("files of ai 7", () => {
  it("are shown according to their data", () => {
    verifies("aisdk:file-data");
    const { messages, left } = fromPrompt(prompt);
    expect(messages[0]?.content).toMatchObject([
      { ...bytes, content: { ...bytes.content, media_type: "image/png" } },
      { content_type: "image", content: { type: "url", data: "HTTPS://A.Example/b.png" } },
      inline,
    ]);
    const content = left.filter(({ kind }) => kind === "content").map(({ path }) => path);
    expect(content).toEqual(["[0].content[3]", "[0].content[4]"]);
    const odd = [{ role: "user", content: [file({ type: "text", text: "a", hidden: "b" })] }];
    expect(fromPrompt(odd).left).toMatchObject([
      { path: "[0].content[0].data.hidden", kind: "content" },
    ]);
  });

  it("survive a round trip, and keep their form when changed", () => {
    verifies("aisdk:file-data", "aisdk:onto");
    const { messages } = fromPrompt(prompt);
    expect(toPrompt(messages, { onto: prompt })).toEqual({ document: prompt, lost: [] });
    const other = { ...inline, content: { ...inline.content, content: "***" } };
    const link = { content_type: "image", content: { type: "url", data: url.href } } as const;
    const edited = said(
      "user",
      { ...link, content: { ...link.content, media_type: "image/png" } },
      other,
    );
    const written = toPrompt([edited], { onto: prompt }).document[0]?.content;
    const [first, last] = written as readonly unknown[];
    expect(first).toEqual(file({ type: "url", url }, "image/png"));
    expect(last).toEqual(file({ type: "text", text: "***" }, "text/plain", { filename: "a.txt" }));
  });

  it("in the output of a tool are read and written, too", () => {
    verifies("aisdk:file-data");
    const result = { type: "tool-result", toolCallId: "c", toolName: "t" };
    const value = [
      { type: "text", text: "a" },
      file({ type: "data", data: "AAEC" }, "image/png"),
      file({ type: "text", text: "Ada" }, "text/plain"),
    ];
    const onto = [{ role: "tool", content: [{ ...result, output: { type: "content", value } }] }];
    const { messages, left } = fromPrompt(onto);
    expect(left).toEqual([]);
    const part = messages[0]?.content[0] as Extract<ContentPart, { content_type: "tool_result" }>;
    const parts = part.content.content as unknown as readonly ContentPart[];
    expect(parts.map(({ content_type }) => content_type)).toEqual(["text", "image", "resource"]);
    const fresh = toPrompt(messages, v4).document[0]?.content as readonly { output: unknown }[];
    expect(fresh[0]?.output).toEqual({ type: "content", value });
    const masked = JSON.parse(JSON.stringify(messages).replace("Ada", "***")) as Message[];
    const { document } = toPrompt(masked, { onto });
    expect(document).toEqual(JSON.parse(JSON.stringify(onto).replace("Ada", "***")));
  });

  it("are written on request, with the content of the message", () => {
    verifies("aisdk:newer");
    const link = { type: "url", data: "HTTPS://A.Example/b.png", media_type: "image/png" } as const;
    const content = [text("a"), bytes, { content_type: "image", content: link }, inline];
    const { document, lost } = toPrompt([said("user", ...content)], v4);
    expect(lost).toEqual([]);
    expect(document[0]?.content).toEqual([
      { type: "text", text: "a" },
      file({ type: "data", data: "AAEC" }, "image/*"),
      file({ type: "url", url, originalUrl: link.data }, "image/png"),
      file({ type: "text", text: "Ada's number" }, "text/plain", { filename: "a.txt" }),
    ]);
    const older = toPrompt([said("user", inline)]);
    const asBytes = Buffer.from("Ada's number").toString("base64");
    expect(older.document[0]?.content).toEqual([
      file(asBytes, "text/plain", { filename: "a.txt" }),
    ]);
    expect(older.lost).toEqual([]);
    const answer = toContent([said("assistant", bytes)], v4).document.content;
    expect(answer).toEqual([file({ type: "data", data: "AAEC" }, "image/*")]);
    const linked = toContent([said("assistant", { content_type: "image", content: link })], v4);
    expect(linked.document.content).toMatchObject([{ data: { type: "url", url } }]);
    for (const data of ["no url", "a.png"]) {
      const bad = said("user", { content_type: "image", content: { type: "url", data } });
      expect(toPrompt([bad], v4)).toMatchObject({
        document: [{ content: [] }],
        lost: [{ path: "[0].content[0]" }],
      });
    }
  });

  it("may be bare in a list of ModelMessage, or only named", () => {
    verifies("aisdk:file-data");
    const reference = { openai: "file_1" };
    const list = [
      {
        role: "user",
        content: [
          file(reference),
          { type: "image", image: reference },
          file({ type: "data", data: new Uint8Array([0, 1, 2]) }, "image/png"),
        ],
      },
    ];
    const { messages, left } = fromModelMessages(list);
    expect(messages[0]?.content).toHaveLength(1);
    const content = left.filter(({ kind }) => kind === "content").map(({ path }) => path);
    expect(content).toEqual(["[0].content[0]", "[0].content[1]"]);
    expect(toModelMessages(messages, { onto: list })).toEqual({ document: list, lost: [] });
  });

  it.each([
    [5],
    [[]],
    [null],
    [{ type: "data" }],
    [{ type: "url", url: 5 }],
    [{ type: "text", text: {} }],
  ])("of the wrong shape are refused: %j", (data) => {
    verifies("aisdk:refused");
    expect(codeOf(() => fromPrompt([{ role: "user", content: [file(data)] }]))).toBe(
      "document_invalid",
    );
  });

  it("need a version that is known", () => {
    const options = { specificationVersion: "v5" } as never;
    expect(codeOf(() => toPrompt([], options))).toBe("options_invalid");
  });
});

describe("a result of ai 7", () => {
  const citations = [{ source: { type: "source", sourceType: "url", id: "1", url: "u" } }];
  const cited = { type: "text", text: "Ada", citations };
  const result = {
    content: [cited, { type: "custom", kind: "a.b" }],
    structuredOutputText: '{"name":"Ada"}',
    finishReason: { unified: "stop", raw: "stop" },
    usage: { inputTokens: { total: 1 }, outputTokens: { total: 1 } },
    warnings: [],
  };

  it("has citations and a second form of its text, which are dropped if the text changes", () => {
    verifies("aisdk:provider-fields", "aisdk:copies", "aisdk:left");
    const { messages, left } = fromContent(result);
    const unseen = left.filter(({ kind }) => kind !== "setting");
    expect(unseen.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "citation content[0].citations",
      "content content[1]",
      "content structuredOutputText",
    ]);
    expect(toContent(messages, { onto: result }).document).toEqual(result);
    const { document, lost } = toContent([said("assistant", text("***"))], { onto: result });
    expect(document.content).toEqual([{ type: "text", text: "***" }, result.content[1]]);
    expect(JSON.stringify(document)).not.toContain("Ada");
    expect(lost.map(({ path }) => path).sort()).toEqual(["[0].content", "[0].content[0]"]);
  });

  it("may repeat its last texts as what is parsed", () => {
    verifies("aisdk:settings", "aisdk:left");
    const texts = ["Let me look.", '{"name":', '"Ada"}'];
    const content = texts.map((each) => ({ type: "text", text: each }));
    const kindOf = (structuredOutputText: unknown) =>
      fromContent({ content, structuredOutputText } as never).left.find(
        ({ path }) => path === "structuredOutputText",
      )?.kind;
    for (const copy of ['"Ada"}', '{"name":"Ada"}', texts.join(""), ""])
      expect(kindOf(copy)).toBe("setting");
    for (const other of ['{"name":"Bea"}', `x${texts.join("")}`, "Ada", 'look.{"name":"Ada"}', 1])
      expect(kindOf(other)).toBe("content");
  });

  it("is the same streamed, pings aside", () => {
    verifies("aisdk:streamed-alike", "aisdk:stream-events");
    const { structuredOutputText: _, ...streamed } = result;
    const stream = contentStream();
    for (const event of toStreamParts(streamed)) {
      stream.push({ type: "ping" });
      stream.push(event);
    }
    expect(stream.document).toEqual(streamed);
    expect(stream.current.left).toEqual(fromContent(streamed).left);
    const end = toStreamParts(streamed).find(({ type }) => type === "text-end");
    expect(end).toMatchObject({ citations });
  });

  it("may have the parts that Anthropic's provider adds, which are settings if nothing is in them", () => {
    verifies("aisdk:parts", "aisdk:left");
    const usage = { input_tokens: 10, output_tokens: 1 };
    const custom = (kind: string, anthropic: object) => [
      { type: "custom", kind, providerMetadata: { anthropic } },
      { type: "custom", kind, providerOptions: { anthropic } },
    ];
    const start = custom("anthropic.message_start", { id: "msg_1", model: "m", usage });
    const models = { from: { model: "m" }, to: { model: "n" } };
    const fallback = custom("anthropic.fallback", { type: "fallback", ...models });
    const others = [
      custom("anthropic.message_start", { id: "msg_1", text: "Ada" }),
      custom("anthropic.container_upload", { fileId: "f" }),
      [
        { ...start[0], text: "Ada" },
        { ...start[1], text: "Ada" },
      ],
      [
        { ...start[0], providerMetadata: "Ada" },
        { ...start[1], providerOptions: "Ada" },
      ],
    ];
    const kindsOf = ([answered, asked]: readonly object[]) => {
      const { left } = fromContent({ content: [answered as never] });
      const { left: sentBack } = fromPrompt([{ role: "assistant", content: [asked as never] }]);
      return [...left, ...sentBack].map(({ kind, path }) => `${kind} ${path}`);
    };
    for (const each of [start, fallback])
      expect(kindsOf(each)).toEqual(["setting content[0]", "setting [0].content[0]"]);
    for (const each of others)
      expect(kindsOf(each)).toEqual(["content content[0]", "content [0].content[0]"]);

    const onto = { content: [start[0], { type: "text", text: "Ada" }] } as never;
    const { document, lost } = toContent([said("assistant", text("***"))], { onto });
    expect(document).toMatchObject({ content: [start[0], { type: "text", text: "***" }] });
    expect(lost).toEqual([]);
  });

  it("shows a file that a model made while it reasoned, and keeps it one", () => {
    verifies("aisdk:parts", "aisdk:onto", "aisdk:provider-fields");
    const drawn = {
      type: "reasoning-file",
      mediaType: "image/png",
      data: { type: "data", data: "AAEC" },
      providerMetadata: { google: { thoughtSignature: "s" } },
    };
    const { providerMetadata, ...bare } = drawn;
    const onto = { ...result, content: [drawn] };
    const list = [
      { role: "assistant", content: [{ ...bare, providerOptions: providerMetadata }] },
      { role: "user", content: [{ type: "text", text: "Ada" }] },
    ];
    const image = { ...bytes, content: { ...bytes.content, media_type: "image/png" } };
    const other = { ...image, content: { ...image.content, data: "AAED" } };
    const changed = { ...bare, data: { type: "data", data: "AAED" } };

    const { messages, left } = fromContent(onto);
    expect(messages[0]?.content).toEqual([image]);
    expect(left.map(({ path }) => path)).not.toContain("content[0]");
    expect(toContent(messages, { onto }).document).toEqual(onto);
    const answer = toContent([said("assistant", other)], { onto });
    expect(answer.document.content).toEqual([changed]);
    const two = toContent([said("assistant", image, other)], { onto });
    expect(two.document.content[1]).toEqual({ ...changed, type: "file" });

    for (const [read, write] of [
      [fromPrompt, toPrompt],
      [fromModelMessages, toModelMessages],
    ] as const) {
      const asked = read(list);
      expect(asked.messages[0]?.content).toEqual([image]);
      expect(asked.left.filter(({ kind }) => kind === "content")).toEqual([]);
      expect(write(asked.messages, { onto: list })).toEqual({ document: list, lost: [] });
      const edited = [said("assistant", other), ...asked.messages.slice(1)];
      expect(write(edited, { onto: list }).document[0]?.content).toEqual([changed]);
    }

    const stream = contentStream();
    for (const event of toStreamParts(onto)) stream.push(event);
    expect(stream.document.content).toEqual([drawn]);
  });
});
