/** Reasoning in Chat Completions, as servers other than OpenAI's write it. */
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  toChatEvents,
  toChatRequest,
  toChatResponse,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";

const mail = "ada@example.org";

/** Redacts every text in a message. */
const redacted = (message: Message) =>
  createMessage({
    ...message,
    content: message.content.map((part) =>
      "text" in part ? { ...part, text: part.text.replaceAll(mail, "[mail]") } : part,
    ),
  } as never);
const parts = (messages: readonly Message[]) =>
  messages.flatMap(({ content }) =>
    content.map((part) => ("text" in part ? [part.content_type, part.text] : part.content_type)),
  );
const answer = (message: object) => ({
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", ...message }, finish_reason: "stop" }],
});
const request = (message: object) => ({ messages: [{ role: "assistant", ...message }] });

const details = [
  { type: "reasoning.text", text: `I mail ${mail}`, format: "unknown", index: 0 },
  { type: "reasoning.summary", summary: `Mails ${mail}`, index: 1 },
  { type: "reasoning.encrypted", data: "c2VhbGVk", index: 2 },
];

describe("reasoning", () => {
  it.each([
    ["DeepSeek, and vLLM before 0.12", { content: "Done.", reasoning_content: `To ${mail}` }],
    ["vLLM, Groq and Ollama", { content: "Done.", reasoning: `To ${mail}` }],
    ["an answer that has both", { reasoning: `To ${mail}`, reasoning_content: `To ${mail}` }],
  ])("of %s is thinking before the content, and is written back", (_, message) => {
    verifies("openai:chat-reasoning");
    const before = fromChatResponse(answer(message));
    expect(parts(before.messages)[0]).toEqual(["thinking", `To ${mail}`]);
    expect(before.left).toEqual([]);
    const after = toChatResponse(before.messages.map(redacted), { onto: answer(message) });
    expect(after.lost).toEqual([]);
    expect(JSON.stringify(after.document)).toBe(
      JSON.stringify(answer(message)).replaceAll(mail, "[mail]"),
    );
    const asked = fromChatRequest(request(message));
    const sent = toChatRequest(asked.messages.map(redacted), { onto: request(message) });
    expect(JSON.stringify(sent.document)).toBe(
      JSON.stringify(request(message)).replaceAll(mail, "[mail]"),
    );
  });

  it.each([
    [
      "LiteLLM",
      { content: "Done.", thinking_blocks: [{ type: "thinking", thinking: `To ${mail}` }] },
    ],
    [
      "Mistral",
      {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: `To ${mail}` }], closed: true },
          { type: "text", text: "Done." },
        ],
      },
    ],
  ])("in blocks of %s is thinking, and is written back", (_, message) => {
    verifies("openai:chat-reasoning");
    const before = fromChatResponse(answer(message));
    expect(parts(before.messages)).toEqual([
      ["thinking", `To ${mail}`],
      ["text", "Done."],
    ]);
    expect(before.left.filter(({ kind }) => kind !== "setting")).toEqual([]);
    const after = toChatResponse(before.messages.map(redacted), { onto: answer(message) });
    expect(after.lost).toEqual([]);
    expect(JSON.stringify(after.document)).toBe(
      JSON.stringify(answer(message)).replaceAll(mail, "[mail]"),
    );
  });

  it("in details is a part for each text, and loses its encrypted form with the text", () => {
    verifies("openai:chat-reasoning", "openai:sealed-reasoning");
    const onto = answer({ content: "Done.", reasoning_details: details });
    const { messages, left } = fromChatResponse(onto);
    expect(parts(messages)).toEqual([
      ["thinking", `I mail ${mail}`],
      ["thinking", `Mails ${mail}`],
      ["text", "Done."],
    ]);
    expect(left.map(({ kind }) => kind)).toEqual(left.map(() => "setting"));
    const { document, lost } = toChatResponse(messages.map(redacted), { onto });
    expect(document.choices[0]?.message).toEqual({
      role: "assistant",
      content: "Done.",
      reasoning_details: [
        { ...details[0], text: "I mail [mail]" },
        { ...details[1], summary: "Mails [mail]" },
      ],
    });
    expect(lost.map(({ path }) => path)).toEqual([
      "onto.choices[0].message.reasoning_details[2]",
      "[0]",
    ]);
  });

  it("that is signed is dropped from a request if its text changed, and unsigned in an answer", () => {
    verifies("openai:sealed-reasoning");
    const signed = { type: "reasoning.text", text: `To ${mail}`, signature: "sig", index: 0 };
    const kept = { type: "reasoning.text", text: "Ahoy", signature: "other", index: 1 };
    const message = { content: "Done.", reasoning_details: [signed, kept] };
    const asked = fromChatRequest(request(message)).messages.map(redacted);
    const sent = toChatRequest(asked, { onto: request(message) });
    expect(sent.document.messages[0]).toEqual({
      role: "assistant",
      content: "Done.",
      reasoning_details: [kept],
    });
    expect(sent.lost.map(({ path }) => path)).toContain("onto.messages[0].reasoning_details[0]");
    const said = fromChatResponse(answer(message)).messages.map(redacted);
    const { document, lost } = toChatResponse(said, { onto: answer(message) });
    const { signature: _, ...unsigned } = signed;
    expect(document.choices[0]?.message).toMatchObject({
      reasoning_details: [{ ...unsigned, text: "To [mail]" }, kept],
    });
    expect(JSON.stringify(document)).not.toContain('"sig"');
    expect(lost).toMatchObject([{ reason: expect.stringContaining("signature") }]);
  });

  it("in another form, or of anybody but the assistant, is content that nobody saw", () => {
    verifies("openai:chat-reasoning", "openai:left");
    const odd = { content: "a", reasoning: { text: mail }, reasoning_details: [mail] };
    const contentOf = (message: object) =>
      fromChatRequest({ messages: [message] }).left.map(({ kind, path }) => `${kind} ${path}`);
    expect(contentOf({ role: "assistant", ...odd })).toEqual([
      "content messages[0].reasoning",
      "content messages[0].reasoning_details",
    ]);
    expect(contentOf({ role: "user", content: "a", reasoning: mail })).toEqual([
      "content messages[0].reasoning",
    ]);
    const unknown = { role: "assistant", reasoning_details: [{ type: "reasoning.x", text: mail }] };
    expect(contentOf(unknown)).toEqual(["content messages[0].reasoning_details[0]"]);
    const onto = answer(odd);
    const [message] = fromChatResponse(onto).messages;
    const text: ContentPart = { content_type: "text", text: "b" };
    const edited = createMessage({ role: "assistant", content: [text] });
    expect(message?.content).toHaveLength(1);
    expect(toChatResponse([edited], { onto }).document).toEqual(answer({ ...odd, content: "b" }));
  });

  it("that was removed takes its field with it", () => {
    verifies("openai:chat-reasoning");
    const onto = answer({ content: "Done.", reasoning: `To ${mail}`, reasoning_details: details });
    const messages = fromChatResponse(onto).messages.map((message) =>
      createMessage({
        ...message,
        content: message.content.filter(({ content_type }) => content_type !== "thinking"),
      } as never),
    );
    const { document } = toChatResponse(messages, { onto });
    expect(document.choices[0]?.message).toEqual({ role: "assistant", content: "Done." });
  });

  it("that is encrypted in many pieces beside a long thought takes no more time to edit", () => {
    verifies("adapters:work-bounded");
    const sealed = Array.from({ length: 20_000 }, (_, at) => ({
      type: "reasoning.encrypted",
      data: `${at}`,
    }));
    const thought = { type: "reasoning.text", text: "a".repeat(500_000) };
    const onto = request({ content: mail, reasoning_details: [...sealed, thought] });
    const { messages } = fromChatRequest(onto);
    const { document } = toChatRequest(messages.map(redacted), { onto });
    expect(document.messages[0]).toEqual({ ...onto.messages[0], content: "[mail]" });
  });
});

describe("a stream", () => {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "c",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const read = (deltas: readonly object[]) => {
    const stream = chatStream();
    for (const delta of deltas) stream.push(chunk(delta));
    stream.push(chunk({}, "stop"));
    return stream;
  };

  it("puts the pieces of reasoning together, so that a redactor sees an address whole", () => {
    verifies("openai:chat-reasoning", "openai:stream-details");
    const piece = (text: string, more: object = {}) => ({
      reasoning: text,
      reasoning_details: [{ type: "reasoning.text", text, index: 0, ...more }],
    });
    const stream = read([
      { role: "assistant", content: "", ...piece("I mail ada@", { format: "unknown" }) },
      { reasoning_details: [{ type: "reasoning.encrypted", data: "c2VhbGVk", index: 1 }] },
      piece("example.org"),
      { reasoning_details: [{ type: "reasoning.text", signature: "sig", index: 0 }] },
      { content: "Done." },
    ]);
    const { messages } = stream.current;
    expect(parts(messages).slice(0, 2)).toEqual([
      ["thinking", `I mail ${mail}`],
      ["thinking", `I mail ${mail}`],
    ]);
    expect(stream.document).toMatchObject({
      choices: [
        {
          message: {
            reasoning_details: [
              { text: `I mail ${mail}`, format: "unknown", signature: "sig" },
              { data: "c2VhbGVk" },
            ],
          },
        },
      ],
    });
    const { document } = toChatResponse(messages.map(redacted), { onto: stream.document });
    expect(JSON.stringify(document)).not.toMatch(/ada@|sig|c2VhbGVk/);
  });

  it("joins details without an index only to the one before them", () => {
    verifies("openai:stream-details");
    const details = ["text", "text", "summary", "text"].map((key) => ({
      reasoning_details: [{ type: `reasoning.${key}`, [key]: "a" }],
    }));
    expect(parts(read(details).current.messages)).toEqual([
      ["thinking", "aa"],
      ["thinking", "a"],
      ["thinking", "a"],
    ]);
  });

  it("joins the pieces of LiteLLM's thinking up to its signature, and of Mistral's blocks", () => {
    verifies("openai:stream-details", "openai:chat-reasoning");
    const piece = (thinking: string, signature: string | null) => ({
      thinking_blocks: [{ type: "thinking", thinking, signature }],
    });
    const lite = read([
      piece("To ada@", null),
      piece("example.org", ""),
      piece("", "sig"),
      piece("a", null),
    ]);
    expect(parts(lite.current.messages)).toEqual([
      ["thinking", `To ${mail}`],
      ["thinking", "a"],
    ]);
    const thought = (text: string) => ({
      content: [{ type: "thinking", thinking: [{ type: "text", text }] }],
    });
    const mistral = read([
      thought("To ada@"),
      thought("example.org"),
      { content: "Do" },
      { content: "ne." },
    ]);
    expect(parts(mistral.current.messages)).toEqual([
      ["thinking", `To ${mail}`],
      ["text", "Done."],
    ]);
    for (const { document } of [lite, mistral]) {
      const again = chatStream();
      for (const event of toChatEvents(document)) again.push(event);
      expect(JSON.stringify(again.document)).toBe(JSON.stringify(document));
    }
  });

  const call = { id: "c1", type: "function", function: { name: "f", arguments: "{}" } };
  it.each([
    ["reasoning, text, call", ["reasoning", "content", "tool_calls"]],
    ["text, reasoning, call", ["content", "reasoning", "tool_calls"]],
    ["call, text, refusal", ["tool_calls", "content", "refusal"]],
    ["refusal, details, text", ["refusal", "reasoning_details", "content"]],
    ["legacy call, reasoning_content", ["function_call", "reasoning_content"]],
  ])("keeps the order in which %s came", (_, keys) => {
    verifies("openai:stream-order", "openai:stream-events");
    const values: Record<string, unknown> = {
      tool_calls: [{ index: 0, ...call }],
      function_call: call.function,
      reasoning_details: [{ type: "reasoning.text", text: "a", index: 0 }],
    };
    const begun = { role: "assistant", content: "", refusal: null, reasoning_content: null };
    const stream = read([begun, ...keys.map((key) => ({ [key]: values[key] ?? "a" }))]);
    const again = chatStream();
    const order: string[] = [];
    for (const event of toChatEvents(stream.document) as ReturnType<typeof chunk>[]) {
      again.push(event);
      const [choice] = event.choices;
      const { role, ...delta } = (choice?.delta ?? {}) as Record<string, unknown>;
      if (role === undefined) order.push(...Object.keys(delta));
    }
    expect([...new Set(order)]).toEqual(keys);
    expect(JSON.stringify(again.document)).toBe(JSON.stringify(stream.document));
  });

  it("keeps details that are not objects as they came", () => {
    verifies("openai:stream-same");
    const stream = read([{ reasoning_details: ["a"] }, { reasoning_details: ["b"] }]);
    const message = { role: "assistant", content: null, refusal: null };
    const details = { reasoning_details: ["a", "b"] };
    expect(stream.document).toMatchObject({ choices: [{ message: { ...message, ...details } }] });
    expect(stream.current.left).toEqual(fromChatResponse(stream.document).left);
  });

  it("refuses details that stop being a list", () => {
    verifies("openai:stream-refused");
    const stream = chatStream();
    stream.push(chunk({ reasoning_details: [{ type: "reasoning.text", text: "a" }] }));
    expect(() => stream.push(chunk({ reasoning_details: "b" }))).toThrow(
      "The stream is not readable at choices.delta.reasoning_details: expected an array of objects",
    );
  });
});

describe("the signature of Gemini's thoughts in a call", () => {
  const signed = (google: object) => {
    const own = { name: "f", arguments: JSON.stringify({ to: mail }) };
    const call = { id: "c", type: "function", function: own, extra_content: { google } };
    return request({ content: null, tool_calls: [call] });
  };
  const onto = signed({ thought_signature: "S" });

  it("is a setting, and any other field beside it is content", () => {
    verifies("openai:dialects");
    const kindsOf = (document: object) => fromChatRequest(document).left.map(({ kind }) => kind);
    expect(kindsOf(onto)).toEqual(["setting"]);
    expect(kindsOf(signed({ thought_signature: "S", note: "N" }))).toEqual(["setting", "content"]);
  });

  it("stays with the call, and is dropped if that changes", () => {
    verifies("openai:sealed-reasoning");
    const { messages } = fromChatRequest(onto);
    expect(toChatRequest(messages, { onto })).toEqual({ document: onto, lost: [] });
    const edited = JSON.parse(JSON.stringify(messages).replaceAll(mail, "[mail]")) as Message[];
    const { document, lost } = toChatRequest(
      edited.map((each) => createMessage(each)),
      { onto },
    );
    expect(JSON.stringify(document)).toContain("[mail]");
    expect(JSON.stringify(document)).not.toContain("thought_signature");
    expect(lost).toMatchObject([{ path: "[0].content[0]" }]);
  });

  it("is streamed with the call", () => {
    verifies("openai:stream-events");
    const [message] = onto.messages;
    const whole = answer({ ...message, refusal: null });
    const stream = chatStream();
    for (const event of toChatEvents(whole)) stream.push(event);
    expect(stream.document).toMatchObject({ choices: [{ message: whole.choices[0]?.message }] });
  });
});
