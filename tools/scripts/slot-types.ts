/** Writes the types of the standard slots: their values and their entries in the slot table. */

import type * as z from "zod";
import type { FieldSpec, SlotSpec, SlotTable } from "../../src/core/slots/types.ts";
import { requiredIn, typeSource } from "./plain-types.ts";

const noNames = () => undefined;

export function slotTypesSource(table: SlotTable): string {
  const slots = Object.entries(table);
  return `// Generated from the slot table by \`npm run generate\`. Edit the table, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
// Aliases, not interfaces, so that they are still values of Record<string, unknown>.
import type { Json } from "../data/index.ts";
import type { Given, PlainSchema } from "./types.ts";

${slots.map(([slot, spec]) => valueSource(slot, spec)).join("\n\n")}

/** The standard slots by name. */
export type StandardSlots = {
${slots.map(([slot, spec]) => specSource(slot, spec)).join("\n")}
};
`;
}

function valueSource(slot: string, spec: SlotSpec): string {
  const name = capitalized(slot);
  const schema = spec.schema as z.core.$ZodType;
  const required = [...requiredIn(schema)].map((key) => JSON.stringify(key)).join(" | ");
  return `/** The slot \`${slot}\`. ${spec.description} */
export type ${name}Slot = ${typeSource(schema, "output", noNames)};
type ${name}Input = Given<${name}Slot${required && `, ${required}`}>;`;
}

function specSource(slot: string, spec: SlotSpec): string {
  const name = capitalized(slot);
  return `  readonly ${slot}: {
${gatesSource(spec)}${spec.grows === undefined ? "" : `readonly grows: "${spec.grows}";`}
    readonly description: string;
    readonly schema: PlainSchema<${name}Slot, ${name}Input>;
  };`;
}

function gatesSource({ tier, read, write, fields }: FieldSpec): string {
  const own = Object.entries({ tier, read, write })
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => `readonly ${key}: "${value}";`);
  if (fields === undefined) return own.join("\n");
  const inner = Object.entries(fields).map(
    ([field, spec]) => `readonly ${field}: { ${gatesSource(spec)} };`,
  );
  return [...own, `readonly fields: { ${inner.join("\n")} };`].join("\n");
}

function capitalized(slot: string): string {
  return `${slot.slice(0, 1).toUpperCase()}${slot.slice(1)}`;
}
