import type { LabelStore } from "../../core/labels/index.ts";
import type { Access, HookResult, Timings } from "../guard/index.ts";
import type { JsonObject } from "./json.ts";
import type { PassGroup } from "./methods.ts";
import type { FetchLike } from "./outbox.ts";
import type { Direction, RequestId } from "./transport.ts";

/** A request about to be checked, as the host sees it when it makes the envelope. */
export interface GuardedRequest {
  readonly method: string;
  readonly direction: Direction;
  readonly id: RequestId;
  /**
   * As they arrived, without `_meta`: a peer's `_meta` never decides anything. Do not change them.
   */
  readonly params: Readonly<JsonObject>;
  /** A ready `mcp` slot for this request, with `options.serverId` if given. */
  readonly mcp: Readonly<JsonObject>;
  readonly sessionId: string | undefined;
  /** The authentication info of the transport, as the SDK has it. Absent for outgoing requests. */
  readonly authInfo: unknown;
  /** The HTTP request: `requestInfo` of SDK v1, or `request` of v2. */
  readonly requestInfo: unknown;
}

/** Reports that a hook ran or failed, or that a message was refused for another reason. */
export interface GuardEvent<Extensions = unknown> {
  /** The library's own id for the request, also in its `GuardEnd` and its audit records. */
  readonly request: string;
  readonly method: string;
  /**
   * The hook, such as `cmf.tool_pre_invoke`. For other failures: `envelope`, `tenant`, `labels`,
   * `data_policy`, or the method. `headers` reports plugin headers that are not sent.
   */
  readonly point: string;
  readonly direction: Direction;
  readonly requestId: RequestId;
  /**
   * Absent when the hook could not run, or the message was refused for another reason; then `error`
   * says why. For a store that failed with `onStoreError: "ignore"`, and for headers that are not
   * sent, there is an `error` as well, but the message is not refused.
   */
  readonly result?: HookResult<Extensions>;
  readonly error?: unknown;
}

/**
 * How a request ended.
 *
 * - `allowed`: its answer was returned, including an error from the server.
 * - `denied`: a plugin or a data policy refused it, or its answer.
 * - `errored`: it could not be checked, was malformed, could not be passed on, or got no answer.
 * - `aborted`: the sender cancelled it or closed the connection, or the session was ended.
 * - `dropped`: a message that belongs to no request and was not passed on.
 */
export type GuardOutcome = "allowed" | "denied" | "errored" | "aborted" | "dropped";

/** The end of a request, or of a notification that hooks ran for. Reported once for each. */
export interface GuardEnd {
  /** The library's own id for the request, also in `onResult` and its audit records. */
  readonly request: string;
  /** The `request` of the call that started the task that this request is about. */
  readonly begunBy: string | undefined;
  /** Absent for a dropped answer. */
  readonly method: string | undefined;
  readonly direction: Direction;
  /** The id on the wire. A peer chooses it. */
  readonly requestId: RequestId | undefined;
  /** `security.subject.id` of the envelope, if hooks ran. */
  readonly subject: string | undefined;
  /** The requested tool, prompt or URI as it was sent, if hooks ran. */
  readonly name: string | undefined;
  readonly outcome: GuardOutcome;
  /**
   * Why, unless it was allowed: `data.code` of the refusal, `cancelled`, `closed` or `send_failed`.
   */
  readonly code: string | undefined;
  /** The plugin that denied it. */
  readonly plugin: string | undefined;
  readonly timings: GuardTimings;
}

/**
 * Milliseconds until a request was passed on, from there until its answer arrived, and from there
 * until the answer was returned.
 */
export type GuardTimings = Timings;

/**
 * The outcomes of requests, and of notifications that hooks ran for: `started` is the sum of the
 * next four and `open`.
 */
export interface GuardCounts {
  readonly started: number;
  readonly allowed: number;
  readonly denied: number;
  readonly errored: number;
  readonly aborted: number;
  readonly open: number;
  /** Those of `open` that are requests of the direction `incoming`. */
  readonly openIncoming: number;
  /** Messages that belong to no request. */
  readonly dropped: number;
}

/**
 * The session of a request. The host chooses it, so that no peer can choose or leave it.
 *
 * The function gets the request and its envelope. If it fails or does not return a string,
 * the request is refused.
 */
type Session<Extensions> =
  | string
  | ((request: GuardedRequest, extensions: Extensions | undefined) => string | Promise<string>);

/**
 * Reads labels from what a server says about its data. An omitted function reads nothing.
 *
 * Each function gets `undefined` if the server said nothing, and decides what to assume then. The
 * labels it returns are only ever added. If it throws or returns anything but a list of labels, the
 * result is refused; a tool whose listed annotations cannot be read counts as not listed.
 */
export interface WireLabels {
  /** From the `_meta` of a result, for example `labelsFromIfc`. */
  readonly meta?: ((meta: unknown) => readonly string[]) | undefined;
  /** From the `annotations` of a tool in `tools/list`, for example `labelsFromAnnotations`. */
  readonly annotations?: ((annotations: unknown) => readonly string[]) | undefined;
}

/**
 * How labels follow data from one call to the next.
 *
 * `store` keeps them between calls; the default store is in memory, shared by guards of the same
 * manager and `serverId`. Without `session`, a request uses the session passed to `wrap`; all
 * others of these guards share one.
 */
export type GuardLabels<Extensions = unknown> = LabelRules &
  (
    | { readonly store: LabelStore; readonly session: Session<Extensions> }
    | { readonly store?: undefined; readonly session?: Session<Extensions> | undefined }
  );

interface LabelRules {
  /**
   * What happens when the store fails: `deny` (the default) refuses the message; `ignore` continues
   * with the labels of this call alone.
   */
  readonly onStoreError?: "deny" | "ignore" | undefined;
  /**
   * After how many milliseconds a `store` that has not answered counts as failed. Default 2000.
   */
  readonly timeoutMs?: number | undefined;
  /** Labels that a server claims for its data. Off by default. */
  readonly fromWire?: WireLabels | undefined;
}

/** The result of `createExtensions`, or a plain document that the manager reads. Not a promise. */
type Envelope = object & { readonly then?: never };

export interface GuardOptions<Extensions = unknown> {
  /**
   * Makes the envelope of a request from what the host knows. Without it, hooks get no envelope.
   * If it fails or does not return an object, the request is refused.
   */
  readonly envelope?: ((request: GuardedRequest) => Envelope | Promise<Envelope>) | undefined;
  /**
   * How a refused tool call is answered. Prompts, resources and calls that ask to become a task
   * always get an error.
   */
  readonly onDeny?: "error" | "tool_result" | undefined;
  /**
   * What passes without a plugin seeing it. Default `["tokens"]`: cursors, versions, states
   * and the like, which the protocol itself reads. Everything else is shown to plugins at a hook.
   *
   * Further groups: `handshake`, `lists`, `sampling`, `elicitation`, `roots`, `completion`,
   * `tasks`, `notifications` and `other` requests; `metadata` of calls, prompts and resources
   * (`_meta`, titles, icons); `unknown`: their fields that MCP does not define. Unless `unknown`
   * passes, such a field is refused if no plugin sees it.
   */
  readonly pass?: readonly PassGroup[] | undefined;
  /**
   * Names the server: in the `mcp` slot, in prompt requests, and for `conditions.servers`, whatever
   * the envelope says.
   */
  readonly serverId?: string | undefined;
  /**
   * The tenant of the requests, for `conditions.tenants` and the audit trail. If the function fails
   * or does not return a string, the request is refused.
   */
  readonly tenant?: string | ((request: GuardedRequest) => string | Promise<string>) | undefined;
  /**
   * Receives warnings when the guard is created or gets a transport or another manager: about
   * plugins that it would never run, or headers that it cannot send; and about subscriptions that
   * `factory` does not show. Default: prints each one as a line on standard error.
   */
  readonly onWarning?: ((text: string) => void) | undefined;
  /** Carries labels from call to call. Without it, each call has the labels of its envelope. */
  readonly labels?: GuardLabels<Extensions> | undefined;
  /**
   * Which requests are recorded in the manager's audit trail: `refused` for those that were not
   * allowed, `all` also for the allowed ones. A request that no hook ran for is recorded only if it
   * was refused. Without this option, only what plugins did is recorded.
   */
  readonly access?: Access | undefined;
  /**
   * Called once at the end of each request, and of each notification that hooks ran for. What it
   * throws is ignored.
   */
  readonly onEnd?: ((end: GuardEnd) => void) | undefined;
  /**
   * Called for every hook that ran, and with an `error` for each failure and for what a data policy
   * refuses. What it throws is ignored.
   */
  readonly onResult?: ((event: GuardEvent<Extensions>) => void) | undefined;
  /**
   * Called with those events of `onResult` that have an `error`. Unlike `onResult`, it does not
   * cause messages to be judged that no plugin would see.
   */
  readonly onFailure?: ((event: GuardEvent<Extensions>) => void) | undefined;
}

/** Options of `wrap` and `bridge`. */
export interface WrapOptions {
  /**
   * A session that several transports share, named by the host: one client's conversation, in
   * which request ids are unique. Do not use a user's name. An answer may arrive through a
   * different transport than its request. Without this option each transport has its own session.
   */
  readonly session?: string | undefined;
  /**
   * For a transport that a function makes: the `fetch` for its requests. Default: the global one.
   */
  readonly fetch?: FetchLike | undefined;
}
