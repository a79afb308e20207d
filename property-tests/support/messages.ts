/** Documents of messages that the schemas accept, including messages in messages. */
import fc from "fast-check";
import { partSchemas } from "../../src/core/messages/schemas.ts";
import { isObject, type Level } from "./data.ts";
import { mapOf, texts, valuesOf } from "./schema-values.ts";

const leaves = partSchemas
  .filter((schema) => schema.shape.content_type._zod.def.values[0] !== "prompt_result")
  .map((schema) => valuesOf(schema).filter(fits));

/** Whether a part follows the rules that its types do not express. */
function fits(part: unknown): boolean {
  const { content } = part as { readonly content?: Level };
  if (!isObject(content)) return true;
  const { content: text, blob, range_start: start, range_end: end } = content;
  const isOne = content.resource_type === undefined || text == null || blob == null;
  return isOne && (typeof end !== "number" || end >= ((start as number | null) ?? 0));
}

const roles = fc.constantFrom("system", "developer", "user", "assistant", "tool");
const channels = fc.constantFrom("analysis", "commentary", "final", null);
const messageOf = (part: fc.Arbitrary<unknown>): fc.Arbitrary<Level> =>
  fc.record(
    {
      schema_version: texts,
      role: roles,
      content: fc.array(part, { maxLength: 4 }),
      channel: channels,
    },
    { requiredKeys: ["role"] },
  );

const promptResultOf = (message: fc.Arbitrary<Level>) =>
  fc.record({
    content_type: fc.constant("prompt_result"),
    content: fc.record(
      {
        prompt_request_id: texts,
        prompt_name: texts,
        messages: fc.array(message, { maxLength: 2 }),
        content: fc.option(texts),
        is_error: fc.boolean(),
        error_message: fc.option(texts),
      },
      { requiredKeys: ["prompt_request_id", "prompt_name"] },
    ),
  });

const leaf = fc.oneof(...leaves);

const partDocuments: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 12, arbitrary: leaf },
  {
    weight: 1,
    arbitrary: promptResultOf(messageOf(fc.oneof(leaf, promptResultOf(messageOf(leaf))))),
  },
);

/** Messages as they can arrive over the wire. */
export const messageDocuments: fc.Arbitrary<Level> = messageOf(partDocuments);

/** Fields that no schema has. */
export const unknownFields = mapOf(
  texts.map((text) => `x-${text}`),
  fc.oneof(texts, fc.constant(null)),
  2,
);
