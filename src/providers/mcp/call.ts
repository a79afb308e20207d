import type { DataEntity, SessionLabels } from "../../core/labels/index.ts";
import type { Message } from "../../core/messages/index.ts";
import type { HeadersIn, HookManager } from "../guard/index.ts";
import type { Left } from "../rewrite/index.ts";
import type { Denial } from "./denials.ts";
import { copyMessage, isObject, type JsonObject } from "./json.ts";
import type { PassGroup } from "./methods.ts";
import type { GuardOptions } from "./options.ts";
import type { RequestRecord } from "./request-log.ts";
import type { Direction, RequestId } from "./transport.ts";

/** A guarded request, from its arrival until its answer is passed on. */
export interface Call {
  readonly id: RequestId;
  readonly key: string;
  readonly method: string;
  readonly direction: Direction;
  /** The key of its progress token. */
  readonly token: string | undefined;
  readonly subject: Subject;
  /** The message as it arrived. If nothing judges it, this very object is passed on. */
  readonly message: JsonObject;
  /**
   * The guard's copy of the JSON-RPC request, and its params. Steps write changes into it. The copy
   * is shallow until `ownRequest` makes it a deep one.
   */
  request: JsonObject;
  params: JsonObject;
  isOwn: boolean;
  /** What accompanied the message: send options, or the `extra` of a received one. */
  readonly aux: unknown;
  /** The guard's hooks at the time of arrival. */
  readonly hooks: HookRunner;
  /** The open requests of its lane: first the request's, then the answer's. */
  lane: Set<object>;
  /** The session of the transport, and the name that the host passed to the guard. */
  readonly transportSession: unknown;
  readonly sessionName: string | undefined;
  readonly serverId: string | undefined;
  /** The id and tool name that hooks see; for a task, those of the call that started it. */
  readonly callId: string;
  readonly taskTool: string | undefined;
  readonly record: RequestRecord;
  /** The tenant, once the call is prepared. */
  tenant: string | undefined;
  /** Aborts the signal that plugins get. Made when hooks run. */
  controller: AbortController | undefined;
  /** `open`: passed on, not answered yet. */
  state: "pre" | "open" | "post" | "done" | "cancelled" | "closed";
  /** Ends the wait for its hooks when it is cancelled or closed. */
  onStop: (() => void) | undefined;
  /** The call that started the task, with its envelope as its hooks left it. */
  readonly started: Pick<StartedCall, "request" | "extensions" | "tenant"> | undefined;
  /** The headers in the host's envelope, before any plugin ran. */
  headersBefore: HeadersIn | undefined;
  extensions: unknown;
  context: unknown;
  /** Whether the tenant, the envelope and the session's labels were asked for. */
  isPrepared: boolean;
  /** The session whose labels the call has. */
  session: SessionLabels | undefined;
  /** The entities whose data is in its outcome, if data policies apply. */
  entities: readonly DataEntity[] | undefined;
  /** Stops listening to the sender's own signal. */
  release: (() => void) | undefined;
}

/** One hook to run for a call: makes the payload, and writes a changed one back. */
export type Step = ShownPart & Writer;

interface ShownPart {
  readonly hook: string;
  /** Runs only if a plugin listens. */
  readonly optional?: true;
  /** For an optional step: content that must not pass if the step does not run. */
  readonly unseen?: readonly Left[];
  /** The hook that shows what the payload leaves out, and the document that it comes from. */
  readonly rest?: Rest;
  /** `reportLeft` receives what the payload does not show of the document. */
  payload(reportLeft: (left: readonly Left[]) => void): object;
  /** Returns what `reportLeft` would now receive. For steps that know it without a new payload. */
  left?(): readonly Left[];
}

/** Writes a changed payload back. Throws when MCP cannot express the change. */
type Writer =
  /** For an older hook. Plugins may change only the fields in `writable`. */
  | { readonly writable: readonly string[]; write(changed: JsonObject): void }
  /** For the hooks whose payload is a message. */
  | { writeMessage(changed: Message): void };

export interface Rest {
  readonly hook: "cmf.mcp_request" | "cmf.mcp_response";
  readonly document: JsonObject;
}

/** How hooks see the data of one method. A later step sees what an earlier one wrote. */
export interface Subject {
  /** Whether it is about a tool call. */
  readonly isTool: boolean;
  /** Whether it is about an earlier call that became a task. */
  readonly isTask?: true;
  /** Whether it has no hooks of its own and no data policy applies to it. */
  readonly isOther?: true;
  /** Whether it is a notification, which nobody asked for. */
  readonly isNotice?: true;
  /** Its own hooks, before and after. Absent if it is a subject only because a plugin listens. */
  readonly hooks?: { readonly pre: readonly string[]; readonly post: readonly string[] };
  /**
   * Returns what the hooks of its params or its outcome do not show, judged by the top-level fields
   * alone, or `undefined` if that takes a closer look.
   */
  leftOf?(part: "params" | "outcome", document: JsonObject): readonly Left[] | undefined;
  /** Whether no plugin needs to see the request or its answer. */
  isIdle?(call: Call, answer?: JsonObject): boolean;
  /** Whether the params have a shape that hooks can see. */
  accepts(params: JsonObject): boolean;
  /** The `mcp` slot. */
  describe(call: Call): JsonObject;
  pre(call: Call): Iterable<Step>;
  /** The object with `result` or `error` in an answer; `undefined` if there is nothing to check. */
  outcome(answer: JsonObject, hooks: HookRunner): JsonObject | undefined;
  post(call: Call, outcome: JsonObject): Iterable<Step>;
}

/** The denial, if any. A promise only if hooks run, or the host's code or a store is awaited. */
export type Checked = Denial | undefined | Promise<Denial | undefined>;

/** Runs the hooks of one call. `before` and `after` never throw or reject. */
export interface HookRunner {
  before(call: Call): Checked;
  after(call: Call, outcome: JsonObject): Checked;
  /** Whether nothing judges an answer, so that it is passed on as it is. */
  letsThrough(call: Call, answer: JsonObject): boolean;
  /** Records the labels of an answer that nothing judges. */
  label(call: Call, answer: JsonObject): Checked;
  /** Reports that a message could not be checked. Returns the refusal of it. */
  fail(call: Call, point: string, error: unknown): Denial;
  /** Learns from a list of the server's tools or resources. */
  learn(direction: Direction, method: string, answer: JsonObject): void;
  /** Whether a plugin listens to a hook. */
  listens(hook: string): boolean;
  /** Whether the host lets this group pass without hooks. */
  passes(group: PassGroup): boolean;
  readonly manager: HookManager;
  readonly options: GuardOptions;
}

/** What is remembered of a call that became a task. */
export interface StartedCall {
  readonly callId: string;
  readonly tool: string;
  readonly request: string;
  readonly tenant: string | undefined;
  readonly extensions: unknown;
  readonly context: unknown;
  readonly hooks: HookRunner;
}

/**
 * Copies the request, so that what plugins see is what is sent, even if others hold the message.
 *
 * @throws RangeError when it is nested too deeply
 */
export function ownRequest(call: Call): void {
  if (call.isOwn) return;
  call.request = copyMessage(call.request);
  call.params = isObject(call.request.params) ? call.request.params : {};
  call.isOwn = true;
}

/** Copies the request. Returns false, and reports it, if it is nested too deeply to be copied. */
export function tryOwnRequest(call: Call): boolean {
  try {
    ownRequest(call);
  } catch (error) {
    call.hooks.fail(call, call.method, error);
  }
  return call.isOwn;
}

/** Whether nobody waits for the call any more. */
export function isStopped({ state }: Call): boolean {
  return state === "cancelled" || state === "closed";
}

/** Stops the hooks of a call that nobody waits for. */
export function stopHooks(call: Call, state: "cancelled" | "closed"): void {
  call.state = state;
  call.onStop?.();
  call.controller?.abort();
}

/** What to remember of a tool call, in case it becomes a task. */
export function startedCallOf(call: Call): StartedCall {
  const { callId, tenant, extensions, context, hooks } = call;
  const { request } = call.record;
  return { callId, request, tenant, tool: String(call.params.name), extensions, context, hooks };
}
