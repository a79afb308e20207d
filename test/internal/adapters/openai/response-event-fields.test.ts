/** The fields of each event of a response. */
import type OpenAI from "openai";
import { describe, expect, it } from "vitest";
import { unknownFields } from "../../../../src/providers/openai/response-event-fields.ts";
import { verifies } from "../../../support/verifies.ts";

type Event = OpenAI.Responses.ResponseStreamEvent;
type Fields<E> = { readonly [Field in keyof Required<E>]: 1 };

/** Each event of the SDK with all its fields; it is a type error if one is missing here. */
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

/** Events with audio and images, which messages cannot show: reported like unknown events. */
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
});
