/**
 * The baseline of W5: the schema of a message as one would write it for zod alone. It takes what
 * the library takes and gives it unfrozen.
 */
import * as z from "zod";

const json = z.record(z.string(), z.unknown());
const count = z.number().int().nonnegative();
const resourceType = z.enum(["file", "blob", "uri", "database", "api", "memory", "artifact"]);
const source = {
  type: z.enum(["url", "base64"]),
  data: z.string(),
  media_type: z.string().optional(),
};

const partOf = <const Type extends string, Content extends z.ZodType>(
  type: Type,
  content: Content,
) => z.object({ content_type: z.literal(type), content });
const textOf = <const Type extends string>(type: Type) =>
  z.object({ content_type: z.literal(type), text: z.string() });

const part = z.discriminatedUnion("content_type", [
  textOf("text"),
  textOf("thinking"),
  partOf(
    "tool_call",
    z.object({
      tool_call_id: z.string(),
      name: z.string(),
      arguments: json.default({}),
      namespace: z.string().optional(),
    }),
  ),
  partOf(
    "tool_result",
    z.object({
      tool_call_id: z.string(),
      tool_name: z.string(),
      content: z.unknown(),
      is_error: z.boolean().default(false),
    }),
  ),
  partOf(
    "resource",
    z
      .object({
        resource_request_id: z.string(),
        uri: z.string(),
        name: z.string().optional(),
        description: z.string().optional(),
        resource_type: resourceType,
        content: z.string().optional(),
        blob: z.string().optional(),
        mime_type: z.string().optional(),
        size_bytes: count.optional(),
        annotations: json.default({}),
        version: z.string().optional(),
      })
      .refine(({ content, blob }) => content === undefined || blob === undefined),
  ),
  partOf(
    "resource_ref",
    z.object({
      resource_request_id: z.string(),
      uri: z.string(),
      name: z.string().optional(),
      resource_type: resourceType,
      range_start: count.optional(),
      range_end: count.optional(),
      selector: z.string().optional(),
    }),
  ),
  partOf(
    "prompt_request",
    z.object({
      prompt_request_id: z.string(),
      name: z.string(),
      arguments: json.default({}),
      server_id: z.string().optional(),
    }),
  ),
  partOf("image", z.object(source)),
  partOf("video", z.object({ ...source, duration_ms: count.optional() })),
  partOf("audio", z.object({ ...source, duration_ms: count.optional() })),
  partOf("document", z.object({ ...source, title: z.string().optional() })),
]);

export const plainMessage = z.strictObject({
  schema_version: z.string().default("2.0"),
  role: z.enum(["system", "developer", "user", "assistant", "tool"]),
  content: z.array(part).default([]),
  channel: z.enum(["analysis", "commentary", "final"]).optional(),
});
