import type { Left } from "../../documents/index.ts";
import { copyMessage, isObject, type JsonObject } from "./json.ts";
import type { Direction, RequestId } from "./transport.ts";

/** A guarded request, from its arrival until its answer is handed on. */
export interface Call {
  readonly id: RequestId;
  readonly key: string;
  readonly method: string;
  readonly direction: Direction;
  readonly subject: Subject;
  /** The guard's own copy of the JSON-RPC request, and its params. Steps write changes into it. */
  readonly request: JsonObject;
  readonly params: JsonObject;
  /** What came beside the message: send options, or the `extra` of a received one. */
  readonly aux: unknown;
  readonly serverId: string | undefined;
  /** The id and the tool name that hooks see; for a task those of the call that started it. */
  readonly callId: string;
  readonly taskTool: string | undefined;
  /** Names the request in the host's records. Ids of the wire are a peer's choice. */
  readonly trace: string;
  readonly controller: AbortController;
  /** `open`: handed on, not answered yet. */
  state: "pre" | "open" | "post" | "done" | "cancelled" | "closed";
  /** The envelope of the call that started the task, as its hooks left it. */
  readonly started: { readonly extensions: unknown } | undefined;
  extensions: unknown;
  context: unknown;
  /** The session whose labels the call has, and those that its store last told. */
  session?: { readonly key: string; labels: readonly string[] };
  /** Stops listening to the sender's own signal. */
  release?: () => void;
}

/** One hook to run for a call: how its payload is made, and how a changed one is written back. */
export interface Step {
  readonly hook: string;
  /** An older typed hook, run only where a plugin handles it. */
  readonly older?: true;
  /** `tell` is told what of the document the payload does not show. */
  payload(tell: (left: readonly Left[]) => void): object;
  /** Takes over a changed payload. Throws when the change cannot be said in MCP. */
  write(changed: JsonObject): void;
}

/** How the data of one method is shown to hooks. A later step sees what an earlier one wrote. */
export interface Subject {
  /** Whether it is about the call of a tool. */
  readonly isTool: boolean;
  /** Whether it is about a call that was made before, and that became a task. */
  readonly isTask?: true;
  /** Whether the params have the shape that hooks can be shown. */
  accepts(params: JsonObject): boolean;
  /** The `mcp` slot. */
  describe(call: Call): JsonObject;
  pre(call: Call): Iterable<Step>;
  /** Where in an answer the outcome is: an object with `result` or `error`. Absent: nothing to check. */
  outcome(answer: JsonObject): JsonObject | undefined;
  post(call: Call, outcome: JsonObject): Iterable<Step>;
}

/** What a task remembers of the call that started it. */
export interface TaskRecord {
  readonly callId: string;
  readonly tool: string;
  readonly trace: string;
  readonly extensions: unknown;
  readonly context: unknown;
}

type Arrived = Pick<Call, "id" | "key" | "direction" | "subject" | "aux" | "serverId">;

/**
 * A call as it arrives, with a copy of its message. With a record it goes on with the id, the tool
 * and the context of the call that it is about. Nothing when the message cannot be copied.
 */
export function newCall(
  from: Arrived,
  message: JsonObject,
  record: TaskRecord | undefined,
): Call | undefined {
  const request = copyMessage(message);
  if (request === undefined) return undefined;
  return {
    ...from,
    method: String(request.method),
    request,
    params: isObject(request.params) ? request.params : {},
    callId: record?.callId ?? String(from.id),
    taskTool: record?.tool,
    trace: record?.trace ?? crypto.randomUUID(),
    controller: new AbortController(),
    state: "pre",
    started: record === undefined ? undefined : { extensions: record.extensions },
    extensions: undefined,
    context: record?.context,
  };
}

/** What to remember of a tool call, should it have become a task. */
export function recordOf(call: Call): TaskRecord {
  const { callId, trace, extensions, context } = call;
  return { callId, trace, tool: String(call.params.name), extensions, context };
}
