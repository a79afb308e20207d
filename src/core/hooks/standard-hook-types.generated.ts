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
  readonly evaluate: PayloadHook<MessageSchema>;
  readonly "cmf.llm_input": PayloadHook<MessageSchema>;
  readonly "cmf.llm_output": PayloadHook<MessageSchema>;
  readonly "cmf.tool_pre_invoke": PayloadHook<MessageSchema>;
  readonly "cmf.tool_post_invoke": PayloadHook<MessageSchema>;
  readonly "cmf.prompt_pre_fetch": PayloadHook<MessageSchema>;
  readonly "cmf.prompt_post_fetch": PayloadHook<MessageSchema>;
  readonly "cmf.resource_pre_fetch": PayloadHook<MessageSchema>;
  readonly "cmf.resource_post_fetch": PayloadHook<MessageSchema>;
  readonly "cmf.mcp_request": PayloadHook<MessageSchema>;
  readonly "cmf.mcp_response": PayloadHook<MessageSchema>;
  readonly "cmf.mcp_notification": PayloadHook<MessageSchema>;
  readonly message_pre_invoke: PayloadHook<MessageSchema>;
  readonly message_post_invoke: PayloadHook<MessageSchema>;
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
  readonly tool_post_invoke: PayloadHook<
    PlainSchema<
      { readonly name: string; readonly result: Json },
      { readonly name: string; readonly result: Json }
    >
  >;
  readonly prompt_pre_fetch: PayloadHook<
    PlainSchema<
      { readonly prompt_id: string; readonly args: { readonly [key: string]: string } },
      { readonly prompt_id: string; readonly args?: { readonly [key: string]: string } | undefined }
    >
  >;
  readonly prompt_post_fetch: PayloadHook<
    PlainSchema<
      { readonly prompt_id: string; readonly result: Json },
      { readonly prompt_id: string; readonly result: Json }
    >
  >;
  readonly resource_pre_fetch: PayloadHook<
    PlainSchema<
      { readonly uri: string; readonly metadata: { readonly [key: string]: Json } },
      { readonly uri: string; readonly metadata?: { readonly [key: string]: Json } | undefined }
    >
  >;
  readonly resource_post_fetch: PayloadHook<
    PlainSchema<
      { readonly uri: string; readonly content: Json },
      { readonly uri: string; readonly content: Json }
    >
  >;
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
  readonly agent_post_invoke: PayloadHook<
    PlainSchema<
      {
        readonly agent_id: string;
        readonly messages: readonly { readonly [key: string]: Json }[];
        readonly tool_calls?: readonly { readonly [key: string]: Json }[] | undefined;
      },
      {
        readonly agent_id: string;
        readonly messages: readonly { readonly [key: string]: Json }[];
        readonly tool_calls?: readonly { readonly [key: string]: Json }[] | undefined;
      }
    >
  >;
};
