/**
 * The hook table of the standard host: message points, the two hooks that cover them, and the
 * older typed hooks. Source of names and payloads: CPEX and ContextForge, older generation.
 */
import * as z from "zod/mini";
import { messageSchema } from "../messages/index.ts";
import { jsonObject, jsonValue } from "../schema/index.ts";
import type { HookDefinition, HookSpec } from "./define-hook.ts";
import type { StandardHooks } from "./standard-hook-types.generated.ts";

/** The table is as `defineHooks` demands, which a test checks, not each start. */
const hook = <const Spec extends HookDefinition>(spec: Spec): Spec => Object.freeze(spec);

/** A hook on messages, whose content plugins may change. */
const onMessages = (
  description: string,
  more: Pick<HookSpec, "side" | "covers" | "streamed"> = {},
) =>
  hook({
    semantic: "message",
    description,
    payload: messageSchema,
    writable: ["content"],
    ...more,
  });
const point = (side: "pre" | "post", description: string, streamed = false) =>
  onMessages(description, { side, streamed });

/** A hook of the older generation, with its own payload, whose `headers` are deprecated. */
const older = <const Shape extends z.core.$ZodShape>(
  description: string,
  writable: readonly string[],
  shape: Shape,
) =>
  hook({
    semantic: "message",
    description: `${description} (older payload).`,
    payload: z.strictObject(shape),
    writable,
    ...("headers" in shape ? { headersField: "headers" } : {}),
  });

// Fields of the same type share a schema, because each schema adds to the startup time.
const text = z.string();
const optionalText = z.optional(text);
const textMap = z.record(text, text);
const optionalTextMap = z.optional(textMap);
const anyJson = jsonValue();
const anyObject = jsonObject();
const emptyObject = z._default(anyObject, {});
const objects = z.array(anyObject);

export const standardHooks: StandardHooks = Object.freeze({
  evaluate: onMessages("A message is evaluated outside of any operation."),
  "cmf.llm_input": point("pre", "A message goes to a model."),
  "cmf.llm_output": point("post", "A message came from a model.", true),
  "cmf.tool_pre_invoke": point("pre", "A tool is about to be called."),
  "cmf.tool_post_invoke": point("post", "A tool has answered."),
  "cmf.prompt_pre_fetch": point("pre", "A prompt is about to be fetched."),
  "cmf.prompt_post_fetch": point("post", "A prompt has been fetched."),
  "cmf.resource_pre_fetch": point("pre", "A resource is about to be read."),
  "cmf.resource_post_fetch": point("post", "A resource has been read."),
  "cmf.mcp_request": point(
    "pre",
    "Any other MCP request, or fields of a request that no other hook shows.",
  ),
  "cmf.mcp_response": point(
    "post",
    "The answer to such a request, or fields of an answer that no other hook shows.",
  ),
  "cmf.mcp_notification": point("post", "An MCP notification: progress, a log entry."),
  message_pre_invoke: onMessages("Runs at every pre point.", { covers: "pre" }),
  message_post_invoke: onMessages("Runs at every post point.", {
    covers: "post",
    // A handler may need `stream` at those points that have streams.
    streamed: true,
  }),
  tool_pre_invoke: older("A tool is about to be called", ["name", "args"], {
    name: text,
    args: emptyObject,
    headers: optionalTextMap,
  }),
  tool_post_invoke: older("A tool has answered", ["result"], { name: text, result: anyJson }),
  prompt_pre_fetch: older("A prompt is about to be fetched", ["args"], {
    prompt_id: text,
    args: z._default(textMap, {}),
  }),
  prompt_post_fetch: older("A prompt has been fetched", ["result"], {
    prompt_id: text,
    result: anyJson,
  }),
  resource_pre_fetch: older("A resource is about to be read", ["uri", "metadata"], {
    uri: text,
    metadata: emptyObject,
  }),
  resource_post_fetch: older("A resource has been read", ["content"], {
    uri: text,
    content: anyJson,
  }),
  agent_pre_invoke: older(
    "An agent is about to run",
    ["messages", "tools", "model", "system_prompt", "parameters"],
    {
      agent_id: text,
      messages: objects,
      tools: z.optional(z.array(text)),
      headers: optionalTextMap,
      model: optionalText,
      system_prompt: optionalText,
      parameters: emptyObject,
    },
  ),
  agent_post_invoke: older("An agent has run", ["messages", "tool_calls"], {
    agent_id: text,
    messages: objects,
    tool_calls: z.optional(objects),
  }),
});
