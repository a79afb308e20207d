// Generated from the standard hooks by `npm run generate`. Edit those, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
import type { Json } from "../data/index.ts";
import type { MessageSchema } from "../messages/index.ts";
import type { PlainSchema } from "../slots/index.ts";

/** A hook whose handlers may change a payload and its extensions. */
interface PayloadHook<Payload> {
  readonly semantic: "message";
  readonly description: string;
  readonly payload: Payload;
}

/** The standard hooks by name. */
export type StandardHooks = {
  /** A message is evaluated outside of any operation. It is not a point: only its own handlers run. */
  readonly evaluate: PayloadHook<MessageSchema>;
  /** A message goes to a model. A pre point: handlers of `message_pre_invoke` run here, too. */
  readonly "cmf.llm_input": PayloadHook<MessageSchema>;
  /** A message came from a model. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.llm_output": PayloadHook<MessageSchema>;
  /** A tool is about to be called. A pre point: handlers of `message_pre_invoke` run here, too. */
  readonly "cmf.tool_pre_invoke": PayloadHook<MessageSchema>;
  /** A tool has answered. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.tool_post_invoke": PayloadHook<MessageSchema>;
  /** A prompt is about to be fetched. A pre point: handlers of `message_pre_invoke` run here, too. */
  readonly "cmf.prompt_pre_fetch": PayloadHook<MessageSchema>;
  /** A prompt has been fetched. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.prompt_post_fetch": PayloadHook<MessageSchema>;
  /** A resource is about to be read. A pre point: handlers of `message_pre_invoke` run here, too. */
  readonly "cmf.resource_pre_fetch": PayloadHook<MessageSchema>;
  /** A resource has been read. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.resource_post_fetch": PayloadHook<MessageSchema>;
  /** Any other MCP request, or fields of a request that no other hook shows. A pre point: handlers of `message_pre_invoke` run here, too. */
  readonly "cmf.mcp_request": PayloadHook<MessageSchema>;
  /** The answer to such a request, or fields of an answer that no other hook shows. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.mcp_response": PayloadHook<MessageSchema>;
  /** An MCP notification: progress, a log entry. A post point: handlers of `message_post_invoke` run here, too. */
  readonly "cmf.mcp_notification": PayloadHook<MessageSchema>;
  /** Runs at every pre point. A host invokes the point, not this hook. */
  readonly message_pre_invoke: PayloadHook<MessageSchema>;
  /** Runs at every post point. A host invokes the point, not this hook. */
  readonly message_post_invoke: PayloadHook<MessageSchema>;
  /** A tool is about to be called (older payload). It is not a point: only its own handlers run. */
  readonly tool_pre_invoke: PayloadHook<
    PlainSchema<
      {
        readonly name: string;
        readonly args: { readonly [key: string]: Json };
        readonly headers?: { readonly [key: string]: string } | undefined;
      },
      {
        readonly name: string;
        readonly args?: { readonly [key: string]: Json } | undefined;
        readonly headers?: { readonly [key: string]: string } | undefined;
      }
    >
  >;
  /** A tool has answered (older payload). It is not a point: only its own handlers run. */
  readonly tool_post_invoke: PayloadHook<
    PlainSchema<{ readonly name: string; readonly result: Json }>
  >;
  /** A prompt is about to be fetched (older payload). It is not a point: only its own handlers run. */
  readonly prompt_pre_fetch: PayloadHook<
    PlainSchema<
      { readonly prompt_id: string; readonly args: { readonly [key: string]: string } },
      { readonly prompt_id: string; readonly args?: { readonly [key: string]: string } | undefined }
    >
  >;
  /** A prompt has been fetched (older payload). It is not a point: only its own handlers run. */
  readonly prompt_post_fetch: PayloadHook<
    PlainSchema<{ readonly prompt_id: string; readonly result: Json }>
  >;
  /** A resource is about to be read (older payload). It is not a point: only its own handlers run. */
  readonly resource_pre_fetch: PayloadHook<
    PlainSchema<
      { readonly uri: string; readonly metadata: { readonly [key: string]: Json } },
      { readonly uri: string; readonly metadata?: { readonly [key: string]: Json } | undefined }
    >
  >;
  /** A resource has been read (older payload). It is not a point: only its own handlers run. */
  readonly resource_post_fetch: PayloadHook<
    PlainSchema<{ readonly uri: string; readonly content: Json }>
  >;
  /** An agent is about to run (older payload). It is not a point: only its own handlers run. */
  readonly agent_pre_invoke: PayloadHook<
    PlainSchema<
      {
        readonly agent_id: string;
        readonly messages: readonly { readonly [key: string]: Json }[];
        readonly tools?: readonly string[] | undefined;
        readonly headers?: { readonly [key: string]: string } | undefined;
        readonly model?: string | undefined;
        readonly system_prompt?: string | undefined;
        readonly parameters: { readonly [key: string]: Json };
      },
      {
        readonly agent_id: string;
        readonly messages: readonly { readonly [key: string]: Json }[];
        readonly tools?: readonly string[] | undefined;
        readonly headers?: { readonly [key: string]: string } | undefined;
        readonly model?: string | undefined;
        readonly system_prompt?: string | undefined;
        readonly parameters?: { readonly [key: string]: Json } | undefined;
      }
    >
  >;
  /** An agent has run (older payload). It is not a point: only its own handlers run. */
  readonly agent_post_invoke: PayloadHook<
    PlainSchema<{
      readonly agent_id: string;
      readonly messages: readonly { readonly [key: string]: Json }[];
      readonly tool_calls?: readonly { readonly [key: string]: Json }[] | undefined;
    }>
  >;
};
