/** What servers send in the chunks of a chat completion, and what the answer has of it. */
import { chatStream, fromChatResponse, toChatEvents, toChatResponse } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { excessOf } from "../../support/growth.ts";
import { verifies } from "../../support/verifies.ts";

const chunk = (delta: object, more: object = {}) => ({
  id: "c1",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const end = chunk({}, { finish_reason: "stop" });
const answerOf = (chunks: readonly object[]) => {
  const stream = chatStream();
  for (const each of chunks) stream.push(each);
  expect(stream.current).toEqual(fromChatResponse(stream.document));
  return stream.document;
};

describe("an empty list", () => {
  it.each([[[{ tool_calls: [] }, { content: "a" }]], [[{ content: "a" }, { tool_calls: [] }]]])(
    "of calls is not in the answer: %j",
    (deltas) => {
      verifies("openai:stream-same");
      const { choices } = answerOf([...deltas.map((delta) => chunk(delta)), end]);
      const message = { role: "assistant", content: "a", refusal: null };
      expect(choices).toEqual([{ index: 0, message, logprobs: null, finish_reason: "stop" }]);
    },
  );

  it("of calls does not remove any, and what is not a list is refused", () => {
    verifies("openai:stream-refused");
    const call = { index: 0, id: "a", function: { name: "f", arguments: "{}" } };
    const answer = answerOf([chunk({ tool_calls: [call] }), chunk({ tool_calls: [] }), end]);
    expect(answer).toMatchObject({ choices: [{ message: { tool_calls: [{ id: "a" }] } }] });
    expect(() => answerOf([chunk({ tool_calls: "" })])).toThrow("choices.delta.tool_calls");
  });
});

it("calls without an index come whole, as Mistral sends them", () => {
  verifies("openai:dialects", "openai:stream-refused");
  const call = (id: string) => ({ id, function: { name: "f", arguments: `{"of":"${id}"}` } });
  const { choices } = answerOf([chunk({ tool_calls: [call("a"), call("b")] }), end]);
  const tool_calls = ["a", "b"].map((id) => ({ type: "function", ...call(id) }));
  expect(choices).toMatchObject([{ message: { tool_calls } }]);
  const rest = { function: { arguments: "{}" } };
  expect(() =>
    answerOf([chunk({ tool_calls: [call("a")] }), chunk({ tool_calls: [rest] })]),
  ).toThrow("choices.delta.tool_calls");
});

describe("usage", () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const only = { id: "c1", choices: [], usage };

  it.each([
    ["with the last choice, as Mistral sends it", [{ ...end, usage }], [1, usage]],
    ["in a chunk of its own, as OpenAI sends it", [end, only], [0, usage]],
    ["with each chunk and in one of its own", [{ ...end, usage }, only], [0, usage]],
    ["with the last choice, if there is none", [{ ...end, usage: null }], [1, null]],
  ])("is written again %s", (_, chunks, expected) => {
    verifies("openai:stream-order", "openai:stream-events");
    const onto = answerOf([chunk({ content: "a" }), ...chunks]);
    const { document } = toChatResponse(fromChatResponse(onto).messages, { onto });
    const events = toChatEvents(document) as (typeof only)[];
    const last = events.at(-1);
    expect([last?.choices.length, last?.usage]).toEqual(expected);
    expect(events.slice(0, -1).every((each) => each.choices.length === 1)).toBe(true);
    expect(JSON.stringify(answerOf(events))).toBe(JSON.stringify(onto));
  });
});

describe("a type that is not a string", () => {
  const nested = JSON.parse(`${"[".repeat(20_000)}${"]".repeat(20_000)}`);
  const unspeakable = { toString: 1, valueOf: 1 };

  it.each([
    ["of a chunk", { type: nested }],
    ["of a chunk", { type: unspeakable }],
    ["of a detail", chunk({ reasoning_details: [{ type: nested, text: "a" }] })],
    ["of a thought", chunk({ thinking_blocks: [{ type: nested }] })],
  ])("is refused if the chunk is not readable: %s", (_, event) => {
    verifies("openai:stream-refused");
    expect(codeOf(() => chatStream().push(event))).toBe("stream_invalid");
  });

  it("is kept in a detail", () => {
    verifies("openai:stream-details");
    const details = [{ type: unspeakable, text: "a" }, { type: unspeakable }];
    const answer = answerOf([...details.map((each) => chunk({ reasoning_details: [each] })), end]);
    expect(answer).toMatchObject({ choices: [{ message: { reasoning_details: details } }] });
  });
});

describe("what repeats the request", () => {
  const said = (fields: object) => ({ ...chunk({}), ...fields });

  it.each([
    [{ tool_choice: "SECRET of a user" }, { tool_choice: "auto" }],
    [{ user: "SECRET" }, { user: "ada" }],
    [{ tools: [{ note: "SECRET" }] }, { tools: [{ type: "function" }] }],
  ])("is not replaced by a later chunk: %j, %j", (first, second) => {
    verifies("openai:stream-refused");
    const stream = chatStream();
    stream.push(said(first));
    expect(codeOf(() => stream.push(said(second)))).toBe("stream_invalid");
  });

  it("may come again unchanged, or empty", () => {
    verifies("openai:stream-same");
    const fields = { metadata: { a: "b", c: "d" }, tools: [{ type: "function" }], user: "ada" };
    const again = { metadata: { c: "d", a: "b" }, tools: [], user: null };
    const chunks = [said({ user: "", tools: [] }), said(fields), said(again), end];
    expect(answerOf(chunks)).toMatchObject(fields);
  });
});

describe("an object that a later chunk has again", () => {
  const verdict = { error: { message: "SECRET" }, details: [{ id: "a" }, { text: "SECRET" }] };
  const fields = { content_filter_results: verdict };
  const safe = { content_filter_results: { details: [{ id: "b" }], hate: { severity: "safe" } } };
  const groq = { x_groq: { id: "a", error: "SECRET" } };
  const lite = { provider_specific_fields: { note: "SECRET" } };
  const silent = { provider_specific_fields: { note: null, citations: null } };

  it.each([
    ["a verdict", chunk({}, fields), chunk({}, safe)],
    ["a verdict on all", { ...chunk({}), ...fields }, { ...chunk({}), ...safe }],
    ["of Groq", { ...chunk({}), ...groq }, { ...chunk({}), x_groq: { usage: { queue_time: 1 } } }],
    [
      "a moderation",
      { ...chunk({}), moderation: { input: { message: "SECRET" } } },
      { ...chunk({}), moderation: { input: { flagged: false } } },
    ],
    [
      "a list",
      { ...chunk({}), input_transformations: [{ id: "a" }, { note: "SECRET" }] },
      { ...chunk({}), input_transformations: [{ id: "b" }] },
    ],
    ["of LiteLLM", chunk({}, lite), chunk({}, silent)],
    ["of LiteLLM in a message", chunk(lite), chunk(silent)],
  ])("does not hide what only the first one has: %s", (_, first, later) => {
    verifies("openai:stream-merged");
    const unseen = (chunks: readonly object[]) => {
      const { left } = fromChatResponse(answerOf([...chunks, end]));
      return left.filter(({ kind }) => kind !== "setting").map(({ path }) => path);
    };
    const alone = unseen([first]);
    expect(alone).not.toEqual([]);
    expect(unseen([first, later])).toEqual(expect.arrayContaining(alone));
    expect(unseen([first, later, later])).toEqual(unseen([first, later]));
  });

  it("has the later values of what both have", () => {
    verifies("openai:stream-merged");
    expect(answerOf([chunk({}, fields), chunk({}, safe), end])).toMatchObject({
      choices: [
        {
          content_filter_results: {
            error: { message: "SECRET" },
            details: [{ id: "b" }, { text: "SECRET" }],
            hate: { severity: "safe" },
          },
        },
      ],
    });
  });

  it.each([
    [groq, { x_groq: "a" }],
    [{ x_groq: "SECRET" }, groq],
    [groq, { x_groq: { error: { a: 1 } } }],
    [groq, { x_groq: { error: 1 } }],
  ])("is refused if a value changes its kind: %j, %j", (first, later) => {
    verifies("openai:stream-refused");
    const stream = chatStream();
    stream.push({ ...chunk({}), ...first });
    expect(() => stream.push({ ...chunk({}), ...later })).toThrow("not readable at chunk: ");
  });

  it("takes time that grows with what comes, however many names it has", async () => {
    verifies("openai:stream-merged");
    const input = (count: number) =>
      Array.from({ length: count }, (_, at) => ({ ...chunk({}), x_groq: { [`a${at}`]: 1 } }));
    const run = (chunks: readonly object[]) => {
      const stream = chatStream();
      for (const each of chunks) stream.push(each);
      return Object.keys(stream.document.x_groq as object).length;
    };
    expect(run(input(100))).toBe(100);
    expect(await excessOf({ input, run })).toBeUndefined();
  });
});

it("padding and a name of the object that are null are not in the answer", () => {
  verifies("openai:stream-padding", "openai:stream-same");
  const none = { object: null, obfuscation: null };
  const padded = { object: "chat.completion.chunk", obfuscation: "x" };
  for (const [first, second] of [
    [none, none],
    [none, padded],
  ]) {
    const answer = answerOf([
      { ...chunk({ content: "a" }), ...first },
      { ...end, ...second },
    ]);
    expect(answer).toMatchObject({ object: "chat.completion" });
    expect(answer).not.toHaveProperty("obfuscation");
  }
});

it("a sound that changes its id is refused", () => {
  verifies("openai:stream-refused");
  const sound = (audio: object) => chunk({ audio });
  const chunks = [sound({ id: "s", data: "AA" }), sound({ id: "s", data: "==" })];
  expect(answerOf([...chunks, sound({ id: "", expires_at: 5 }), end])).toMatchObject({
    choices: [{ message: { audio: { id: "s", data: "AA==", expires_at: 5 } } }],
  });
  const stream = chatStream();
  for (const each of chunks) stream.push(each);
  expect(codeOf(() => stream.push(sound({ id: "t" })))).toBe("stream_invalid");
});

describe("a field of a message that changes its shape", () => {
  const detail = (text: unknown) => ({ reasoning_details: [{ type: "reasoning.text", text }] });

  it.each([
    [{ reasoning: { a: "SECRET" } }, { reasoning: "x" }],
    [{ reasoning: "SECRET" }, { reasoning: { a: "x" } }],
    [{ reasoning: "SECRET" }, { reasoning: 5 }],
    [{ annotations: "SECRET" }, { annotations: [{}] }],
    [{ annotations: ["SECRET"] }, { annotations: { a: "x" } }],
    [{ reasoning_details: "SECRET" }, detail("x")],
    [{ reasoning_details: ["SECRET"] }, detail("x")],
    [{ reasoning_details: { a: "SECRET" } }, detail("x")],
    [detail(["SECRET"]), detail("ok")],
    [{ musing: "\ud83d" }, { musing: ["x"] }],
  ])("is refused: %j, %j", (first, second) => {
    verifies("openai:stream-refused");
    const stream = chatStream();
    stream.push(chunk(first));
    expect(codeOf(() => stream.push(chunk(second)))).toBe("stream_invalid");
  });

  it.each([
    [{ annotations: "SECRET" }, { annotations: [] }],
    [{ annotations: [{ a: "SECRET" }] }, { annotations: "" }],
    [{ reasoning: { a: "SECRET" } }, { reasoning: "" }],
    [{ reasoning_details: "SECRET" }, { reasoning_details: [] }],
    [{ reasoning_details: { a: "SECRET" } }, { reasoning_details: "" }],
    [{ musing: "" }, { musing: ["SECRET"] }],
    [{ reasoning_details: "" }, detail("SECRET")],
    [{ reasoning_details: [] }, detail("SECRET")],
    [{ musing: 5 }, { musing: "SECRET" }],
  ])("keeps what is not empty: %j, %j", (first, second) => {
    verifies("openai:stream-same");
    const shown = JSON.stringify(first).includes("SECRET") ? first : second;
    const answer = answerOf([chunk(first), chunk(second), end]);
    expect(answer).toMatchObject({ choices: [{ message: shown }] });
  });
});
