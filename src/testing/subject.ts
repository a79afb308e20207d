/** What the kit works on: the tables of a host, and the host's own functions. */
import type * as fc from "fast-check";
import { expectOptions, isRecord, type Limits, typeName } from "../core/data/index.ts";
import type { Rejection } from "../core/envelope/index.ts";
import { optionsInvalid, quoted, suggestion } from "../core/errors/index.ts";
import { type HookTable, standardHooks } from "../core/hooks/index.ts";
import { tablesOf } from "../core/host/index.ts";
import type { AnyManager, Plugin } from "../core/plugins/index.ts";
import { type CompiledSlots, compileSlots, standardSlots } from "../core/slots/index.ts";
import { isObject, type Level } from "./data.ts";
import { setValues } from "./documents.ts";

/** Any host: from `defineHost`, the standard functions of `glassine`, or a memory node. */
export interface AnyHost {
  readonly slotNames: { readonly [slot: string]: string };
  readonly hookNames: { readonly [hook: string]: string };
  readonly capabilities: { readonly [capability: string]: string };
  createExtensions(input: never): object;
  decodeExtensions(input: never): object;
  encodeExtensions(extensions: object): string;
  filterExtensions(extensions: never, capabilities: never): unknown;
  mergeExtensions(current: never, returned: unknown, capabilities: never, options?: never): unknown;
  withSlots(extensions: never, changes: never): object;
  resolveCapabilities(names: never): readonly string[];
  createPluginManager(options: never): Promise<object>;
}

/** What the kit cannot find out from the tables of a host. */
export interface HostValues {
  /** Values by slot, if its schema has rules beyond its types that the kit cannot guess. */
  readonly values?: { readonly [slot: string]: fc.Arbitrary<unknown> };
  /** Payloads by hook, for the same reason, or to try only some. */
  readonly payloads?: { readonly [hook: string]: fc.Arbitrary<unknown> };
}

/** A plugin, and the settings for checking its laws. */
export interface PluginUnderTest extends HostValues {
  /** The plugin. If it has state, a function that makes it, so that each run has its own. */
  readonly plugin: Plugin | (() => Plugin);
  /** The host whose `definePlugin` made it. Default: `glassine`. */
  readonly host?: AnyHost;
  /**
   * Plugins to register with it, such as those it depends on. Their handlers do not run, because
   * the laws are about this plugin only.
   */
  readonly others?: readonly Plugin[];
  /** The capabilities that an operator grants it. Default: all that it declares. */
  readonly grant?: readonly string[];
  /** Further options of the manager: services, configuration, limits. */
  readonly options?: { readonly [option: string]: unknown };
  /**
   * Whether it returns the same answer for the same input. Default true. False for a plugin that
   * depends on the clock, chance or earlier calls: the laws that compare answers are left out.
   */
  readonly deterministic?: boolean;
}

/** A host's functions, typed for code that knows the host's tables only at run time. */
interface HostFunctions {
  createExtensions(input: unknown): Level;
  decodeExtensions(
    input: unknown,
    options?: { readonly strict?: boolean; readonly limits?: Partial<Limits> },
  ): { readonly extensions: Level; readonly dropped: readonly string[] };
  encodeExtensions(extensions: object): string;
  filterExtensions(extensions: object, capabilities: readonly string[]): Level;
  mergeExtensions(
    current: object,
    returned: unknown,
    capabilities: readonly string[],
    options?: { readonly view?: object; readonly strict?: boolean; readonly limits?: Limits },
  ): { readonly extensions: Level; readonly rejections: readonly Rejection[] };
  withSlots(extensions: object, changes: object): Level;
  resolveCapabilities(names: readonly string[]): readonly string[];
}

/** A host with its slots, for the laws of the envelope. */
export interface Subject {
  readonly slots: CompiledSlots;
  readonly host: HostFunctions;
}

/** The same with the host's hooks, for laws that run plugins. */
export interface HostSubject extends Subject {
  readonly hooks: HookTable;
  readonly payloads: { readonly [hook: string]: fc.Arbitrary<unknown> };
  createManager(options: object): Promise<AnyManager>;
}

/**
 * Reads what a host was defined with.
 *
 * @throws GlassineError `options_invalid` for what is not a host, such as a module that has only
 *   some of a host's functions, and for names that the host does not have
 */
export function subjectOf(host: AnyHost, given: HostValues = {}): HostSubject {
  // A copy of the standard functions, some of them replaced, is a standard host.
  const { slots: table, hooks } = tablesOf(host) ?? { slots: standardSlots, hooks: standardHooks };
  if (!isHost(host) || !isDefined(host.slotNames, table) || !isDefined(host.hookNames, hooks))
    throw optionsInvalid(
      "That is not a host: pass what defineHost returned, or `memoryNode` of glassine/memory-node.",
    );
  const known = ["values", "payloads"] as const;
  expectOptions(given, known, "The test kit");
  for (const name of known) {
    const own: unknown = given[name];
    if (own !== undefined && !isRecord(own))
      throw optionsInvalid(
        `The test kit expects ${name} to be an object with an entry for each name, got ${typeName(own)}.`,
      );
  }
  const { values = {}, payloads = {} } = given;
  expectNames(values, host.slotNames, "values: the host has no slot named");
  expectNames(payloads, host.hookNames, "payloads: the host has no hook named");
  const slots = compileSlots(table);
  setValues(slots, values);
  // The host may have any tables, so its names are known only at run time.
  return {
    slots,
    hooks,
    payloads,
    host: host as HostFunctions,
    createManager: (options) => host.createPluginManager(options as never) as Promise<AnyManager>,
  };
}

function isHost(host: unknown): boolean {
  return isObject(host) && isObject(host.slotNames) && isObject(host.hookNames);
}

function expectNames(given: object, names: object, text: string): void {
  const stray = Object.keys(given).find((name) => !Object.hasOwn(names, name));
  if (stray !== undefined)
    throw optionsInvalid(`${text} ${quoted(stray)}.${suggestion(stray, Object.keys(names))}`);
}

function isDefined(names: object, table: object): boolean {
  return Object.keys(names).every((name) => Object.hasOwn(table, name));
}
