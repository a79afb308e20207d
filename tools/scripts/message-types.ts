/** Writes the types of messages and of each kind of message part. */
import type * as z from "zod";
import { messageObject, partSchemas } from "../../src/core/messages/schemas.ts";
import { fieldsSource, type TypeNames, typeSource } from "./plain-types.ts";

const kindOfPart = (part: (typeof partSchemas)[number]) =>
  part.shape.content_type._zod.def.values[0] as string;
const parts = new Map<z.core.$ZodType, string>(
  partSchemas.map((part) => [part, `${capitalized(kindOfPart(part))}Part`]),
);

/** Names messages and parts. The input form of a part has no name of its own. */
export const messageNames: TypeNames = (schema, side) => {
  if (schema === messageObject) return side === "output" ? "Message" : "MessageInput";
  return side === "output" ? parts.get(schema) : undefined;
};
const noParts: TypeNames = (schema, side) =>
  schema === messageObject ? messageNames(schema, side) : undefined;

export function messageTypesSource(): string {
  return `// Generated from the schemas of messages by \`npm run generate\`. Edit those, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
import type { Json } from "../data/index.ts";
import type { PlainSchema } from "../slots/index.ts";

/** A message: role, content parts, channel. Plain frozen data in wire spelling. */
export type Message = { ${fieldsSource(messageObject, "output", contentOf("ContentPart")).join("\n")} };

${partSchemas.map(partSource).join("\n\n")}

/** One part of a message. */
export type ContentPart = ${[...parts.values()].join(" | ")};

/** What \`createMessage\` accepts: fields with a default may be left out. */
export type MessageInput = { ${fieldsSource(messageObject, "nullable input", contentOf("PartInput")).join("\n")} };

/** The input of a part: fields with a default may be left out. */
export type PartInput =
${partSchemas.map((part) => `  | ${partInput(part)}`).join("\n")};

/** The schema of messages, as payload of a hook. */
export interface MessageSchema extends PlainSchema<Message, MessageInput> {}
`;
}

/** Replaces the union of parts in a message with one name. */
function contentOf(name: string): TypeNames {
  return (schema, side) => (schema._zod.def.type === "union" ? name : messageNames(schema, side));
}

function partSource(part: (typeof partSchemas)[number]): string {
  return `/** A part whose \`content_type\` is \`${kindOfPart(part)}\`. */
export type ${parts.get(part)} = { ${fieldsSource(part, "output", noParts).join("\n")} };`;
}

/** A part without defaults has the same type as input and output. */
function partInput(part: (typeof partSchemas)[number]): string {
  const input = typeSource(part, "input", noParts);
  return input === typeSource(part, "output", noParts) ? (parts.get(part) as string) : input;
}

function capitalized(kind: string): string {
  return kind.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
