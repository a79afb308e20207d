import { createStamp } from "../data/index.ts";
import {
  type HookTable,
  joinHooks,
  type OperationHookOf,
  type StandardHooks,
  standardHooks,
} from "../hooks/index.ts";
import { partsOf, serializePart, toPolicyInput } from "../messages/index.ts";
import {
  type CoreHandler,
  type CoreHandlerInput,
  defineServices,
  type HostProfile,
  type ManagerOptions,
  type Plugin,
  type PluginManifest,
  readProfile,
  type ServiceCapability,
  type ServiceTable,
  type Surface,
} from "../plugins/index.ts";
import type { WireFunctions } from "../remote/index.ts";
import {
  type CapabilityIn,
  compileSlots,
  defineSlots,
  joinSlots,
  type SlotTable,
  type StandardSlots,
  standardSlots,
} from "../slots/index.ts";
import type { EnvelopeFunctions } from "./envelope-functions.ts";
import type { HostParts } from "./functions.ts";
import * as functions from "./functions.ts";
import type { PluginManager } from "./plugin-manager.ts";

/** Everything that is bound to one host's slots, hooks and services. */
export interface Host<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable = Nothing,
> extends EnvelopeFunctions<Table>,
    WireFunctions<Table, Hooks> {
  /** Describes the parts of a message, with extensions of any host; see `partsOf`. */
  readonly partsOf: typeof partsOf;
  /** A part as data; see `serializePart`. */
  readonly serializePart: typeof serializePart;
  /** A part for a policy engine; see `toPolicyInput`. */
  readonly toPolicyInput: typeof toPolicyInput;
  /**
   * The names of the slots, so that none is spelled by hand.
   *
   * @example
   * ```ts
   * import { slotNames } from "glassine";
   *
   * console.log(slotNames.security); // security
   * ```
   */
  readonly slotNames: { readonly [Slot in keyof Table & string]: Slot };
  /**
   * The names of the capabilities.
   *
   * @example
   * ```ts
   * import { capabilities } from "glassine";
   *
   * console.log(capabilities.read_labels); // read_labels
   * ```
   */
  readonly capabilities: {
    readonly [Name in CapabilityIn<Table> | ServiceCapability<Services>]: Name;
  };
  /**
   * The names of the hooks.
   *
   * @example
   * ```ts
   * import { hookNames } from "glassine";
   *
   * console.log(hookNames["cmf.llm_input"]); // cmf.llm_input
   * ```
   */
  readonly hookNames: { readonly [Hook in keyof Hooks & string]: Hook };
  /**
   * Defines a plugin: read once, checked, frozen. The type of a handler's `extensions` is cut
   * to what `capabilities` open.
   *
   * @throws ManifestError `manifest_invalid`, with every problem in `problems`
   * @see spec `dispatch:arity`
   * @example
   * ```ts
   * import { definePlugin } from "glassine";
   *
   * const reader = definePlugin({
   *   name: "label-reader",
   *   version: "1.0.0",
   *   capabilities: ["read_labels"],
   *   hooks: {
   *     message_pre_invoke(message, context, extensions) {
   *       return { metadata: { labels: extensions.security.labels.length } };
   *     },
   *   },
   * });
   * console.log(reader.hooks); // [ 'message_pre_invoke' ]
   * ```
   */
  readonly definePlugin: <
    const Caps extends readonly (CapabilityIn<Table> | ServiceCapability<Services>)[] = [],
  >(
    manifest: PluginManifest<Table, Hooks, Caps, Services>,
  ) => Plugin<Caps[number]>;
  /**
   * Defines a handler of the host's own on a hook whose semantic is not `message`, for
   * `createPluginManager({ core })`. It is held to its capabilities as a plugin is.
   *
   * @throws ManifestError `manifest_invalid`, with every problem in `problems`
   * @see spec `plugins:core`
   */
  readonly defineCoreHandler: <
    const Hook extends OperationHookOf<Hooks>,
    const Caps extends readonly (CapabilityIn<Table> | ServiceCapability<Services>)[] = [],
  >(
    handler: CoreHandlerInput<Table, Hooks, Services, Hook, Caps>,
  ) => CoreHandler;
  /**
   * Registers plugins, orders them and returns a manager. Plugins register nowhere else.
   *
   * All of them register, or none.
   *
   * @throws ManifestError (as a rejection) `plugin_duplicate`; `manifest_invalid` for a host of
   *   another version, a configuration that is not accepted, and several problems at once
   * @throws PluginDependencyError (as a rejection) `dependency_unresolved`
   * @throws GlassineError (as a rejection) `options_invalid`, `capability_unknown`,
   *   `hook_unknown`, `audit_failed`, `realm_tampered`
   * @see spec `plugins:registration`
   * @example
   * ```ts
   * import { createPluginManager, definePlugin, deny } from "glassine";
   *
   * const guard = definePlugin({
   *   name: "no-rm",
   *   version: "1.0.0",
   *   hooks: { tool_pre_invoke: ({ name }) => (name === "rm" ? deny("rm is not allowed") : undefined) },
   * });
   * const manager = await createPluginManager({ plugins: [guard] });
   * const result = await manager.invoke("tool_pre_invoke", { name: "rm" });
   * console.log(result.continueProcessing, result.violation?.reason); // false rm is not allowed
   * ```
   */
  readonly createPluginManager: <const Caps extends readonly string[] = readonly string[]>(
    options: ManagerOptions<Table, Hooks, Services, Caps>,
  ) => Promise<PluginManager<Table, Hooks>>;
}

/**
 * What `defineHost` takes: slots, hooks and services of the host's own, beside the standard ones.
 */
export interface HostDefinition<
  Slots extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable = Nothing,
  Standard extends boolean = boolean,
> {
  readonly slots?: Slots;
  readonly hooks?: Hooks;
  /** Whether the host has the standard hooks beside its own. Default true. */
  readonly standardHooks?: Standard;
  /** What capabilities of the host's own open. See `defineServices`. */
  readonly services?: Services;
  /** Names and figures of the host: default those of glassine. */
  readonly profile?: Partial<HostProfile>;
}

/** A table without entries. */
type Nothing = Record<never, never>;

/** The hooks of a host: its own, and the standard ones unless it does without. */
type HooksOf<Hooks, Standard> = Standard extends false ? Hooks : StandardHooks & Hooks;

/**
 * Defines a host: the standard slots and hooks and its own, and every function bound to them
 * and typed by them.
 *
 * A schema's checks and transforms must answer at once. In a realm that a plugin patched they are
 * only as good as what they call; see `defineSlots`.
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
  // A copy, because the host's own object must not become frozen.
  const own = defineSlots({ ...definition.slots }) as Slots;
  const table = joinSlots(standardSlots, own);
  const { standardHooks: isStandard = true, hooks: ownHooks = {} as Hooks } = definition;
  const hooks = joinHooks(isStandard ? standardHooks : {}, ownHooks) as HooksOf<Hooks, Standard>;
  const services = defineServices({ ...definition.services }) as Services;
  return bindHost(table, hooks, { services, profile: readProfile(definition.profile) });
}

/** What a host has beside slots and hooks. */
export interface HostExtras<Services extends ServiceTable> {
  readonly services: Services;
  readonly profile: HostProfile;
}

function bindHost<Table extends SlotTable, Hooks extends HookTable, Services extends ServiceTable>(
  table: Table,
  hooks: Hooks,
  extras: HostExtras<Services>,
): Host<Table, Hooks, Services> {
  return hostOf(compileHost(table, hooks, extras));
}

/** Compiles the tables of a host into what its functions work on. */
export function compileHost(
  table: SlotTable,
  hooks: HookTable,
  { services, profile }: HostExtras<ServiceTable>,
): HostParts {
  const slots = compileSlots(table);
  return { slots, surface: { hooks, capabilities: slots.capabilities, services, profile } };
}

/** The host itself: every function, bound to its parts. */
export function hostOf<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable,
>(parts: HostParts): Host<Table, Hooks, Services> {
  const { slots, surface } = parts;
  const host = { ...bindFunctions(parts), partsOf, serializePart, toPolicyInput };
  const tables = { slots: slots.table, hooks: surface.hooks, services: surface.services };
  // At run time functions know tables, not the types that are derived from them.
  return Object.freeze(inner.put(host, { surface, tables })) as unknown as Host<
    Table,
    Hooks,
    Services
  >;
}

/** Every function of a host by name. */
export function bindFunctions(parts: HostParts): { readonly [name: string]: unknown } {
  const all: readonly (readonly [string, (parts: HostParts) => unknown])[] =
    Object.entries(functions);
  return Object.fromEntries(all.map(([name, make]) => [name, make(parts)]));
}

/** The tables that a host was defined with. */
export interface HostTables {
  readonly slots: SlotTable;
  readonly hooks: HookTable;
  readonly services: ServiceTable;
}

const inner = createStamp<{ readonly surface: Surface; readonly tables: HostTables }>();

/** What plugins of a host are held against; `undefined` for what `defineHost` did not make. */
export function surfaceOf(host: unknown): Surface | undefined {
  return inner.of(host)?.surface;
}

/** What a host has; `undefined` for what `defineHost` did not make. */
export function tablesOf(host: unknown): HostTables | undefined {
  return inner.of(host)?.tables;
}
