/** The type of a host. The standard host's exports document what each function promises. */
import type {
  CreateOptions,
  Declassification,
  DeclassificationRecord,
  Decoded,
  DecodeOptions,
} from "../envelope/index.ts";
import type { AnyInvokeResult, HookTable, OperationHookOf } from "../hooks/index.ts";
import type {
  CoreHandler,
  CoreHandlerInput,
  ManagerOptions,
  Plugin,
  PluginManifest,
  ServiceCapability,
  ServiceTable,
} from "../plugins/index.ts";
import type {
  DecodedResult,
  DecodeResultOptions,
  DecodeTaskOptions,
  EncodeInvokeResultOptions,
  EncodeResultOptions,
  Task,
  Turn,
} from "../remote/index.ts";
import type {
  CapabilityIn,
  DraftOf,
  ExtensionsInputOf,
  ExtensionsOf,
  GrantIn,
  HopInput,
  SlotTable,
  TableIn,
  ViewOf,
  WithImplied,
} from "../slots/index.ts";
import type { Merged, MergeOptions } from "./merge-extensions.ts";
import type { PluginManager } from "./plugin-manager.ts";

/**
 * Everything that is bound to one host's slots, hooks and services. Each function is documented in
 * full at the export of its name: `createExtensions` in `glassine`, `encodeTask` in
 * `glassine/remote`.
 */
export interface Host<
  Table extends SlotTable,
  Hooks extends HookTable,
  Services extends ServiceTable = Record<never, never>,
> {
  /** The names of the slots, so that nobody has to spell them by hand. */
  readonly slotNames: { readonly [Slot in keyof Table & string]: Slot };
  /** The names of the capabilities. */
  readonly capabilities: {
    readonly [Name in CapabilityIn<Table> | ServiceCapability<Services>]: Name;
  };
  /** The names of the hooks. */
  readonly hookNames: { readonly [Hook in keyof Hooks & string]: Hook };
  /** Returns the given names and the names that they imply, sorted. */
  readonly resolveCapabilities: <const Caps extends readonly CapabilityIn<Table>[]>(
    names: Caps,
  ) => readonly WithImplied<Table, Caps[number]>[];
  /** Defines a plugin. Its manifest is read once, checked and frozen. */
  readonly definePlugin: <
    const Caps extends readonly (CapabilityIn<Table> | ServiceCapability<Services>)[] = [],
  >(
    manifest: PluginManifest<Table, Hooks, Caps, Services>,
  ) => Plugin<Caps[number]>;
  /**
   * Defines one of the host's own handlers, for `createPluginManager({ core })`, on a hook whose
   * semantic is not `message`. Its capabilities limit it as they limit a plugin.
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
  /** Registers plugins, orders them and returns a manager. */
  readonly createPluginManager: <const Caps extends readonly string[] = readonly string[]>(
    options: ManagerOptions<Table, Hooks, Services, Caps>,
  ) => Promise<PluginManager<Table, Hooks>>;

  /** Creates an envelope from the host's own values. */
  readonly createExtensions: (
    input: ExtensionsInputOf<Table> | ExtensionsOf<Table>,
    options?: CreateOptions,
  ) => ExtensionsOf<Table>;
  /** Reads extensions from the wire. */
  readonly decodeExtensions: (
    input: unknown,
    options?: DecodeOptions,
  ) => Decoded<ExtensionsOf<Table>>;
  /** Writes an envelope or view as JSON text. */
  readonly encodeExtensions: (extensions: object) => string;
  /** Replaces some slots of an envelope, for the host. */
  readonly withSlots: (
    extensions: ExtensionsOf<Table>,
    changes: ExtensionsInputOf<Table>,
    options?: CreateOptions,
  ) => ExtensionsOf<Table>;
  /** Returns the part of `extensions` that `capabilities` open, frozen. */
  readonly filterExtensions: {
    <const Caps extends readonly CapabilityIn<Table>[]>(
      extensions: ExtensionsOf<Table>,
      capabilities: Caps,
    ): ViewOf<Table, Caps[number]>;
    (extensions: null, capabilities: readonly string[]): null;
  };
  /** Folds a returned proposal into `current` by the tier of each slot. */
  readonly mergeExtensions: <Current extends ExtensionsOf<Table> | null>(
    current: Current,
    returned: unknown,
    capabilities: readonly CapabilityIn<Table>[],
    options?: MergeOptions<object>,
  ) => Merged<Current extends null ? null : ExtensionsOf<Table>>;
  /** Removes labels and returns a record of it. For the host only. */
  readonly declassify: (
    extensions: ExtensionsOf<Table>,
    declassification: Declassification,
  ) => { readonly extensions: ExtensionsOf<Table>; readonly record: DeclassificationRecord };

  /** Returns a copy of a view, an envelope or a payload that an Immer recipe changed. */
  readonly amend: Amend;
  /** Adds labels. */
  readonly addLabels: <V extends object>(
    extensions: EditableBy<V, "append_labels">,
    labels: string | readonly string[],
  ) => V;
  /** Sets a header. */
  readonly setHeader: <V extends object>(
    extensions: EditableBy<V, "write_headers">,
    name: string,
    value: string,
  ) => V;
  /** Removes a header, whatever its case. */
  readonly removeHeader: <V extends object>(
    extensions: EditableBy<V, "write_headers">,
    name: string,
  ) => V;
  /** Appends a hop to the delegation chain. */
  readonly appendHop: <V extends object>(
    extensions: EditableBy<V, "append_delegation">,
    hop: HopInput,
  ) => V;
  /** Sets a key of `custom`; `undefined` removes it. */
  readonly setCustom: <V extends object>(extensions: V, key: string, value: unknown) => V;
  /** Returns the value of a header; the case of its name does not matter. */
  readonly getHeader: (extensions: object, name: string) => string | undefined;
  /** Whether a label is present, compared exactly. */
  readonly hasLabel: (extensions: object, label: string) => boolean;

  /** Writes a turn for a plugin in another process. */
  readonly encodeTask: (turn: Turn) => string;
  /** Reads a task, for the plugin's side. */
  readonly decodeTask: (input: unknown, options?: DecodeTaskOptions) => Task<Table, Hooks>;
  /** Writes what a handler returned. */
  readonly encodeResult: (returned: unknown, options?: EncodeResultOptions) => string;
  /** Writes what `invoke` resolved to, for a plugin process that runs its own manager. */
  readonly encodeInvokeResult: (
    result: AnyInvokeResult,
    options?: EncodeInvokeResultOptions,
  ) => string;
  /** Reads a result, for the host's side. */
  readonly decodeResult: <Payload extends object = object, View extends object = object>(
    input: unknown,
    options?: DecodeResultOptions<Payload, View>,
  ) => DecodedResult<Payload, View>;
}

/** `V` itself if its grant has the capability, otherwise a type that says what is missing. */
export type EditableBy<V, Capability extends string> =
  string extends GrantIn<V>
    ? V
    : Capability extends GrantIn<V>
      ? V
      : { readonly error: `declare the capability "${Capability}" to edit this` };

type Loosened<T> = T extends readonly (infer Item)[]
  ? Loosened<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Loosened<T[Key]> }
    : T;

/** The draft of a view is limited by its grant; any other draft is not. */
type DraftFor<V> =
  string extends GrantIn<V>
    ? Loosened<V>
    : TableIn<V> extends SlotTable
      ? DraftOf<TableIn<V>, GrantIn<V>>
      : Loosened<V>;

/** What a recipe may return: anything but a promise. The value is ignored. */
type Done<Returned> =
  Returned extends PromiseLike<unknown>
    ? { readonly error: "await first, then amend: a recipe is synchronous" }
    : Returned;

/**
 * The type of `amend`. The draft of a view has a container for each slot that the view may write,
 * which is dropped again if it is untouched, and its type lets you write nothing else.
 */
export type Amend = <V extends object, Returned = unknown>(
  value: V,
  recipe: (draft: DraftFor<V>) => Returned & Done<Returned>,
) => V;
