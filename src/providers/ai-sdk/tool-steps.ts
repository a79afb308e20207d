/** How hooks see a tool call and its result. */

import type { Json } from "../../core/data/index.ts";
import { isRecord } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { type ContentPart, createMessage, type Message } from "../../core/messages/index.ts";
import type { Fields } from "./host-values.ts";
import type { ToolCallNames } from "./tool-options.ts";

/** One hook to run: creates the payload from a value, and reads a changed payload back. */
export interface Step<Value> {
  readonly hook: string;
  /** Set if the hook runs only when a plugin listens. */
  readonly optional?: true;
  payload(value: Value): object;
  read(payload: object, value: Value): Value;
}

/** What a tool returned, as JSON. */
export interface Result {
  readonly content: unknown;
  readonly isError: boolean;
}

/** The error for a plugin's change that a tool call cannot express, or data that has no JSON. */
export function toolFault(expected: string): GlassineError {
  return new GlassineError("payload_shape", `guardTools expected ${expected}.`);
}

// The older hook runs first, so that the newer one judges what will run.
export function callSteps({ toolCallId: id, tool }: ToolCallNames): readonly Step<Fields>[] {
  return [
    {
      hook: "tool_pre_invoke",
      optional: true,
      payload: (args) => ({ name: tool, args }),
      read(payload) {
        const { name, args } = payload as Fields;
        if (name !== tool || !isRecord(args)) throw toolFault("arguments for the same tool");
        return args;
      },
    },
    {
      hook: "cmf.tool_pre_invoke",
      payload: (args) => {
        const content = { tool_call_id: id, name: tool, arguments: args as Record<string, Json> };
        return createMessage({
          role: "assistant",
          content: [{ content_type: "tool_call", content }],
        });
      },
      read(payload) {
        const part = onlyPart(payload, "assistant", "tool_call");
        const { tool_call_id, name, namespace, arguments: args } = part.content;
        if (tool_call_id !== id || name !== tool || namespace !== undefined) {
          throw toolFault("arguments for the same tool");
        }
        return args;
      },
    },
  ];
}

export function resultSteps({ toolCallId: id, tool }: ToolCallNames): readonly Step<Result>[] {
  return [
    {
      hook: "tool_post_invoke",
      optional: true,
      payload: ({ content, isError }) => ({
        name: tool,
        result: isError ? { error: content } : content,
      }),
      read(payload, { isError }) {
        const { name, result } = payload as Fields;
        if (name !== tool) throw toolFault("a result of the same tool");
        if (!isError) return { content: result, isError };
        const content = isRecord(result) ? result.error : result;
        if (typeof content !== "string") throw toolFault("a string as error");
        return { content, isError };
      },
    },
    {
      hook: "cmf.tool_post_invoke",
      payload({ content, isError }) {
        const answer = {
          tool_call_id: id,
          tool_name: tool,
          content: content as Json,
          is_error: isError,
        };
        return createMessage({
          role: "tool",
          content: [{ content_type: "tool_result", content: answer }],
        });
      },
      read(payload) {
        const part = onlyPart(payload, "tool", "tool_result");
        const { tool_call_id, tool_name, content, is_error } = part.content;
        if (tool_call_id !== id || tool_name !== tool) throw toolFault("a result of the same call");
        return { content: content ?? null, isError: is_error };
      },
    },
  ];
}

function onlyPart<const Type extends ContentPart["content_type"]>(
  payload: object,
  role: Message["role"],
  type: Type,
): Extract<ContentPart, { readonly content_type: Type }> {
  // The manager has checked it against the schema of messages.
  const message = payload as Message;
  const [part, ...others] = message.content;
  if (message.role === role && message.channel === undefined && others.length === 0) {
    if (part?.content_type === type) return part as never;
  }
  throw toolFault(`one message of role ${role} with one part of type ${type}`);
}
