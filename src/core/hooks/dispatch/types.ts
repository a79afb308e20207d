/**
 * The types that dispatch shares: handlers and hooks as they are compiled when the manager is
 * made, what a run asks of its host, and what it reports to it. Nothing is looked up at invoke.
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

/** One service of the host, as contexts ask for it. */
export interface Service {
  readonly capability: string;
  readonly accessor: string;
  /** The accessor as messages spell it. */
  readonly spelling: string;
}

/** What the host supplies, by accessor. Read at each call: the host may have a getter there. */
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
  /** Whether handlers that may deny are asked again about a payload that a later one changed. */
  readonly recheck: boolean | "only";
  /** For a message that is streamed: whether this is all of it. */
  readonly stream: StreamProgress | undefined;
  /** The handler that started this run, if one did. */
  readonly parent: Origin | undefined;
  /** How many runs this one is nested in. */
  readonly depth: number;
  /** What the host gave a run that starts with labels of the run around it. */
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

/** A plugin while the manager runs. Each handler of the host's own has one named `core`. */
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
  readonly lock: HandlerLock | undefined;
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
  readonly deadline: Deadline | undefined;
}

/** One handler on one message hook. */
export interface Step extends HandlerStep {
  /** Whether it is an async function, so that what it returns is known to be a promise. */
  readonly isAsync: boolean;
  readonly mask: number;
  readonly mode: Mode;
  readonly mayHalt: boolean;
  readonly mayModify: boolean;
  readonly onError: OnError;
  readonly conditions: ConditionTest | undefined;
  /** As they were written. */
  readonly writtenConditions: Conditions | undefined;
  /** On hooks that have streams: what it needs to see before text may be forwarded. */
  readonly stream: StreamMode | undefined;
  /** Whether it may be skipped: it has conditions, can be switched off, or passes on streams. */
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
  /** Whether its messages may come in streams. */
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
  /** Where the host keeps an audit trail. */
  readonly audit: RunAudit | undefined;
  /** Counts and measures, where the host asks for it. */
  readonly meter: Meter | undefined;
  /** A text fit for a log or a message, without what is known to be secret, and without more. */
  readonly redact: (text: string, more?: readonly string[]) => string;
  /** What a thrown value says, on one line and without secrets. Runs no code of it. */
  readonly describe: (
    thrown: unknown,
    secrets: readonly string[] | undefined,
  ) => { readonly type: string; readonly text: string };
  /** The host's log, for what is not worth an error. Never throws. */
  readonly warn: (text: string) => void;
  /** The same, for how handlers failed. */
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
 * Receives what a handler threw, where, and the line that the log would have had, without known
 * secrets. Errors of the sink itself are ignored.
 */
export type HandlerErrorSink = (thrown: unknown, at: HandlerFailure, line: string) => void;

/** How much of a streamed message there is. */
export interface StreamProgress {
  /** False while the message is what has come so far; true for the one run with all of it. */
  readonly done: boolean;
}

/** What a handler knows about its run. Read-only, except for `state`, which is the plugin's own. */
export interface PluginContext<Operation = Readonly<Record<string, unknown>> | undefined> {
  readonly plugin: { readonly name: string; readonly version: string };
  /** The hook that was invoked; for a covering hook, the point. */
  readonly hook: string;
  /** The capabilities in force, implied ones included, sorted. */
  readonly capabilities: readonly string[];
  /** The plugin's own configuration, frozen. */
  readonly config: unknown;
  /** Further facts of the operation, from the host. */
  readonly operation: Operation;
  /** The id of the request. */
  readonly request: string;
  /** For a message that is streamed: whether this is all of it. `undefined` for any other message. */
  readonly stream?: StreamProgress | undefined;
  /** Aborts at the handler's deadline and when the host aborts. */
  readonly signal: AbortSignal;
  /** Private to this plugin for this request. */
  readonly state: Map<unknown, unknown>;
}

/** A run of any semantic, as its handlers know it. */
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
  /** What its type has besides the facts of the run and the handler. */
  readonly facts: { readonly [key: string]: string | readonly string[] };
}

/** The host's audit trail, as runs use it. It never throws. */
export interface RunAudit {
  /** Whether a run whose notes cannot be kept is denied. */
  readonly strict: boolean;
  /** Writes a note. Returns whether it was kept, or a promise of that. */
  tell(run: AnyRun, note: RunNote): boolean | Promise<boolean>;
}

/** Counts and measures runs. It never throws. Times are in milliseconds. */
export interface Meter {
  /** Counts a run that has begun, and measures it until it ends. `startedAt`: by the monotonic clock. */
  follow(
    hook: string,
    semantic: Semantic,
    startedAt: number,
    answer: Promise<unknown>,
    run?: AnyRun,
  ): void;
  /** A handler has had its turn. `durationMs`: how long it took, where that is known. */
  turn(step: HandlerStep, durationMs: number | undefined): void;
  /** A handler has failed. `type`: the kind of error, as in the audit trail. */
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
  /** The slots and fields it changed, or, in mode `audit`, would have changed. */
  readonly changed: readonly string[];
  /** Its changes that were refused. */
  readonly refused: readonly Rejection[];
  /** Why it was skipped, or how it failed. */
  readonly reason: string | undefined;
  readonly errorCode: ErrorCode | undefined;
  /** Milliseconds, when the manager measures. */
  readonly durationMs: number | undefined;
}

/** A handler that failed, or whose result was refused. */
export interface InvokeError {
  readonly plugin: string;
  readonly hook: string;
  readonly code: ErrorCode;
  /** Written by the library: no string of the plugin, no value. */
  readonly message: string;
}

/** What `invoke` resolves to, as code that knows no payload type handles it. */
export interface AnyInvokeResult {
  readonly continueProcessing: boolean;
  readonly payload: object;
  readonly extensions: object;
  readonly violation: Violation | undefined;
  readonly rejections: readonly Rejection[];
  readonly errors: readonly InvokeError[];
  readonly executions: readonly ExecutionRecord[];
  /** The metadata of handlers, by plugin name. */
  readonly metadata: { readonly [plugin: string]: { readonly [key: string]: unknown } };
  /** Carries private state to the next invocation of the same request. */
  readonly context: RequestScope;
  /** So that no patched prototype can turn the result into a promise. */
  readonly then: undefined;
}

/** How a run ended. A handler that halts it by its answer denies; one that fails is an error. */
export type Ending = "allowed" | "denied" | "errored" | "aborted";

/** `started = allowed + denied + errored + aborted + inFlight`. */
type RunCounts = { started: number } & { [How in Ending]: number };
