/** One part of each kind, and helpers to view parts. */
import {
  createMessage,
  type Message,
  type MessageInput,
  type PartInfo,
  type PartKind,
  type PartsOptions,
  partsOf,
} from "glassine/messages";

export type PartInput = NonNullable<MessageInput["content"]>[number];

export const parts: Readonly<Record<PartKind, PartInput>> = {
  text: { content_type: "text", text: "Lämp" },
  thinking: { content_type: "thinking", text: "hm" },
  tool_call: {
    content_type: "tool_call",
    content: {
      tool_call_id: "c-1",
      name: "read",
      namespace: "fs",
      arguments: { path: "/a", none: null },
    },
  },
  tool_result: {
    content_type: "tool_result",
    content: { tool_call_id: "c-1", tool_name: "read", content: { ok: true }, is_error: true },
  },
  resource: {
    content_type: "resource",
    content: {
      resource_request_id: "r-1",
      uri: "file:///pier/log.txt",
      name: "log",
      resource_type: "file",
      content: "lit",
      mime_type: "text/plain",
      version: "2",
      annotations: { audience: ["user"] },
    },
  },
  resource_ref: {
    content_type: "resource_ref",
    content: { resource_request_id: "r-2", uri: "db://pier/42", resource_type: "database" },
  },
  prompt_request: {
    content_type: "prompt_request",
    content: { prompt_request_id: "p-1", name: "brief", server_id: "srv", arguments: { n: 1 } },
  },
  prompt_result: {
    content_type: "prompt_result",
    content: {
      prompt_request_id: "p-1",
      prompt_name: "brief",
      content: "Brief.",
      messages: [
        { schema_version: "2.0", role: "user", content: [{ content_type: "text", text: "in" }] },
      ],
    },
  },
  image: {
    content_type: "image",
    content: { type: "url", data: "https://a/b.png", media_type: "image/png" },
  },
  video: { content_type: "video", content: { type: "base64", data: "AA", duration_ms: 1 } },
  audio: {
    content_type: "audio",
    content: { type: "base64", data: "AA", media_type: "audio/ogg" },
  },
  document: { content_type: "document", content: { type: "url", data: "https://a/b", title: "T" } },
};

export const kinds = Object.keys(parts) as readonly PartKind[];
export const roles = ["system", "developer", "user", "assistant", "tool"] as const;

export function messageOf(
  content: readonly PartInput[],
  role: Message["role"] = "assistant",
): Message {
  return createMessage({ role, content });
}

/** Returns the view of a message's only part. */
export function viewOf(
  part: PartInput,
  options: PartsOptions = {},
  role: Message["role"] = "assistant",
): PartInfo {
  return partsOf(messageOf([part], role), options)[0] as PartInfo;
}

/** Returns the view of a tool call with these arguments. */
export function callWith(args: object, options: PartsOptions = {}): PartInfo {
  const content = { tool_call_id: "c-1", name: "read", arguments: args as never };
  return viewOf({ content_type: "tool_call", content }, options);
}

/** The properties of a view, without its helpers. */
export const properties = [
  "kind",
  "role",
  "hook",
  "action",
  "isPre",
  "isPost",
  "isTool",
  "isPrompt",
  "isResource",
  "isText",
  "isMedia",
  "name",
  "uri",
  "mimeType",
  "content",
  "hasContent",
  "sizeBytes",
  "args",
  "properties",
  "environment",
  "requestId",
  "subject",
  "roles",
  "permissions",
  "teams",
  "labels",
  "headers",
  "agentInput",
  "sessionId",
  "conversationId",
  "turn",
  "agentId",
  "parentAgentId",
  "object",
  "dataPolicy",
] as readonly (keyof PartInfo)[];

/** Returns all properties of a view as data. */
export function saidBy(view: PartInfo): Readonly<Record<string, unknown>> {
  return Object.fromEntries(properties.map((name) => [name, view[name]]));
}
