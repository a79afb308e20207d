// Generated from the schemas of messages by `npm run generate`. Edit those, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
import type { Json } from "../data/index.ts";
import type { PlainSchema } from "../slots/index.ts";

/** A message: role, content parts, channel. Plain frozen data in wire spelling. */
export type Message = {
  readonly schema_version: string;
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content: readonly ContentPart[];
  readonly channel?: "analysis" | "commentary" | "final" | undefined;
};

/** A part whose `content_type` is `text`. */
export type TextPart = { readonly content_type: "text"; readonly text: string };

/** A part whose `content_type` is `thinking`. */
export type ThinkingPart = { readonly content_type: "thinking"; readonly text: string };

/** A part whose `content_type` is `tool_call`. */
export type ToolCallPart = {
  readonly content_type: "tool_call";
  readonly content: {
    readonly tool_call_id: string;
    readonly name: string;
    readonly arguments: { readonly [key: string]: Json };
    readonly namespace?: string | undefined;
  };
};

/** A part whose `content_type` is `tool_result`. */
export type ToolResultPart = {
  readonly content_type: "tool_result";
  readonly content: {
    readonly tool_call_id: string;
    readonly tool_name: string;
    readonly content?: Json | undefined;
    readonly is_error: boolean;
  };
};

/** A part whose `content_type` is `resource`. */
export type ResourcePart = {
  readonly content_type: "resource";
  readonly content: {
    readonly resource_request_id: string;
    readonly uri: string;
    readonly name?: string | undefined;
    readonly description?: string | undefined;
    readonly resource_type: "file" | "blob" | "uri" | "database" | "api" | "memory" | "artifact";
    readonly content?: string | undefined;
    readonly blob?: string | undefined;
    readonly mime_type?: string | undefined;
    readonly size_bytes?: number | undefined;
    readonly annotations: { readonly [key: string]: Json };
    readonly version?: string | undefined;
  };
};

/** A part whose `content_type` is `resource_ref`. */
export type ResourceRefPart = {
  readonly content_type: "resource_ref";
  readonly content: {
    readonly resource_request_id: string;
    readonly uri: string;
    readonly name?: string | undefined;
    readonly resource_type: "file" | "blob" | "uri" | "database" | "api" | "memory" | "artifact";
    readonly range_start?: number | undefined;
    readonly range_end?: number | undefined;
    readonly selector?: string | undefined;
  };
};

/** A part whose `content_type` is `prompt_request`. */
export type PromptRequestPart = {
  readonly content_type: "prompt_request";
  readonly content: {
    readonly prompt_request_id: string;
    readonly name: string;
    readonly arguments: { readonly [key: string]: Json };
    readonly server_id?: string | undefined;
  };
};

/** A part whose `content_type` is `image`. */
export type ImagePart = {
  readonly content_type: "image";
  readonly content: {
    readonly type: "url" | "base64";
    readonly data: string;
    readonly media_type?: string | undefined;
  };
};

/** A part whose `content_type` is `video`. */
export type VideoPart = {
  readonly content_type: "video";
  readonly content: {
    readonly type: "url" | "base64";
    readonly data: string;
    readonly media_type?: string | undefined;
    readonly duration_ms?: number | undefined;
  };
};

/** A part whose `content_type` is `audio`. */
export type AudioPart = {
  readonly content_type: "audio";
  readonly content: {
    readonly type: "url" | "base64";
    readonly data: string;
    readonly media_type?: string | undefined;
    readonly duration_ms?: number | undefined;
  };
};

/** A part whose `content_type` is `document`. */
export type DocumentPart = {
  readonly content_type: "document";
  readonly content: {
    readonly type: "url" | "base64";
    readonly data: string;
    readonly media_type?: string | undefined;
    readonly title?: string | undefined;
  };
};

/** A part whose `content_type` is `prompt_result`. */
export type PromptResultPart = {
  readonly content_type: "prompt_result";
  readonly content: {
    readonly prompt_request_id: string;
    readonly prompt_name: string;
    readonly messages: readonly Message[];
    readonly content?: string | undefined;
    readonly is_error: boolean;
    readonly error_message?: string | undefined;
  };
};

/** One part of a message. */
export type ContentPart =
  | TextPart
  | ThinkingPart
  | ToolCallPart
  | ToolResultPart
  | ResourcePart
  | ResourceRefPart
  | PromptRequestPart
  | ImagePart
  | VideoPart
  | AudioPart
  | DocumentPart
  | PromptResultPart;

/** What `createMessage` accepts: fields with a default may be left out. */
export type MessageInput = {
  readonly schema_version?: string | undefined;
  readonly role: "system" | "developer" | "user" | "assistant" | "tool";
  readonly content?: readonly PartInput[] | undefined;
  readonly channel?: "analysis" | "commentary" | "final" | undefined | null;
};

/** The input of a part: fields with a default may be left out. */
export type PartInput =
  | TextPart
  | ThinkingPart
  | {
      readonly content_type: "tool_call";
      readonly content: {
        readonly tool_call_id: string;
        readonly name: string;
        readonly arguments?: { readonly [key: string]: Json } | undefined;
        readonly namespace?: string | undefined;
      };
    }
  | {
      readonly content_type: "tool_result";
      readonly content: {
        readonly tool_call_id: string;
        readonly tool_name: string;
        readonly content?: Json | undefined;
        readonly is_error?: boolean | undefined;
      };
    }
  | {
      readonly content_type: "resource";
      readonly content: {
        readonly resource_request_id: string;
        readonly uri: string;
        readonly name?: string | undefined;
        readonly description?: string | undefined;
        readonly resource_type:
          | "file"
          | "blob"
          | "uri"
          | "database"
          | "api"
          | "memory"
          | "artifact";
        readonly content?: string | undefined;
        readonly blob?: string | readonly number[] | undefined;
        readonly mime_type?: string | undefined;
        readonly size_bytes?: number | undefined;
        readonly annotations?: { readonly [key: string]: Json } | undefined;
        readonly version?: string | undefined;
      };
    }
  | ResourceRefPart
  | {
      readonly content_type: "prompt_request";
      readonly content: {
        readonly prompt_request_id: string;
        readonly name: string;
        readonly arguments?: { readonly [key: string]: Json } | undefined;
        readonly server_id?: string | undefined;
      };
    }
  | ImagePart
  | VideoPart
  | AudioPart
  | DocumentPart
  | {
      readonly content_type: "prompt_result";
      readonly content: {
        readonly prompt_request_id: string;
        readonly prompt_name: string;
        readonly messages?: readonly MessageInput[] | undefined;
        readonly content?: string | undefined;
        readonly is_error?: boolean | undefined;
        readonly error_message?: string | undefined;
      };
    };

/** The schema of messages, as payload of a hook. */
export interface MessageSchema extends PlainSchema<Message, MessageInput> {}
