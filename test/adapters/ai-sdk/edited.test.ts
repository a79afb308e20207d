/** What an edit removes from an AI SDK document is not sent on, or `lost` reports it. */

import { fromContent, fromPrompt, type PromptLike, toContent, toPrompt } from "glassine/ai-sdk";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const result = (output: object) => ({
  type: "tool-result",
  toolCallId: "c",
  toolName: "t",
  output,
});
const contents = (...value: readonly object[]) => result({ type: "content", value });
const pathsOf = (lost: readonly { readonly path: string }[]) => lost.map(({ path }) => path);

/** The prompt after `edit` changed the JSON of its messages, and the paths that were lost. */
function edited(
  onto: PromptLike,
  edit: (json: string) => string,
  options: { readonly specificationVersion?: "v2" | "v4" } = {},
) {
  const messages = JSON.parse(edit(JSON.stringify(fromPrompt(onto).messages))) as Message[];
  const all = messages.map((each) => createMessage(each));
  const { document, lost } = toPrompt(all, { onto, ...options });
  return { document, lost: pathsOf(lost) };
}
const redact = (json: string) => json.replaceAll("SECRET", "***");

describe("a part that the SDK cannot express", () => {
  const dataUrl = "data:image/png;base64,SECRET";
  const text = { type: "text", text: "t" };
  const image = { type: "image-data", data: dataUrl, mediaType: "image/png" };
  const onto = [{ role: "tool", content: [contents(text, image)] }];

  it("disappears from a tool's output if a plugin removes it", () => {
    verifies("aisdk:lost", "adapters:gone");
    const withoutImage = (json: string) => {
      const messages = JSON.parse(json);
      messages[0].content[0].content.content.pop();
      return JSON.stringify(messages);
    };
    expect(edited(onto, withoutImage)).toEqual({
      document: [{ role: "tool", content: [contents(text)] }],
      lost: ["onto[0].content[0].output.value[1]"],
    });
  });

  it("disappears if it is redacted", () => {
    verifies("aisdk:lost");
    const { document, lost } = edited(onto, redact);
    expect(document).toEqual([{ role: "tool", content: [contents(text)] }]);
    expect(lost).toContain("[0].content[0].content.content[1]");
  });

  it.each([
    [
      "a name",
      contents({
        type: "file-data",
        data: "data:,x",
        filename: "SECRET.pdf",
        mediaType: "application/pdf",
      }),
      {},
    ],
    [
      "a URL in ai 5",
      contents({ type: "image-url", url: "https://a.example/?SECRET" }),
      { specificationVersion: "v2" },
    ],
    [
      "a relative URL in ai 7",
      contents({ type: "file", data: { type: "url", url: "/SECRET" }, mediaType: "image/png" }),
      {},
    ],
    [
      "bytes in ai 7",
      contents({
        type: "file",
        data: { type: "data", data: "data:,SECRET" },
        mediaType: "image/png",
      }),
      {},
    ],
  ] as const)("disappears with %s that is redacted", (_, part, options) => {
    verifies("aisdk:lost");
    const { document, lost } = edited([{ role: "tool", content: [part] }], redact, options);
    expect(JSON.stringify(document)).not.toContain("SECRET");
    expect(lost.length).toBeGreaterThan(0);
  });

  it("disappears from a result", () => {
    verifies("aisdk:lost");
    const content = [
      { type: "file", data: dataUrl, mediaType: "image/png" },
      { type: "source", sourceType: "document", id: "SECRET", mediaType: "text/plain" },
    ];
    const [message] = fromContent({ content }).messages;
    const messages = [createMessage(JSON.parse(redact(JSON.stringify(message))))];
    const { document, lost } = toContent(messages, { onto: { content } });
    expect(document.content).toEqual([]);
    expect(pathsOf(lost)).toEqual(expect.arrayContaining(["[0].content[1]"]));
  });

  it("is reported for a field that has no place", () => {
    verifies("aisdk:lost");
    const call = { type: "tool-call", toolCallId: "c", toolName: "t", input: {} };
    const named = (json: string) => json.replace('"name":"t"', '"name":"t","namespace":"n"');
    expect(edited([{ role: "assistant", content: [call] }], named)).toEqual({
      document: [{ role: "assistant", content: [call] }],
      lost: ["[0].content[0].content.namespace"],
    });
  });
});

describe("a medium in a data: URL", () => {
  const fileOf = (mediaType: string) => ({
    type: "file",
    data: new URL("data:image/png;base64,AAEC"),
    mediaType,
  });

  it("has the media type that a plugin set", () => {
    verifies("aisdk:changed-part", "aisdk:media-type");
    const onto = [{ role: "user", content: [fileOf("image/*")] }];
    const webp = (json: string) => json.replace("image/png", "image/webp");
    const file = { type: "file", data: "AAEC", mediaType: "image/webp" };
    expect(edited(onto, webp)).toEqual({ document: [{ role: "user", content: [file] }], lost: [] });
  });

  it("keeps its form if its bytes change", () => {
    verifies("aisdk:changed-part", "aisdk:media-type");
    const onto = [{ role: "user", content: [fileOf("application/pdf")] }];
    const { document } = edited(onto, (json) => json.replace("AAEC", "BLUR"));
    const file = { type: "file", data: "BLUR", mediaType: "image/png" };
    expect(document).toEqual([{ role: "user", content: [file] }]);
  });
});

describe("what a provider keeps", () => {
  const kept = { openai: { itemId: "rs", reasoningEncryptedContent: "enc" } };
  const thoughts = [
    { type: "reasoning", text: "SECRET", providerOptions: { openai: { itemId: "rs" } } },
    { type: "reasoning", text: "b", providerOptions: kept },
    { type: "text", text: "c", providerOptions: { openai: { itemId: "msg" } } },
  ];
  const onto = [{ role: "assistant", content: thoughts }];

  it("disappears from all parts of an item if one is redacted", () => {
    verifies("aisdk:stored");
    const { document, lost } = edited(onto, redact);
    const [, , last] = thoughts;
    const [first, second] = ["***", "b"].map((text) => ({ type: "reasoning", text }));
    expect(document).toEqual([{ role: "assistant", content: [first, second, last] }]);
    expect(lost).toEqual(["onto[0].content[1].providerOptions", "[0].content[0]"]);
  });

  it("disappears if one is removed, even from parts that messages do not show", () => {
    verifies("aisdk:stored");
    const hidden = { type: "custom", kind: "x", providerOptions: { openai: { itemId: "rs" } } };
    const content = [...thoughts, hidden];
    const [message] = fromPrompt([{ role: "assistant", content }]).messages;
    const left = createMessage({
      role: "assistant",
      content: message?.content.slice(1) ?? [],
    });
    const { document, lost } = toPrompt([left], { onto: [{ role: "assistant", content }] });
    const { providerOptions: _, ...bare } = hidden;
    const [, , last] = thoughts;
    expect(document[0]?.content).toEqual([{ type: "reasoning", text: "b" }, last, bare]);
    expect(pathsOf(lost)).toEqual(
      expect.arrayContaining(["onto[0].content[1].providerOptions", "onto[0].content[3]"]),
    );
  });

  it("disappears from a result in the same way", () => {
    verifies("aisdk:stored");
    const said = (text: string) => ({
      type: "text",
      text,
      providerMetadata: { openai: { itemId: "msg" } },
    });
    const content = [said("SECRET"), said("b")];
    const [message] = fromContent({ content }).messages;
    const messages = [createMessage(JSON.parse(redact(JSON.stringify(message))))];
    const { document, lost } = toContent(messages, { onto: { content } });
    expect(document.content).toEqual([
      { type: "text", text: "***" },
      { type: "text", text: "b" },
    ]);
    expect(pathsOf(lost)).toContain("onto.content[1].providerMetadata");
  });
});

describe("a call that the provider ran", () => {
  const call = {
    type: "tool-call",
    toolCallId: "c",
    toolName: "t",
    input: {},
    providerExecuted: true,
  };
  const gave = result({ type: "json", value: { sources: ["SECRET"] } });
  const onto = [{ role: "assistant", content: [call, gave] }];

  it("is reported if its result changes, since the provider may use its own", () => {
    verifies("aisdk:ran");
    const { document, lost } = edited(onto, redact);
    expect(JSON.stringify(document)).not.toContain("SECRET");
    expect(lost).toEqual(["[0].content[1].content"]);
  });

  it("is reported if its result is removed", () => {
    verifies("aisdk:ran");
    const [message] = fromPrompt(onto).messages;
    const [first] = message?.content ?? [];
    const alone = createMessage({ role: "assistant", content: [first as ContentPart] });
    const { document, lost } = toPrompt([alone], { onto });
    expect(document).toEqual([{ role: "assistant", content: [call] }]);
    expect(pathsOf(lost)).toEqual(["onto[0].content[1]"]);
  });

  it("is not written a second time, nor is its result", () => {
    verifies("aisdk:ran");
    const [message] = fromPrompt(onto).messages;
    const twice = [
      message as Message,
      createMessage({ role: "assistant", content: message?.content ?? [] }),
    ];
    const { document, lost } = toPrompt(twice, { onto });
    expect(document).toEqual([...onto, { role: "assistant", content: [] }]);
    expect(pathsOf(lost)).toEqual(["[1].content[0]", "[1].content[1]"]);
  });
});

describe("a call that a person denied", () => {
  const onto = [
    { role: "tool", content: [result({ type: "execution-denied", reason: "No, says SECRET" })] },
  ];

  it("stays denied if its reason is redacted", () => {
    verifies("aisdk:denied");
    const denied = result({ type: "execution-denied", reason: "No, says ***" });
    expect(edited(onto, redact)).toEqual({
      document: [{ role: "tool", content: [denied] }],
      lost: [],
    });
  });

  it("is reported if a plugin changes its decision", () => {
    verifies("aisdk:denied");
    const allowed = (json: string) => json.replace('"is_error":true', '"is_error":false');
    expect(edited(onto, allowed)).toEqual({
      document: [{ role: "tool", content: [result({ type: "text", value: "No, says SECRET" })] }],
      lost: ["[0].content[0].content"],
    });
  });
});
