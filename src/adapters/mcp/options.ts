import type { JsonObject } from "./json.ts";
import type { HookResult } from "./manager.ts";
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

/** One hook has run, or could not. */
export interface GuardEvent<Extensions = unknown> {
  readonly method: string;
  /** The hook, such as `cmf.tool_pre_invoke`; `envelope` or the method for what failed before one. */
  readonly point: string;
  readonly direction: Direction;
  readonly requestId: RequestId;
  /** Absent when the hook could not be run; then `error` says why, and the message was refused. */
  readonly result?: HookResult<Extensions>;
  readonly error?: unknown;
}

export interface GuardOptions<Extensions = unknown> {
  /**
   * Makes the envelope of a request from what the host knows. Without it, hooks get none.
   * When it fails, the request is refused.
   */
  readonly envelope?: (request: GuardedRequest) => unknown;
  /** How a refused tool call is answered. Prompts and resources are always answered by an error. */
  readonly onDeny?: "error" | "tool_result";
  /** Names the server in the `mcp` slot and in prompt requests. */
  readonly serverId?: string;
  /** Told of every hook that ran. What it throws is ignored. */
  readonly onResult?: (event: GuardEvent<Extensions>) => void;
}
