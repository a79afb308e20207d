/** What is kept of an AI SDK document whose messages were edited to look like others. */

import { fromContent, fromPrompt, toContent, toModelMessages, toPrompt } from "glassine/ai-sdk";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const signed = { anthropic: { signature: "s" } };
const prompt = [
  { role: "user", content: [{ type: "text", text: "555-0100" }] },
  {
    role: "assistant",
    content: [
      { type: "reasoning", text: "r", providerOptions: signed },
      { type: "text", text: "B" },
    ],
  },
  { role: "user", content: [{ type: "text", text: "[phone]", providerOptions: signed }] },
];
const text = (value: string): ContentPart => ({ content_type: "text", text: value });
const said = (role: Message["role"], ...content: ContentPart[]) => createMessage({ role, content });

describe("an edit that makes a message equal to a later one", () => {
  it("keeps signatures with what they sign", () => {
    verifies("adapters:kept");
    const { messages } = fromPrompt(prompt);
    const masked = messages.with(0, said("user", text("[phone]")));
    expect(toPrompt(masked, { onto: prompt })).toEqual({
      document: [
        { role: "user", content: [{ type: "text", text: "[phone]" }] },
        ...prompt.slice(1),
      ],
      lost: [],
    });
    const front = [messages.at(-1) as Message, ...messages];
    expect(toPrompt(front, { onto: prompt }).document.slice(1)).toEqual(prompt);
    const back = [...messages.slice(1), ...messages.slice(0, 1)];
    expect(toPrompt(back, { onto: prompt }).document).toEqual([...prompt.slice(1), prompt[0]]);
  });

  it("keeps hidden parts in their order if one is moved", () => {
    verifies("adapters:kept", "aisdk:unshown-kept");
    const first = { type: "text", text: "a" };
    const hidden = { type: "tool-approval-request", approvalId: "1", toolCallId: "c" };
    const last = { type: "text", text: "b", providerMetadata: { test: {} } };
    const onto = { content: [first, hidden, last] };
    const [message] = fromContent(onto).messages;
    const moved = said("assistant", ...[...(message?.content ?? [])].reverse());
    expect(toContent([moved], { onto }).document.content).toEqual([last, first, hidden]);
  });
});

describe("what is lost with an old item", () => {
  it("is reported by its path in the document", () => {
    verifies("adapters:gone");
    const { messages } = fromPrompt(prompt);
    const pathsOf = (list: readonly Message[]) =>
      toPrompt(list, { onto: prompt }).lost.map(({ path }) => path);
    expect(pathsOf(messages.slice(1))).toEqual([]);
    expect(pathsOf(messages.slice(0, 2))).toEqual(["onto[2]"]);
    const cut = messages.with(1, said("assistant", text("B")));
    expect(pathsOf(cut)).toEqual(["onto[1].content[0]"]);
    const onto = { content: [{ type: "reasoning", text: "r", providerMetadata: signed }] };
    const { lost } = toContent([said("assistant", text("r"))], { onto });
    expect(lost.map(({ path }) => path)).toContain("onto.content[0]");
  });

  it("is reported for the URL of a file that is replaced", () => {
    verifies("adapters:gone");
    const data = new URL("https://a.example/x");
    const file = { type: "file", mediaType: "image/png", data, originalUrl: "https://b.example/" };
    const onto = [{ role: "user", content: [file] }];
    const other = { type: "base64", data: "AAEC", media_type: "image/png" } as const;
    const edited = said("user", { content_type: "image", content: other });
    const { document, lost } = toPrompt([edited], { onto });
    expect(document[0]?.content).toEqual([{ type: "file", data: "AAEC", mediaType: "image/png" }]);
    expect(lost.map(({ path }) => path)).toEqual(["[0].content[0].content"]);
  });

  it("is reported for a hidden name that nothing holds any more", () => {
    verifies("adapters:gone");
    const medium = (content_type: "image" | "document", more: object = {}) =>
      ({ content_type, content: { type: "base64", data: "AAEC", ...more } }) as ContentPart;
    const pathsOf = (file: object, edited: ContentPart) => {
      const onto = [{ role: "user", content: [{ type: "file", data: "", ...file }] }];
      const { document, lost } = toModelMessages([said("user", edited)], { onto });
      return [document[0]?.content, lost.map(({ path }) => path)];
    };
    const png = { mediaType: "image/png", filename: "a.png" };
    // An image without a media type becomes an `image` part, which has no file name.
    expect(pathsOf(png, medium("image"))).toEqual([
      [{ type: "image", image: "AAEC" }],
      ["onto[0].content[0].filename"],
    ]);
    const gif = { media_type: "image/gif" };
    expect(pathsOf(png, medium("image", gif))).toEqual([
      [{ type: "file", data: "AAEC", mediaType: "image/gif", filename: "a.png" }],
      [],
    ]);
    // A part of another kind replaces the old one.
    const pdf = { media_type: "application/pdf", title: "b.pdf" };
    expect(pathsOf(png, medium("document", pdf))).toEqual([
      [{ type: "file", data: "AAEC", mediaType: "application/pdf", filename: "b.pdf" }],
      ["onto[0].content[0]"],
    ]);
  });

  it("is reported for the name of audio in a tool's output that becomes a URL", () => {
    verifies("adapters:gone");
    const sound = { type: "file-data", data: "AAEC", mediaType: "audio/wav", filename: "a.wav" };
    const output = { type: "content", value: [sound] };
    const result = { type: "tool-result", toolCallId: "1", toolName: "t", output };
    const onto = [{ role: "tool", content: [result] }];
    const [message] = fromPrompt(onto).messages;
    const [part] = message?.content ?? [];
    if (part?.content_type !== "tool_result") throw new Error("It holds the result of a tool.");
    const content = { type: "url", data: "https://a.example/a.wav", media_type: "audio/wav" };
    const edited = [{ content_type: "audio", content }];
    const changed = { ...part, content: { ...part.content, content: edited } };
    const { lost } = toPrompt([said("tool", changed)], { onto });
    expect(lost.map(({ path }) => path)).toEqual(["onto[0].content[0].output.value[0].filename"]);
  });
});
