/** The chunks that stream a chat completion. */

import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { expectOptions } from "../../core/data/index.ts";
import { type LimitOptions, readDocument, withLimits } from "../rewrite/index.ts";
import {
  compact,
  given,
  isObject,
  type JsonObject,
  objectIn,
  objectsIn,
  textAt,
  withFields,
} from "./json.ts";
import { chatResponse, read } from "./read.ts";
import { chatResponseSchema } from "./shapes.ts";

const what = "chat completion";
/**
 * The fields that each chunk repeats. The rest comes once, in the last chunk: it may be an error.
 */
const repeated: readonly string[] = [
  "id",
  "created",
  "model",
  "service_tier",
  "system_fingerprint",
];
const events = z.array(z.looseObject({}));

/**
 * The chunks that stream a chat completion, in order: for each choice its texts, its calls and its
 * end, and at last the usage, if it has one. One without choices is one chunk. Each has the id, the
 * model and the like; what else the completion says is in the last. `Chunk` is their type, such as
 * the SDK's `ChatCompletionChunk`.
 *
 * @throws GlassineError `document_invalid`
 * @see spec `openai:stream-events`
 * @example
 * ```ts
 * import { chatStream, toChatEvents } from "glassine/openai";
 *
 * const answer = { id: "c1", choices: [{ index: 0, message: { content: "Ahoy" } }] };
 * const stream = chatStream();
 * for (const event of toChatEvents(answer)) stream.push(event);
 * console.log(stream.current.messages[0]?.content); // [ { content_type: 'text', text: 'Ahoy' } ]
 * ```
 */
export const toChatEvents = withLimits(
  "toChatEvents",
  <Chunk extends object = JsonObject>(
    document: object,
    options: LimitOptions = {},
  ): readonly Chunk[] => {
    expectOptions(options, ["limits"], "toChatEvents");
    const response = read(chatResponseSchema, document, chatResponse);
    const { choices, usage, ...facts } = response;
    const isRepeated = ([key]: [string, Json]) => repeated.includes(key);
    const head = withFields(compact(Object.entries(facts).filter(isRepeated)), {
      object: "chat.completion.chunk",
    });
    const chunk = (list: readonly Json[]) => withFields(head, { choices: list });
    const chunks = objectsIn(choices).flatMap((choice, place) =>
      choiceDeltas(choice, place).map((delta) => chunk([delta])),
    );
    const last = usage === undefined ? [] : [withFields(chunk([]), { usage })];
    const all = [...chunks, ...last];
    // Without choices there may still be something to say, as an error.
    const said = all.length === 0 ? [chunk([])] : all;
    said.push(withFields(facts, objectIn(said.pop())));
    // The schema checks what the interface says, and keeps unknown fields.
    return readDocument(events, said, what) as readonly Chunk[];
  },
);

function choiceDeltas(choice: JsonObject, place: number): readonly JsonObject[] {
  const { index = place, message, logprobs = null, finish_reason = null, ...others } = choice;
  const deltas = messageDeltas(objectIn(message));
  const probable = deltas.findIndex(
    (delta) => textAt(delta, "content") || textAt(delta, "refusal"),
  );
  const at = probable === -1 ? 0 : probable;
  return [
    ...deltas.map((delta, each) => ({
      index,
      delta,
      logprobs: each === at ? logprobs : null,
      finish_reason: null,
    })),
    withFields(others, { index, delta: {}, logprobs: null, finish_reason }),
  ];
}

/** First who speaks, then each text and call: its name alone, then what it says. */
function messageDeltas(message: JsonObject): readonly JsonObject[] {
  const first = Object.entries(message).flatMap(([key, value]): [string, Json][] => {
    if (["tool_calls", "function_call", "audio"].includes(key)) return [];
    return [[key, typeof value === "string" && key !== "role" ? "" : value]];
  });
  const texts = Object.entries(message).flatMap(([key, value]) =>
    typeof value === "string" && value !== "" && key !== "role" ? [{ [key]: value }] : [],
  );
  const calls = objectsIn(given(message, "tool_calls"));
  const audio = given(message, "audio");
  return [
    compact([["role", "assistant"], ...first]),
    ...texts,
    ...(isObject(audio) ? [{ audio }] : []),
    ...calls.flatMap((call, index) =>
      callDeltas(call, index).map((each) => ({ tool_calls: [each] })),
    ),
    ...legacyDeltas(given(message, "function_call")),
  ];
}

function callDeltas(call: JsonObject, index: number): readonly JsonObject[] {
  const kind = isObject(call.custom) ? "custom" : "function";
  const text = kind === "custom" ? "input" : "arguments";
  const inner = call[kind];
  if (!isObject(inner)) return [withFields(call, { index })];
  return [
    withFields(call, { index, [kind]: withFields(inner, { [text]: "" }) }),
    { index, [kind]: { [text]: textAt(inner, text) ?? "" } },
  ];
}

function legacyDeltas(call: Json | undefined): readonly JsonObject[] {
  if (!isObject(call)) return [];
  const { arguments: text = "" } = call;
  return [
    { function_call: withFields(call, { arguments: "" }) },
    { function_call: { arguments: text } },
  ];
}
