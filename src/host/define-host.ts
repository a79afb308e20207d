import { GlassineError, quoted } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  defineHook,
  type HookTable,
  type PayloadInputOf,
  type PayloadOf,
  type StandardHooks,
  standardHooks,
} from "../hooks/index.ts";
import {
  type AnyManager,
  createManager,
  definePluginFor,
  type InvokeOptions,
  type ManagerOptions,
  type Plugin,
  type PluginManifest,
  type Surface,
} from "../plugins/index.ts";
import {
  type CapabilityIn,
  compileSlots,
  defineSlots,
  type ExtensionsOf,
  joinSlots,
  type SlotTable,
  type StandardSlots,
  standardSlots,
} from "../slots/index.ts";
import { serializeView, toPolicyInput, viewsOf } from "../views/index.ts";
import { bindWire, type WireFunctions } from "../wire/index.ts";
import { bindEnvelope } from "./envelope.ts";
import type { EnvelopeFunctions } from "./envelope-functions.ts";

/** What `invoke` resolves to. It never rejects for what a plugin does. */
export type InvokeResult<Payload, Extensions> = Omit<AnyInvokeResult, "payload" | "extensions"> & {
  /** The very object given, when it was frozen by this library and nothing changed it. */
  readonly payload: Payload;
  readonly extensions: Extensions;
};

/** Runs hooks. Closed: nothing can be registered after it was created. */
export interface PluginManager<Table extends SlotTable, Hooks extends HookTable>
  extends Pick<AnyManager, "close" | "plugins"> {
  /**
   * Runs a hook. Resolves with what held; a denial, a failure or an abort is a result with
   * `continueProcessing: false`, and what was merged before it stays.
   *
   * @throws GlassineError (as a rejection, for misuse only) `hook_unknown`, `payload_invalid`,
   *   `extensions_invalid`, `options_invalid`, `reentrancy`, `overloaded`, `manager_closed`
   * @see spec `dispatch:invoke`
   */
  invoke<const Hook extends keyof Hooks & string>(
    hook: Hook,
    payload: PayloadInputOf<Hooks[Hook]> | PayloadOf<Hooks[Hook]>,
    options?: InvokeOptions<ExtensionsOf<Table>>,
  ): Promise<InvokeResult<PayloadOf<Hooks[Hook]>, ExtensionsOf<Table>>>;
  /** Whether any plugin has a handler that runs on the hook. @throws GlassineError `hook_unknown` */
  handles(hook: keyof Hooks & string): boolean;
}

/** Everything that is bound to one host's slots and hooks. */
export interface Host<Table extends SlotTable, Hooks extends HookTable>
  extends EnvelopeFunctions<Table>,
    WireFunctions<Table, Hooks> {
  /** The views of a message. They take extensions of any host; see `viewsOf` of the root entry. */
  readonly viewsOf: typeof viewsOf;
  /** A view as data; see `serializeView` of the root entry. */
  readonly serializeView: typeof serializeView;
  /** A view for a policy engine; see `toPolicyInput` of the root entry. */
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
  readonly capabilities: { readonly [Name in CapabilityIn<Table>]: Name };
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
  readonly definePlugin: <const Caps extends readonly CapabilityIn<Table>[] = []>(
    manifest: PluginManifest<Table, Hooks, Caps>,
  ) => Plugin;
  /**
   * Registers plugins, orders them and gives a manager. The only place where plugins register.
   *
   * @throws GlassineError (as a rejection) `options_invalid`, `plugin_duplicate`,
   *   `dependency_unresolved`, `capability_unknown`, `hook_unknown`
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
  readonly createPluginManager: (
    options: ManagerOptions<Table, Hooks>,
  ) => Promise<PluginManager<Table, Hooks>>;
}

/** What `defineHost` takes: slots and hooks of the host's own, beside the standard ones. */
export interface HostDefinition<Slots extends SlotTable, Hooks extends HookTable> {
  readonly slots?: Slots;
  readonly hooks?: Hooks;
}

/** A table without entries. */
type Nothing = Record<never, never>;

/**
 * Defines a host: the standard slots and hooks and its own, and every function bound to them
 * and typed by them.
 *
 * A schema's checks and transforms must answer at once. In a realm that a plugin patched they are
 * only as good as what they call; see `defineSlots`.
 *
 * @throws GlassineError `slot_invalid`, `hook_invalid`
 * @see spec `envelope:host-slots`
 * @example
 * ```ts
 * import { defineHost } from "glassine";
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
>(definition: HostDefinition<Slots, Hooks>): Host<StandardSlots & Slots, StandardHooks & Hooks> {
  // A copy: the host's own object is not frozen under its hands.
  const own = defineSlots({ ...definition.slots }) as Slots;
  const table = joinSlots(standardSlots, own);
  const hooks = joinHooks(definition.hooks ?? ({} as Hooks));
  return bindHost(table, hooks);
}

export function bindHost<Table extends SlotTable, Hooks extends HookTable>(
  table: Table,
  hooks: Hooks,
): Host<Table, Hooks> {
  const slots = compileSlots(table);
  const surface: Surface = { hooks, capabilities: slots.capabilities };
  const host = {
    ...bindEnvelope<Table>(slots),
    viewsOf,
    serializeView,
    toPolicyInput,
    ...bindWire<Table, Hooks>({ slots, hooks }),
    slotNames: namesOf(slots.names),
    capabilities: namesOf(slots.capabilities.names),
    hookNames: namesOf(Object.keys(hooks)),
    definePlugin: (manifest: unknown) => definePluginFor(surface, manifest),
    createPluginManager: (options: unknown) => createManager(surface, slots, options),
  };
  return Object.freeze(host) as unknown as Host<Table, Hooks>;
}

function namesOf(names: readonly string[]): { readonly [name: string]: string } {
  return Object.freeze(Object.fromEntries(names.map((name) => [name, name])));
}

const hookPattern = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*$/;

function joinHooks<Hooks extends HookTable>(own: Hooks): StandardHooks & Hooks {
  const names = new Map(Object.keys(standardHooks).map((name) => [folded(name), name]));
  const specs = Object.entries(own).map(([name, spec]) => {
    if (!hookPattern.test(name) || name.length > 64) {
      throw new GlassineError(
        "hook_invalid",
        `A hook name is lower-case words with _ and dots; got ${quoted(name)}.`,
        { name },
      );
    }
    const clash = names.get(folded(name));
    if (clash !== undefined) {
      throw new GlassineError(
        "hook_invalid",
        `The hook ${quoted(name)} is too close to ${quoted(clash)}.`,
        { name },
      );
    }
    names.set(folded(name), name);
    return [name, defineHook({ ...spec })] as const;
  });
  return Object.freeze({ ...standardHooks, ...(Object.fromEntries(specs) as unknown as Hooks) });
}

function folded(name: string): string {
  return name.replaceAll(/[_.]/g, "");
}
