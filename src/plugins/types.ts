/** The types a plugin author meets: the manifest, its handlers, and what they are handed. */
import type {
  Allow,
  Conditions,
  Denial,
  HookTable,
  Mode,
  OnError,
  PayloadInputOf,
  PayloadOf,
  PluginContext,
} from "../hooks/index.ts";
import type { CapabilityIn, ProposalOf, SlotTable, ViewOf } from "../slots/index.ts";

/** What a message handler may hand back beside allow and deny. Any other key is refused. */
export interface Changed<Payload, Proposal> {
  readonly modifiedPayload?: Payload | undefined;
  readonly modifiedExtensions?: Proposal | undefined;
  /** Facts for the host, kept under the plugin's name. */
  readonly metadata?: { readonly [key: string]: unknown } | undefined;
}

type Returned<Payload, Proposal> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without `return` has this type.
  void | null | undefined | Allow | Denial | Changed<Payload, Proposal>;

/** A handler of one hook. Take three parameters to be handed the extensions. */
export type Handler<
  Table extends SlotTable,
  Hooks extends HookTable,
  Hook extends keyof Hooks,
  Caps extends string,
> = (
  payload: PayloadOf<Hooks[Hook]>,
  context: PluginContext,
  extensions: ViewOf<Table, Caps>,
) =>
  | Returned<PayloadInputOf<Hooks[Hook]>, ProposalOf<Table, Caps>>
  | PromiseLike<Returned<PayloadInputOf<Hooks[Hook]>, ProposalOf<Table, Caps>>>;

/** How a handler runs. The operator's word goes over it. */
export interface RunSettings {
  /** Default `sequential`. */
  readonly mode?: Mode;
  /** Low first. A whole number, default 100. */
  readonly priority?: number;
  /** Default `fail`; for `transform` and `audit`, `ignore`. */
  readonly onError?: OnError;
  /** Milliseconds a waiting handler has; `null` for no deadline. Default: the manager's, 30 s. */
  readonly timeoutMs?: number | null;
  /** Which calls it is for. Default: all. */
  readonly conditions?: Conditions;
}

/** A handler with settings. */
export interface HookEntry<Fn> extends RunSettings {
  readonly handler: Fn;
  /** Whether it takes extensions, where its arity does not show it (mocks, rest parameters). */
  readonly extensions?: boolean;
}

/** What `definePlugin` takes. */
export interface PluginManifest<
  Table extends SlotTable,
  Hooks extends HookTable,
  Caps extends readonly CapabilityIn<Table>[],
> {
  /** 3 to 64 lower-case letters, digits and hyphens, beginning with a letter. */
  readonly name: string;
  /** A semantic version. */
  readonly version: string;
  readonly description?: string;
  /** What the plugin may see and change. Default: nothing gated. */
  readonly capabilities?: Caps;
  readonly hooks: {
    readonly [Hook in keyof Hooks]?:
      | Handler<Table, Hooks, Hook, Caps[number]>
      | HookEntry<Handler<Table, Hooks, Hook, Caps[number]>>;
  };
  /** Plugins that come before this one. */
  readonly dependsOn?: readonly string[];
}

/** A defined plugin: frozen, read once. */
export interface Plugin {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** As declared, without repeats, sorted. */
  readonly capabilities: readonly string[];
  /** The hooks it has a handler for, sorted. */
  readonly hooks: readonly string[];
  readonly dependsOn: readonly string[];
}
