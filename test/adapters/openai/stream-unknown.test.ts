/** Unknown content of stream events is reported, as it is without streaming. */
import {
  chatStream,
  fromChatResponse,
  responsesStream,
  toChatEvents,
  toResponsesEvents,
} from "glassine/openai";
import { describe, expect, it } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { response } from "./documents.ts";

describe("events of a response", () => {
  const message = { type: "message", id: "m", role: "assistant", content: [] };
  const block = { type: "output_text", text: "", annotations: [] };
  const whole = { ...message, content: [{ ...block, text: "hi" }] };
  const here = { output_index: 0, content_index: 0, item_id: "m" };
  const events = [
    { type: "response.created", response: { id: "r", output: [] } },
    { type: "response.output_item.added", output_index: 0, item: message },
    { type: "response.content_part.added", ...here, part: block },
    { type: "response.output_text.delta", ...here, delta: "h" },
    { type: "response.output_text.delta", ...here, delta: "i" },
    { type: "response.content_part.done", ...here, part: { ...block, text: "hi" } },
    { type: "response.output_item.done", output_index: 0, item: whole },
    { type: "response.completed", response: { id: "r", status: "completed", output: [whole] } },
  ];
  const reportedBy = (list: readonly object[]) => {
    const stream = responsesStream();
    for (const event of list) stream.push(event);
    return stream.current.left.flatMap(({ path, kind }) => {
      return path.startsWith("events") ? [`${kind} ${path}`] : [];
    });
  };

  it("report an unknown field, once for each kind of event", () => {
    verifies("openai:stream-unknown");
    expect(reportedBy(events)).toEqual([]);
    const odd = events.map((event) => ({ ...event, secret: "SECRET" }));
    // Events 3 and 4 are of the same kind.
    expect(reportedBy(odd)).toEqual(
      [0, 1, 2, 3, 5, 6, 7].map((at) => `content events[${at}].secret`),
    );
  });

  it("of an error report what is next to its error object", () => {
    verifies("openai:stream-unknown");
    const error = { type: "server_error", message: "later" };
    expect(reportedBy([{ type: "error", message: "later", code: "c", param: null }])).toEqual([]);
    expect(reportedBy([{ type: "error", error, message: "SECRET" }])).toEqual([
      "content events[0].message",
    ]);
  });

  it("of a compaction in progress are known", () => {
    verifies("openai:stream-unknown");
    const type = "response.compaction.compacting";
    const event = { type, output_index: 0, item_id: "cmp" };
    expect(reportedBy([event])).toEqual([]);
    expect(reportedBy([{ ...event, summary: "SECRET" }])).toEqual(["content events[0].summary"]);
  });

  it("that keep a stream alive are known", () => {
    verifies("openai:stream-unknown");
    const event = { type: "keepalive", sequence_number: 466 };
    expect(reportedBy([event])).toEqual([]);
    expect(reportedBy([{ ...event, note: "SECRET" }])).toEqual(["content events[0].note"]);
  });

  it.each([
    "response.evil_call.completed",
    "response.evil_tools.in_progress",
    "response.web_search_call.failed",
    "response.output_text.added",
    "response.content_part.delta",
    "response.toString.delta",
    "toString",
  ])("of the kind %s are unknown", (type) => {
    verifies("openai:stream-unknown");
    const odd = { type, output_index: 99, text: "SECRET" };
    expect(reportedBy([odd, odd])).toEqual(["content events[0]"]);
  });

  it.each<readonly [string, number, object, readonly string[]]>([
    ["a response", 0, { response: { id: "r", secret: "?", metadata: {} } }, ["response.secret"]],
    ["a response", 0, { response: { id: "r", output: [whole] } }, ["response.output"]],
    ["an item", 1, { item: { ...message, secret: "?", status: "x" } }, ["item.secret"]],
    ["a part", 2, { part: { ...block, secret: "?", logprobs: [1] } }, ["part.secret"]],
    ["a part", 2, { part: { ...block, annotations: [{ url: "?" }] } }, ["part.annotations"]],
  ])("report what %s began with and did not end with: %#", (_, at, more, unknown) => {
    verifies("openai:stream-unknown");
    const odd = events.with(at, { ...events[at], ...more } as never);
    expect(reportedBy(odd)).toEqual(unknown.map((path) => `content events[${at}].${path}`));
    const silent = odd.with(7, { type: "response.completed", response: { id: "r" } } as never);
    expect(reportedBy(silent)).toEqual(reportedBy(odd));
  });

  it("report the same of a whole part as its item, including unknown fields", () => {
    verifies("openai:stream-refused");
    const odd = events.with(5, {
      ...events[5],
      part: { ...block, text: "hi", secret: "?" },
    } as never);
    expect(() => reportedBy(odd)).toThrow("the same part as when it was complete");
  });

  it("report nothing if an item or its parts came complete at first, or an image came later", () => {
    verifies("openai:stream-unknown");
    const begun = { ...whole, content: [{ ...block, text: "h", secret: "?" }] };
    const [created, added, , , more, , done, end] = events;
    const short = [created, { ...added, item: begun }, more, done, end] as readonly object[];
    expect(reportedBy(short)).toEqual(["content events[1].item.content[0].secret"]);
    const image = { type: "image_generation_call", id: "i", result: null, status: "generating" };
    const item = { ...image, result: "AA==", status: "completed" };
    const made = (first: object) => [
      { type: "response.output_item.added", output_index: 0, item: first },
      { type: "response.output_item.done", output_index: 0, item },
    ];
    expect(reportedBy(made(image))).toEqual([]);
    expect(reportedBy(made({ ...image, secret: "?" }))).toEqual(["content events[0].item.secret"]);
  });

  it("report a list of anything but parts that only the beginning of an item has", () => {
    verifies("openai:stream-unknown");
    const call = { type: "function_call", id: "f", call_id: "f", name: "n", arguments: "{}" };
    const made = (content: readonly unknown[]) => [
      { type: "response.output_item.added", output_index: 0, item: { ...call, content } },
      { type: "response.output_item.done", output_index: 0, item: call },
    ];
    for (const content of [["SECRET"], [{}, "SECRET"]])
      expect(reportedBy(made(content))).toEqual(["content events[0].item.content"]);
  });

  it("that toResponsesEvents creates are all known", () => {
    verifies("openai:stream-unknown", "openai:stream-events");
    const custom = { type: "custom_tool_call", id: "ct", call_id: "c", name: "f", input: "go" };
    const document = { ...response, output: [...response.output, custom] };
    expect(reportedBy(toResponsesEvents(document))).toEqual([]);
  });

  it("count names of fields against the limit of text", () => {
    verifies("openai:stream-limits");
    const stream = responsesStream({ textUnits: 500 });
    const push = () => stream.push({ type: "response.queued", response: {}, ["x".repeat(500)]: 1 });
    expect(push).toThrow("500 UTF-16 units");
  });
});

describe("chunks of a chat completion", () => {
  const chunk = (delta: object, more: object = {}) => ({
    id: "c1",
    choices: [{ index: 0, delta, finish_reason: null, ...more }],
  });
  const end = chunk({}, { finish_reason: "tool_calls" });

  it.each<readonly [string, object, readonly string[]]>([
    [
      "a call of older models",
      { function_call: { name: "f", arguments: "{}", secret: "SECRET" } },
      ["function_call.secret"],
    ],
    [
      "a call of a function",
      {
        tool_calls: [
          {
            id: "a",
            type: "function",
            secret: "SECRET",
            function: { name: "f", arguments: "{}", secret: "SECRET", input: "?" },
          },
        ],
      },
      ["tool_calls[0].secret", "tool_calls[0].function.secret", "tool_calls[0].function.input"],
    ],
    [
      "a call of a custom tool",
      {
        tool_calls: [
          { id: "a", type: "custom", custom: { name: "f", input: "x", arguments: "SECRET" } },
        ],
      },
      ["tool_calls[0].custom.arguments"],
    ],
  ])("%s keep unknown fields in place", (_, message, unknown) => {
    verifies("openai:stream-same", "openai:stream-unknown", "openai:stream-events");
    const document = {
      id: "c1",
      object: "chat.completion",
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: null, refusal: null, ...message },
          logprobs: null,
          finish_reason: "tool_calls",
        },
      ],
    };
    const stream = chatStream();
    const { tool_calls: calls } = message as { tool_calls?: readonly object[] };
    const delta = calls
      ? { tool_calls: calls.map((call, index) => ({ ...call, index })) }
      : message;
    for (const each of [chunk(delta), end]) stream.push(each);
    expect(stream.document).toEqual(document);
    expect(stream.current).toEqual(fromChatResponse(document));
    const content = stream.current.left.flatMap(({ kind, path }) => {
      return kind === "content" ? [path.replace("choices[0].message.", "")] : [];
    });
    expect(content).toEqual(unknown);
    const again = chatStream();
    for (const each of toChatEvents(document)) again.push(each);
    expect(again.document).toEqual(document);
  });

  it("do not retract a reported field with null or nothing", () => {
    verifies("openai:stream-unknown");
    const stream = chatStream();
    const called = (more: object) =>
      chunk({ function_call: { name: "f", arguments: "", ...more } });
    stream.push({ ...called({ secret: "SECRET" }), choices: called({ secret: "a" }).choices });
    stream.push(called({ secret: null }));
    stream.push(chunk({ annotations: [{ title: "SECRET" }] }, { secret: "b" }));
    stream.push(chunk({ annotations: {} }, { secret: null }));
    expect(stream.current.left.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      "citation choices[0].message.annotations",
      "content choices[0].secret",
      "content choices[0].message.function_call.secret",
    ]);
  });

  it("report an object of another type", () => {
    verifies("openai:stream-unknown");
    const stream = chatStream();
    for (const object of ["", null, "chat.completion", "chat.completion.chunk"]) {
      stream.push({ ...chunk({ content: "a" }), object });
    }
    expect(stream.current.left).toEqual([]);
    stream.push({ ...chunk({ content: "a" }), object: "SECRET" });
    expect(stream.current.left).toMatchObject([{ path: "object", kind: "setting" }]);
  });

  it("keep logprobs of any shape, and have no message next to their delta", () => {
    verifies("openai:stream-same", "openai:stream-refused");
    const stream = chatStream();
    stream.push(chunk({ content: "a" }, { logprobs: { content: [1], note: "x" } }));
    stream.push(chunk({ content: "b" }, { logprobs: { content: [2], note: null } }));
    expect(stream.document).toMatchObject({
      choices: [{ logprobs: { content: [1, 2], note: "x" } }],
    });
    expect(() => stream.push(chunk({}, { message: { content: "other" } }))).toThrow(
      "choices.message: expected a delta",
    );
    expect(() => chatStream().push(chunk({}, { logprobs: "x" }))).toThrow("choices.logprobs");
  });

  it.each([
    [
      { type: "mcp_call", id: "m", name: "n", server_label: "s", arguments: "" },
      { output: "SECRET" },
      "output",
    ],
    [
      { type: "code_interpreter_call", id: "c", code: "" },
      { outputs: [{ type: "logs", logs: "SECRET" }] },
      "outputs",
    ],
    [
      { type: "function_call", id: "f", call_id: "f", name: "n", arguments: "" },
      { namespace: "SECRET" },
      "namespace",
    ],
    [
      { type: "message", id: "m", role: "assistant", content: [] },
      { phase: "final_answer" },
      "phase",
    ],
  ])("report what an item showed at its start: %j", (item, begun, field) => {
    verifies("openai:stream-unknown");
    const leftOf = (first: object, last: object) => {
      const stream = responsesStream();
      const done = "arguments" in last ? { ...last, arguments: "{}" } : last;
      stream.push({ type: "response.output_item.added", output_index: 0, item: first });
      stream.push({ type: "response.output_item.done", output_index: 0, item: done });
      return stream.current.left.filter(({ kind }) => kind === "content").map(({ path }) => path);
    };
    expect(leftOf({ ...item, ...begun }, item)).toEqual([`events[0].item.${field}`]);
    expect(leftOf({ ...item, ...begun }, { ...item, ...begun })).toEqual([]);
    expect(leftOf(item, { ...item, ...begun })).toEqual([]);
  });
});
