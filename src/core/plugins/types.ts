/** The types for plugin authors: the manifest, its handlers, and what they are passed. */
import type {
  Allow,
  Conditions,
  Denial,
  HookSpec,
  HookTable,
  Mode,
  OnError,
  OperationOf,
  PayloadInputOf,
  PayloadOf,
  PluginContext,
  RequestScope,
  StandardHooks,
  StreamMode,
  StreamProgress,
} from "../hooks/index.ts";
import type {
  CapabilityIn,
  ExtensionsInputOf,
  ExtensionsOf,
  ProposalOf,
  SlotTable,
  StandardSlots,
  ViewOf,
  WithImplied,
} from "../slots/index.ts";
import type { AccessorsOf, ServiceCapability, ServiceTable } from "./define-services.ts";
import type { PluginHealth } from "./health.ts";

/** What a message handler may return instead of `allow` and `deny`. Any other key is refused. */
export interface Changed<Payload, Proposal> {
  readonly modifiedPayload?: Payload | undefined;
  readonly modifiedExtensions?: Proposal | undefined;
  /** Facts for the host, kept under the plugin's name. */
  readonly metadata?: { readonly [key: string]: unknown } | undefined;
}

/**
 * A compiler's message about a wrong result shows this name, and `Keys`, the keys of `Changed`: what
 * a handler can return.
 */
// biome-ignore lint/correctness/noUnusedVariables: See above.
type AllowDenyOr<Keys extends keyof Changed<Payload, Proposal>, Payload, Proposal> =
  // biome-ignore lint/suspicious/noConfusingVoidType: a handler without `return` has this type.
  void | null | undefined | Allow | Denial | Changed<Payload, Proposal>;

/** What a handler of a hook returns, by the hook's semantic. */
type ReturnOf<Spec extends HookSpec, Proposal> = {
  readonly message: AllowDenyOr<
    "modifiedPayload" | "modifiedExtensions" | "metadata",
    PayloadInputOf<Spec>,
    Proposal
  >;
  readonly voting: Allow | Denial;
  readonly filter_chain: PayloadInputOf<Spec>;
  readonly score_delta: { readonly [id: string]: number } | ReadonlyMap<string, number>;
  readonly fire_and_forget: unknown;
}[Spec["semantic"]];

/** The table of a host without services. */
type Nothing = Record<never, never>;

/** The second argument of a handler: services by the capabilities it declared. */
type ContextOf<
  Spec extends HookSpec,
  Services extends ServiceTable,
  Caps extends string,
> = WithServices<PluginContext<OperationOf<Spec>>, Services, Caps>;

/** A context with the accessors that the capabilities open; the plain context if they open none. */
type WithServices<Context, Services extends ServiceTable, Caps extends string> = [
  ServiceCapability<Services> & Caps,
] extends [never]
  ? Context
  : Context & AccessorsOf<Services, Caps>;

/**
 * A handler of one hook. Declare three parameters to be passed the extensions. Compiler messages
 * show the first type arguments, and cut off the tables, which are long. The root entry exports a
 * type of this name for the standard host: whoever reads a message finds that.
 */
export type HookHandler<
  Hook extends keyof Hooks,
  Caps extends string,
  Hooks extends HookTable,
  Table extends SlotTable,
  Services extends ServiceTable = Nothing,
> = (
  this: void,
  payload: PayloadOf<Hooks[Hook]>,
  context: ContextOf<Hooks[Hook], Services, Caps>,
  extensions: ViewOf<Table, Caps>,
) =>
  | ReturnOf<Hooks[Hook], ProposalOf<Table, Caps>>
  | PromiseLike<ReturnOf<Hooks[Hook], ProposalOf<Table, Caps>>>;

/** How a handler runs. The operator's settings override it. */
export interface RunSettings {
  /** Default `sequential`. */
  readonly mode?: Mode | undefined;
  /** Lower runs first. A whole number, default 100. */
  readonly priority?: number | undefined;
  /** Default `fail`; for `transform` and `audit`, `ignore`. */
  readonly onError?: OnError | undefined;
  /** The handler's deadline in milliseconds; `null` for none. Default: the manager's, 30 s. */
  readonly timeoutMs?: number | null | undefined;
  /** Which calls it handles. Default: all. */
  readonly conditions?: Conditions | undefined;
  /**
   * On hooks whose messages can be streamed: what it needs to see before text may be forwarded.
   * Default `buffer`, the whole message. The operator's setting can only be stricter.
   */
  readonly stream?: StreamMode | undefined;
}

/** A handler with settings. */
export interface HookEntry<Fn> extends RunSettings {
  readonly handler: Fn;
  /** Whether it takes extensions, if its arity does not show that (mocks, rest parameters). */
  readonly extensions?: boolean | undefined;
}

/** A handler with settings, by the semantic: all but the deadline are for message hooks. */
type EntryOf<Spec extends HookSpec, Fn> = Spec["semantic"] extends "message"
  ? HookEntry<Fn>
  : Pick<HookEntry<Fn>, "handler" | "extensions" | "timeoutMs">;

/** Anything that reads a value: a zod schema, or any object with one of these methods. */
export type ConfigSchema<Config> =
  | { safeParse(value: unknown): { success: true; data: Config } | { success: false } }
  | { parse(value: unknown): Config };

/** What `definePlugin` takes. `Caps` are the declared capabilities, by default none. */
export interface PluginManifest<
  Table extends SlotTable = StandardSlots,
  Hooks extends HookTable = StandardHooks,
  Caps extends readonly (CapabilityIn<Table> | ServiceCapability<Services>)[] = [],
  Services extends ServiceTable = Nothing,
> {
  /** 3 to 64 lower-case letters, digits and hyphens, beginning with a letter. */
  readonly name: string;
  /** A semantic version. */
  readonly version: string;
  readonly description?: string | undefined;
  /** The range of host versions that it runs on. Default: the profile's, `*`. */
  readonly requiresHost?: string | undefined;
  /** What the plugin may see, change and use. Default: nothing gated. */
  readonly capabilities?: Caps;
  /** If false, at most one of its handlers runs at a time in each manager. Default true. */
  readonly asyncSafe?: boolean | undefined;
  readonly hooks?:
    | {
        readonly [Hook in keyof Hooks]?:
          | HookHandler<Hook, Caps[number], Hooks, Table, Services>
          | EntryOf<Hooks[Hook], HookHandler<Hook, Caps[number], Hooks, Table, Services>>;
      }
    | undefined;
  /** Values for the host, which may mount them or not. The library does not look at them. */
  readonly routes?: readonly unknown[] | undefined;
  /** Reports the plugin's health, with `health(status, message?)`. Not a hook. */
  readonly healthCheck?:
    | ((
        this: void,
        context: WithServices<PluginContext, Services, Caps[number]>,
      ) => PluginHealth | PromiseLike<PluginHealth>)
    | undefined;
  /** Reads the plugin's configuration; its output is `context.config`. */
  readonly configSchema?: ConfigSchema<unknown> | undefined;
  /**
   * Plugins that must be registered, too. On message hooks they run before this one if mode and
   * priority are the same; on other hooks, handlers run in order of their names.
   */
  readonly dependsOn?: readonly string[] | undefined;
}

/** A defined plugin: frozen, read once. `Caps` are its capabilities, if the compiler knows them. */
export interface Plugin<Caps extends string = string> {
  readonly name: string;
  readonly version: string;
  readonly description: string | undefined;
  /** As declared; `undefined` for the host's default. */
  readonly requiresHost: string | undefined;
  /** As declared, without repeats, sorted. */
  readonly capabilities: readonly Caps[];
  readonly asyncSafe: boolean;
  /** The hooks it has a handler for, sorted. */
  readonly hooks: readonly string[];
  readonly dependsOn: readonly string[];
}

/** The operator's settings for one plugin. They override its defaults on all of its hooks. */
export interface PluginItem<
  Table extends SlotTable = StandardSlots,
  Services extends ServiceTable = Record<never, never>,
  Caps extends string = string,
> extends RunSettings,
    Misplaced {
  readonly plugin: Plugin<Caps>;
  /** Narrows the declared capabilities to these. It can never widen them. */
  readonly grant?: readonly Grantable<Table, Services, NoInfer<Caps>>[];
  /** The plugin's own configuration. It overrides the section of the manager's `config`. */
  readonly config?: unknown;
}

/** Makes a compiler's message say what to write instead of a field that an item does not have. */
interface Misplaced {
  readonly capabilities?: { readonly error: "use grant to narrow what the plugin declares" };
}

/** What a plugin declares, and what that implies; any capability, if its type is unknown. */
type Grantable<
  Table extends SlotTable,
  Services extends ServiceTable,
  Caps extends string,
> = string extends Caps
  ? CapabilityIn<Table> | ServiceCapability<Services>
  : WithImplied<Table, Caps>;

/** Options of `invoke`. */
export interface InvokeOptions<
  Extensions = ExtensionsInputOf<StandardSlots> | ExtensionsOf<StandardSlots>,
  Operation = Readonly<Record<string, unknown>>,
> {
  readonly extensions?: Extensions | undefined;
  /** Further facts about the operation, for `context.operation`. */
  readonly operation?: Operation | undefined;
  /** Aborts the run. What was merged stays on the result. */
  readonly signal?: AbortSignal | undefined;
  /** The request's id. Default: the id of `context` or `parent`, or a fresh one. */
  readonly request?: string | undefined;
  /** The call's tenant, for plugins with a `tenants` condition. */
  readonly tenant?: string | undefined;
  /** The call's server, for plugins with a `servers` condition. Default: the one in `mcp`. */
  readonly server?: string | undefined;
  /**
   * Strings, such as credentials, to remove from the free text in records and log lines of this
   * run. Labels are not free text.
   */
  readonly secrets?: readonly string[] | undefined;
  /**
   * Whether plugins that may deny judge the payload again after a later plugin changed it, so that
   * the result holds what they allowed. Default: false. With `only`, no other plugins run; use it
   * for a payload that was changed elsewhere after an earlier run returned it. Message hooks
   * only.
   */
  readonly recheck?: boolean | "only" | undefined;
  /**
   * For a streamed message: whether the payload is all of it. Pass `{ done: false }` with what
   * has arrived so far, any number of times, then `{ done: true }` once, with the whole.
   */
  readonly stream?: StreamProgress | undefined;
  /** `context` of an earlier result of the same request: carries private state. */
  readonly context?: RequestScope | undefined;
  /**
   * The context of the handler that starts this run. Limits depth. On the same manager, this run
   * starts with the labels of the outer one. Labels that it adds join the outer one, from another
   * manager only those that the handler may add.
   */
  readonly parent?: object | undefined;
}
