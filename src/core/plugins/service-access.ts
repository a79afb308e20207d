/** The host's services: which it supplies, and which plugins declare them. */
import { apply, newRecord } from "../data/intrinsics.ts";
import type { Handles, Service } from "../hooks/index.ts";
import type { Member } from "./handler-step.ts";
import type { GivenServices } from "./manager-options.ts";
import type { Surface } from "./profile.ts";

/** For each service capability, whether the host supplies it, and which plugins declare it. */
export interface CapabilityReport {
  readonly [capability: string]: {
    readonly supplied: boolean;
    readonly plugins: readonly string[];
  };
}

/** The services of a host, as contexts need them. */
export function servicesOf({ services, profile }: Surface): readonly Service[] {
  return Object.entries(services).map(([capability, { accessor }]) =>
    Object.freeze({
      capability,
      accessor,
      spelling: profile.accessorSpelling === "snake" ? snake(accessor) : accessor,
    }),
  );
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** Returns what is supplied, by accessor, on a record of the manager's own. */
export function handlesOf({ services }: Surface, { source, properties }: GivenServices): Handles {
  const handles = newRecord() as Record<string, () => unknown>;
  for (const { accessor, handle } of Object.values(services)) {
    const given = properties[handle];
    if (given === undefined) continue;
    const { get, value } = given;
    // Not `get.call`: a patched `call` would get hold of all of the host's services.
    handles[accessor] = get === undefined ? () => value : () => apply(get, source, []);
  }
  return Object.freeze(handles);
}

/** Made with the manager: all of it is known by then, and no plugin can watch it being made. */
export function reportOf(
  { services }: Surface,
  members: readonly Member[],
  { properties }: GivenServices,
): CapabilityReport {
  const report = Object.entries(services).map(([capability, { handle }]) => {
    const given = properties[handle];
    const plugins = members
      .filter(({ state }) => state.services[capability] === true)
      .map(({ state }) => state.name)
      .sort();
    const isSupplied =
      given !== undefined && (given.get !== undefined || (given.value ?? null) !== null);
    return [capability, Object.freeze({ supplied: isSupplied, plugins: Object.freeze(plugins) })];
  });
  return Object.freeze(Object.fromEntries(report));
}
