/** What is kept of an Anthropic document whose messages were edited to look like others. */

import {
  fromMessagesRequest,
  fromMessagesResponse,
  toMessagesRequest,
  toMessagesResponse,
} from "glassine/anthropic";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const masked = (messages: readonly Message[]) =>
  messages.map((message) =>
    createMessage({
      ...message,
      content: message.content.map((part) =>
        part.content_type === "text"
          ? { ...part, text: part.text.replace(/\d{3}-\d{4}/, "[phone]") }
          : part,
      ),
    }),
  );
const said = (role: Message["role"], ...content: object[]) =>
  createMessage({ role, content: content as never });
const pathsOf = (lost: readonly { readonly path: string }[]) => lost.map(({ path }) => path);

const cached = { type: "text", text: "[phone]", cache_control: { type: "ephemeral" } };
const turns = [
  { role: "user", content: "555-0100" },
  {
    role: "assistant",
    content: [
      { type: "thinking", thinking: "t", signature: "SIG" },
      { type: "redacted_thinking", data: "ENC" },
      { type: "text", text: "Shall I call?" },
      { type: "tool_use", id: "1", name: "call", input: {} },
    ],
  },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "1", content: "ok" }] },
  { role: "assistant", content: "And now?" },
  { role: "user", content: [cached] },
];
const request = { model: "m", max_tokens: 9, messages: turns };

describe("an edit that makes a message equal to a later one", () => {
  it("keeps signatures, encrypted content and cache settings in place", () => {
    verifies("adapters:kept");
    const { messages } = fromMessagesRequest(request);
    const { document, lost } = toMessagesRequest(masked(messages), { onto: request });
    expect(document.messages).toEqual([{ role: "user", content: "[phone]" }, ...turns.slice(1)]);
    expect(lost).toEqual([]);
    const front = toMessagesRequest([messages.at(-1) as Message, ...messages], { onto: request });
    expect(front.document.messages).toEqual([{ role: "user", content: "[phone]" }, ...turns]);
    expect(front.lost).toEqual([]);
  });

  it("keeps citations of a response with their text", () => {
    verifies("adapters:kept");
    const at = { type: "char_location", cited_text: "c", document_index: 0, document_title: null };
    const content = [
      { type: "text", text: "555-0100", citations: null },
      { type: "redacted_thinking", data: "ENC" },
      {
        type: "text",
        text: "cited",
        citations: [{ ...at, start_char_index: 0, end_char_index: 1 }],
      },
      { type: "text", text: "[phone]", citations: null },
    ];
    const onto = { type: "message", role: "assistant", model: "m", content };
    const { document, lost } = toMessagesResponse(masked(fromMessagesResponse(onto).messages), {
      onto,
    });
    expect(document.content).toEqual([{ ...content[0], text: "[phone]" }, ...content.slice(1)]);
    expect(lost).toEqual([]);
  });
});

describe("reordered messages of one turn", () => {
  it("keep their new order", () => {
    verifies("anthropic:lost", "anthropic:merged-turns");
    const mixed = [{ type: "tool_result", tool_use_id: "1", content: "ok" }, cached];
    const onto = { ...request, messages: [...turns.slice(0, 2), { role: "user", content: mixed }] };
    const { messages } = fromMessagesRequest(onto);
    const swapped = [...messages.slice(0, 2), ...messages.slice(2).toReversed()];
    const { document, lost } = toMessagesRequest(swapped, { onto });
    expect(document.messages[2]).toEqual({ role: "user", content: mixed.toReversed() });
    expect(lost).toEqual([]);
  });
});

describe("what goes with an old message or block", () => {
  it("is reported by its path in the document", () => {
    verifies("adapters:gone");
    const { messages } = fromMessagesRequest(request);
    const write = (list: readonly Message[]) => toMessagesRequest(list, { onto: request });
    // A turn is removed as a whole, and so is the system prompt.
    expect(pathsOf(write(messages.toSpliced(1, 1)).lost)).toContain("onto.messages[1]");
    expect(pathsOf(write(messages.slice(0, -1)).lost)).toEqual(["onto.messages[4]"]);
    const prompted = { ...request, system: [cached] };
    expect(pathsOf(toMessagesRequest(messages, { onto: prompted }).lost)).toEqual(["onto.system"]);
    // Removing what messages show in full loses nothing.
    expect(write(messages.slice(1)).lost).toEqual([]);
  });

  it("is reported for one of several messages of a turn, and for a tool's output", () => {
    verifies("adapters:gone");
    const inner = [
      { type: "text", text: "a", cache_control: { type: "ephemeral" } },
      { type: "image", source: { type: "file", file_id: "file_1" } },
    ];
    const mixed = {
      role: "user",
      content: [{ type: "tool_result", tool_use_id: "1", content: inner }, cached],
    };
    const onto = { ...request, messages: [...turns.slice(0, 2), mixed] };
    const { messages } = fromMessagesRequest(onto);
    const without = toMessagesRequest(messages.slice(0, -1), { onto });
    expect(pathsOf(without.lost)).toEqual(["onto.messages[2].content[1]"]);
    const gave = (content: unknown) => ({
      content_type: "tool_result",
      content: { tool_call_id: "1", tool_name: "call", content },
    });
    const path = "onto.messages[2].content[0].content";
    for (const [content, gone] of [
      [{ a: 1 }, [`${path}[0]`, `${path}[1]`]],
      // Text is written over the existing text.
      ["b", []],
    ] as const) {
      const edited = messages.with(2, said("tool", gave(content)));
      expect(pathsOf(toMessagesRequest(edited, { onto }).lost)).toEqual(
        expect.arrayContaining([...gone]),
      );
    }
  });

  it("is reported for a stop reason that an edit replaces", () => {
    verifies("anthropic:stop-follows");
    const onto = (stop_reason: string) => ({
      type: "message",
      role: "assistant",
      content: [{ type: "text", text: "a" }],
      stop_reason,
    });
    const call = { content_type: "tool_call", content: { tool_call_id: "1", name: "f" } };
    const write = (stop_reason: string) =>
      toMessagesResponse([said("assistant", { content_type: "text", text: "a" }, call)], {
        onto: onto(stop_reason),
      });
    expect(write("end_turn").lost).toEqual([]);
    expect(write("pause_turn").document.stop_reason).toBe("tool_use");
    expect(pathsOf(write("pause_turn").lost)).toEqual(["[0].content"]);
  });
});

describe("a call that the provider runs", () => {
  const ran = [
    { type: "server_tool_use", id: "s1", name: "web_search", input: { query: "q" } },
    { type: "web_search_tool_result", tool_use_id: "s1", content: [] },
    { type: "mcp_tool_use", id: "m1", name: "read", server_name: "files", input: {} },
    { type: "mcp_tool_result", tool_use_id: "m1", content: "secret" },
  ];
  const onto = {
    model: "m",
    max_tokens: 9,
    messages: [
      { role: "user", content: "a" },
      { role: "assistant", content: ran },
    ],
  };
  const { messages } = fromMessagesRequest(onto);
  const typesIn = (document: unknown) =>
    [...JSON.stringify(document).matchAll(/"type":"(\w+)"/g)].map(([, type]) => type);

  it("stays the same, whatever is inserted before it", () => {
    verifies("anthropic:ran");
    const { document, lost } = toMessagesRequest([messages[0] as Message, ...messages], { onto });
    expect(document.messages.slice(1)).toEqual(onto.messages);
    expect(lost).toEqual([]);
  });

  it("never becomes the caller's call, nor its result the caller's: both are reported", () => {
    verifies("anthropic:ran");
    const content = messages[1]?.content as readonly ContentPart[];
    const again = said("assistant", ...content.slice(0, 2));
    for (const [before, options] of [
      [messages, { onto }],
      [messages.slice(0, 1), {}],
    ] as const) {
      const { document, lost } = toMessagesRequest([...before, again], options);
      expect(typesIn(document)).not.toContain("tool_use");
      expect(typesIn(document)).not.toContain("tool_result");
      const at = `[${before.length}].content`;
      expect(pathsOf(lost)).toEqual(expect.arrayContaining([`${at}[0]`, `${at}[1]`]));
    }
    const ofServer = [...messages, said("assistant", ...content.slice(2))];
    const { document, lost } = toMessagesRequest(ofServer, { onto });
    expect(typesIn(document)).not.toContain("tool_use");
    expect(pathsOf(lost)).toEqual(expect.arrayContaining(["[2].content[0]", "[2].content[1]"]));
    const answer = toMessagesResponse([said("assistant", ...content.slice(0, 1))]);
    expect(answer.document).toMatchObject({ content: [], stop_reason: "end_turn" });
    expect(pathsOf(answer.lost)).toEqual(["[0].content[0]"]);
  });

  it("has a name that an edit cannot give to the caller's calls", () => {
    verifies("anthropic:ran");
    const call = { type: "tool_use", id: "1", name: "f", input: {}, toolset_name: "files" };
    const own = { type: "message", role: "assistant", content: [call] };
    const content = { tool_call_id: "1", name: "g", arguments: {}, namespace: "anthropic" };
    const edited = said("assistant", { content_type: "tool_call", content });
    const { document, lost } = toMessagesResponse([edited], { onto: own });
    expect(document.content).toEqual([{ ...call, name: "g" }]);
    expect(pathsOf(lost)).toEqual(["[0].content[0].content.namespace"]);
    // A call that already has the name keeps it.
    const named = { ...own, content: [{ ...call, toolset_name: "anthropic" }] };
    expect(toMessagesResponse([edited], { onto: named })).toMatchObject({
      document: { content: [{ name: "g", toolset_name: "anthropic" }] },
      lost: [],
    });
  });
});
