import type { Surface } from "../plugins/index.ts";
import { type CompiledSlots, compileSlots, type SlotTable } from "../slots/index.ts";
import type { HostParts } from "./functions.ts";

/** Compiles a host's tables into the parts that its functions work on. */
export function compileHost(table: SlotTable, surface: Omit<Surface, "capabilities">): HostParts {
  const slots = compileSlots(table);
  return hostParts(slots, { ...surface, capabilities: slots.capabilities });
}

export function hostParts(slots: CompiledSlots, surface: Surface): HostParts {
  const hooks = Object.entries(surface.hooks).filter(([, { semantic }]) => semantic === "message");
  return { slots, surface, wire: { slots, hooks: Object.fromEntries(hooks) } };
}
