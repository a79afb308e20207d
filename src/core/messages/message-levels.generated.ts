// Generated from the schemas of messages by `npm run generate`. Edit those, not this file.
import type { ObjectBuilder } from "../schema/index.ts";

/** One literal a level: every object of it has one shape, and is made at once. */
export const messageLevels: readonly ObjectBuilder[] = [
  {
    keys: ["schema_version", "role", "content", "channel"],
    build: (values) => ({
      schema_version: values[0],
      role: values[1],
      content: values[2],
      channel: values[3],
    }),
  },
  {
    keys: ["content_type", "text"],
    build: (values) => ({
      content_type: values[0],
      text: values[1],
    }),
  },
  {
    keys: ["content_type", "content"],
    build: (values) => ({
      content_type: values[0],
      content: values[1],
    }),
  },
  {
    keys: ["tool_call_id", "name", "arguments", "namespace"],
    build: (values) => ({
      tool_call_id: values[0],
      name: values[1],
      arguments: values[2],
      namespace: values[3],
    }),
  },
  {
    keys: ["tool_call_id", "tool_name", "content", "is_error"],
    build: (values) => ({
      tool_call_id: values[0],
      tool_name: values[1],
      content: values[2],
      is_error: values[3],
    }),
  },
  {
    keys: [
      "resource_request_id",
      "uri",
      "name",
      "description",
      "resource_type",
      "content",
      "blob",
      "mime_type",
      "size_bytes",
      "annotations",
      "version",
    ],
    build: (values) => ({
      resource_request_id: values[0],
      uri: values[1],
      name: values[2],
      description: values[3],
      resource_type: values[4],
      content: values[5],
      blob: values[6],
      mime_type: values[7],
      size_bytes: values[8],
      annotations: values[9],
      version: values[10],
    }),
  },
  {
    keys: [
      "resource_request_id",
      "uri",
      "name",
      "resource_type",
      "range_start",
      "range_end",
      "selector",
    ],
    build: (values) => ({
      resource_request_id: values[0],
      uri: values[1],
      name: values[2],
      resource_type: values[3],
      range_start: values[4],
      range_end: values[5],
      selector: values[6],
    }),
  },
  {
    keys: ["prompt_request_id", "name", "arguments", "server_id"],
    build: (values) => ({
      prompt_request_id: values[0],
      name: values[1],
      arguments: values[2],
      server_id: values[3],
    }),
  },
  {
    keys: ["type", "data", "media_type"],
    build: (values) => ({
      type: values[0],
      data: values[1],
      media_type: values[2],
    }),
  },
  {
    keys: ["type", "data", "media_type", "duration_ms"],
    build: (values) => ({
      type: values[0],
      data: values[1],
      media_type: values[2],
      duration_ms: values[3],
    }),
  },
  {
    keys: ["type", "data", "media_type", "title"],
    build: (values) => ({
      type: values[0],
      data: values[1],
      media_type: values[2],
      title: values[3],
    }),
  },
  {
    keys: ["prompt_request_id", "prompt_name", "messages", "content", "is_error", "error_message"],
    build: (values) => ({
      prompt_request_id: values[0],
      prompt_name: values[1],
      messages: values[2],
      content: values[3],
      is_error: values[4],
      error_message: values[5],
    }),
  },
];
