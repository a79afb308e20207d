/** Streams that are impossible, too long, or contain something unknown. */
import { chatStream, fromChatResponse, responsesStream, toChatEvents } from "glassine/openai";
import { describe, expect, it } from "vitest";
import { codeOf } from "../../data/support.ts";
import { verifies } from "../../support/verifies.ts";

const chunk = (delta: object, more: object = {}) => ({
  id: "c1",
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const call = (index: unknown, more: object) => chunk({ tool_calls: [{ index, ...more }] });
const begun = call(0, { id: "a", type: "function", function: { name: "f", arguments: "" } });

/** The error code for the last of these events, which is at fault. */
function faultOf(stream: { push(event: object): void }, events: readonly object[]): unknown {
  for (const event of events.slice(0, -1)) stream.push(event);
  return codeOf(() => stream.push(events.at(-1) as object));
}

function textOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error("It was taken.");
}

/** A thought in a thought, many times. */
const nested = JSON.parse(
  `${'[{"type":"thinking","thinking":'.repeat(20_000)}"a"${"}]".repeat(20_000)}`,
);

describe("chunks that contradict each other are refused", () => {
  it.each<readonly [string, readonly object[]]>([
    ["a call that changes its name", [begun, call(0, { function: { name: "g" } })]],
    ["a call that changes its id", [begun, call(0, { id: "b" })]],
    ["a call that changes its kind", [begun, call(0, { custom: { input: "x" } })]],
    ["a call without an id", [call(0, { function: { name: "f" } })]],
    ["a call out of nowhere", [begun, call(2, { id: "b" })]],
    ["an invalid place", [begun, call(-1, { id: "b" })]],
    ["an invalid choice", [{ choices: [{ index: 999, delta: {} }] }]],
    ["another answer", [chunk({}), { ...chunk({}), id: "c2" }]],
    ["text after the end", [chunk({}, { finish_reason: "stop" }), chunk({ content: "a" })]],
    ["another end", [chunk({}, { finish_reason: "stop" }), chunk({}, { finish_reason: "length" })]],
    ["a content that is not a string", [chunk({ content: 3 })]],
    ["what is not an object", [["choices"]]],
    ["thoughts of too many levels", [chunk({ content: nested })]],
    ["anything after an error", [{ error: { message: "overloaded" } }, chunk({})]],
    ["what has no choices", [{ id: "c1" }]],
    ["a promise of a chunk", [Promise.resolve(chunk({}))]],
    ["a whole stream", [(async function* () {})()]],
    ["an event of Responses", [{ type: "response.created", response: { id: "r", output: [] } }]],
    ["a model that is not a string", [{ ...chunk({}), model: 5 }]],
    ["a time that is not a number", [{ ...chunk({}), created: {} }]],
    ["a reason to stop that is not a string", [chunk({ content: "a" }, { finish_reason: 5 })]],
    ["a role that is not a string", [chunk({ role: 5 })]],
    ["a call that is of two kinds", [call(0, { id: "a", type: "function", custom: {} })]],
    ["a transcript that is not a string", [chunk({ audio: { transcript: 5 } })]],
    ["a sound that is not an object", [chunk({ audio: 5 })]],
    ["half of a character in text", [chunk({ content: "a\ud83d" }), chunk({ content: "b" })]],
    [
      "half of a character at the end",
      [chunk({ content: "a\ud83d" }), chunk({}, { finish_reason: "stop" })],
    ],
    [
      "half of a character after the end",
      [
        chunk({ content: "a" }, { finish_reason: "stop" }),
        chunk({}, { logprobs: { note: "a" } }),
        chunk({}, { logprobs: { note: "\ud83d" } }),
      ],
    ],
    ["a name that is not valid Unicode", [{ ...chunk({}), id: "\ud83d" }]],
  ])("%s", (_, events) => {
    verifies("openai:stream-refused", "adapters:stream-shown");
    expect(faultOf(chatStream(), events)).toBe("stream_invalid");
  });

  it("a call of a custom tool starts like one of a function", () => {
    verifies("adapters:stream-shown");
    const stream = chatStream();
    stream.push(call(0, { id: "a", type: "custom" }));
    expect(stream.current.messages[0]?.content).toMatchObject([
      { content: { tool_call_id: "a", name: "", arguments: { input: "" } } },
    ]);
    stream.push(call(0, { custom: { name: "f", input: "go" } }));
    expect(stream.current.messages[0]?.content).toMatchObject([
      { content: { tool_call_id: "a", name: "f", arguments: { input: "go" } } },
    ]);
  });

  it("a role other than assistant is reported, streamed or not", () => {
    verifies("openai:left", "openai:stream-same");
    const stream = chatStream();
    stream.push(chunk({ role: "user", content: "a" }, { finish_reason: "stop" }));
    const hidden = { path: "choices[0].message.role", kind: "content" };
    expect(stream.current.left).toMatchObject([hidden]);
    expect(fromChatResponse(stream.document).left).toEqual(stream.current.left);
    for (const wrong of [{ role: 5 }, { content: "a", finish_reason: 5 }]) {
      const { finish_reason, ...message } = { finish_reason: "stop", ...wrong };
      const document = { choices: [{ index: 0, message, finish_reason }] };
      expect(codeOf(() => fromChatResponse(document))).toBe("document_invalid");
    }
  });

  it("repeated data is not refused, nor is usage after the end", () => {
    const stream = chatStream();
    const events = [begun, call(0, { id: "a", function: { name: "f", arguments: "{}" } })];
    for (const event of events) stream.push(event);
    stream.push(chunk({}, { finish_reason: "tool_calls" }));
    stream.push({ id: "c1", choices: [], usage: { prompt_tokens: 1, completion_tokens: 2 } });
    expect(stream.done).toBe(true);
    expect(stream.current.extensions.completion).toMatchObject({
      stop_reason: "call",
      tokens: { total_tokens: 3 },
    });
  });

  it("a value that is not a chunk is refused, saying what it is and what to do", () => {
    verifies("openai:stream-refused");
    const messageFor = (event: unknown) => textOf(() => chatStream().push(event as object));
    expect(messageFor(Promise.resolve({}))).toContain("chunk: expected an object, got a promise");
    expect(messageFor('{"choices":[]}')).toContain("chunk: expected an object (parse the JSON");
    expect(messageFor({})).toContain("push each chunk of the stream by itself), got nothing");
    expect(messageFor({ type: "response.created" })).toContain("there is responsesStream");
    expect(messageFor({ choices: {} })).toContain("got an object");
    expect(messageFor(chunk({ content: ["sk-canary"] }))).toBe(
      "The stream is not readable at choices.delta.content: expected a string, got an array.",
    );
    expect(textOf(() => responsesStream().push(chunk({})))).toContain("there is chatStream");
  });

  it("an error that arrives alone is written as a chunk", () => {
    verifies("openai:stream-events");
    const error = { message: "overloaded", code: "server_error" };
    const stream = chatStream();
    stream.push({ error });
    expect(stream.done).toBe(true);
    const chunks = toChatEvents(stream.document);
    expect(chunks).toEqual([{ object: "chat.completion.chunk", error, choices: [] }]);
    const again = chatStream();
    for (const each of chunks) again.push(each);
    expect(again.document).toEqual(stream.document);
  });

  it("a request without a number of choices expects one", () => {
    for (const choices of [null, undefined]) {
      const stream = chatStream({ choices });
      stream.push(chunk({ content: "A" }, { finish_reason: "stop" }));
      expect(stream.done).toBe(true);
    }
  });

  it.each(["obfuscation", "p"])("padding is not part of a response: %s", (field) => {
    verifies("openai:stream-padding");
    const stream = chatStream();
    stream.push({ ...chunk({ content: "A" }), [field]: "xY" });
    stream.push({ ...chunk({}, { finish_reason: "stop" }), [field]: "z" });
    expect(stream.current.left).toEqual([]);
    expect(stream.document).not.toHaveProperty(field);
    const odd = chatStream();
    odd.push({ ...chunk({ content: "A" }), [field]: { say: "more" } });
    expect(odd.current.left).toMatchObject([{ path: field, kind: "content" }]);
  });

  it("lists are added to", () => {
    verifies("openai:stream-same");
    const stream = chatStream();
    for (const url of ["a", "b"]) stream.push(chunk({ annotations: [{ url }] }));
    expect(stream.document).toMatchObject({
      choices: [{ message: { annotations: [{ url: "a" }, { url: "b" }] } }],
    });
  });

  it("an error in the stream is reported as content", () => {
    const stream = chatStream();
    stream.push(chunk({ content: "A" }));
    stream.push({ error: { message: "overloaded" } });
    expect(stream.done).toBe(true);
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "error", kind: "content" }),
    );
  });
});

const message = { type: "message", id: "m", role: "assistant", status: "in_progress", content: [] };
const added = { type: "response.output_item.added", output_index: 0, item: message };
const here = { output_index: 0, content_index: 0, item_id: "m" };
const block = { type: "output_text", text: "", annotations: [] };
const part = { type: "response.content_part.added", ...here, part: block };
const delta = { type: "response.output_text.delta", ...here, delta: "hi" };
const whole = (text: string) => ({
  ...message,
  status: "completed",
  content: [{ ...block, text }],
});
const done = { type: "response.output_item.done", output_index: 0, item: whole("hi") };
const ended = (output: readonly object[]) => ({
  type: "response.completed",
  response: { id: "r", status: "completed", output },
});
const calling = {
  type: "response.output_item.added",
  output_index: 0,
  item: { type: "function_call", id: "f", call_id: "c", name: "f", arguments: "" },
};
const argued = { output_index: 0, item_id: "f", arguments: "{}" };

const shell = (command: string, more: object = {}) => ({
  type: "shell_call",
  id: "s",
  call_id: "c",
  action: { commands: [command] },
  status: "completed",
  ...more,
});
const served = (output: string | null) => ({
  type: "mcp_call",
  id: "s",
  name: "f",
  server_label: "files",
  arguments: "{}",
  output,
});
const cited = (annotations: readonly object[]) => ({
  ...message,
  content: [{ ...block, text: "hi", annotations }],
});
const begin = (item: object) => ({ ...added, item });
const finish = (item: object) => ({ ...done, item });
const cite = {
  type: "response.output_text.annotation.added",
  ...here,
  annotation_index: 0,
  annotation: { type: "url_citation", url: "https://a.example" },
};

describe("events that contradict each other are refused", () => {
  it.each<readonly [string, readonly object[]]>([
    [
      "an end with other arguments of a built-in tool",
      [begin(shell("")), finish(shell("rm -rf /")), ended([shell("ls")])],
    ],
    ["a model that is not a string", [{ type: "response.created", response: { model: 5 } }]],
    ["a status that is not a string", [{ type: "response.completed", response: { status: 5 } }]],
    ["an end whose item lacks what it must have", [ended([{ type: "function_call" }])]],
    ["an item whose arguments are not a string", [begin({ ...calling.item, arguments: {} })]],
    ["an item without the id of its call", [begin({ type: "computer_call" })]],
    ["a part without its text", [added, { ...part, part: { type: "output_text" } }]],
    [
      "an end with another output",
      [begin(served(null)), finish(served("secret")), ended([served("nothing")])],
    ],
    [
      "an end without its output",
      [begin(served(null)), finish(served("a")), ended([served(null)])],
    ],
    [
      "an end unlike the content that came with its item alone",
      [added, finish(whole("hi")), ended([whole("ho")])],
    ],
    ["an item without the annotations sent before", [added, part, delta, cite, finish(cited([]))]],
    [
      "a part without the annotations sent before",
      [
        added,
        part,
        delta,
        cite,
        { ...part, type: "response.content_part.done", part: { ...block, text: "hi" } },
      ],
    ],
    [
      "an end with other annotations",
      [added, part, delta, finish(cited([cite.annotation])), ended([cited([{ type: "x" }])])],
    ],
    ["a piece of no item", [delta]],
    ["a piece of no part", [added, delta]],
    ["an item out of nowhere", [{ ...added, output_index: 1 }]],
    ["an item twice", [added, added]],
    ["a piece of another item", [added, part, { ...delta, item_id: "x" }]],
    ["a piece of another kind", [added, part, { ...delta, type: "response.refusal.delta" }]],
    ["text unlike its pieces", [added, part, delta, { ...done, item: whole("ho") }]],
    ["an item without its parts", [added, part, delta, { ...done, item: message }]],
    ["another item in the end", [added, part, { ...done, item: { ...whole("hi"), id: "x" } }]],
    ["a piece after the item's end", [added, part, delta, done, delta]],
    ["an end unlike its pieces", [added, part, delta, ended([whole("ho")])]],
    ["an end unlike its items", [added, part, delta, done, ended([whole("ho")])]],
    [
      "half of a character at an end without output",
      [added, part, { ...delta, delta: "a\ud83d" }, ended([])],
    ],
    [
      "a citation after the end of its part",
      [
        added,
        part,
        { ...delta, type: "response.output_text.done", text: "hi" },
        { ...part, type: "response.content_part.done", part: { ...block, text: "hi" } },
        cite,
      ],
    ],
    ["an end without its items", [added, { ...added, output_index: 1 }, ended([message])]],
    ["anything after the end", [ended([]), ended([])]],
    ["anything after an error", [{ type: "error", message: "x" }, added]],
    [
      "a call that changes its name",
      [calling, { type: "response.function_call_arguments.done", ...argued, name: "g" }],
    ],
    [
      "another response",
      [{ type: "response.created", response: { id: "q", output: [] } }, ended([])],
    ],
    ["what has no type", [{}]],
  ])("%s", (_, events) => {
    verifies("openai:stream-refused");
    expect(faultOf(responsesStream(), events)).toBe("stream_invalid");
  });

  it("an item may begin without its text", () => {
    verifies("adapters:stream-shown");
    const stream = responsesStream();
    const { arguments: _, ...silent } = calling.item;
    stream.push(begin(silent));
    expect(stream.current.messages[0]?.content).toMatchObject([{ content: { arguments: {} } }]);
    const more = { type: "response.function_call_arguments.delta", ...argued, delta: '{"a":1}' };
    stream.push(more);
    expect(stream.current.messages[0]?.content).toMatchObject([
      { content: { arguments: { a: 1 } } },
    ]);
  });

  it("an end may contain more settings, and fields in another order", () => {
    const stream = responsesStream();
    const { status, ...others } = shell("ls", { created_by: "a", outputs: [] });
    stream.push(begin(shell("ls", { status: "in_progress" })));
    stream.push(finish(shell("ls")));
    stream.push(ended([{ ...others, environment: null, status }]));
    expect(stream.done).toBe(true);
  });

  it.each([
    [
      chatStream,
      [begun, call(0, { function: { name: "g" } })],
      chunk({}, { finish_reason: "stop" }),
    ],
    [responsesStream, [added, delta], ended([])],
  ] as const)("a stream accepts nothing more after a refused event: %#", (make, events, end) => {
    verifies("openai:stream-refused");
    const stream = make();
    stream.push(events[0]);
    const message = textOf(() => stream.push(events[1]));
    expect(textOf(() => stream.push(end))).toBe(message);
    expect(stream.done).toBe(false);
  });

  it("an end without items keeps what was streamed", () => {
    const stream = responsesStream();
    for (const event of [added, part, delta, done, ended([])]) stream.push(event);
    expect(stream.current.messages[0]?.content).toEqual([{ content_type: "text", text: "hi" }]);
  });

  it("a part that an item of an unknown kind has may lack anything", () => {
    verifies("openai:stream-unknown");
    const item = { type: "hologram", id: "h" };
    const at = { output_index: 0, item_id: "h", content_index: 0 };
    const begun = { type: "output_text", depth: "deep" };
    const stream = responsesStream();
    stream.push({ type: "response.output_item.added", output_index: 0, item });
    stream.push({ type: "response.content_part.added", ...at, part: begun });
    const ended = { type: "output_text", text: "" };
    stream.push({ type: "response.content_part.done", ...at, part: ended });
    stream.push({
      type: "response.output_item.done",
      output_index: 0,
      item: { ...item, content: [ended] },
    });
    const paths = stream.current.left.flatMap(({ kind, path }) => (kind === "content" ? path : []));
    expect(paths).toEqual(["output[0]", "events[1].part.depth"]);
  });

  it("an error keeps its content in its own object", () => {
    verifies("openai:stream-same");
    const stream = responsesStream();
    const error = { type: "server_error", code: "overloaded", message: "later" };
    stream.push({ type: "error", error, sequence_number: 3 });
    expect(stream.document).toMatchObject({ status: "failed", error });
  });

  it("an error ends it, and is reported as content", () => {
    const stream = responsesStream();
    stream.push({ type: "error", code: "overloaded", message: "later", param: null });
    expect(stream.done).toBe(true);
    expect(stream.document).toMatchObject({ status: "failed", error: { code: "overloaded" } });
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "error", kind: "content" }),
    );
  });
});

describe("in both", () => {
  it("an event of an unknown kind is reported as content, once", () => {
    verifies("openai:stream-unknown");
    const stream = responsesStream();
    stream.push({ type: "response.web_search_call.searching", output_index: 0 });
    for (let i = 0; i < 3; i += 1) stream.push({ type: "response.hologram.delta", delta: "?" });
    const { left } = stream.current;
    expect(left.filter(({ path }) => path.startsWith("events"))).toEqual([
      {
        path: "events[1]",
        kind: "content",
        reason: "The first event of a kind that messages do not show.",
      },
    ]);
  });

  it("a field of an unknown kind is content, and combined", () => {
    verifies("openai:stream-unknown");
    const stream = chatStream();
    for (const musing of ["be", "cause"]) stream.push(chunk({ musing }));
    expect(stream.current.left).toContainEqual(
      expect.objectContaining({ path: "choices[0].message.musing", kind: "content" }),
    );
    expect(JSON.stringify(stream.document)).toContain("because");
  });

  it("misspelt and invalid options are refused", () => {
    expect(textOf(() => chatStream({ maxEvent: 3 } as never))).toContain(
      'Did you mean "maxEvents"?',
    );
    expect(textOf(() => responsesStream({ choices: 3 } as never))).toContain('no option "choices"');
    for (const options of [{ choices: 0 }, { choices: 129 }, { choices: 1.5 }, { maxEvents: 0 }]) {
      expect(codeOf(() => chatStream(options))).toBe("options_invalid");
    }
    expect(codeOf(() => chatStream(null as never))).toBe("options_invalid");
  });

  it("events and texts are limited", () => {
    verifies("openai:stream-limits");
    for (const make of [chatStream, responsesStream]) {
      const few = make({ maxEvents: 1 });
      expect(faultOf(few, [{ type: "x", choices: [] }, { type: "x" }])).toBe("stream_limit");
    }
    const events = [chunk({ content: "1234" }), chunk({ content: "5678" })];
    expect(faultOf(chatStream({ textUnits: 7 }), events)).toBe("stream_limit");
    const texts = [added, part, { ...delta, delta: "x".repeat(500) }];
    expect(faultOf(responsesStream({ textUnits: 500 }), texts)).toBe("stream_limit");
    const long = {
      type: "response.output_text.annotation.added",
      ...here,
      annotation: "x".repeat(500),
    };
    expect(faultOf(responsesStream({ textUnits: 500 }), [added, part, long])).toBe("stream_limit");
  });
});
