/** Streams as the providers send them, with a secret spread over several chunks. */
import { anthropic } from "glassine/anthropic";
import { google } from "glassine/google";
import type { ModelProvider } from "glassine/http";
import { chatCompletions, openai, responses } from "glassine/openai";
import { done, eventsText, secret } from "./stand-in.ts";

/** Cuts a text into pieces, each for an event of its own. */
export type Cut = (text: string) => readonly string[];

/** The answer's reasoning, text, refusal and tool arguments. */
const thought = `Let me look at it. It is ${secret}. Shall I?`;
const spoken = `Your cärd ${secret} 🃏. It is ${secret}. Bye.`;
const refused = `No ${secret}. Never.`;
const args = `{"card":"${secret}"}`;

const chunk = (delta: object, finish_reason: string | null = null) => ({
  id: "chatcmpl-1",
  object: "chat.completion.chunk",
  created: 1,
  model: "m",
  choices: [{ index: 0, delta, finish_reason }],
});

const chatEvents = (cut: Cut) => [
  chunk({ role: "assistant", content: "" }),
  ...cut(thought).map((reasoning_content) => chunk({ reasoning_content })),
  ...cut(spoken).map((content) => chunk({ content })),
  ...cut(refused).map((refusal) => chunk({ refusal })),
  chunk({
    tool_calls: [
      { index: 0, id: "c1", type: "function", function: { name: "pay", arguments: "" } },
    ],
  }),
  ...cut(args).map((value) =>
    chunk({ tool_calls: [{ index: 0, function: { arguments: value } }] }),
  ),
  chunk({}, "tool_calls"),
];

const begun = { id: "resp_1", object: "response", created_at: 1, model: "m", output: [] };
const summary = { type: "summary_text", text: thought };
const reasoning = { type: "reasoning", id: "r1", summary: [] };
const said = { type: "output_text", text: spoken, annotations: [] };
const refusal = { type: "refusal", refusal: refused };
const message = {
  type: "message",
  id: "i1",
  role: "assistant",
  status: "completed",
  content: [said, refusal],
};
const call = {
  type: "function_call",
  id: "f1",
  call_id: "c1",
  name: "pay",
  status: "completed",
  arguments: args,
};
const inReasoning = { item_id: "r1", output_index: 0, summary_index: 0 };
const inText = { item_id: "i1", output_index: 1, content_index: 0 };
const inRefusal = { ...inText, content_index: 1 };
const inCall = { item_id: "f1", output_index: 2 };

const responseEvents = (cut: Cut) => {
  const deltas = (type: string, at: object, text: string) =>
    cut(text).map((delta) => ({ type: `response.${type}.delta`, ...at, delta }));
  const added = (output_index: number, item: object) => ({
    type: "response.output_item.added",
    output_index,
    item,
  });
  const over = (output_index: number, item: object) => ({
    type: "response.output_item.done",
    output_index,
    item,
  });
  const part = (type: string, at: object, value: object) => ({
    type: `response.${type}`,
    ...at,
    part: value,
  });
  const thoughtOver = { ...reasoning, summary: [summary] };
  const events = [
    { type: "response.created", response: { ...begun, status: "in_progress" } },
    added(0, reasoning),
    part("reasoning_summary_part.added", inReasoning, { type: "summary_text", text: "" }),
    ...deltas("reasoning_summary_text", inReasoning, thought),
    { type: "response.reasoning_summary_text.done", ...inReasoning, text: thought },
    part("reasoning_summary_part.done", inReasoning, summary),
    over(0, thoughtOver),
    added(1, { ...message, status: "in_progress", content: [] }),
    part("content_part.added", inText, { ...said, text: "" }),
    ...deltas("output_text", inText, spoken),
    { type: "response.output_text.done", ...inText, text: spoken },
    part("content_part.done", inText, said),
    part("content_part.added", inRefusal, { type: "refusal", refusal: "" }),
    ...deltas("refusal", inRefusal, refused),
    { type: "response.refusal.done", ...inRefusal, refusal: refused },
    part("content_part.done", inRefusal, refusal),
    over(1, message),
    added(2, { ...call, status: "in_progress", arguments: "" }),
    ...deltas("function_call_arguments", inCall, args),
    { type: "response.function_call_arguments.done", ...inCall, arguments: args },
    over(2, call),
    {
      type: "response.completed",
      response: { ...begun, status: "completed", output: [thoughtOver, message, call] },
    },
  ];
  return events.map((event, sequence_number) => ({ ...event, sequence_number }));
};

const block = (index: number, content_block: object, deltas: readonly object[]) => [
  { type: "content_block_start", index, content_block },
  ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
  { type: "content_block_stop", index },
];

const messageEvents = (cut: Cut) => [
  {
    type: "message_start",
    message: {
      id: "msg_1",
      type: "message",
      role: "assistant",
      model: "m",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { input_tokens: 1, output_tokens: 1 },
    },
  },
  { type: "ping" },
  ...block(
    0,
    { type: "thinking", thinking: "", signature: "" },
    cut(thought).map((thinking) => ({ type: "thinking_delta", thinking })),
  ),
  ...block(
    1,
    { type: "text", text: "" },
    cut(spoken).map((text) => ({ type: "text_delta", text })),
  ),
  ...block(
    2,
    { type: "tool_use", id: "c1", name: "pay", input: {} },
    cut(args).map((partial_json) => ({ type: "input_json_delta", partial_json })),
  ),
  {
    type: "message_delta",
    delta: { stop_reason: "tool_use", stop_sequence: null },
    usage: { output_tokens: 2 },
  },
  { type: "message_stop" },
];

const candidate = (part: object, more: object = {}) => ({
  candidates: [{ content: { parts: [part], role: "model" }, index: 0, ...more }],
  modelVersion: "gemini-2.5-flash",
});

/** Google streams a call whole, and has no refusals. */
const candidateEvents = (cut: Cut) => [
  ...cut(thought).map((text) => candidate({ text, thought: true })),
  ...cut(spoken).map((text) => candidate({ text })),
  candidate({ functionCall: { id: "c1", name: "pay", args: JSON.parse(args) } }),
  candidate({ text: "" }, { finishReason: "STOP" }),
];

export interface Recorded {
  readonly name: string;
  readonly api: ModelProvider;
  readonly provider: ModelProvider | readonly ModelProvider[];
  readonly url: string;
  readonly request: object;
  readonly events: readonly object[];
  readonly text: string;
}

const messages = [{ role: "user", content: "Pay" }];
const contents = [{ role: "user", parts: [{ text: "Pay" }] }];

/** The same answer from each API, with its texts cut by `cut`. */
export function recordedIn(cut: Cut): readonly Recorded[] {
  const chat = chatEvents(cut);
  const response = responseEvents(cut);
  const anthropics = messageEvents(cut);
  const candidates = candidateEvents(cut);
  return [
    {
      name: "Chat Completions",
      api: chatCompletions,
      provider: openai,
      events: chat,
      url: "https://model.test/v1/chat/completions",
      request: { model: "m", stream: true, messages },
      text: eventsText(chat, done),
    },
    {
      name: "Responses",
      api: responses,
      provider: openai,
      events: response,
      url: "https://model.test/v1/responses",
      request: { model: "m", stream: true, input: "Pay" },
      text: eventsText(response),
    },
    {
      name: "Messages",
      api: anthropic,
      provider: anthropic,
      events: anthropics,
      url: "https://model.test/v1/messages",
      request: { model: "m", max_tokens: 10, stream: true, messages },
      text: eventsText(anthropics),
    },
    {
      name: "generateContent",
      api: google,
      provider: google,
      events: candidates,
      url: "https://model.test/v1beta/models/m:streamGenerateContent?alt=sse",
      request: { contents },
      text: eventsText(candidates),
    },
  ];
}

/** Each secret is cut into three pieces. */
export const recorded = recordedIn((text) => text.split(/(?<=41)(?=11-)|(?<=-1)(?=111)/));
