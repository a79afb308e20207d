/** The host's services: what it supplies, and who declares them. */
import { apply, newRecord } from "../data/intrinsics.ts";
import type { Handles, Service } from "../hooks/index.ts";
import type { Member } from "./handler-step.ts";
import type { GivenServices } from "./manager-options.ts";
import type { Surface } from "./profile.ts";

/** Of each service capability: whether the host supplies it, and who declares it. */
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

/** What is supplied, by accessor, on a record of the manager's own. */
export function handlesOf({ services }: Surface, { source, properties }: GivenServices): Handles {
  const handles = newRecord() as Record<string, () => unknown>;
  for (const { accessor, handle } of Object.values(services)) {
    const given = properties[handle];
    if (given === undefined) continue;
    const { get, value } = given;
    // A patched `call` would be handed all of the host's services.
    handles[accessor] = get === undefined ? () => value : () => apply(get, source, []);
  }
  return Object.freeze(handles);
}

/** Made when the manager is: what it says is known by then, and later nobody sees it made. */
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
