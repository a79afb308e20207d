/** Schemas of documents: an object of a known kind must have the fields of that kind. */
import * as z from "zod/mini";
import { isRecord } from "../../core/data/index.ts";
import { byKind } from "../rewrite/index.ts";

/** What errors call an event of Responses. */
export const responseEvent = "response event";
const anObject = z.looseObject({});
const text = z.string();
const maybeText = z.nullish(z.string());
const ofText = z.looseObject({ text });
const ofFile = z.looseObject({
  file_data: maybeText,
  file_id: maybeText,
  file_url: maybeText,
  filename: maybeText,
});

/** The blocks in lists of content, in both formats. */
export const blockSchema = byKind(anObject, ({ type }) => type, {
  text: ofText,
  input_text: ofText,
  output_text: ofText,
  summary_text: ofText,
  reasoning_text: ofText,
  refusal: z.looseObject({ refusal: text }),
  image_url: z.looseObject({ image_url: z.looseObject({ url: text }) }),
  input_image: z.looseObject({ image_url: maybeText, file_id: maybeText }),
  input_audio: z.looseObject({ input_audio: z.looseObject({ data: text, format: text }) }),
  file: z.looseObject({ file: ofFile }),
  input_file: ofFile,
});
const content = z.union([z.string(), z.array(blockSchema)]);

const functionCall = z.looseObject({ name: text, arguments: text });
/** The type of a call. Mistral leaves it out. Source: ToolCall of its OpenAPI document. */
export function callType(call: { readonly [key: string]: unknown }): unknown {
  return call.type ?? (isRecord(call.function) ? "function" : undefined);
}

const toolCall = byKind(anObject, callType, {
  function: z.looseObject({ id: text, function: functionCall }),
  custom: z.looseObject({ id: text, custom: z.looseObject({ name: text, input: text }) }),
});
const ofContent = z.looseObject({ content: z.nullish(content) });
const assistant = z.looseObject({
  content: z.nullish(content),
  refusal: maybeText,
  audio: z.nullish(z.looseObject({ data: maybeText, transcript: maybeText })),
  tool_calls: z.nullish(z.array(toolCall)),
  function_call: z.nullish(functionCall),
});

export const chatRequestSchema = z.looseObject({
  model: maybeText,
  messages: z.array(
    byKind(anObject, ({ role }) => role, {
      system: ofContent,
      developer: ofContent,
      user: ofContent,
      assistant,
      tool: z.looseObject({ tool_call_id: text, content: z.nullish(content) }),
      function: z.looseObject({ name: text, content: z.nullish(content) }),
    }),
  ),
});

export const chatResponseSchema = z.looseObject({
  id: maybeText,
  model: maybeText,
  created: z.nullish(z.number()),
  choices: z.array(
    z.looseObject({ message: z.extend(assistant, { role: maybeText }), finish_reason: maybeText }),
  ),
});

/** An item without a type is a message if it has a role, otherwise a reference. */
export function itemKind(item: { readonly [key: string]: unknown }): string {
  if (typeof item.type === "string") return item.type;
  return typeof item.role === "string" ? "message" : "item_reference";
}

const named = { name: text, arguments: text };
const output = z.looseObject({ call_id: text, output: content });
const ofFunction = z.looseObject({ call_id: maybeText, output: content });
const ofCall = z.looseObject({ call_id: text });
const ofId = z.looseObject({ id: text });
export const itemSchema = byKind(z.looseObject({ type: maybeText }), itemKind, {
  message: z.looseObject({ role: text, content: z.nullish(content) }),
  reasoning: z.looseObject({
    summary: z.array(blockSchema),
    content: z.nullish(z.array(blockSchema)),
  }),
  function_call: z.looseObject({ call_id: text, ...named }),
  custom_tool_call: z.looseObject({ call_id: text, name: text, input: text }),
  function_call_output: ofFunction,
  custom_tool_call_output: output,
  mcp_call: z.looseObject({ id: text, ...named, server_label: text, output: maybeText }),
  mcp_approval_request: z.looseObject({ id: text, ...named, server_label: text }),
  web_search_call: ofId,
  file_search_call: z.looseObject({ id: text, results: z.nullish(z.array(anObject)) }),
  code_interpreter_call: z.looseObject({ id: text, code: maybeText }),
  image_generation_call: z.looseObject({ id: text, result: maybeText }),
  computer_call: ofCall,
  computer_call_output: ofCall,
  local_shell_call: ofCall,
  local_shell_call_output: z.looseObject({ id: text, output: text }),
  shell_call: ofCall,
  shell_call_output: ofCall,
  apply_patch_call: ofCall,
  apply_patch_call_output: z.looseObject({ call_id: text, output: maybeText }),
});

export const responsesRequestSchema = z.looseObject({
  model: maybeText,
  instructions: maybeText,
  input: z.nullish(z.union([z.string(), z.array(itemSchema)])),
});

const responseFields = {
  id: maybeText,
  model: maybeText,
  created_at: z.nullish(z.number()),
  status: maybeText,
};
export const responsesResponseSchema = z.looseObject({
  ...responseFields,
  output: z.array(itemSchema),
});
/** A response that has only begun. Its output is not checked, because it comes in separate events. */
export const begunResponseSchema = z.looseObject(responseFields);
/** A response that has ended, which may be without its output. */
export const endedResponseSchema = z.looseObject({
  ...responseFields,
  output: z.nullish(z.array(itemSchema)),
});
