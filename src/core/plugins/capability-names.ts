/** Capabilities as a host's authors write them: of slots, and of services. */
import { orClause } from "./near.ts";
import { nameOrQuoted, type Report, readPlainArray } from "./read-plain.ts";
import type { Surface } from "./surface.ts";

/** Whether a capability opens a service of the host. */
export function isOfService({ services }: Surface, name: string): boolean {
  return Object.hasOwn(services, name);
}

/** Whether a host knows a capability, of a slot or of a service. */
export function knowsCapability(surface: Surface, name: string): boolean {
  return surface.capabilities.has(name) || isOfService(surface, name);
}

/** Declared capabilities without repeats, sorted. `who` declares them. */
export function readCapabilities(
  surface: Surface,
  who: "plugin" | "core handler",
  value: unknown,
  report: Report,
): readonly string[] {
  const names = value === undefined ? [] : readPlainArray(value);
  if (names === undefined || !names.every((name) => typeof name === "string")) {
    report("capabilities", "capabilities must be an array of names");
    return [];
  }
  const distinct = [...new Set(names)].sort();
  const unknown = distinct.filter((name) => !knowsCapability(surface, name));
  if (unknown.length > 0) {
    const known = [...surface.capabilities.names, ...Object.keys(surface.services)];
    const hint = unknown.length === 1 ? orClause(unknown[0] as string, known) : "";
    report(
      "capabilities",
      `unknown ${who} capabilities: ${unknown.map(nameOrQuoted).join(", ")}${hint}`,
    );
  }
  return Object.freeze(distinct);
}

/** What is wrong with capabilities of slots where nothing takes extensions; `undefined` without any. */
export function unusedCapabilities(
  { capabilities }: Surface,
  who: string,
  names: readonly string[],
): string | undefined {
  const ofSlots = names.filter((name) => capabilities.has(name));
  if (ofSlots.length === 0) return undefined;
  return `${who} declares ${ofSlots.map(nameOrQuoted).join(", ")}, and no handler is passed extensions: add a third parameter without a default, or say { handler, extensions: true }; { handler, extensions: false } says that none is needed`;
}
