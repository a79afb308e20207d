/** Unknown content of stream events is reported, as it is without streaming. */
import {
  chatStream,
  fromChatResponse,
  responsesStream,
  toChatEvents,
  toResponsesEvents,
} from "glassine/openai";
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { unknownFields } from "../../../../src/providers/openai/response-event-fields.ts";
import { response } from "../../../adapters/openai/documents.ts";
import { verifies } from "../../../support/verifies.ts";

type Event = OpenAI.Responses.ResponseStreamEvent;
type Fields<E> = { readonly [Field in keyof Required<E>]: 1 };

/** Each event of the SDK with each of its fields: its types say when one is missing here. */
const kinds: { readonly [Type in Event["type"]]: Fields<Extract<Event, { type: Type }>> } = (() => {
  const all = { type: 1, sequence_number: 1 } as const;
  const ofItem = { ...all, item_id: 1, output_index: 1 } as const;
  const ofPart = { ...ofItem, content_index: 1 } as const;
  const ofSummary = { ...ofItem, summary_index: 1 } as const;
  const ofResponse = { ...all, response: 1 } as const;
  return {
    "response.audio.delta": { ...all, delta: 1 },
    "response.audio.done": all,
    "response.audio.transcript.delta": { ...all, delta: 1 },
    "response.audio.transcript.done": all,
    "response.code_interpreter_call_code.delta": { ...ofItem, delta: 1 },
    "response.code_interpreter_call_code.done": { ...ofItem, code: 1 },
    "response.code_interpreter_call.completed": ofItem,
    "response.code_interpreter_call.in_progress": ofItem,
    "response.code_interpreter_call.interpreting": ofItem,
    "response.completed": ofResponse,
    "response.content_part.added": { ...ofPart, part: 1 },
    "response.content_part.done": { ...ofPart, part: 1 },
    "response.created": ofResponse,
    error: { ...all, code: 1, message: 1, param: 1 },
    "response.file_search_call.completed": ofItem,
    "response.file_search_call.in_progress": ofItem,
    "response.file_search_call.searching": ofItem,
    "response.function_call_arguments.delta": { ...ofItem, delta: 1 },
    "response.function_call_arguments.done": { ...ofItem, arguments: 1, name: 1 },
    "response.in_progress": ofResponse,
    "response.failed": ofResponse,
    "response.incomplete": ofResponse,
    "response.output_item.added": { ...all, item: 1, output_index: 1 },
    "response.output_item.done": { ...all, item: 1, output_index: 1 },
    "response.reasoning_summary_part.added": { ...ofSummary, part: 1 },
    "response.reasoning_summary_part.done": { ...ofSummary, part: 1, status: 1 },
    "response.reasoning_summary_text.delta": { ...ofSummary, delta: 1 },
    "response.reasoning_summary_text.done": { ...ofSummary, text: 1 },
    "response.reasoning_text.delta": { ...ofPart, delta: 1 },
    "response.reasoning_text.done": { ...ofPart, text: 1 },
    "response.refusal.delta": { ...ofPart, delta: 1 },
    "response.refusal.done": { ...ofPart, refusal: 1 },
    "response.output_text.delta": { ...ofPart, delta: 1, logprobs: 1 },
    "response.output_text.done": { ...ofPart, text: 1, logprobs: 1 },
    "response.web_search_call.completed": ofItem,
    "response.web_search_call.in_progress": ofItem,
    "response.web_search_call.searching": ofItem,
    "response.image_generation_call.completed": ofItem,
    "response.image_generation_call.generating": ofItem,
    "response.image_generation_call.in_progress": ofItem,
    "response.image_generation_call.partial_image": {
      ...ofItem,
      partial_image_b64: 1,
      partial_image_index: 1,
    },
    "response.mcp_call_arguments.delta": { ...ofItem, delta: 1 },
    "response.mcp_call_arguments.done": { ...ofItem, arguments: 1 },
    "response.mcp_call.completed": ofItem,
    "response.mcp_call.failed": ofItem,
    "response.mcp_call.in_progress": ofItem,
    "response.mcp_list_tools.completed": ofItem,
    "response.mcp_list_tools.failed": ofItem,
    "response.mcp_list_tools.in_progress": ofItem,
    "response.output_text.annotation.added": { ...ofPart, annotation: 1, annotation_index: 1 },
    "response.queued": ofResponse,
    "response.custom_tool_call_input.delta": { ...ofItem, delta: 1 },
    "response.custom_tool_call_input.done": { ...ofItem, input: 1 },
  };
})();

/** They contain audio and images that no message shows: each is reported, like an unknown event. */
const shownLater = /^response\.(audio\.|image_generation_call\.partial_image$)/;

const sample = (field: string): unknown => {
  if (field.endsWith("_index") || field === "sequence_number") return 0;
  if (field === "logprobs") return [];
  return ["response", "item", "part", "annotation"].includes(field) ? {} : "x";
};

describe("events of a response", () => {
  it.each(Object.entries(kinds))("%s is known with its fields, and no others", (type, fields) => {
    verifies("openai:stream-unknown", "openai:stream-padding");
    const own = Object.keys(fields).map((field) => [field, sample(field)]);
    const event = Object.fromEntries([...own, ["type", type], ["obfuscation", "aB3"]]);
    const expected = shownLater.test(type) ? undefined : [];
    expect(unknownFields(type, event)).toEqual(expected);
    expect(unknownFields(type, { ...event, secret: null })).toEqual(expected);
    const odd = { ...event, secret: "?", sequence_number: "?", obfuscation: ["?"] };
    expect(unknownFields(type, odd as never)?.toSorted()).toEqual(
      expected && ["obfuscation", "secret", "sequence_number"],
    );
  });

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
    // The third and the fourth are of one kind.
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
    expect(() => reportedBy(odd)).toThrow("what the part said when it was whole");
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
