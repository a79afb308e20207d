/** What a hook runs, compiled when the manager is made: nothing is looked up at invoke. */

import type { Limits } from "../../data/index.ts";
import type { Filter } from "../../envelope/index.ts";
import type { Compiled } from "../../schema/index.ts";
import type { CompiledSlots } from "../../slots/index.ts";
import type { DeadlineRing } from "../deadline-ring.ts";
import type { Mode, OnError } from "../modes.ts";
import type { RunAudit } from "./audit-receipts.ts";
import type { BackgroundWork } from "./background.ts";
import type { Conditions, ConditionTest } from "./conditions.ts";
import type { ContextClass, Origin } from "./context.ts";
import type { RunCounts } from "./counts.ts";
import type { Invocation } from "./invocation.ts";
import type { Lock } from "./lock.ts";
import type { Meter } from "./meter.ts";
import type { LateCounters } from "./pending-wait.ts";
import type { ExecutionRecord } from "./records.ts";

/** A handler as the dispatcher calls it. */
export type AnyHandler = (payload: unknown, context: unknown, extensions?: unknown) => unknown;

/** One service of the host, as contexts ask for it. */
export interface Service {
  readonly capability: string;
  readonly accessor: string;
  /** The accessor as messages spell it. */
  readonly told: string;
}

/** What the host supplies, by accessor. Read at each call: the host may have a getter there. */
export interface Handles {
  readonly [accessor: string]: (() => unknown) | undefined;
}

/** What the host asks of one run beside payload and extensions, checked. */
export interface RunOptions {
  readonly operation: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tenant: string | undefined;
  readonly server: string | undefined;
  /** Texts of this request that no log line and no record may hold. */
  readonly secrets: readonly string[] | undefined;
  /** Whether handlers that may deny are asked again about a payload that a later one changed. */
  readonly recheck: boolean | "only";
  /** Whoever started this run, if a handler did. */
  readonly parent: Origin | undefined;
  /** How many runs this one is nested in. */
  readonly depth: number;
}

/** A plugin while the manager runs; for each handler of the host's own, one named `core`. */
export interface PluginState {
  /** That of the plugin's definition; unique in the process. */
  readonly id: number;
  readonly name: string;
  readonly version: string;
  readonly capabilities: readonly string[];
  /** The services among them. Without a prototype: nothing patched opens one. */
  readonly services: { readonly [capability: string]: true };
  readonly config: unknown;
  /** Lets one handler run at a time, where the plugin is not `asyncSafe`. */
  readonly lock: Lock | undefined;
  /** Set by `onError: "disable"`. */
  off: boolean;
  /** How many of its background handlers are under way. */
  inBackground: number;
}

/** One handler on one hook, whatever the hook's semantic. */
export interface HandlerStep {
  readonly plugin: PluginState;
  /** The plugin's name and version, frozen, for contexts. */
  readonly identity: { readonly name: string; readonly version: string };
  /** `PLUGIN.FUNCTION`, or the name under which the host registered it. */
  readonly name: string;
  readonly isCore: boolean;
  readonly hook: string;
  readonly handler: AnyHandler;
  readonly extensions: boolean;
  readonly handles: Handles;
  readonly filter: Filter;
  /** The number of its grant on this hook, so that plugins that read alike share a view. */
  readonly grant: number;
  readonly timeoutMs: number | undefined;
  readonly ring: DeadlineRing | undefined;
}

/** One handler on one message hook. */
export interface Step extends HandlerStep {
  /** Whether it is an async function: what it returns is a promise, without looking. */
  readonly isAsync: boolean;
  readonly mask: number;
  readonly mode: Mode;
  readonly mayHalt: boolean;
  readonly mayModify: boolean;
  readonly onError: OnError;
  readonly conditions: ConditionTest | undefined;
  /** As they were written. */
  readonly writtenConditions: Conditions | undefined;
  /** Whether it may have to be passed over: it has conditions, or can be switched off. */
  readonly guarded: boolean;
  /** Its place among the records. */
  readonly position: number;
  /** The record of a turn in which nothing happened. */
  readonly plain: ExecutionRecord;
}

export interface CompiledHook {
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
  /** Whether the time of each turn is measured, and whether its record says it. */
  readonly timed: boolean;
  readonly tellsTime: boolean;
  readonly limits: Limits;
  readonly payloadLimits: Limits;
  readonly runtime: ManagerRuntime;
}

/** What the manager lends to its programs. */
export interface ManagerRuntime {
  readonly slots: CompiledSlots;
  /** Told of what handlers threw, in place of the log. Never seen by plugins or callers. */
  readonly onHandlerError: HandlerErrorSink | undefined;
  readonly lateCounters: LateCounters;
  /** How runs ended. */
  readonly counts: RunCounts;
  readonly Context: ContextClass;
  /** Told of what happens in runs, where the host keeps an audit trail. */
  readonly audit: RunAudit | undefined;
  /** Counts and measures, where the host asks for it. */
  readonly meter: Meter | undefined;
  /** What a thrown value says, on one line and without secrets. Runs no code of it. */
  readonly describe: (
    thrown: unknown,
    secrets: readonly string[] | undefined,
  ) => { readonly type: string; readonly text: string };
  /** The host's log, for what is not worth an error. Never throws. */
  readonly warn: (text: string) => void;
  /** The same, for what handlers threw. */
  readonly logError: (text: string) => void;
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
