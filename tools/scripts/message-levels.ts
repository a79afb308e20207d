/** Writes the constructors of the levels that messages are made of. */
import * as z from "zod";
import { messageObject, partSchemas } from "../../src/core/messages/schemas.ts";
import { listSource } from "./list-source.ts";

/** The keys of each level, none twice. */
function levels(): readonly (readonly string[])[] {
  const shapes = partSchemas.flatMap(({ shape }) => {
    const content = "content" in shape ? shape.content : undefined;
    return content instanceof z.ZodObject ? [shape, content.shape] : [shape];
  });
  const all = [messageObject.shape, ...shapes].map((shape) => Object.keys(shape));
  return [...new Map(all.map((keys) => [keys.join(), keys])).values()];
}

export function messageLevelsSource(): string {
  return `// Generated from the schemas of messages by \`npm run generate\`. Edit those, not this file.
import type { ObjectBuilder } from "../schema/index.ts";

/** One literal a level: every object of it has one shape, and is made at once. */
export const messageLevels: readonly ObjectBuilder[] = [
${levels().map(levelSource).join("\n")}
];
`;
}

function levelSource(keys: readonly string[]): string {
  const fields = keys.map((key, place) => `      ${key}: values[${place}],`);
  return `  {
    keys: ${listSource(keys.map((key) => JSON.stringify(key)))},
    build: (values) => ({
${fields.join("\n")}
    }),
  },`;
}
