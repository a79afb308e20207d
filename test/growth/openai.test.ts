// Only in test:all: it measures every function at four or more sizes.
import * as openai from "glassine/openai";
import { expect, it } from "vitest";
import { excessOf } from "../support/growth.ts";
import { verifies } from "../support/verifies.ts";
import { times } from "./families.ts";
import { streaming, writing } from "./providers.ts";
import { tryGrowth } from "./subjects.ts";

const calls = [{ id: "1", type: "function", function: { name: "a", arguments: '{"a":1}' } }];
const chat = {
  model: "m",
  messages: [
    { role: "system", content: "a" },
    {
      role: "user",
      content: [
        { type: "text", text: "a" },
        { type: "image_url", image_url: { url: "data:image/png;base64,aGk=" } },
      ],
    },
    { role: "assistant", content: "a", tool_calls: calls },
    { role: "tool", tool_call_id: "1", content: "a" },
  ],
};
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
const completion = {
  id: "1",
  model: "m",
  created: 1,
  choices: [
    {
      index: 0,
      finish_reason: "stop",
      logprobs: { content: [{ token: "a" }] },
      content_filter_results: { hate: { severity: "safe" }, error: { message: "a" } },
      message: {
        role: "assistant",
        reasoning: "a",
        reasoning_details: [
          { type: "reasoning.text", text: "a", index: 0 },
          { type: "reasoning.encrypted", data: "a", index: 1 },
        ],
        content: "a",
        annotations: [{ a: "b" }],
        tool_calls: calls,
      },
    },
  ],
  usage,
};
const embeddings = { model: "m", input: [1, "a", [1]], dimensions: 1 };
/** Places in `left`, and entries that allow them. */
const places = ["messages[0].name", 'messages[1]["a b"].name'];
const entries = ["setting", 'content messages[*]["a b"].name'];
const leftAt = (paths: readonly unknown[]) =>
  paths.map((path) => ({ kind: "content" as const, path: String(path), reason: "a" }));
const items = [
  { type: "reasoning", id: "r", summary: [{ type: "summary_text", text: "a" }] },
  { type: "function_call", call_id: "1", name: "a", arguments: '{"a":1}' },
  { type: "function_call_output", call_id: "1", output: [{ type: "input_text", text: "a" }] },
  { type: "mcp_call", id: "2", name: "a", arguments: "{}", server_label: "s", output: "a" },
  { type: "web_search_call", id: "3", action: { type: "search", query: "a" } },
];
const request = {
  model: "m",
  instructions: "a",
  input: [{ role: "user", content: [{ type: "input_text", text: "a" }] }, ...items],
};
const text = { type: "output_text", text: "a", annotations: [{ a: "b" }] };
const response = {
  id: "1",
  model: "m",
  created_at: 1,
  status: "completed",
  output: [
    ...items,
    { type: "message", id: "m", role: "assistant", status: "completed", content: [text] },
  ],
};

tryGrowth(
  openai,
  {
    fromChatRequest: { seed: chat, run: openai.fromChatRequest },
    toChatRequest: writing(chat, openai.fromChatRequest, openai.toChatRequest),
    fromChatResponse: { seed: completion, run: openai.fromChatResponse },
    toChatResponse: writing(completion, openai.fromChatResponse, openai.toChatResponse),
    toChatEvents: { seed: completion, run: openai.toChatEvents },
    chatStream: streaming(completion, openai.toChatEvents, openai.chatStream),
    fromEmbeddingsRequest: { seed: embeddings, run: openai.fromEmbeddingsRequest },
    toEmbeddingsRequest: writing(
      embeddings,
      openai.fromEmbeddingsRequest,
      openai.toEmbeddingsRequest,
    ),
    notAllowed: [
      { seed: places, run: (paths: never) => openai.notAllowed(leftAt(paths), entries) },
      { seed: entries, run: (allow: never) => openai.notAllowed(leftAt(places), allow) },
    ],
    fromResponsesRequest: { seed: request, run: openai.fromResponsesRequest },
    toResponsesRequest: writing(request, openai.fromResponsesRequest, openai.toResponsesRequest),
    fromResponsesResponse: { seed: response, run: openai.fromResponsesResponse },
    toResponsesResponse: writing(
      response,
      openai.fromResponsesResponse,
      openai.toResponsesResponse,
    ),
    toResponsesEvents: { seed: response, run: openai.toResponsesEvents },
    responsesStream: streaming(response, openai.toResponsesEvents, openai.responsesStream),
  },
  () => verifies("adapters:work-bounded"),
);

/** Pushes events, and after each one asks what a host asks to forward it. */
function pushed(
  stream: ReturnType<typeof openai.chatStream | typeof openai.responsesStream>,
  events: readonly object[],
): number {
  let inOrder = 0;
  for (const event of events) {
    stream.push(event);
    if (stream.canGrow !== "anything" && !stream.done) inOrder += 1;
  }
  return inOrder;
}

it("takes each chunk in time that does not grow with the calls before it", async () => {
  verifies("adapters:work-bounded");
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id: "1",
    choices: [{ index: 0, delta, finish_reason }],
  });
  const input = (count: number) => [
    ...times(count, (index) => {
      const call = { index, id: `${index}`, function: { name: "a", arguments: "{}" } };
      return chunk({ tool_calls: [call] });
    }),
    chunk({}, "tool_calls"),
    ...times(count, () => chunk({})),
  ];
  const run = (events: readonly object[]) => pushed(openai.chatStream(), events);
  expect(await excessOf({ input, run }, { longTime: 100, largest: 512 })).toBeUndefined();
});

it("takes each event in time that does not grow with the items before it", async () => {
  verifies("adapters:work-bounded");
  const input = (count: number) => [
    { type: "response.created", response: { ...response, status: "in_progress", output: [] } },
    ...times(count, (output_index) => {
      const item = { type: "function_call", call_id: `${output_index}`, name: "a", arguments: "" };
      return ["added", "done"].map((step) => ({
        type: `response.output_item.${step}`,
        output_index,
        item,
      }));
    }).flat(),
    ...times(8 * count, () => ({ type: "keepalive" })),
  ];
  const run = (events: readonly object[]) => pushed(openai.responsesStream(), events);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
