// Generated from the schemas of messages by `npm run generate`. Edit src/core/messages, not this file.
import type { GeneratedLayout } from "../schema/index.ts";

export const messageLayouts: readonly GeneratedLayout[] = [
  {
    build: (values) => ({
      schema_version: values[0],
      role: values[1],
      content: values[2],
      channel: values[3],
    }),
  },
  { build: (values) => ({ content_type: values[0], text: values[1] }) },
  { build: (values) => ({ content_type: values[0], content: values[1] }) },
  {
    build: (values) => ({
      tool_call_id: values[0],
      name: values[1],
      arguments: values[2],
      namespace: values[3],
    }),
  },
  {
    build: (values) => ({
      tool_call_id: values[0],
      tool_name: values[1],
      content: values[2],
      is_error: values[3],
    }),
  },
  {
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
    build: (values) => ({
      prompt_request_id: values[0],
      name: values[1],
      arguments: values[2],
      server_id: values[3],
    }),
  },
  { build: (values) => ({ type: values[0], data: values[1], media_type: values[2] }) },
  {
    build: (values) => ({
      type: values[0],
      data: values[1],
      media_type: values[2],
      duration_ms: values[3],
    }),
  },
  {
    build: (values) => ({
      type: values[0],
      data: values[1],
      media_type: values[2],
      title: values[3],
    }),
  },
  {
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
