/** What a hook runs, compiled when the manager is made: nothing is looked up at invoke. */
import type { Compiled, Limits } from "../../admit/index.ts";
import type { Filter } from "../../filter/index.ts";
import type { CompiledSlots } from "../../slots/index.ts";
import type { DeadlineRing } from "../deadline-ring.ts";
import type { Mode, OnError } from "../modes.ts";
import type { BackgroundWork } from "./background.ts";
import type { ConditionTest } from "./conditions.ts";
import type { Invocation } from "./invocation.ts";
import type { ExecutionRecord } from "./records.ts";
import type { Tally } from "./ticket.ts";

/** A handler as the dispatcher calls it. */
export type AnyHandler = (payload: unknown, context: unknown, extensions?: unknown) => unknown;

/** A plugin while the manager runs. */
export interface PluginState {
  /** That of the plugin's definition; unique in the process. */
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  readonly config: unknown;
  /** Set by `onError: "disable"`. */
  off: boolean;
  /** How many of its background handlers are under way. */
  inBackground: number;
}

/** One handler on one hook. */
export interface Step {
  readonly plugin: PluginState;
  /** The plugin's name and version, frozen, for contexts. */
  readonly identity: { readonly name: string; readonly version: string };
  readonly hook: string;
  readonly handler: AnyHandler;
  readonly extensions: boolean;
  /** Whether it is an async function: what it returns is a promise, without looking. */
  readonly isAsync: boolean;
  readonly mask: number;
  readonly filter: Filter;
  /** The number of its grant on this hook, so that plugins that read alike share a view. */
  readonly grant: number;
  readonly mode: Mode;
  readonly mayHalt: boolean;
  readonly mayModify: boolean;
  readonly onError: OnError;
  readonly timeoutMs: number | undefined;
  readonly ring: DeadlineRing | undefined;
  readonly conditions: ConditionTest | undefined;
  /** Whether it may have to be passed over: it has conditions, or can be switched off. */
  readonly guarded: boolean;
  /** Its place among the records. */
  readonly position: number;
  /** The record of a turn in which nothing happened. */
  readonly plain: ExecutionRecord;
}

export interface Program {
  readonly hook: string;
  readonly slots: CompiledSlots;
  readonly payload: Compiled;
  /** A payload field that is moved to the `http` slot. */
  readonly headersField: string | undefined;
  /** Whether no handler runs here. */
  readonly empty: boolean;
  readonly payloadFields: readonly string[];
  readonly writable: { readonly [field: string]: true };
  /** The phases `sequential`, `transform` and `audit`, one after the other. */
  readonly serial: readonly Step[];
  readonly concurrent: readonly Step[];
  readonly background: readonly Step[];
  /** The records of a run in which nothing happened. */
  readonly plainExecutions: readonly ExecutionRecord[];
  /** The positions at which these phases begin among the records. */
  readonly firstConcurrent: number;
  readonly firstBackground: number;
  readonly strict: boolean;
  readonly timed: boolean;
  readonly limits: Limits;
  readonly payloadLimits: Limits;
  readonly house: House;
}

/** What the manager lends to its programs. */
export interface House {
  /** Told of what handlers threw. Never seen by plugins or callers. */
  readonly onHandlerError: HandlerErrorSink | undefined;
  readonly tally: Tally;
  /** Told when the last run in flight has ended; set by `close`. */
  onIdle: (() => void) | undefined;
  inFlight: number;
  readonly background: BackgroundWork;
  /** Moves a run on whose deadline is over. */
  readonly expire: (run: Invocation) => void;
}

/** Gets what a handler threw. What it throws itself, or rejects with, changes nothing. */
export type HandlerErrorSink = (
  thrown: unknown,
  at: { readonly plugin: string; readonly hook: string },
) => void;
