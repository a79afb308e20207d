/** What messages show of OpenAI documents, and what is reported about the rest. */
import { GlassineError } from "glassine";
import {
  chatStream,
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
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";
import { chatCompletion, chatParams, response } from "./documents.ts";

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));
const contentIn = (left: readonly { readonly path: string; readonly kind: string }[]) =>
  left.flatMap(({ path, kind }) => (kind === "setting" ? [] : [path]));

describe("chat requests", () => {
  it("have their blocks as parts, and a result has the name of its call", () => {
    verifies("openai:chat-request", "openai:call-names");
    const { messages, extensions } = fromChatRequest(chatParams);
    expect(plain(messages.map(({ content }) => content))).toEqual([
      [{ content_type: "text", text: "Be brief." }],
      [
        { content_type: "text", text: "What is this?" },
        {
          content_type: "image",
          content: { type: "base64", data: "AAEC", media_type: "image/png" },
        },
      ],
      [
        {
          content_type: "tool_call",
          content: { tool_call_id: "call_1", name: "look", arguments: { at: "it" } },
        },
      ],
      [
        {
          content_type: "tool_result",
          content: {
            tool_call_id: "call_1",
            tool_name: "look",
            content: "a card",
            is_error: false,
          },
        },
      ],
      [{ content_type: "text", text: "Go on" }],
    ]);
    expect(extensions).toEqual({ llm: { provider: "openai", model_id: "gpt-4.1" } });
  });

  it("leave nothing of an answer's empty list of citations in the next request", () => {
    verifies("openai:left");
    const said = { role: "assistant", content: "Hello", refusal: null, annotations: [] };
    expect(fromChatRequest({ model: "m", messages: [said] }).left).toEqual([]);
    const cited = { ...said, annotations: [{ type: "url_citation" }] };
    expect(contentIn(fromChatRequest({ model: "m", messages: [cited] }).left)).toEqual([
      "messages[0].annotations",
    ]);
  });

  it("leave nothing of the number that DeepSeek gives a call", () => {
    verifies("openai:dialects");
    const call = { index: 0, id: "c", type: "function", function: { name: "f", arguments: "{}" } };
    const message = { role: "assistant", content: "", tool_calls: [call] };
    const answer = { choices: [{ index: 0, message, finish_reason: "tool_calls" }] };
    expect(contentIn(fromChatResponse(answer).left)).toEqual([]);
    expect(contentIn(fromChatRequest({ model: "m", messages: [message] }).left)).toEqual([]);
  });

  it("may have Mistral's calls, which have no type", () => {
    verifies("openai:dialects", "adapters:kept");
    const answerOf = (call: object) => {
      const message = { role: "assistant", tool_calls: [{ id: "c", ...call }] };
      return { choices: [{ index: 0, message, finish_reason: "tool_calls" }] };
    };
    const called = (text: string) => ({ function: { name: "f", arguments: text } });
    const answer = answerOf(called('{"a": 1}'));
    const { messages, left } = fromChatResponse(answer);
    expect(contentIn(left)).toEqual([]);
    expect(messages[0]?.content).toMatchObject([
      { content_type: "tool_call", content: { name: "f", arguments: { a: 1 } } },
    ]);
    expect(toChatResponse(messages, { onto: answer })).toEqual({ document: answer, lost: [] });
    const edited = plain(messages);
    edited[0].content[0].content.arguments = { a: 2 };
    expect(toChatResponse(edited, { onto: answer }).document).toEqual(answerOf(called('{"a":2}')));
    edited[0].content = [];
    const { choices } = toChatResponse(edited, { onto: answer }).document;
    expect(choices).toMatchObject([{ finish_reason: "stop" }]);
    expect(codeOf(() => fromChatResponse(answerOf({ function: { name: "f" } })))).toBe(
      "document_invalid",
    );
    const other = answerOf({ type: "later", ...called("{}") });
    expect(contentIn(fromChatResponse(other).left)).toEqual(["choices[0].message.tool_calls[0]"]);
  });

  it("leave nothing of the tool's name in a result, if its call has the same name", () => {
    verifies("openai:call-names");
    const call = (id: string, name: string) => ({
      id,
      type: "function",
      function: { name, arguments: "{}" },
    });
    const result = { role: "tool", tool_call_id: "c", name: "f", content: "x" };
    const request = {
      model: "m",
      messages: [{ role: "assistant", tool_calls: [call("c", "f"), call("d", "g")] }, result],
    };
    const { messages, left } = fromChatRequest(request);
    expect(contentIn(left)).toEqual([]);
    expect(toChatRequest(messages, { onto: request })).toEqual({ document: request, lost: [] });
    for (const other of [{ name: "g" }, { name: { of: "f" } }, { tool_call_id: "e" }]) {
      const { left } = fromChatRequest({
        model: "m",
        messages: [...request.messages.slice(0, 1), { ...result, ...other }],
      });
      expect(contentIn(left)).toContain("messages[1].name");
    }
    const edited = plain(messages);
    edited[1].content[0].content = { ...edited[1].content[0].content, content: "y" };
    expect(toChatRequest(edited, { onto: request }).document.messages?.[1]).toMatchObject({
      content: "y",
    });
  });

  it("leave nothing of what LiteLLM adds if all of it is null or empty", () => {
    verifies("openai:dialects");
    const left = (provider_specific_fields: object) => {
      const added = { provider_specific_fields };
      const said = { role: "assistant", content: "Hello", ...added };
      const choices = [{ index: 0, message: said, finish_reason: "stop", ...added }];
      const delta = { ...choices[0], message: undefined, delta: said };
      const stream = chatStream();
      stream.push({ id: "c", object: "chat.completion.chunk", choices: [delta] });
      return [
        ...fromChatRequest({ model: "m", messages: [said] }).left,
        ...fromChatResponse({ id: "c", object: "chat.completion", choices }).left,
        ...stream.current.left,
      ];
    };
    for (const fields of [{}, { refusal: null }, { refusal: null, citations: [], usage: {} }]) {
      expect(left(fields)).toEqual([]);
    }
    for (const fields of [{ refusal: "No" }, { a: null, b: { c: null } }, { a: "" }, [null]]) {
      expect(contentIn(left(fields))).toHaveLength(5);
    }
  });

  it("leave nothing of a link to an image, or of a file without a media type", () => {
    verifies("openai:left");
    const content = [
      { type: "image_url", image_url: { url: "https://a.example/a.png" } },
      { type: "file", file: { file_data: "AAEC", filename: "a" } },
    ];
    expect(fromChatRequest({ messages: [{ role: "user", content }] }).left).toEqual([]);
  });

  it("report what is not shown: settings, and what a model reads", () => {
    verifies("openai:left");
    const { left } = fromChatRequest({
      ...chatParams,
      logit_bias: null,
      reasoning_hint: "think",
      messages: [
        { role: "user", content: [{ type: "hologram", text: "?" }] },
        { role: "oracle", content: "?" },
        { role: "assistant", content: "a", reasoning_content: "because", audio: { id: "a1" } },
        { role: "tool", tool_call_id: "nobody", content: "x" },
      ],
    });
    expect(contentIn(left)).toEqual([
      "messages[0].content[0]",
      "messages[1]",
      "messages[2].audio",
      "messages[3].tool_call_id",
      "tools",
      "reasoning_hint",
    ]);
    const settings = left.filter(({ kind }) => kind === "setting").map(({ path }) => path);
    // Null means absent.
    expect(settings).toEqual(["temperature"]);
    expect(JSON.stringify(left)).not.toContain("because");
  });

  it("whose arguments have an inexact number show it, and report it", () => {
    verifies("openai:calls");
    const item = { type: "function_call", call_id: "c", name: "pay" };
    const { messages, left } = fromResponsesRequest({
      input: [
        { ...item, arguments: '{"account":9007199254740993}' },
        { ...item, call_id: "d", arguments: '{"least":1e-400}' },
      ],
    });
    expect(plain(messages[0]?.content)).toMatchObject([
      { content: { arguments: { account: 9007199254740992 } } },
      { content: { arguments: { least: 0 } } },
    ]);
    const reason = "It has a number that cannot be represented exactly.";
    expect(left).toEqual([
      { path: "input[0].arguments", kind: "content", reason },
      { path: "input[1].arguments", kind: "content", reason },
    ]);
  });

  it("whose arguments are very long are shown", () => {
    verifies("openai:calls");
    const text = JSON.stringify({ text: "x".repeat(10_000_000) });
    const item = { type: "function_call", call_id: "c", name: "f", arguments: text };
    const { messages, left } = fromResponsesRequest({ input: [item] });
    expect(JSON.stringify(messages[0]).length).toBeGreaterThan(10_000_000);
    expect(left).toEqual([]);
  });

  it("whose calls share an id report it if their names differ", () => {
    verifies("openai:call-names");
    const call = (name: string) => ({
      id: "c",
      type: "function",
      function: { name, arguments: "" },
    });
    const ask = { role: "assistant", tool_calls: [call("read"), call("read"), call("delete")] };
    const reply = { role: "tool", tool_call_id: "c", content: "x" };
    const { messages, left } = fromChatRequest({ messages: [ask, reply] });
    expect(messages[1]?.content).toMatchObject([{ content: { tool_name: "delete" } }]);
    expect(left).toMatchObject([{ path: "messages[0].tool_calls[2].id", kind: "content" }]);
    const item = (name: string) => ({ type: "function_call", call_id: "c", name, arguments: "" });
    expect(contentIn(fromResponsesRequest({ input: [item("a"), item("b")] }).left)).toEqual([
      "input[1].call_id",
    ]);
  });

  it("report formats, skills and checks as what a model reads", () => {
    verifies("openai:left");
    const schema = { type: "object" };
    const json_schema = { name: "n", strict: true, description: "d", schema };
    const chat = fromChatRequest({
      messages: [],
      response_format: { type: "json_schema", json_schema },
    });
    expect(contentIn(chat.left)).toEqual([
      "response_format.json_schema.description",
      "response_format.json_schema.schema",
    ]);
    const skills = [{ name: "s", description: "d", path: "/s" }];
    const checks = [{ id: "c", message: "m" }];
    const screenshot = { type: "computer_screenshot", image_url: "https://a.example/p.png" };
    const answered = { type: "computer_call_output", call_id: "c", output: screenshot };
    const { left } = fromResponsesRequest({
      text: {
        verbosity: "low",
        format: { type: "json_schema", name: "n", description: "d", schema },
      },
      input: [
        { type: "shell_call", call_id: "c", action: {}, environment: { type: "local", skills } },
        { ...answered, acknowledged_safety_checks: checks },
        { ...answered, acknowledged_safety_checks: [] },
      ],
    });
    expect(contentIn(left)).toEqual([
      "input[0].environment.skills",
      "input[1].acknowledged_safety_checks",
      "text.format.description",
      "text.format.schema",
    ]);
  });

  it.each([
    [fromResponsesRequest, { model: "m", messages: [] }, "fromChatRequest"],
    [fromResponsesRequest, chatCompletion, "fromChatResponse"],
    [fromResponsesRequest, response, "fromResponsesResponse"],
    [fromChatRequest, { input: "Ahoy" }, "fromResponsesRequest"],
    [fromChatResponse, response, "fromResponsesResponse"],
    [fromChatResponse, chatParams, "fromChatRequest"],
    [fromResponsesResponse, chatCompletion, "fromChatResponse"],
  ] as const)(
    "of another kind are refused, with the function for them: %#",
    (from, other, name) => {
      verifies("openai:refused");
      expect(() => from(other)).toThrow(`Use ${name} and `);
    },
  );

  it("whose arguments have a duplicate key show the last, and report it", () => {
    verifies("openai:calls");
    const called = (text: string) => ({
      messages: [
        { role: "assistant", content: null, function_call: { name: "f", arguments: text } },
      ],
    });
    const { messages, left } = fromChatRequest(called('{"path":"/etc","path":"/tmp"}'));
    expect(messages[0]?.content).toMatchObject([{ content: { arguments: { path: "/tmp" } } }]);
    expect(left).toMatchObject([{ path: "messages[0].function_call.arguments", kind: "content" }]);
  });

  it("of the older kind call without ids", () => {
    verifies("openai:chat-request");
    const legacy = {
      messages: [
        { role: "assistant", content: null, function_call: { name: "f", arguments: "{}" } },
        { role: "function", name: "f", content: "1" },
      ],
    };
    const { messages, left } = fromChatRequest(legacy);
    expect(left).toEqual([]);
    expect(messages.map(({ role }) => role)).toEqual(["assistant", "tool"]);
    expect(toChatRequest(messages).document).toEqual(legacy);
  });

  it("name something that is stored only by a string", () => {
    verifies("adapters:left-kinds");
    const chat = (id: unknown) =>
      fromChatRequest({ messages: [{ role: "assistant", audio: { id } }] }).left;
    const item = (id: unknown) =>
      fromResponsesRequest({ input: [{ type: "item_reference", id }] }).left;
    for (const read of [chat, item]) {
      expect(read("stored_1")).toMatchObject([{ kind: "reference" }]);
      expect(read({ note: "hidden" })).toMatchObject([{ kind: "content" }]);
    }
  });

  it("are refused if the type of an item is no string", () => {
    verifies("openai:refused");
    const item = { type: { note: "hidden" }, role: "user", content: "Ahoy" };
    for (const read of [
      () => fromResponsesRequest({ input: [item] }),
      () => fromResponsesResponse({ output: [item] }),
    ])
      expect(codeOf(read)).toBe("document_invalid");
    expect(contentIn(fromResponsesRequest({ input: [{ ...item, type: null }] }).left)).toEqual([]);
  });

  it("are refused with every problem if known kinds lack required fields", () => {
    verifies("openai:refused");
    const bad = { messages: [{ role: "user", content: [{ type: "text" }] }, { role: "tool" }] };
    let caught: unknown;
    try {
      fromChatRequest(bad);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(GlassineError);
    const { code, data } = caught as GlassineError & { data: { problems: { path: unknown }[] } };
    expect(code).toBe("document_invalid");
    expect(data.problems.map(({ path }) => path)).toEqual([
      ["messages", 0, "content", 0, "text"],
      ["messages", 1, "tool_call_id"],
    ]);
    expect(() => fromChatRequest({})).toThrow("messages: expected an array, got nothing.");
    expect(() => fromChatRequest({ messages: [{ role: "user", content: 5 }] })).toThrow(
      "messages[0].content: expected a string or an array, got a number.",
    );
    expect(() => fromChatRequest(JSON.stringify(chatParams))).toThrow("parse it first");
    expect(() => fromChatResponse(Promise.resolve(chatCompletion))).toThrow("Await it first.");
    expect(() => fromResponsesRequest({ input: 3 })).toThrow("input");
  });
});

describe("answers", () => {
  it("have their stop reason, or report that none matches", () => {
    verifies("openai:stop-reason", "openai:chat-response");
    const [choice] = chatCompletion.choices;
    const reasonOf = (finish_reason: string) => {
      const { extensions, left } = fromChatResponse({
        ...chatCompletion,
        choices: [{ ...choice, finish_reason }],
      });
      return [
        extensions.completion?.stop_reason,
        left.some(({ path }) => path === "choices[0].finish_reason"),
      ];
    };
    expect(reasonOf("stop")).toEqual(["end", false]);
    expect(reasonOf("length")).toEqual(["max_tokens", false]);
    expect(reasonOf("tool_calls")).toEqual(["call", false]);
    expect(reasonOf("content_filter")).toEqual([undefined, true]);
    const cut = { ...response, status: "incomplete" };
    const long = { ...cut, incomplete_details: { reason: "max_output_tokens" } };
    const { completion } = fromResponsesResponse(long).extensions;
    expect(completion).toMatchObject({
      stop_reason: "max_tokens",
      raw_format: "openai.responses",
      created_at: "2025-10-09T08:53:20Z",
    });
    const filtered = { ...cut, incomplete_details: { reason: "content_filter" } };
    expect(fromResponsesResponse(filtered).extensions.completion).not.toHaveProperty("stop_reason");
    expect(fromResponsesResponse(filtered).left).toContainEqual(
      expect.objectContaining({ path: "incomplete_details" }),
    );
    expect(fromResponsesResponse(response).extensions.completion?.stop_reason).toBe("call");
  });

  it("count their tokens", () => {
    verifies("openai:usage");
    const tokensIn = (usage: unknown) =>
      fromChatResponse({ ...chatCompletion, usage }).extensions.completion?.tokens;
    const counted = { input_tokens: 2, output_tokens: 3, total_tokens: 5 };
    expect(tokensIn({ prompt_tokens: 2, completion_tokens: 3 })).toEqual(counted);
    expect(tokensIn({ ...counted, total_tokens: 9 })).toEqual({ ...counted, total_tokens: 9 });
    for (const none of [null, 3, {}, { prompt_tokens: -1, completion_tokens: 0.5 }]) {
      expect(tokensIn(none)).toBeUndefined();
    }
    expect(tokensIn(JSON.parse('{"__proto__":{"input_tokens":1,"output_tokens":1}}'))).toBe(
      undefined,
    );
  });

  it("of several choices are several messages, and written as such", () => {
    verifies("openai:chat-response");
    const two = { ...chatCompletion, choices: [0, 1].map((index) => choiceOf(index)) };
    const { messages } = fromChatResponse(two);
    expect(messages).toHaveLength(2);
    const { document } = toChatResponse(messages.slice(1), { onto: two });
    expect(document.choices.map(({ index }) => index)).toEqual([1]);
  });

  it("show a refusal as text, and write it as a refusal", () => {
    verifies("openai:refusal");
    const message = { role: "assistant", content: null, refusal: "I will not." };
    const onto = { ...chatCompletion, choices: [{ ...choiceOf(0), message }] };
    const { messages, left } = fromChatResponse(onto);
    expect(messages[0]?.content).toEqual([{ content_type: "text", text: "I will not." }]);
    expect(left).toContainEqual(expect.objectContaining({ path: "choices[0].message.refusal" }));
    const edited = [{ ...messages[0], content: [{ content_type: "text", text: "No." }] }];
    const { document } = toChatResponse(edited as never, { onto });
    expect(document.choices[0]?.message).toEqual({ ...message, refusal: "No." });
  });
});

function choiceOf(index: number) {
  return {
    index,
    message: { role: "assistant" as const, content: `answer ${index}`, refusal: null },
    logprobs: null,
    finish_reason: "stop" as const,
  };
}

describe("Responses", () => {
  it("show reasoning as thinking, and a provider's tool as a call", () => {
    verifies("openai:reasoning", "openai:built-in-tools", "openai:responses-response");
    const { messages, left } = fromResponsesResponse(response);
    expect(messages).toHaveLength(1);
    expect(plain(messages[0]?.content)).toEqual([
      { content_type: "thinking", text: "They show the card 4111-1111." },
      {
        content_type: "tool_call",
        content: {
          tool_call_id: "ws_1",
          name: "web_search",
          arguments: { type: "search", query: "blocked 4111-1111" },
        },
      },
      { content_type: "text", text: "Your card 4111-1111 is blocked." },
      {
        content_type: "tool_call",
        content: { tool_call_id: "call_2", name: "notify", arguments: { card: "4111-1111" } },
      },
    ]);
    expect(left).toContainEqual(
      expect.objectContaining({ path: "output[0].encrypted_content", kind: "setting" }),
    );
    expect(contentIn(left)).toEqual(["output[2].content[0].annotations", "instructions"]);
  });

  it("show the output of a call if its item has it", () => {
    verifies("openai:built-in-tools");
    const item = {
      type: "mcp_call",
      id: "mcp_1",
      server_label: "files",
      name: "read",
      arguments: '{"path":"a"}',
      error: "denied",
    };
    const { messages } = fromResponsesRequest({ input: [item] });
    expect(plain(messages)).toMatchObject([
      {
        role: "assistant",
        content: [
          { content: { namespace: "files", name: "read", arguments: { path: "a" } } },
          { content: { tool_name: "read", content: "denied", is_error: true } },
        ],
      },
    ]);
  });

  it("report a second place for a text or a file that says something else", () => {
    verifies("openai:left");
    const message = { role: "assistant", content: [{ type: "output_text", text: "a" }] };
    const output = [{ type: "message", id: "m", status: "completed", ...message }];
    const answered = (output_text: string) =>
      contentIn(fromResponsesResponse({ id: "r", model: "m", output, output_text }).left);
    expect([answered("a"), answered("SECRET")]).toEqual([[], ["output_text"]]);
    const input_file = { type: "input_file", file_data: "AAAA", filename: "a" };
    const asked = (more: object) => {
      const input = [{ role: "user", content: [{ ...input_file, ...more }] }];
      return contentIn(fromResponsesRequest({ input }).left);
    };
    expect([asked({}), asked({ file_url: "https://a.example/" })]).toEqual([
      [],
      ["input[0].content[0].file_url"],
    ]);
    const thought = (more: object) => {
      const thinking = [{ type: "text", text: "a", ...more }];
      const content = [{ type: "thinking", thinking }];
      return contentIn(
        fromChatRequest({ model: "m", messages: [{ role: "assistant", content }] }).left,
      );
    };
    expect([thought({}), thought({ note: "SECRET" })]).toEqual([
      [],
      ["messages[0].content[0].thinking[0]"],
    ]);
  });

  it("report what the policy cannot see", () => {
    verifies("openai:left", "openai:responses-request");
    const { messages, left } = fromResponsesRequest({
      previous_response_id: "resp_0",
      instructions: "Be brief.",
      input: [
        { type: "item_reference", id: "msg_0" },
        { type: "mcp_approval_response", approval_request_id: "a", approve: true },
        { type: "compaction", encrypted_content: "x" },
        { role: "user", content: [{ type: "input_file", file_id: "file-1" }] },
        { type: "function_call", call_id: "c", name: "f", arguments: "{" },
      ],
    });
    expect(messages.map(({ role }) => role)).toEqual(["system", "user", "assistant"]);
    expect(contentIn(left)).toEqual([
      "input[0]",
      "input[1]",
      "input[2]",
      "input[3].content[0]",
      "input[4].arguments",
      "previous_response_id",
    ]);
  });
});

it("takes the tools that an MCP server lists for tools, but not why it could not list them", () => {
  verifies("openai:left", "adapters:left-kinds");
  const listed = { type: "mcp_list_tools", id: "l", server_label: "s", tools: [{ name: "f" }] };
  const kindsOf = (item: object) =>
    [fromResponsesRequest({ input: [item] }), fromResponsesResponse({ output: [item] })].flatMap(
      ({ left }) => left.map(({ kind, path }) => `${kind} ${path}`),
    );
  expect(kindsOf({ ...listed, error: null })).toEqual(["tools input[0]", "tools output[0]"]);
  const failed = { ...listed, tools: [], error: "No server." };
  expect(kindsOf(failed)).toEqual(["content input[0]", "content output[0]"]);
});

it("takes a known setting for one, whatever its value is", () => {
  verifies("openai:left");
  const settings = { metadata: { note: "Any text." }, seed: "Any text.", user: ["Any text."] };
  const { left } = fromResponsesRequest({ model: "m", input: "Hi", ...settings });
  expect(left.map(({ kind, path }) => `${kind} ${path}`).sort()).toEqual([
    "setting metadata",
    "setting seed",
    "setting user",
  ]);
});

describe("a phase", () => {
  const said = (phase: string) => ({ type: "message", role: "assistant", content: "a", phase });
  const read = (...phases: readonly string[]) => {
    const { messages, left } = fromResponsesRequest({ input: phases.map(said) });
    return [messages[0]?.channel, left.map(({ kind, path }) => `${kind} ${path}`)];
  };

  it("is the channel, and not left over", () => {
    verifies("openai:responses-response");
    expect(read("final_answer")).toEqual(["final", []]);
    expect(read("commentary")).toEqual(["commentary", []]);
  });

  it("is a setting if consecutive texts differ, and content if unknown", () => {
    verifies("openai:left");
    const both = ["setting input[0].phase", "setting input[1].phase"];
    expect(read("final_answer", "commentary")).toEqual([undefined, expect.arrayContaining(both)]);
    expect(read("other")).toEqual([undefined, ["content input[0].phase"]]);
    const { left } = fromResponsesRequest({ input: [{ ...said("other"), content: [] }] });
    expect(contentIn(left)).toEqual(["input[0].phase"]);
  });
});

it("shows why a moderation failed as content, and what it found as settings", () => {
  verifies("openai:left");
  const failed = { type: "error", code: "x", message: "The text was: hidden" };
  const flagged = { categories: { violence: true }, flagged: true, model: "m" };
  const found = { type: "moderation_results", results: [flagged], model: "m" };
  const moderation = { input: failed, output: { ...found, ...flagged } };
  for (const { left } of [
    fromChatResponse({ ...chatCompletion, moderation }),
    fromResponsesResponse({ ...response, moderation }),
  ]) {
    expect(contentIn(left)).toContain("moderation.input.message");
    expect(contentIn(left).filter((path) => path.startsWith("moderation"))).toHaveLength(1);
  }
  const request = fromChatRequest({ ...chatParams, moderation: { model: "m" } });
  expect(contentIn(request.left)).not.toContain("moderation");
});

// Source: the types of openai 7.59.0.
it("takes counts, verdicts on caches and the form of an image for settings", () => {
  verifies("openai:left");
  const tokens = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };
  const image = { type: "image_generation_call", id: "i", status: "completed", result: "AA==" };
  const form = { action: "generate", background: "opaque", output_format: "png", size: "1x1" };
  const call = { type: "function_call", id: "f", call_id: "c", name: "n", arguments: "{}" };
  const answer = {
    ...response,
    instructions: null,
    access_programs: { cyber: "standard" },
    image: { context_compression: "enabled" },
    input_transformations: [{ id: "r", action: "removed", reason: "x", type: "reasoning" }],
    prompt_cache_diagnostics: { type: "cache_miss", cache_missed_tokens: 1, reason: "x" },
    tool_usage: { image_gen: tokens, web_search: { num_requests: 0 } },
    output: [
      { ...image, ...form, quality: "low", svg_usage: { ...tokens, model: "m" } },
      { ...call, async: true },
    ],
  };
  expect(contentIn(fromResponsesResponse(answer).left)).toEqual([]);
  const odd = { ...answer, access_programs: { note: "?" }, input_transformations: [{ note: "?" }] };
  expect(contentIn(fromResponsesResponse(odd).left)).toEqual([
    "access_programs.note",
    "input_transformations[0].note",
  ]);
  const request = {
    input: "Hi",
    access_programs: { cyber: "standard" },
    background_options: { completion_window: "2h", continuation_id: "c" },
    image: { context_compression: "enabled" },
  };
  expect(contentIn(fromResponsesRequest(request).left)).toEqual([]);
});

// Source: the types of openai 7.59.0.
it("takes an update of the configuration and an image that failed for settings", () => {
  verifies("openai:silent-items");
  const format = { type: "json_schema", name: "n", strict: true };
  const update = { type: "configuration_update", id: "u", reasoning: { effort: "high" } };
  const typed = { ...update, text: { format } };
  const failed = { type: "image_generation_call", id: "i", status: "failed", result: null };
  const answer = { ...response, instructions: null, output: [update, typed, failed] };
  expect(contentIn(fromResponsesResponse(answer).left)).toEqual([]);
  const input = [update, { role: "user", content: "Hi" }, typed];
  expect(contentIn(fromResponsesRequest({ input }).left)).toEqual([]);

  const schema = { type: "object", description: "SECRET" };
  const odd = [
    { ...typed, text: { format: { ...format, schema } }, note: "?" },
    { ...failed, error: { note: "SECRET" } },
    { ...failed, status: "generating" },
  ];
  expect(contentIn(fromResponsesResponse({ ...answer, output: odd }).left)).toEqual([
    "output[0].text.format.schema",
    "output[0].note",
    "output[1].error",
    "output[2]",
  ]);
  // The server may have an image with this id.
  expect(contentIn(fromResponsesRequest({ input: [failed] }).left)).toEqual(["input[0]"]);
});

// Source: the types of openai 7.59.0.
it("shows why an image failed", () => {
  verifies("openai:silent-items");
  const moderation_details = { categories: ["violence"], moderation_stage: "output" };
  const error = { message: "SECRET", code: "moderation_blocked", param: null, type: "image" };
  const failed = { type: "image_generation_call", id: "i", status: "failed", result: null };
  const explained = { ...failed, error: { ...error, moderation_details } };
  const answer = { ...response, instructions: null, output: [explained] };
  const { messages, left } = fromResponsesResponse(answer);
  expect(messages[0]?.content).toEqual([{ content_type: "text", text: "SECRET" }]);
  expect(contentIn(left)).toEqual([]);

  const edited = messages.map((message) => ({
    ...message,
    content: [{ content_type: "text" as const, text: "***" }],
  }));
  const { document, lost } = toResponsesResponse(edited, { onto: answer });
  expect(document.output).toEqual([
    { ...explained, error: { ...explained.error, message: "***" } },
  ]);
  expect(lost).toEqual([]);

  const odd = { ...explained, error: { ...error, note: "?", moderation_details: { note: "?" } } };
  expect(contentIn(fromResponsesResponse({ ...answer, output: [odd] }).left)).toEqual([
    "output[0].error.note",
    "output[0].error.moderation_details.note",
  ]);
  const sentence = "SECRET is 1";
  for (const more of [
    ...["code", "param", "type"].flatMap((key) =>
      [sentence, "x".repeat(65), { note: sentence }].map((value) => ({ [key]: value })),
    ),
    { moderation_details: { ...moderation_details, moderation_stage: sentence } },
    ...[[sentence], [{ note: sentence }], sentence, Array(20).fill("violence")].map(
      (categories) => ({
        moderation_details: { categories },
      }),
    ),
  ]) {
    const wordy = { ...failed, error: { ...error, ...more } };
    const read = fromResponsesResponse({ ...answer, output: [wordy] as never });
    expect(contentIn(read.left)).toEqual(["output[0].error"]);
  }
  // The server may have an image with this id.
  expect(contentIn(fromResponsesRequest({ input: [explained] }).left)).toEqual(["input[0]"]);
});

// Source: the types of openai 7.59.0.
it("lets an output repeat the name of the function and its namespace", () => {
  verifies("openai:call-names");
  const plain = { type: "function_call", id: "f", call_id: "c", name: "f", arguments: "{}" };
  const call = { ...plain, namespace: "crm" };
  const output = { type: "function_call_output", call_id: "c", output: "SECRET" };
  const contentOf = (said: object, ...before: readonly object[]) =>
    contentIn(fromResponsesRequest({ input: [...before, { ...output, ...said }] as never }).left);
  for (const said of [
    { name: "f", namespace: "crm" },
    { name: null, namespace: null },
  ])
    expect(contentOf(said, call)).toEqual([]);
  for (const other of ["g", { note: "?" }]) {
    expect(contentOf({ name: other }, call)).toEqual(["input[1].name"]);
    expect(contentOf({ namespace: other }, call)).toEqual(["input[1].namespace"]);
  }
  expect(contentOf({ namespace: "crm" }, plain)).toEqual(["input[1].namespace"]);
  const mixed = ["input[1].call_id", "input[2].namespace"];
  expect(contentOf({ namespace: "crm" }, call, plain)).toEqual(mixed);
  expect(contentOf({}, call, call)).toEqual([]);
  expect(contentOf({ name: "f" })).toEqual(["input[0].name", "input[0].call_id"]);

  const onto = { input: [call, { ...output, name: "f", namespace: "crm" }] };
  const masked = JSON.parse(
    JSON.stringify(fromResponsesRequest(onto).messages).replaceAll("SECRET", "***"),
  );
  const { document } = toResponsesRequest(masked, { onto });
  expect(document.input).toEqual([call, { ...output, output: "***" }]);
});

it("names the tool of an output without the id of a call by the output itself", () => {
  verifies("openai:call-names");
  const output = { type: "function_call_output", name: "f", output: "SECRET" };
  for (const id of [{}, { call_id: null }]) {
    const { messages, left } = fromResponsesRequest({ input: [{ ...output, ...id }] });
    const content = { tool_call_id: "", tool_name: "f", content: "SECRET", is_error: false };
    expect(messages).toMatchObject([
      { role: "tool", content: [{ content_type: "tool_result", content }] },
    ]);
    expect(contentIn(left)).toEqual([]);
  }
  const unnamed = { ...output, name: null, namespace: "n" };
  expect(contentIn(fromResponsesRequest({ input: [unnamed] }).left)).toEqual([
    "input[0]",
    "input[0].namespace",
  ]);
});
