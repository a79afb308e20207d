/** The host's services: which it supplies, and which plugins declare them. */
import type { Handles, Service } from "../hooks/index.ts";
import type { Member } from "./handler-step.ts";
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

/** Made with the manager: all of it is known by then, and no plugin can watch it being made. */
export function reportOf(
  { services }: Surface,
  members: readonly Member[],
  handles: Handles,
): CapabilityReport {
  const report = Object.entries(services).map(([capability, { accessor }]) => {
    const plugins = members
      .filter(({ state }) => state.services[capability] === true)
      .map(({ state }) => state.name)
      .sort();
    const supplied = handles[accessor] !== undefined;
    return [capability, Object.freeze({ supplied, plugins: Object.freeze(plugins) })];
  });
  return Object.freeze(Object.fromEntries(report));
}
