/** What is kept of an OpenAI document whose messages were edited to look like others. */
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import {
  chatStream,
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  toChatEvents,
  toChatRequest,
  toChatResponse,
  toResponsesRequest,
  toResponsesResponse,
} from "glassine/openai";
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
const said = (text: string) => ({ type: "message", role: "user", content: text });
const withContent = (message: Message | undefined, content: readonly ContentPart[]) =>
  createMessage({ ...message, content } as never);

describe("an edit that makes a message equal to a later one", () => {
  it("keeps names and stored audio of a chat request with their messages", () => {
    verifies("adapters:kept");
    const onto = {
      model: "m",
      messages: [
        { role: "user", name: "bob", content: "555-0100" },
        { role: "assistant", content: "B", audio: { id: "audio_1" }, name: "x" },
        { role: "user", name: "eve", content: "[phone]" },
      ],
    };
    const { document, lost } = toChatRequest(masked(fromChatRequest(onto).messages), { onto });
    expect(document.messages).toEqual([
      { role: "user", name: "bob", content: "[phone]" },
      ...onto.messages.slice(1),
    ]);
    expect(lost).toEqual([]);
  });

  it("keeps encrypted reasoning, ids and the text of arguments in Responses", () => {
    verifies("adapters:kept");
    const between = [
      { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "ENC" },
      { type: "function_call", id: "fc_1", call_id: "c", name: "call", arguments: "{ }" },
      { type: "function_call_output", call_id: "c", output: "ok" },
      said("[phone]"),
    ];
    const onto = { model: "m", input: [said("555-0100"), ...between] };
    const { messages } = fromResponsesRequest(onto);
    expect(toResponsesRequest(masked(messages), { onto })).toEqual({
      document: { model: "m", input: [said("[phone]"), ...between] },
      lost: [],
    });
    const front = messages.at(-1) as Message;
    expect(toResponsesRequest([front, ...messages], { onto }).document.input).toEqual([
      said("[phone]"),
      ...onto.input,
    ]);
  });

  it("keeps each choice's index, logprobs and stop reason", () => {
    verifies("adapters:kept", "openai:choice-numbers");
    const choice = (index: number, content: string, finish_reason: string) => ({
      index,
      message: { role: "assistant", content, refusal: null },
      logprobs: null,
      finish_reason,
    });
    const onto = {
      id: "c",
      object: "chat.completion",
      created: 1,
      model: "m",
      choices: [choice(0, "555-0100", "stop"), choice(1, "[phone]", "length")],
    };
    const { messages } = fromChatResponse(onto);
    const { document, lost } = toChatResponse(masked(messages), { onto });
    expect(document.choices).toEqual([choice(0, "[phone]", "stop"), onto.choices[1]]);
    expect(lost).toEqual([]);
    const stream = chatStream({ choices: 2 });
    for (const event of toChatEvents(document)) stream.push(event);
    expect(stream.document.choices).toEqual(document.choices);

    const swapped = toChatResponse([...messages].reverse(), { onto }).document;
    expect(swapped.choices).toEqual([
      choice(0, "[phone]", "length"),
      choice(1, "555-0100", "stop"),
    ]);
    const more = toChatResponse([messages[1], ...messages] as Message[], { onto }).document;
    expect(more.choices.map(({ index }) => index)).toEqual([2, 0, 1]);
    const one = toChatResponse(messages.slice(1), { onto });
    expect(one).toMatchObject({ document: { choices: [onto.choices[1]] }, lost: [] });
    // No message says why this choice stopped.
    const other = toChatResponse(messages.slice(0, 1), { onto });
    expect(other.lost.map(({ path }) => path)).toEqual(["onto.choices[1]"]);
  });
});

describe("what is lost with an old item", () => {
  it("is reported by its path in the document, unless messages show all of it", () => {
    verifies("adapters:gone");
    const cited = [{ type: "url_citation", url: "u", title: "t", start_index: 0, end_index: 1 }];
    const onto = {
      model: "m",
      input: [
        said("a"),
        { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "ENC" },
        {
          type: "message",
          role: "assistant",
          id: "msg_1",
          content: [
            { type: "output_text", text: "B", annotations: cited },
            { type: "output_text", text: "C", annotations: [] },
          ],
        },
        said("d"),
      ],
    };
    const { messages } = fromResponsesRequest(onto);
    const [first, answer, last] = messages as readonly [Message, Message, Message];
    const pathsOf = (list: readonly Message[]) =>
      toResponsesRequest(list, { onto }).lost.map(({ path }) => path);
    expect(pathsOf([answer, last])).toEqual([]);
    expect(pathsOf([first, last])).toEqual(["onto.input[1]", "onto.input[2]"]);
    const only = (at: number) => withContent(answer, answer.content.slice(at, at + 1));
    expect(pathsOf([first, only(0), last])).toEqual([]);
    expect(pathsOf([first, only(1), last])).toEqual(["onto.input[2].content[0]"]);
    expect(pathsOf([first, withContent(answer, []), last])).toContain("onto.input[2]");
  });

  it("is reported for blocks replaced by text, also in a tool's output", () => {
    verifies("adapters:gone");
    const output = [
      { type: "input_text", text: "a" },
      { type: "input_file", file_id: "file_1" },
    ];
    const call = { type: "function_call", call_id: "c", name: "f", arguments: "{}" };
    const onto = { input: [call, { type: "function_call_output", call_id: "c", output }] };
    const { messages } = fromResponsesRequest(onto);
    const result = { tool_call_id: "c", tool_name: "f", content: "gone" };
    const edited = withContent(messages[1], [
      { content_type: "tool_result", content: result } as never,
    ]);
    const { document, lost } = toResponsesRequest([messages[0] as Message, edited], { onto });
    expect(document.input[1]).toMatchObject({ output: "gone" });
    expect(lost.map(({ path }) => path)).toEqual(["onto.input[1].output[1]"]);
  });
});

describe("a call that the provider ran", () => {
  const search = {
    type: "web_search_call",
    id: "ws_1",
    status: "completed",
    action: { query: "q" },
  };
  const mcp = {
    type: "mcp_call",
    id: "mcp_1",
    name: "read",
    server_label: "files",
    arguments: "{}",
    output: "secret",
    error: null,
  };

  it("stays the same, whatever is inserted before it or edited in it", () => {
    verifies("openai:ran");
    const onto = { model: "m", input: [said("a"), search, mcp, said("b")] };
    const { messages } = fromResponsesRequest(onto);
    const front = messages[2] as Message;
    const { document, lost } = toResponsesRequest([front, ...messages], { onto });
    expect(document.input).toEqual([said("b"), ...onto.input]);
    expect(lost).toEqual([]);
    const answer = messages[1] as Message;
    const moved = withContent(answer, [...answer.content.slice(1), ...answer.content.slice(0, 1)]);
    const input = toResponsesRequest(messages.with(1, moved), { onto }).document.input;
    expect(input).toEqual([said("a"), mcp, search, said("b")]);
  });

  it("is not a function call elsewhere: it is left out, with its item's content, and reported", () => {
    verifies("openai:ran");
    const onto = { model: "m", input: [said("a"), search, mcp] };
    const { messages } = fromResponsesRequest(onto);
    const [first, answer] = messages as readonly [Message, Message];
    const again = createMessage({ role: "assistant", content: answer.content });
    const { document, lost } = toResponsesRequest([first, answer, again], { onto });
    expect(document.input).toEqual(onto.input);
    const paths = lost.map(({ path }) => path);
    expect(paths).toEqual(
      expect.arrayContaining(["[2].content[0]", "[2].content[1]", "[2].content[2]"]),
    );
  });

  it("occurs once in a response, too", () => {
    verifies("openai:ran");
    const onto = { id: "r", object: "response", model: "m", status: "completed", output: [search] };
    const [answer] = fromResponsesResponse(onto).messages;
    const twice = withContent(answer, [...(answer?.content ?? []), ...(answer?.content ?? [])]);
    const { document, lost } = toResponsesResponse([twice], { onto });
    expect(document.output).toEqual([search]);
    expect(lost.map(({ path }) => path)).toEqual(["[0].content[1]"]);
  });

  it("of a custom tool is written as such while it has one text part", () => {
    verifies("openai:ran");
    const custom = { type: "custom_tool_call", id: "ct_1", call_id: "c", name: "f", input: "go" };
    const onto = { model: "m", input: [said("a"), custom] };
    const [first, answer] = fromResponsesRequest(onto).messages as readonly [Message, Message];
    const call = answer.content[0] as Extract<ContentPart, { content_type: "tool_call" }>;
    const { id: _, ...fresh } = custom;
    const write = (content: object) =>
      toResponsesRequest(
        [first, answer, createMessage({ role: "assistant", content: [content as never] })],
        { onto },
      );
    expect(write(call).document.input).toEqual([said("a"), custom, fresh]);
    const other = { ...call, content: { ...call.content, arguments: { a: 1 } } };
    expect(write(other).document.input).toEqual(onto.input);
    expect(write(other).lost.map(({ path }) => path)).toContain("[2].content[0]");
  });
});

describe("other fields of a changed file or image", () => {
  const file = (title: string): ContentPart => ({
    content_type: "document",
    content: { type: "base64", data: "BBBB", title },
  });
  const image: ContentPart = { content_type: "image", content: { type: "url", data: "gs://b" } };

  it("are reported if a chat request names a stored copy", () => {
    verifies("adapters:gone");
    const stored = { type: "file", file: { file_data: "AAAA", filename: "a", file_id: "file_1" } };
    const onto = { model: "m", messages: [{ role: "user", content: [stored] }] };
    const [message] = fromChatRequest(onto).messages;
    const { document, lost } = toChatRequest([withContent(message, [file("b")])], { onto });
    const written = { type: "file", file: { file_data: "BBBB", filename: "b" } };
    expect(document.messages[0]).toEqual({ role: "user", content: [written] });
    expect(lost).toEqual([
      { path: "[0].content[0]", reason: "file_id belongs to the old content and is dropped." },
    ]);
  });

  it("are reported in Responses, and in a tool's output", () => {
    verifies("adapters:gone");
    const blocks = [
      { type: "input_file", file_data: "AAAA", file_url: "https://a.example/", filename: "a" },
      { type: "input_image", image_url: "gs://a", file_id: "file_1", detail: "high" },
    ];
    const output = { type: "function_call_output", call_id: "c", output: blocks };
    const onto = {
      model: "m",
      input: [{ type: "message", role: "user", content: blocks }, output],
    };
    const [asked, gave] = fromResponsesRequest(onto).messages;
    const result = gave?.content[0] as Extract<ContentPart, { content_type: "tool_result" }>;
    const changed = { ...result.content, content: [file("b"), image] };
    const { document, lost } = toResponsesRequest(
      [
        withContent(asked, [file("b"), image]),
        withContent(gave, [{ ...result, content: changed } as ContentPart]),
      ],
      { onto },
    );
    const written = [
      { type: "input_file", file_data: "BBBB", filename: "b" },
      { type: "input_image", image_url: "gs://b", detail: "high" },
    ];
    expect(document.input).toEqual([
      { type: "message", role: "user", content: written },
      { ...output, output: written },
    ]);
    expect(lost.map(({ path }) => path)).toEqual([
      "[0].content[0]",
      "[0].content[1]",
      "[1].content[0].content.content[0]",
      "[1].content[0].content.content[1]",
    ]);
  });
});

it("an output without the id of a call is written where it was, and gets no id unreported", () => {
  verifies("openai:onto", "openai:lost");
  const output = { type: "function_call_output", call_id: null, name: "f", output: "SECRET" };
  const onto = { input: [output, { role: "user", content: "Hi" }] };
  const { messages } = fromResponsesRequest(onto);
  expect(toResponsesRequest(messages, { onto })).toEqual({ document: onto, lost: [] });
  const edited = (from: string, to: string) =>
    messages.map((message) =>
      createMessage(JSON.parse(JSON.stringify(message).replaceAll(from, to)) as Message),
    );
  expect(toResponsesRequest(edited("SECRET", "***"), { onto })).toEqual({
    document: { input: [{ ...output, output: "***" }, onto.input[1]] },
    lost: [],
  });
  const { lost } = toResponsesRequest(edited('"tool_call_id":""', '"tool_call_id":"c"'), { onto });
  expect(lost.map(({ path }) => path)).toEqual(["[0].content[0].content.tool_name"]);
});
