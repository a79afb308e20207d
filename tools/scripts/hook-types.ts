/** Writes the types of the standard hooks: how each is dispatched, and its payload. */
import type { HookTable } from "../../src/core/hooks/index.ts";
import { messageSchema } from "../../src/core/messages/index.ts";
import { type Schema, zodOf } from "../../src/core/slots/index.ts";
import { type TypeNames, typeSource } from "./plain-types.ts";

const noNames: TypeNames = () => undefined;

export function hookTypesSource(hooks: HookTable): string {
  return `// Generated from the standard hooks by \`npm run generate\`. Edit those, not this file.
// Types without a schema in them: the compiler reads these, and never compares zod's classes.
import type { Json } from "../data/index.ts";
import type { MessageSchema } from "../messages/index.ts";
import type { PlainSchema } from "../slots/index.ts";

/** A hook whose handlers may change a payload and its extensions. */
interface PayloadHook<Payload> {
  readonly semantic: "message";
  readonly description: string;
  readonly payload: Payload;
}

/** The standard hooks by name. */
export type StandardHooks = {
${Object.entries(hooks)
  .map(([name, { payload }]) => `  readonly ${keyOf(name)}: PayloadHook<${schemaSource(payload)}>;`)
  .join("\n")}
};
`;
}

function schemaSource(payload: Schema): string {
  if (payload === messageSchema) return "MessageSchema";
  const [output, input] = (["output", "input"] as const).map((side) =>
    typeSource(zodOf(payload), side, noNames),
  );
  return `PlainSchema<${output}, ${input}>`;
}

function keyOf(name: string): string {
  return name.includes(".") ? JSON.stringify(name) : name;
}
