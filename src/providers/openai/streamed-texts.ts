/** The texts and parts of a streamed response, by the names of their events. */

/** The lists of parts: the name in the events of a part, and the field that has its index. */
export const partLists = {
  summary: { event: "reasoning_summary_part", index: "summary_index" },
  content: { event: "content_part", index: "content_index" },
} as const;

export type ListName = keyof typeof partLists;

export interface StreamedText {
  /** The part of an event's type between `response.` and `.delta` or `.done`. */
  readonly name: string;
  /** The type of the part or item that has it, and its field there and in the last event. */
  readonly of: string;
  readonly key: string;
  /** The list that the part is in. Without one, the text is in the item itself. */
  readonly list?: ListName;
}

export const streamedTexts: readonly StreamedText[] = [
  { name: "output_text", of: "output_text", key: "text", list: "content" },
  { name: "refusal", of: "refusal", key: "refusal", list: "content" },
  { name: "reasoning_text", of: "reasoning_text", key: "text", list: "content" },
  { name: "reasoning_summary_text", of: "summary_text", key: "text", list: "summary" },
  { name: "function_call_arguments", of: "function_call", key: "arguments" },
  { name: "mcp_call_arguments", of: "mcp_call", key: "arguments" },
  { name: "custom_tool_call_input", of: "custom_tool_call", key: "input" },
  { name: "code_interpreter_call_code", of: "code_interpreter_call", key: "code" },
];

/** The text that an item or a part of this type has. */
export function textOf(what: string, type: unknown): StreamedText | undefined {
  const isOne = ({ list }: StreamedText) => (list === undefined) === (what === "item");
  return streamedTexts.find((text) => text.of === type && isOne(text));
}

/** The events that end a response, each with the status that it stands for. */
export const endings: { readonly [type: string]: string } = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};
