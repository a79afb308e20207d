/** Responses as streams, cut anywhere. Made without the library. */
import type OpenAI from "openai";
import { cut, type Draw, interleave, padding } from "./openai-chat-stream.ts";
import type { WireResponse } from "./openai-responses.ts";

export type Event = OpenAI.Responses.ResponseStreamEvent;
type Item = OpenAI.Responses.ResponseOutputItem;
/** An event of one item, without the sequence number that every event has. */
type Step = { readonly type: string; readonly [key: string]: unknown };

/** The events of a response: texts in pieces, items interleaved once all have begun. */
export function eventsOf(response: WireResponse, draw: Draw): readonly Event[] {
  const begun = { ...response, status: "in_progress", output: [] };
  const rows = response.output.map((item, output_index) => stepsOf(item, output_index, draw));
  const heads = rows.map(([head]) => head as Step);
  const bodies = rows.map((row) => row.slice(1));
  const end = response.status === "incomplete" ? "response.incomplete" : "response.completed";
  const steps: Step[] = [
    { type: "response.created", response: begun },
    { type: "response.in_progress", response: begun },
    ...heads,
    ...interleave(bodies, draw),
    { type: end, response },
  ];
  return steps.map((step, sequence_number) => ({ ...step, sequence_number }) as unknown as Event);
}

function citationsOf(part: object): readonly unknown[] {
  return "annotations" in part && Array.isArray(part.annotations) ? part.annotations : [];
}

function stepsOf(item: Item, output_index: number, draw: Draw): readonly Step[] {
  const at = { output_index, item_id: "id" in item ? (item.id ?? "") : "" };
  const added = (begun: object): Step => ({
    type: "response.output_item.added",
    output_index,
    item: begun,
  });
  const done: Step = { type: "response.output_item.done", output_index, item };
  const inPieces = (name: string, text: string, more: object): readonly Step[] => [
    ...cut(text, draw).map((delta) => ({
      type: `response.${name}.delta`,
      ...more,
      delta,
      ...padding(draw),
    })),
  ];
  switch (item.type) {
    case "message": {
      const parts = item.content.flatMap((part, content_index) => {
        const here = { ...at, content_index };
        const begun =
          part.type === "output_text"
            ? { ...part, text: "", annotations: [] }
            : { ...part, refusal: "" };
        const text = part.type === "output_text" ? part.text : part.refusal;
        const name = part.type === "output_text" ? "output_text" : "refusal";
        const key = part.type === "output_text" ? "text" : "refusal";
        return [
          { type: "response.content_part.added", ...here, part: begun },
          ...inPieces(name, text, here),
          { type: `response.${name}.done`, ...here, [key]: text },
          ...citationsOf(part).map((annotation, annotation_index) => ({
            type: "response.output_text.annotation.added",
            ...here,
            annotation_index,
            annotation,
          })),
          { type: "response.content_part.done", ...here, part },
        ];
      });
      return [added({ ...item, status: "in_progress", content: [] }), ...parts, done];
    }
    case "reasoning": {
      const parts = item.summary.flatMap((part, summary_index) => {
        const here = { ...at, summary_index };
        return [
          { type: "response.reasoning_summary_part.added", ...here, part: { ...part, text: "" } },
          ...inPieces("reasoning_summary_text", part.text, here),
          { type: "response.reasoning_summary_part.done", ...here, part },
        ];
      });
      return [added({ ...item, summary: [] }), ...parts, done];
    }
    case "function_call":
    case "mcp_call": {
      const name = item.type === "mcp_call" ? "mcp_call_arguments" : "function_call_arguments";
      const pieces = inPieces(name, item.arguments, at);
      return [added({ ...item, arguments: "" }), ...pieces, done];
    }
    case "custom_tool_call":
      return [
        added({ ...item, input: "" }),
        ...inPieces("custom_tool_call_input", item.input, at),
        done,
      ];
    default:
      return [added(item), done];
  }
}
