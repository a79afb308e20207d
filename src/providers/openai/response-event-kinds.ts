/** The events of a streamed response that add to texts, and where those texts are. */

export interface TextAt {
  /** The list that the text is in, and the field of the event that says where. None: the item's own. */
  readonly list?: "content" | "summary";
  readonly index?: "content_index" | "summary_index";
  readonly key: string;
}

const inContent = { list: "content", index: "content_index" } as const;
const inSummary = { list: "summary", index: "summary_index" } as const;

/** By what stands between `response.` and `.delta` or `.done`. The event has the text under `key`. */
export const textEvents: { readonly [name: string]: TextAt } = {
  output_text: { ...inContent, key: "text" },
  refusal: { ...inContent, key: "refusal" },
  reasoning_text: { ...inContent, key: "text" },
  reasoning_summary_text: { ...inSummary, key: "text" },
  function_call_arguments: { key: "arguments" },
  mcp_call_arguments: { key: "arguments" },
  custom_tool_call_input: { key: "input" },
  code_interpreter_call_code: { key: "code" },
};

/** The same for the parts of lists. */
export const partEvents: { readonly [name: string]: Required<Omit<TextAt, "key">> } = {
  content_part: inContent,
  reasoning_summary_part: inSummary,
};

/** The text of an item of this type that comes in pieces, and in which events. */
export const itemTexts: {
  readonly [type: string]: { readonly name: string; readonly key: string };
} = {
  function_call: { name: "function_call_arguments", key: "arguments" },
  mcp_call: { name: "mcp_call_arguments", key: "arguments" },
  custom_tool_call: { name: "custom_tool_call_input", key: "input" },
  code_interpreter_call: { name: "code_interpreter_call_code", key: "code" },
};

/** The text of a part of this type. */
export const partTexts: {
  readonly [type: string]: { readonly name: string; readonly key: string };
} = {
  output_text: { name: "output_text", key: "text" },
  refusal: { name: "refusal", key: "refusal" },
  reasoning_text: { name: "reasoning_text", key: "text" },
  summary_text: { name: "reasoning_summary_text", key: "text" },
};

/** How a response ends, by its status. */
export const endings: { readonly [type: string]: string } = {
  "response.completed": "completed",
  "response.incomplete": "incomplete",
  "response.failed": "failed",
};
