/** Writes the types of the standard hooks: how each is dispatched, and its payload. */
import type { HookSpec, HookTable } from "../../src/core/hooks/index.ts";
import { messageSchema } from "../../src/core/messages/index.ts";
import { type Schema, zodOf } from "../../src/core/slots/index.ts";
import { docComment, type TypeNames, typeSource } from "./plain-types.ts";

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
  .map(([name, spec]) => memberSource(name, spec, coveringHook(spec, hooks)))
  .join("\n")}
};
`;
}

function memberSource(name: string, spec: HookSpec, covering: string | undefined): string {
  const doc = `${spec.description} ${pointSentence(spec, covering)}`;
  return `${docComment(doc)}readonly ${keyOf(name)}: PayloadHook<${schemaSource(spec.payload)}>;`;
}

/** Returns the hook whose handlers also run at a point. */
function coveringHook({ side }: HookSpec, hooks: HookTable): string | undefined {
  return Object.keys(hooks).find((name) => side !== undefined && hooks[name]?.covers === side);
}

function pointSentence({ side, covers }: HookSpec, covering: string | undefined): string {
  if (covers !== undefined) return "A host invokes the point, not this hook.";
  return covering === undefined
    ? "It is not a point: only its own handlers run."
    : `A ${side} point: handlers of \`${covering}\` run here, too.`;
}

function schemaSource(payload: Schema): string {
  if (payload === messageSchema) return "MessageSchema";
  const [output, input] = (["output", "input"] as const).map((side) =>
    typeSource(zodOf(payload), side, noNames),
  );
  return input === output ? `PlainSchema<${output}>` : `PlainSchema<${output}, ${input}>`;
}

function keyOf(name: string): string {
  return name.includes(".") ? JSON.stringify(name) : name;
}
