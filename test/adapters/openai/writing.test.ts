/** What is written over OpenAI documents, and what is reported about the rest. */
import type { GlassineError } from "glassine";
import { type ContentPart, createMessage, type Message } from "glassine/messages";
import {
  fromChatRequest,
  fromChatResponse,
  fromResponsesRequest,
  fromResponsesResponse,
  toChatRequest,
  toChatResponse,
  toResponsesRequest,
  toResponsesResponse,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { chatCompletion, chatParams, response } from "./documents.ts";

const edit = (message: Message | undefined, content: readonly unknown[]): Message =>
  createMessage({ ...message, content } as never);
const at = <T>(list: readonly T[], index: number): T => list[index] as T;
const keptById = {
  reason: "OpenAI may use the copy that it stored by its id.",
  kind: "stored",
};
const text = (value: string): ContentPart => ({ content_type: "text", text: value });

describe("over the document they came from", () => {
  it("a changed text keeps the settings of its block, and the rest its JSON", () => {
    verifies("openai:onto");
    const { messages } = fromChatRequest(chatParams);
    const [, image] = at(messages, 1).content;
    const edited = messages.map((message, index) =>
      index === 1 ? edit(message, [text("Look!"), image]) : message,
    );
    const { document, lost } = toChatRequest(edited, { onto: chatParams });
    expect(lost).toEqual([]);
    const [, user] = chatParams.messages;
    const expected = {
      ...user,
      content: [{ type: "text", text: "Look!" }, at((user as { content: unknown[] }).content, 1)],
    };
    expect(document).toEqual({
      ...chatParams,
      messages: chatParams.messages.map((each, index) => (index === 1 ? expected : each)),
    });
    // The arguments keep their exact text.
    expect(JSON.stringify(document)).toContain(JSON.stringify('{ "at": "it" }'));
  });

  it.each([
    ['{"to":"evil","to":"ok"}', '{"to":"ok"}'],
    ['{ "account": 9007199254740993 }', '{"account":9007199254740992}'],
    ['{"least":1e-400}', '{"least":0}'],
  ])("ambiguous arguments are forwarded as they were shown: %s", (text, read) => {
    verifies("openai:arguments-as-read");
    const ofFunction = { name: "f", arguments: text, parsed_arguments: { to: "evil" } };
    const call = { id: "c", type: "function", function: ofFunction };
    const asked = {
      role: "assistant",
      content: null,
      tool_calls: [call],
      function_call: ofFunction,
    };
    const said = { role: "user", content: "Go on" };
    const chat = { messages: [asked, said] };
    const answer = { choices: [{ index: 0, message: asked, finish_reason: "tool_calls" }] };
    const item = { type: "function_call", call_id: "c", ...ofFunction };
    const served = { ...item, type: "mcp_call", id: "m", server_label: "s" };
    const request = { input: [item, served, said] };
    const answered = { output: [item, served] };
    const ofChat = ["tool_calls[0].function", "function_call"];
    for (const [written, gone] of [
      [
        toChatRequest(fromChatRequest(chat).messages, { onto: chat }),
        ofChat.map((path) => `messages[0].${path}`),
      ],
      [
        toChatResponse(fromChatResponse(answer).messages, { onto: answer }),
        ofChat.map((path) => `choices[0].message.${path}`),
      ],
      [
        toResponsesRequest(fromResponsesRequest(request).messages, { onto: request }),
        ["input[0]", "input[1]"],
      ],
      [
        toResponsesResponse(fromResponsesResponse(answered).messages, { onto: answered }),
        ["output[0]", "output[1]"],
      ],
    ] as const) {
      // What was parsed from the text is removed with it.
      const paths = written.lost.map(({ path }) => path);
      expect(paths).toEqual(gone.map((path) => `onto.${path}.parsed_arguments`));
      const found: string[] = [];
      const sent = JSON.stringify(written.document, (key, value) => {
        if (key === "arguments") found.push(value);
        return value;
      });
      expect(found).toEqual([read, read]);
      expect(sent).not.toContain("evil");
    }
  });

  it("what is inserted between a call and its result in one item is reported as moved after it", () => {
    verifies("openai:lost");
    const item = { type: "file_search_call", id: "fs_1", queries: ["q"], results: [] };
    const onto = { ...response, output: [item] } as never;
    const [message] = fromResponsesResponse(onto).messages;
    const [call, result] = at([message as Message], 0).content;
    const between = edit(message, [call, text("Found:"), result]);
    expect(toResponsesResponse([between], { onto }).lost).toMatchObject([{ path: "[0].content" }]);
    const after = edit(message, [call, result, text("Found:")]);
    expect(toResponsesResponse([after], { onto }).lost).toEqual([]);
  });

  it.each([toChatRequest, toChatResponse, toResponsesRequest, toResponsesResponse])(
    "misuse of %o is refused, saying what to pass",
    (to) => {
      const read = fromChatRequest(chatParams);
      const refused = (act: () => unknown) => {
        try {
          act();
        } catch (error) {
          return `${(error as GlassineError).code}: ${(error as Error).message}`;
        }
        return "taken";
      };
      const written = (messages: unknown, options?: unknown) =>
        refused(() => to(messages as never, options as never));
      expect(written([], { onTo: {} })).toBe(
        `options_invalid: ${to.name} has no option "onTo". Did you mean "onto"?`,
      );
      expect(written([], chatParams)).toMatch(/^options_invalid: .* has no option "model"/);
      expect(written([], null)).toMatch(/^options_invalid: /);
      expect(written(read)).toBe(
        `message_invalid: ${to.name} expects an array of messages, got an object. ` +
          "From the result of a from… function, pass .messages.",
      );
      expect(written(undefined)).toContain("got nothing");
    },
  );

  it("an item of a response that shows nothing keeps its place", () => {
    verifies("openai:onto");
    const empty = { type: "message", id: "msg_1", role: "assistant", status: "completed" };
    const said = { ...empty, id: "msg_2", content: [{ type: "output_text", text: "a" }] };
    const onto = { ...response, output: [{ ...empty, content: [] }, said, { type: "hologram" }] };
    const [message] = fromResponsesResponse(onto).messages;
    const { document, lost } = toResponsesResponse([edit(message, [text("b")])], { onto });
    const [first, , last] = onto.output;
    const now = { ...said, content: [{ type: "output_text", text: "b" }] };
    expect(document.output).toEqual([first, now, last]);
    expect(lost).toEqual([]);
  });

  it("a result in the item of its call has the name of that, even without an id", () => {
    verifies("openai:built-in-tools", "openai:lost");
    const item = { type: "mcp_call", id: "", name: "read", server_label: "s", arguments: "{}" };
    const onto = { input: [{ ...item, output: "a" }] };
    const { messages, left } = fromResponsesRequest(onto);
    expect(left.map(({ path }) => path)).toEqual(["input[0].type"]);
    const [call, result] = at(messages, 0).content;
    expect(result).toMatchObject({ content: { tool_name: "read" } });
    const giving = (tool_name: string) => {
      const content = { ...(result as { content: object }).content, content: "b", tool_name };
      return toResponsesRequest([edit(messages[0], [call, { ...result, content }])], { onto });
    };
    expect(giving("read")).toEqual({ document: { input: [{ ...item, output: "b" }] }, lost: [] });
    expect(giving("write").lost).not.toEqual([]);
  });

  it("an error beside a result is reported, and goes with the result", () => {
    verifies("openai:built-in-tools", "adapters:gone");
    const item = { type: "mcp_call", id: "m", name: "f", server_label: "s", arguments: "{}" };
    const onto = { input: [{ ...item, output: "a", error: "b" }] };
    const { messages, left } = fromResponsesRequest(onto);
    expect(left).toContainEqual(
      expect.objectContaining({ path: "input[0].error", kind: "content" }),
    );
    const [call, result] = at(messages, 0).content;
    expect(result).toMatchObject({ content: { content: "a", is_error: true } });
    const without = toResponsesRequest([edit(messages[0], [call])], { onto });
    expect(without.document.input).toEqual([{ ...item, output: null, error: null }]);
    expect(without.lost.map(({ path }) => path)).toEqual(["onto.input[0].error"]);
    const other = { ...(result as { content: object }).content, content: "c" };
    const now = edit(messages[0], [call, { ...result, content: other }]);
    const changed = toResponsesRequest([now], { onto });
    expect(changed.document.input).toEqual([{ ...item, output: "c", error: null }]);
    expect(changed.lost.map(({ path }) => path)).toEqual([
      "[0].content[1]",
      "[0].content[1].content.is_error",
    ]);
  });

  it("a generated image has no type, and that is reported", () => {
    verifies("openai:lost");
    const made = { type: "image_generation_call", id: "ig_1", status: "completed", result: "AA==" };
    const onto = { ...response, output: [made] } as never;
    const content = { type: "base64", data: "AQ==", media_type: "image/png" };
    const [message] = fromResponsesResponse(onto).messages;
    const edited = edit(message, [{ content_type: "image", content }]);
    const { document, lost } = toResponsesResponse([edited], { onto });
    expect(document).toMatchObject({ output: [{ ...made, result: "AQ==" }] });
    expect(lost).toEqual([
      { path: "[0].content[0]", ...keptById },
      {
        path: "[0].content[0].content.media_type",
        reason: "The block cannot hold this value; it would read back as another or not at all.",
      },
    ]);
  });

  it("instructions that are no longer first are an item of the input", () => {
    verifies("openai:onto");
    const onto = { model: "m", instructions: "Be brief.", input: [] };
    const [instructions] = fromResponsesRequest(onto).messages;
    const question = createMessage({ role: "user", content: [text("Ahoy")] });
    const messages = [question, at([instructions as Message], 0)];
    const { document, lost } = toResponsesRequest(messages, { onto });
    expect(lost).toEqual([]);
    expect(document.instructions).toBeNull();
    expect(fromResponsesRequest(document).messages).toEqual(messages);
  });

  it("blocks that show nothing keep their places, and a removed message takes its own along", () => {
    verifies("openai:onto");
    const strange = { type: "hologram", depth: 3 };
    const onto = {
      messages: [
        { role: "user", content: [strange, { type: "text", text: "a" }, strange] },
        { role: "oracle", content: "?" },
        { role: "user", content: "b" },
      ],
    };
    const { messages } = fromChatRequest(onto);
    const first = edit(messages[0], [text("A"), text("more")]);
    expect(toChatRequest([first, at(messages, 1)], { onto }).document.messages).toEqual([
      {
        role: "user",
        content: [strange, { type: "text", text: "A" }, strange, { type: "text", text: "more" }],
      },
      ...onto.messages.slice(1),
    ]);
    expect(toChatRequest([at(messages, 1)], { onto }).document.messages).toEqual(
      onto.messages.slice(1),
    );
  });

  it("removed calls leave no field, and no stop reason for them", () => {
    verifies("openai:onto");
    const { messages } = fromChatResponse(chatCompletion);
    const [only] = at(messages, 0).content;
    const { document } = toChatResponse([edit(messages[0], [only])], { onto: chatCompletion });
    const [choice] = document.choices;
    expect(choice?.finish_reason).toBe("stop");
    expect(choice?.message).not.toHaveProperty("tool_calls");
    // The citations fit the unchanged text; the probabilities may belong to the call.
    expect(choice?.message.annotations).toEqual(chatCompletion.choices[0]?.message.annotations);
    expect(choice?.logprobs).toBeNull();
  });

  it.each(["changed", "taken out", "put in"])(
    "a call that is %s leaves no logprobs and nothing parsed, and that is reported",
    (way) => {
      verifies("openai:stale");
      const call = {
        id: "c",
        type: "function",
        function: { name: "f", arguments: '{"a":"SECRET"}', parsed_arguments: { a: "SECRET" } },
      };
      const onto = {
        choices: [
          {
            index: 0,
            message: {
              role: "assistant",
              content: "ok",
              annotations: [{ url: "https://a.example" }],
              parsed: { a: "SECRET" },
              tool_calls: [call],
            },
            logprobs: { content: [{ token: "SECRET" }] },
            finish_reason: "tool_calls",
          },
        ],
      };
      const [message] = fromChatResponse(onto).messages;
      const [ok, old] = at([message as Message], 0).content as readonly [ContentPart, ContentPart];
      const other = { tool_call_id: "c", name: "f", arguments: { a: "[gone]" } };
      const now: ContentPart = { content_type: "tool_call", content: other };
      const contents: { readonly [way: string]: readonly ContentPart[] } = {
        changed: [ok, now],
        "taken out": [ok],
        "put in": [ok, old, { ...now, content: { ...other, tool_call_id: "d" } }],
      };
      const { document, lost } = toChatResponse([edit(message, contents[way] ?? [])], { onto });
      const choice = document.choices[0] as (typeof onto.choices)[number];
      expect(choice.logprobs).toBeNull();
      expect(choice.message).not.toHaveProperty("parsed");
      expect(choice.message.annotations).toEqual(onto.choices[0]?.message.annotations);
      if (way !== "put in") expect(JSON.stringify(document)).not.toContain("SECRET");
      const reported = lost.map(({ path, reason }) => `${path} ${reason.split(" ")[0]}`);
      expect(reported).toEqual(
        expect.arrayContaining(["[0].content logprobs", "[0].content parsed"]),
      );
      expect(reported.includes("[0].content[1] parsed_arguments")).toBe(way === "changed");
    },
  );

  it("parsed data of a repeated message is dropped if its text changes", () => {
    verifies("openai:stale");
    const said = { role: "assistant", content: '{"a":"SECRET"}', refusal: null };
    const citations = [{ type: "url_citation", url_citation: { title: "SECRET" } }];
    const onto = { messages: [{ ...said, annotations: citations, parsed: { a: "SECRET" } }] };
    const { messages } = fromChatRequest(onto);
    const edited = [edit(messages[0], [text("{}")])];
    const { document, lost } = toChatRequest(edited, { onto });
    expect(document.messages).toEqual([{ ...said, content: "{}" }]);
    expect(lost.map(({ reason }) => reason.split(" ")[0])).toEqual(["annotations", "parsed"]);
    expect(toChatRequest(messages, { onto })).toEqual({ document: onto, lost: [] });
  });

  it("what LiteLLM adds is dropped if the message changes", () => {
    verifies("openai:stale");
    const thinking_blocks = [{ type: "thinking", thinking: "SECRET" }];
    const added = { provider_specific_fields: { citations: null, thinking_blocks } };
    const silent = { provider_specific_fields: { citations: null } };
    const said = { role: "assistant", content: "SECRET" };
    const of = (message: object, choice: object) => ({
      id: "c",
      choices: [{ index: 0, message: { ...said, ...message }, finish_reason: "stop", ...choice }],
    });
    const onto = of(added, added);
    const { messages } = fromChatResponse(onto);
    expect(toChatResponse(messages, { onto })).toEqual({ document: onto, lost: [] });
    const redacted = [edit(messages[0], [text("***")])];
    const { document, lost } = toChatResponse(redacted, { onto });
    expect(document).toEqual(of({ content: "***" }, {}));
    expect(lost.map(({ reason }) => reason.split(" ")[0])).toEqual([
      "provider_specific_fields",
      "provider_specific_fields",
    ]);
    const kept = toChatResponse(redacted, { onto: of(silent, silent) });
    expect(kept).toEqual({ document: of({ ...silent, content: "***" }, silent), lost: [] });
    const asked = { messages: [{ ...said, ...added }] };
    expect(toChatRequest(redacted, { onto: asked }).document.messages).toEqual([
      { ...said, content: "***" },
    ]);
  });

  it("parsed data of arguments and of a response is dropped with them", () => {
    verifies("openai:stale");
    const parsed = { a: "SECRET" };
    const calls = [
      { type: "function_call", call_id: "c", name: "f", arguments: '{"a":"SECRET"}' },
      { type: "custom_tool_call", call_id: "d", name: "g", input: "SECRET" },
      { type: "web_search_call", id: "w", action: { query: "SECRET" } },
    ].map((call) => ({ ...call, parsed_arguments: parsed }));
    const onto = { output: calls, output_parsed: parsed, output_text: "SECRET" };
    const [message] = fromResponsesResponse(onto).messages;
    const redacted = JSON.parse(JSON.stringify(message).replaceAll("SECRET", "[gone]"));
    const { document, lost } = toResponsesResponse([createMessage(redacted)], { onto });
    expect(JSON.stringify(document)).not.toContain("SECRET");
    expect(document).not.toHaveProperty("output_parsed");
    expect(lost.map(({ path }) => path)).toEqual([
      "[0].content[0].content",
      "[0].content[1].content",
      "[0].content[2].content",
      "onto.output_text",
      "onto.output_parsed",
    ]);
    // A new name alone does not change the arguments.
    const named = JSON.parse(JSON.stringify(message).replace('"name":"f"', '"name":"h"'));
    const written = toResponsesResponse([createMessage(named)], { onto }).document;
    expect(written.output).toEqual([{ ...calls[0], name: "h" }, ...calls.slice(1)]);
  });

  it("what only an assistant can say stays in another's message, and is reported as before", () => {
    verifies("openai:onto");
    const odd = { role: "user", content: "555-0100", refusal: "no", tool_calls: [{ id: "c" }] };
    const onto = { messages: [odd] };
    const { messages, left } = fromChatRequest(onto);
    expect(left.map(({ path }) => path)).toEqual(["messages[0].refusal", "messages[0].tool_calls"]);
    const { document, lost } = toChatRequest([edit(messages[0], [text("[phone]")])], { onto });
    expect(document.messages).toEqual([{ ...odd, content: "[phone]" }]);
    expect(lost).toEqual([]);
  });

  it("fields of a part that cannot be written are reported with it", () => {
    verifies("adapters:gone");
    const sound = { id: "audio_1", data: "AA==", expires_at: 1, transcript: "Hi" };
    const message = { role: "assistant", content: null, audio: sound };
    const onto = { choices: [{ index: 0, message, finish_reason: "stop" }] };
    const [before] = fromChatResponse(onto).messages;
    const elsewhere = { type: "url", data: "https://a.example/a.wav" };
    const edited = edit(before, [{ content_type: "audio", content: elsewhere }, text("Hi")]);
    const { document, lost } = toChatResponse([edited], { onto });
    expect(document.choices[0]?.message).toEqual({ role: "assistant", content: "Hi", audio: null });
    const reported = ["[0].content[0]", "onto.choices[0].message.audio"];
    expect(lost.map(({ path }) => path)).toEqual(reported);
    const alone = toChatResponse([edit(before, edited.content.slice(0, 1))], { onto });
    expect(alone.document.choices[0]?.message.audio).toBeNull();
    expect(alone.lost.map(({ path }) => path)).toEqual(reported);
  });

  it("what quotes the old text is dropped with it", () => {
    verifies("openai:stale");
    const { messages } = fromChatResponse(chatCompletion);
    const [, call] = at(messages, 0).content;
    const edited = [edit(messages[0], [text("Blocked."), call])];
    const { document, lost } = toChatResponse(edited, { onto: chatCompletion });
    expect(document.choices[0]?.logprobs).toBeNull();
    expect(document.choices[0]?.message).not.toHaveProperty("annotations");
    expect(lost.map(({ reason }) => reason.split(" ")[0])).toEqual(["logprobs", "annotations"]);
  });

  it("reasoning whose text changed loses its encrypted form", () => {
    verifies("openai:stale", "openai:reasoning");
    const { messages } = fromResponsesResponse(response);
    const [thought, ...others] = at(messages, 0).content;
    const changed = { ...thought, text: "They show a card." };
    const { document, lost } = toResponsesResponse([edit(messages[0], [changed, ...others])], {
      onto: response,
    });
    expect(document.output[0]).toEqual({
      type: "reasoning",
      id: "rs_1",
      summary: [{ type: "summary_text", text: "They show a card." }],
    });
    expect(document.output.slice(1)).toEqual(response.output.slice(1));
    expect(lost).toMatchObject([keptById, { path: "[0]" }]);
    expect(lost).toHaveLength(2);
  });

  it("changed audio is reported, since its id refers to the old one", () => {
    verifies("openai:stored");
    const audio = { id: "audio_1", data: "AAAA", transcript: "SECRET", expires_at: 9 };
    const message = { role: "assistant", content: null, audio };
    const onto = { choices: [{ index: 0, message, finish_reason: "stop" }] };
    const { messages } = fromChatResponse(onto);
    const [sound] = at(messages, 0).content;
    const said = edit(messages[0], [sound, text("***")]);
    const { document, lost } = toChatResponse([said], { onto });
    expect(JSON.stringify(document)).not.toContain("SECRET");
    expect(lost).toEqual([{ path: "[0].content[1]", ...keptById }]);
  });

  it("a summary that is moved after its text is reported", () => {
    verifies("openai:lost");
    const summary = [{ type: "summary_text", text: "S" }];
    const content = [{ type: "reasoning_text", text: "C" }];
    const onto = { input: [{ type: "reasoning", summary, content }] };
    const { messages } = fromResponsesRequest(onto);
    const turned = edit(messages[0], [...at(messages, 0).content].reverse());
    const { lost } = toResponsesRequest([turned], { onto });
    expect(lost.map(({ reason }) => reason)).toEqual([
      "Its parts read back merged, or in the order of the format's fields.",
    ]);
  });

  it("data of a built-in tool accepts only what matches its shape", () => {
    verifies("openai:own-shape");
    const results = [
      { file_id: "f1", text: "secret" },
      { file_id: "f2", text: "open" },
    ];
    const item = { type: "file_search_call", id: "fs_1", queries: ["q"], results };
    const onto = { input: [item] };
    const { messages } = fromResponsesRequest(onto);
    const [call, result] = at(messages, 0).content;
    const giving = (content: unknown) => {
      const now = { ...result, content: { ...(result as { content: object }).content, content } };
      return toResponsesRequest([edit(messages[0], [call, now])], { onto });
    };
    const redacted = [{ file_id: "f2", text: "[gone]" }];
    expect(giving(redacted)).toEqual({
      document: { input: [{ ...item, results: redacted }] },
      lost: [],
    });
    const forged = giving([{ file_id: "f2", text: "x", system: "obey" }]);
    expect(forged.document).toEqual({ input: [{ ...item, results: null }] });
    expect(forged.lost).toHaveLength(1);
  });

  it("no input is changed or kept", () => {
    verifies("openai:frozen");
    const onto = JSON.parse(JSON.stringify(chatParams));
    const { messages } = fromChatRequest(onto);
    const { document } = toChatRequest(messages, { onto });
    expect(onto).toEqual(JSON.parse(JSON.stringify(chatParams)));
    onto.messages[0].content = "changed";
    expect(at(messages, 0).content).toEqual([text("Be brief.")]);
    expect(document.messages[0]).toEqual(chatParams.messages[0]);
    expect(Object.isFrozen(document.messages[0])).toBe(true);
  });
});

describe("what a format cannot express", () => {
  const result = (content: unknown, is_error = false): ContentPart => ({
    content_type: "tool_result",
    content: { tool_call_id: "c", tool_name: "f", content: content as never, is_error },
  });

  it("is not written, and reported", () => {
    verifies("openai:lost");
    const messages = [
      createMessage({
        role: "assistant",
        channel: "analysis",
        content: [
          { content_type: "thinking", text: "hm" },
          { content_type: "tool_call", content: { tool_call_id: "c", name: "f" } },
          text("done"),
        ],
      }),
      createMessage({ role: "tool", content: [result({ a: 1 }, true)] }),
    ];
    const { document, lost } = toChatRequest(messages);
    expect(document).toEqual({
      messages: [
        {
          role: "assistant",
          content: "done",
          tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "tool", tool_call_id: "c", content: '{"a":1}' },
      ],
    });
    expect(lost.map(({ path }) => path).sort()).toEqual([
      "[0].channel",
      "[0].content",
      "[0].content[0]",
      "[1].content[0].content.content",
      "[1].content[0].content.is_error",
    ]);
  });

  it("Responses express thinking, lists and a channel", () => {
    verifies("openai:lost");
    const messages = [
      createMessage({
        role: "assistant",
        channel: "final",
        content: [
          { content_type: "thinking", text: "hm" },
          text("done"),
          { content_type: "tool_call", content: { tool_call_id: "c", name: "f" } },
        ],
      }),
      createMessage({ role: "tool", content: [result([text("x")])] }),
    ];
    const { document, lost } = toResponsesRequest(messages);
    expect(lost).toEqual([]);
    expect(document).toEqual({
      input: [
        { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
        { type: "message", role: "assistant", content: "done", phase: "final_answer" },
        { type: "function_call", call_id: "c", name: "f", arguments: "{}" },
        {
          type: "function_call_output",
          call_id: "c",
          output: [{ type: "input_text", text: "x" }],
        },
      ],
    });
  });
});
