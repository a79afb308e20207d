/** Writes the types of the standard slots: their values and their entries in the slot table. */

import type * as z from "zod";
import { type CompiledSlots, compileSlots, type Node } from "../../src/core/slots/index.ts";
import type { FieldSpec, SlotSpec, SlotTable } from "../../src/core/slots/types.ts";
import { either } from "./pages/markdown.ts";
import { docComment, type FieldDocs, requiredIn, typeSource } from "./plain-types.ts";

const noNames = () => undefined;

export function slotTypesSource(table: SlotTable): string {
  const slots = Object.entries(table);
  const compiled = compileSlots(table);
  const nodeOf = (slot: string) => compiled.byKey[slot] as Node;
  return `// Generated from the slot table by \`npm run generate\`. Edit the table, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
// Aliases, not interfaces, so that they are still values of Record<string, unknown>.
import type { Json } from "../data/index.ts";
import type { Given, PlainSchema } from "./types.ts";

/** A slot of which plugins can only see all or nothing. */
interface ImmutableSlot<Read, Slot, Input> {
  readonly tier: "immutable";
  readonly read: Read;
  readonly description: string;
  readonly schema: PlainSchema<Slot, Input>;
}

${slots.map(([slot, spec]) => valueSource(slot, spec, fieldDocs(nodeOf(slot), compiled))).join("\n\n")}

/** The standard slots by name. */
export type StandardSlots = {
${slots
  .map(([slot, spec]) => {
    const doc = `${spec.description} ${accessSentence(nodeOf(slot), compiled)}`;
    return docComment(doc) + specSource(slot, spec);
  })
  .join("\n")}
};
`;
}

function valueSource(slot: string, spec: SlotSpec, docs: FieldDocs): string {
  const name = capitalized(slot);
  const schema = spec.schema as z.core.$ZodType;
  const required = [...requiredIn(schema)].map((key) => JSON.stringify(key)).join(" | ");
  return `/** The slot \`${slot}\`. ${spec.description} */
export type ${name}Slot = ${typeSource(schema, "output", noNames, docs)};
type ${name}Input = Given<${name}Slot${required && `, ${required}`}>;`;
}

/** Documents the fields of slots, and of fields that have gates inside. */
function fieldDocs(parent: Node, slots: CompiledSlots): FieldDocs {
  return Object.fromEntries(
    parent.fields.map((field) => {
      const text = accessSentence(field, slots, parent);
      return [field.key, field.mixed ? { text, fields: fieldDocs(field, slots) } : { text }];
    }),
  );
}

/** Says in which tier a part is, and who sees and changes it. */
function accessSentence(part: Node, { capabilities }: CompiledSlots, parent?: Node): string {
  const readers = either(capabilities.namesOf(part.open));
  const [writer] = capabilities.namesOf(part.write);
  const shown = parent === undefined ? "Every plugin sees it" : `Shown with \`${parent.path}\``;
  const tier = capitalized(part.tier);
  const seen = readers === "" ? shown : `Shown by ${readers}`;
  if (part.tier === "immutable") return `${tier}. ${seen}.`;
  if (parent?.grows !== undefined && parent.grows !== part) {
    return `Follows from \`${parent.grows.key}\`. ${seen}.`;
  }
  if (writer === undefined) return `${tier}. ${seen} and may change it.`;
  return `${tier}. ${seen}; \`${writer}\` ${part.tier === "monotonic" ? "adds to" : "changes"} it.`;
}

function specSource(slot: string, spec: SlotSpec): string {
  const name = capitalized(slot);
  const { tier, read, write, fields, grows } = spec;
  if (tier === "immutable" && read !== undefined && (write ?? fields ?? grows) === undefined)
    return `  readonly ${slot}: ImmutableSlot<"${read}", ${name}Slot, ${name}Input>;`;
  return `  readonly ${slot}: {
${gatesSource(spec)}${grows === undefined ? "" : `readonly grows: "${grows}";`}
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
