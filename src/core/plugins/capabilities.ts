/** Capabilities as authors write them: those of slots, and those of services. */
import * as z from "zod/mini";
import type { Surface } from "./profile.ts";
import { nameOrQuoted, orClause, plainList } from "./read-plain.ts";

export function isServiceCapability({ services }: Surface, name: string): boolean {
  return Object.hasOwn(services, name);
}

/** Whether a host knows a capability, be it of a slot or of a service. */
export function knowsCapability(surface: Surface, name: string): boolean {
  return surface.slots.capabilities.implied.has(name) || isServiceCapability(surface, name);
}

/** A schema for declared capabilities, which it sorts, without repeats. `who` declares them. */
export function capabilityList(surface: Surface, who: "plugin" | "core handler") {
  const text = "capabilities must be an array of names";
  return z.pipe(
    plainList(z.string(text), text),
    z.transform((names, { issues }): readonly string[] => {
      const distinct = [...new Set(names)].sort();
      const unknown = distinct.filter((name) => !knowsCapability(surface, name));
      if (unknown.length > 0) {
        const known = [...surface.slots.capabilities.names, ...Object.keys(surface.services)];
        const hint = unknown.length === 1 ? orClause(unknown[0] ?? "", known) : "";
        const message = `unknown ${who} capabilities: ${unknown.map(nameOrQuoted).join(", ")}${hint}`;
        issues.push({ code: "custom", message, input: names });
      }
      return Object.freeze(distinct);
    }),
  );
}

/** Says that slot capabilities without extensions are useless; `undefined` if there are none. */
export function unusedCapabilities(
  { slots }: Surface,
  who: string,
  names: readonly string[],
): string | undefined {
  const ofSlots = names.filter((name) => slots.capabilities.implied.has(name));
  if (ofSlots.length === 0) return undefined;
  return `${who} declares ${ofSlots.map(nameOrQuoted).join(", ")}, but no handler receives extensions: add a third parameter without a default, or set { handler, extensions: true }; set { handler, extensions: false } if no handler needs them`;
}
