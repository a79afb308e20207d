import type { LabelStore } from "../../core/labels/index.ts";
import type { JsonObject } from "./json.ts";
import type { HookResult } from "./manager.ts";
import type { PassGroup } from "./methods.ts";
import type { FetchLike } from "./outbox.ts";
import type { Direction, RequestId } from "./transport.ts";

/** A request about to be checked, as the host sees it when it makes the envelope. */
export interface GuardedRequest {
  readonly method: string;
  readonly direction: Direction;
  readonly id: RequestId;
  /** As they came, without `_meta`: the peer's `_meta` never decides anything. Do not change them. */
  readonly params: Readonly<JsonObject>;
  /** A ready `mcp` slot for this request, with `options.serverId` where given. */
  readonly mcp: Readonly<JsonObject>;
  readonly sessionId: string | undefined;
  /** What the transport authenticated, in the SDK's own shape. Absent for outgoing requests. */
  readonly authInfo: unknown;
  /** The HTTP request: `requestInfo` of SDK v1, or `request` of v2. */
  readonly requestInfo: unknown;
}

/** One hook has run or could not, or a message was refused beside the hooks. */
export interface GuardEvent<Extensions = unknown> {
  /** The library's own id of the request: that of its end, and of each record in the audit trail. */
  readonly request: string;
  readonly method: string;
  /**
   * The hook, such as `cmf.tool_pre_invoke`. For what failed beside one: `envelope`, `labels`,
   * `data_policy`, or the method. At `headers`, what plugins wrote and is not sent.
   */
  readonly point: string;
  readonly direction: Direction;
  readonly requestId: RequestId;
  /**
   * Absent when the hook could not be run, or the message was refused for something beside it;
   * then `error` says why. A label store that failed with `onStoreError: "ignore"` refuses nothing,
   * nor do headers that are not sent.
   */
  readonly result?: HookResult<Extensions>;
  readonly error?: unknown;
}

/**
 * How a request ended.
 *
 * - `allowed`: its answer was handed back, an error of the server included.
 * - `denied`: a plugin or a data policy refused it, or its answer.
 * - `errored`: it could not be checked, was malformed, or could not be handed on.
 * - `aborted`: whoever asked cancelled it or closed the connection, or the session was ended.
 * - `dropped`: no request, but a message that belongs to none, and was not handed on.
 */
export type GuardOutcome = "allowed" | "denied" | "errored" | "aborted" | "dropped";

/** The end of a request, or of a notification that hooks were run for. Raised once for each. */
export interface GuardEnd {
  /** The library's own id of the request: that of `onResult`, and of each record in the audit trail. */
  readonly request: string;
  /** That of the call which began the task that the request is about. */
  readonly begunBy: string | undefined;
  /** Absent for a dropped answer. */
  readonly method: string | undefined;
  readonly direction: Direction;
  /** The id on the wire. A peer chooses it. */
  readonly requestId: RequestId | undefined;
  /** `security.subject.id` of the envelope, where hooks were run. */
  readonly subject: string | undefined;
  /** The tool, prompt or URI that was asked for, as it was sent, where hooks were run. */
  readonly name: string | undefined;
  readonly outcome: GuardOutcome;
  /** Why, unless it was allowed: `data.code` of the refusal, `cancelled`, `closed` or `send_failed`. */
  readonly code: string | undefined;
  /** The plugin that denied it. */
  readonly plugin: string | undefined;
  readonly timings: GuardTimings;
}

/** Milliseconds: until a request was handed on, until its answer came, and until that was handed back. */
export interface GuardTimings {
  readonly beforeMs: number;
  readonly peerMs: number;
  readonly afterMs: number;
  readonly totalMs: number;
}

/** How requests, and notifications that hooks were run for, ended: `started` is the sum of the next four and of those that are `open`. */
export interface GuardCounts {
  readonly started: number;
  readonly allowed: number;
  readonly denied: number;
  readonly errored: number;
  readonly aborted: number;
  readonly open: number;
  /** Messages that are no request, and fit none. */
  readonly dropped: number;
}

/**
 * The session of a request: one of the host's own making, which no peer can choose or leave.
 *
 * The function gets the request and the envelope that was made for it. When it fails, or gives no
 * text, the request is refused.
 */
type Session<Extensions> =
  | string
  | ((request: GuardedRequest, extensions: Extensions | undefined) => string | Promise<string>);

/**
 * Reads labels off what a server says of its data. What is left out is not read.
 *
 * Each function gets `undefined` where the server said nothing, and says what to assume then.
 * What it gives is only ever added. The answer is refused where it throws, or gives anything else
 * than a list of labels.
 */
export interface WireLabels {
  /** Of the `_meta` of a result: `labelsFromIfc`, for instance. */
  readonly meta?: (meta: unknown) => readonly string[];
  /** Of the `annotations` of a tool, as `tools/list` gave them: `labelsFromAnnotations`. */
  readonly annotations?: (annotations: unknown) => readonly string[];
}

/**
 * How labels follow the data from one call to the next.
 *
 * `store` is where they are between the calls; default: in memory, shared by the guards of the same
 * manager and `serverId`. Without `session`, requests have the one that `wrap` was given, and all
 * others of these guards have one in common.
 */
export type GuardLabels<Extensions = unknown> = LabelRules &
  (
    | { readonly store: LabelStore; readonly session: Session<Extensions> }
    | { readonly store?: undefined; readonly session?: Session<Extensions> }
  );

interface LabelRules {
  /**
   * What follows when the store fails: `deny` (the default) refuses the message; with `ignore` it
   * goes on with the labels of this call alone.
   */
  readonly onStoreError?: "deny" | "ignore";
  /**
   * After how many milliseconds a `store` that has not answered counts as failed. Default 2000.
   */
  readonly timeoutMs?: number;
  /** Labels that a server claims for its data. Off by default. */
  readonly fromWire?: WireLabels;
}

/** What `createExtensions` gives, or a plain document that the manager reads. No promise. */
type Envelope = object & { readonly then?: never };

export interface GuardOptions<Extensions = unknown> {
  /**
   * Makes the envelope of a request from what the host knows. Without it, hooks get none.
   * When it fails, or gives no object, the request is refused.
   */
  readonly envelope?: (request: GuardedRequest) => Envelope | Promise<Envelope>;
  /** How a refused tool call is answered. Prompts and resources are always answered by an error. */
  readonly onDeny?: "error" | "tool_result";
  /**
   * What goes on without a plugin having seen it. Default `["tokens"]`: cursors, versions, states
   * and the like, which the protocol itself reads. Everything else is shown to plugins at a hook.
   *
   * Further groups: `handshake`, `lists`, `sampling`, `elicitation`, `roots`, `completion`, `tasks`,
   * `notifications` and `other` requests; `metadata` of calls, prompts and resources (`_meta`,
   * titles, icons); `unknown`, fields of theirs that MCP does not name, which are refused where no
   * plugin is there to see them.
   */
  readonly pass?: readonly PassGroup[];
  /**
   * Names the server: in the `mcp` slot, in prompt requests, and for `conditions.servers`, whatever
   * the envelope says.
   */
  readonly serverId?: string;
  /**
   * Who the requests are for, for `conditions.tenants` and the audit trail. When the function fails,
   * or gives no text, the request is refused.
   */
  readonly tenant?: string | ((request: GuardedRequest) => string | Promise<string>);
  /**
   * Gets what looks wrong when the guard is made, or gets a transport or another manager: plugins
   * that it would never run, headers that it cannot send. Default: a line on standard error.
   */
  readonly onWarning?: (text: string) => void;
  /** Carries labels from call to call. Without it, each call has those of its envelope. */
  readonly labels?: GuardLabels<Extensions>;
  /**
   * What the manager's audit trail gets of the requests that hooks were run for: `refused` for those
   * that were not allowed, `all` for each. Without it, what plugins did alone.
   */
  readonly access?: "refused" | "all";
  /**
   * Told once of the end of each request, and of each notification that hooks were run for. What it
   * throws is ignored.
   */
  readonly onEnd?: (end: GuardEnd) => void;
  /** Told of every hook that ran. What it throws is ignored. */
  readonly onResult?: (event: GuardEvent<Extensions>) => void;
}

/** What a transport is wrapped with. */
export interface WrapOptions {
  /**
   * A session that several transports share, of the host's own making: one client's conversation, in
   * which ids of requests are unique, and no user's name. An answer may come through
   * another of them than its request did. Without it each transport has one of its own.
   */
  readonly session?: string | undefined;
  /** For a transport that is made by a function: what its requests go through. Default: the global one. */
  readonly fetch?: FetchLike | undefined;
}
