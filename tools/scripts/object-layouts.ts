/** Writes the literals of the levels that come often: see src/core/schema/object-layout.ts. */
import * as z from "zod/mini";
import { messageObject, partSchemas } from "../../src/core/messages/schemas.ts";
import { compileSlots, type Node, type SlotTable } from "../../src/core/slots/index.ts";

/** The envelope, and each level of which a filter withholds a part or a merge changes one. */
function slotLevels(table: SlotTable): readonly (readonly string[])[] {
  const { nodes, names } = compileSlots(table);
  const inside = (node: Node): readonly (readonly string[])[] =>
    node.fields.length > 0 && (node.mixed || node.changeable)
      ? [node.fields.map(({ key }) => key), ...node.fields.flatMap(inside)]
      : [];
  return [names, ...nodes.flatMap(inside)];
}

/** A message, its parts, and what is in them: the keys of each, none twice. */
function messageLevels(): readonly (readonly string[])[] {
  const shapes = partSchemas.flatMap(({ shape }) => {
    const content = "content" in shape ? shape.content : undefined;
    return content instanceof z.ZodMiniObject ? [shape, content.shape] : [shape];
  });
  const all = [messageObject.shape, ...shapes].map((shape) => Object.keys(shape));
  return [...new Map(all.map((keys) => [keys.join(), keys])).values()];
}

/** Both have to be formatted. */
export function slotLayoutsSource(table: SlotTable): string {
  const layouts = slotLevels(table).map(
    (keys) => `{ ${buildSource(keys)}, ${valuesSource(keys)} }`,
  );
  return source("the slot table", "slots", "slotLayouts", layouts);
}

export function messageLayoutsSource(): string {
  const layouts = messageLevels().map((keys) => `{ ${buildSource(keys)} }`);
  return source("the schemas of messages", "messages", "messageLayouts", layouts);
}

function source(from: string, room: string, name: string, layouts: readonly string[]): string {
  return `// Generated from ${from} by \`npm run generate\`. Edit src/core/${room}, not this file.
import type { GeneratedLayout } from "../schema/index.ts";

export const ${name}: readonly GeneratedLayout[] = [${layouts.join(", ")}];
`;
}

function buildSource(keys: readonly string[]): string {
  return `build: (values) => ({ ${keys.map((key, i) => `${key}: values[${i}]`).join(", ")} })`;
}

function valuesSource(keys: readonly string[]): string {
  return `values: (level) => [${keys.map((key) => `level.${key}`).join(", ")}]`;
}
