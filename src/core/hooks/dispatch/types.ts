/**
 * The types that dispatch shares: handlers and hooks as they are compiled when the manager is made,
 * what a run needs from its host, and what it reports to it. Nothing is looked up at invoke.
 */
import type { Limits } from "../../data/index.ts";
import type { Filter, Rejection, Slots } from "../../envelope/index.ts";
import type { ErrorCode } from "../../errors/index.ts";
import type { Compiled } from "../../schema/index.ts";
import type { CompiledSlots } from "../../slots/index.ts";
import type { Deadline } from "../deadlines.ts";
import type { Violation } from "../results.ts";
import type { Mode, OnError, Semantic, StreamMode } from "../semantics.ts";
import type { BackgroundWork } from "./background-work.ts";
import type { Conditions, ConditionTest } from "./conditions.ts";
import type { RequestScope } from "./scope.ts";

export type AnyHandler = (
  payload: unknown,
  context: PluginContext,
  extensions?: unknown,
) => unknown;

/** One of the host's services, as contexts offer it. */
export interface Service {
  readonly capability: string;
  readonly accessor: string;
  /** The accessor as messages spell it. */
  readonly spelling: string;
}

/** The host's services, by accessor. Read at each call, because the host may use a getter. */
export interface Handles {
  readonly [accessor: string]: (() => unknown) | undefined;
}

/** The options of one run, checked. */
export interface RunOptions {
  readonly operation: Readonly<Record<string, unknown>> | undefined;
  readonly signal: AbortSignal | undefined;
  readonly tenant: string | undefined;
  readonly server: string | undefined;
  /** Strings of this request that no log line and no record may contain. */
  readonly secrets: readonly string[] | undefined;
  /** Whether handlers that may deny are called again for a payload that a later one changed. */
  readonly recheck: boolean | "only";
  /** For a streamed message: whether this is all of it. */
  readonly stream: StreamProgress | undefined;
  /** The handler that started this run, if one did. */
  readonly parent: Origin | undefined;
  /** How many runs this one is nested in. */
  readonly depth: number;
  /** What the caller passed to a run that starts with labels of the run around it. */
  readonly given: Slots | undefined;
}

/** Lets one handler of a plugin run at a time. */
export interface HandlerLock {
  /** Takes the lock if it is free. Returns whether it was. */
  take(): boolean;
  /** Resolves once the caller has the lock. */
  wait(): Promise<void>;
  leave(): void;
}

/** A plugin's state in a manager. Each of the host's own handlers has one, named `core`. */
export interface PluginState {
  /** The id of the plugin's definition; unique in the process. */
  readonly id: number;
  readonly name: string;
  /** The plugin's name and version, frozen, for contexts. */
  readonly identity: PluginContext["plugin"];
  readonly capabilities: readonly string[];
  /** The services among them. No prototype, so that a patched one cannot grant any. */
  readonly services: { readonly [capability: string]: true };
  readonly config: unknown;
  /** Lets one handler run at a time, if the plugin is not `asyncSafe`. */
  readonly lock: HandlerLock | undefined;
  /** Set by `onError: "disable"`. */
  off: boolean;
  /** How many of its background handlers are running, or are held a place for. */
  inBackground: number;
}

/** One handler on one hook, whatever the hook's semantic. */
export interface HandlerStep {
  readonly plugin: PluginState;
  /** `PLUGIN.FUNCTION`, or the name under which the host registered it. */
  readonly name: string;
  readonly isCore: boolean;
  readonly hook: string;
  readonly handler: AnyHandler;
  readonly extensions: boolean;
  readonly handles: Handles;
  readonly filter: Filter;
  /** The number of its grant on this hook. Plugins with the same number share a view. */
  readonly grant: number;
  readonly timeoutMs: number | undefined;
  readonly deadline: Deadline | undefined;
}

/** One handler on one message hook. */
export interface Step extends HandlerStep {
  /** Whether it is an async function, which is known to return a promise. */
  readonly isAsync: boolean;
  readonly mask: number;
  readonly mode: Mode;
  readonly mayHalt: boolean;
  readonly mayModify: boolean;
  readonly onError: OnError;
  readonly conditions: ConditionTest | undefined;
  /** The conditions as they were written. */
  readonly writtenConditions: Conditions | undefined;
  /** On hooks with streams: what it needs to see before text may be forwarded. */
  readonly stream: StreamMode | undefined;
  /** Whether it may be skipped: it has conditions, can be switched off, or lets streams pass. */
  readonly guarded: boolean;
  /** Its place among the records. */
  readonly position: number;
  /** The record of a turn in which nothing happened. */
  readonly plain: ExecutionRecord;
}

export interface CompiledHook {
  readonly hook: string;
  readonly payload: Compiled;
  /** Whether its messages can be streamed. */
  readonly streamed: boolean;
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
  readonly strictDelegation: boolean;
  /** Whether each turn is timed, and whether its record states the time. */
  readonly timed: boolean;
  readonly recordsTime: boolean;
  readonly limits: Limits;
  readonly payloadLimits: Limits;
  readonly runtime: ManagerRuntime;
}

/** What a manager shares with the hooks it compiled. */
export interface ManagerRuntime {
  readonly slots: CompiledSlots;
  /** Receives what handlers threw, in place of the log. Never seen by plugins or callers. */
  readonly onHandlerError: HandlerErrorSink | undefined;
  readonly lateCounters: LateCounters;
  readonly counts: RunCounts;
  readonly Context: ContextClass;
  /** The audit trail, if the host has one. */
  readonly audit: RunAudit | undefined;
  /** Counts and measures, if the host asks for it. */
  readonly meter: Meter | undefined;
  /** Makes a string fit for a log or a message: removes known secrets, and those in `more`. */
  readonly redact: (text: string, more?: readonly string[]) => string;
  /** Describes a thrown value on one line and without secrets. Runs none of its code. */
  readonly describe: (
    thrown: unknown,
    secrets: readonly string[] | undefined,
  ) => { readonly type: string; readonly text: string };
  /** Writes a warning to the host's log. Never throws. `failure`: why a plugin is switched off. */
  readonly warn: (text: string, failure?: HandlerFailure) => void;
  /** Writes to the host's log how a handler failed. Never throws. */
  readonly logError: (text: string, failure: HandlerFailure) => void;
  /** Called when the last run in flight has ended; set by `close`. */
  onIdle: (() => void) | undefined;
  inFlight: number;
  readonly background: BackgroundWork;
}

/** Which handler failed, on which request, and how. */
export interface HandlerFailure {
  readonly plugin: string;
  readonly hook: string;
  /** The id of the request: the host's, or a fresh one. */
  readonly request: string;
  readonly code: ErrorCode;
}

/**
 * Receives what a handler threw, where, and the line that would have gone to the log, without known
 * secrets. Errors of the sink itself are ignored.
 */
export type HandlerErrorSink = (thrown: unknown, at: HandlerFailure, line: string) => void;

/** How much of a streamed message has arrived. */
export interface StreamProgress {
  /** False while the message is what has arrived so far; true for the one run with all of it. */
  readonly done: boolean;
}

/** What a handler knows about its run. Read-only, except for `state`, which is the plugin's own. */
export interface PluginContext<Operation = Readonly<Record<string, unknown>> | undefined> {
  /** The plugin's own name and version. */
  readonly plugin: { readonly name: string; readonly version: string };
  /** The hook that was invoked; for a covering hook, the point. */
  readonly hook: string;
  /** The capabilities in force, implied ones included, sorted. */
  readonly capabilities: readonly string[];
  /** The plugin's own configuration, frozen. */
  readonly config: unknown;
  /** Further facts about the operation, from the host. */
  readonly operation: Operation;
  /** The id of the request. */
  readonly request: string;
  /** For a streamed message: whether this is all of it. `undefined` for any other message. */
  readonly stream?: StreamProgress | undefined;
  /** Aborts at the handler's deadline and when the host aborts. */
  readonly signal: AbortSignal;
  /** Private to this plugin for this request. */
  readonly state: Map<unknown, unknown>;
}

/** A run of any semantic, as contexts see it. */
export interface AnyRun {
  readonly hook: string;
  readonly runtime: ManagerRuntime;
  readonly extensions: Slots;
  readonly scope: RequestScope;
  readonly options: RunOptions;
  /** Whether a handler's part in this run is over. */
  isOver(step: HandlerStep): boolean;
}

/** A handler's turn in its run. */
export interface Origin {
  readonly run: AnyRun;
  readonly step: HandlerStep;
  readonly context: PluginContext;
}

export type ContextClass = new (step: HandlerStep, run: AnyRun) => PluginContext;

/** Counts results that came after their deadline or an abort. */
export interface LateCounters {
  late: number;
  /** Called for each handler that rejected after its deadline. Never throws. */
  readonly rejected: (step: HandlerStep, thrown: unknown) => void;
}

/** An event of a handler's turn for the audit trail. */
export interface RunNote {
  readonly step: HandlerStep;
  readonly type:
    | "plugin.handler_denied"
    | "plugin.handler_error"
    | "extensions.change_refused"
    | "extensions.labels_added";
  /** The facts of its type, besides those of the run and the handler. */
  readonly facts: { readonly [key: string]: string | readonly string[] };
}

/** The host's audit trail, as runs use it. It never throws. */
export interface RunAudit {
  /** Whether a run whose notes cannot be kept is denied. */
  readonly strict: boolean;
  /** Writes a note. Returns whether it was kept, or a promise of that. */
  record(run: AnyRun, note: RunNote): boolean | Promise<boolean>;
}

/** Counts and measures runs. It never throws. Times are in milliseconds. */
export interface Meter {
  /** Counts a new run, and measures it until it ends. `startedAt`: by the monotonic clock. */
  follow(
    hook: string,
    semantic: Semantic,
    startedAt: number,
    answer: Promise<unknown>,
    run?: AnyRun,
  ): void;
  /** Counts a handler's turn. `durationMs`: how long it took, if known. */
  turn(step: HandlerStep, durationMs: number | undefined): void;
  /** Counts a handler's failure. `type`: the kind of error, as in the audit trail. */
  failed(step: HandlerStep, type: string): void;
}

/** How a handler's turn ended. `started`: a background handler, which nobody waits for. */
export type Status =
  | "completed"
  | "error"
  | "timeout"
  | "skipped"
  | "cancelled"
  | "disabled"
  | "started";

/** One handler's turn. */
export interface ExecutionRecord {
  readonly plugin: string;
  /** The hook the handler is registered for; a covering hook keeps its own name. */
  readonly hook: string;
  readonly mode: Mode;
  readonly status: Status;
  /** What the handler answered; `undefined` if it neither allowed nor denied. */
  readonly requestedAllow: boolean | undefined;
  /** The outcome, given mode and error policy. */
  readonly effectiveAllow: boolean;
  /** Whether anything it returned was taken. */
  readonly applied: boolean;
  readonly payloadModified: boolean;
  readonly extensionsModified: boolean;
  /** Whether it takes extensions. If not, it is never handed any. */
  readonly extensions: boolean;
  /** The slots and gated fields it was allowed to see; empty when it takes none. */
  readonly saw: readonly string[];
  /** The slots and fields it changed, or would have changed in mode `audit`. */
  readonly changed: readonly string[];
  /** Its changes that were refused. */
  readonly refused: readonly Rejection[];
  /** Why it was skipped, or how it failed. */
  readonly reason: string | undefined;
  readonly errorCode: ErrorCode | undefined;
  /** In milliseconds, if the manager measures it. */
  readonly durationMs: number | undefined;
}

/** A handler that failed, or whose result was refused. */
export interface InvokeError {
  readonly plugin: string;
  /** The hook the handler is registered for. */
  readonly hook: string;
  readonly code: ErrorCode;
  /** Written by the library: no string of the plugin, never a value. */
  readonly message: string;
}

/** The result of `invoke`, for code that does not know the payload's type. */
export interface AnyInvokeResult {
  /** Whether to go on. */
  readonly continueProcessing: boolean;
  /** The payload at the end. */
  readonly payload: object;
  /** The envelope at the end. */
  readonly extensions: object;
  /** Why not to go on, or `undefined`. */
  readonly violation: Violation | undefined;
  /** Every change that was not accepted. */
  readonly rejections: readonly Rejection[];
  /** Every failure of a handler. */
  readonly errors: readonly InvokeError[];
  /** One record for each handler of the hook, in their order, then one for each asked again. */
  readonly executions: readonly ExecutionRecord[];
  /** The metadata of handlers, by plugin name. */
  readonly metadata: { readonly [plugin: string]: { readonly [key: string]: unknown } };
  /** Carries private state to the next invocation of the same request. */
  readonly context: RequestScope;
  /** So that no patched prototype can turn the result into a promise. */
  readonly then?: undefined;
}

/** How a run ended. A handler whose answer halts it denies; a failure that halts it is an error. */
export type Ending = "allowed" | "denied" | "errored" | "aborted";

/** `started = allowed + denied + errored + aborted + inFlight`. */
type RunCounts = { started: number } & { [How in Ending]: number };
