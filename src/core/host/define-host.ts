import { expectOptions, expectTable, readOption } from "../data/index.ts";
import { createStamp } from "../data/intrinsics.ts";
import { type HookTable, joinHooks, type StandardHooks, standardHooks } from "../hooks/index.ts";
import {
  defineServices,
  type HostProfile,
  readProfile,
  type ServiceTable,
  type Surface,
} from "../plugins/index.ts";
import {
  compileSlots,
  joinSlots,
  type SlotTable,
  type StandardSlots,
  standardSlots,
} from "../slots/index.ts";
import * as functions from "./functions.ts";
import type { Host } from "./host.ts";
import * as remoteFunctions from "./remote-functions.ts";

/**
 * What `defineHost` takes: the host's own slots, hooks and services, on top of the standard ones.
 */
export interface HostDefinition<
  Slots extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable = Nothing,
  Standard extends boolean = boolean,
> {
  readonly slots?: Slots;
  readonly hooks?: Hooks;
  /** Whether the host also has the standard hooks. Default true. */
  readonly standardHooks?: Standard;
  /** Services that the host's own capabilities open. See `defineServices`. */
  readonly services?: Services;
  /** The host's names and numbers. Default: glassine's. */
  readonly profile?: Partial<HostProfile>;
}

const names = ["slots", "hooks", "standardHooks", "services", "profile"];

/** A table without entries. */
type Nothing = Record<never, never>;

/** A host's hooks: its own and, unless it opts out, the standard ones. */
type HooksOf<Hooks, Standard> = Standard extends false ? Hooks : StandardHooks & Hooks;

/**
 * Defines a host: the standard slots and hooks plus its own, with every function bound to them and
 * typed by them.
 *
 * A schema's checks and transforms must be synchronous. If a plugin patches the realm, they are
 * only as safe as the built-ins they call; see `defineSlots`.
 *
 * @throws GlassineError `slot_invalid`, `hook_invalid`, `service_invalid`, `options_invalid`
 * @see spec `envelope:host-slots`
 * @example
 * ```ts
 * import { defineHost } from "glassine/host";
 * import * as z from "zod";
 *
 * const host = defineHost({
 *   slots: {
 *     billing: {
 *       tier: "immutable",
 *       read: "read_billing",
 *       description: "Who pays.",
 *       schema: z.object({ account: z.string() }),
 *     },
 *   },
 * });
 * const extensions = host.createExtensions({ billing: { account: "acme" } });
 * const view = host.filterExtensions(extensions, ["read_billing"]);
 * console.log(view.billing?.account); // acme
 * ```
 */
export function defineHost<
  const Slots extends SlotTable = Nothing,
  const Hooks extends HookTable = Nothing,
  const Services extends ServiceTable = Nothing,
  const Standard extends boolean = true,
>(
  definition: HostDefinition<Slots, Hooks, Services, Standard>,
): Host<StandardSlots & Slots, HooksOf<Hooks, Standard>, Services> {
  expectOptions(definition, names, "defineHost");
  const table = joinSlots(standardSlots, tableIn(definition.slots, "slots"));
  const isStandard = readOption(definition, "standardHooks", "boolean") ?? true;
  const hooks = joinHooks(
    isStandard ? standardHooks : {},
    tableIn(definition.hooks, "hooks"),
  ) as HooksOf<Hooks, Standard>;
  const services = defineServices(tableIn(definition.services, "services"));
  const profile = readProfile(definition.profile);
  return hostOf({ slots: compileSlots(table), hooks, services, profile });
}

const codes = {
  slots: "slot_invalid",
  hooks: "hook_invalid",
  services: "service_invalid",
} as const;

/** Returns a copy of a table of the definition; an empty one if it has none. */
function tableIn<Table extends object>(given: Table | undefined, name: keyof typeof codes): Table {
  const table = given ?? ({} as Table);
  expectTable(table, codes[name], `defineHost: ${name}`);
  return { ...table };
}

/** Makes the host itself: every function, bound to what it knows. */
export function hostOf<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable,
>(surface: Surface): Host<Table, Hooks, Services> {
  const all: readonly (readonly [string, (surface: Surface) => unknown])[] = [
    ...Object.entries(functions),
    ...Object.entries(remoteFunctions),
  ];
  const host: object = Object.fromEntries(all.map(([name, make]) => [name, make(surface)]));
  // At run time, the functions know the tables but not the types derived from them.
  return Object.freeze(surfaces.put(host, surface)) as Host<Table, Hooks, Services>;
}

const surfaces = createStamp<Surface>();

/**
 * Returns what a host's plugins are checked against; `undefined` if `defineHost` did not make it.
 */
export const surfaceOf: (host: unknown) => Surface | undefined = surfaces.of;

/** Returns a host's tables; `undefined` if `defineHost` did not make it. */
export function tablesOf(host: unknown) {
  const surface = surfaceOf(host);
  if (surface === undefined) return undefined;
  const { slots, hooks, services } = surface;
  return { slots: slots.table, hooks, services };
}
