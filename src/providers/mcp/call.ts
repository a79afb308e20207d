import type { Left } from "../rewrite/index.ts";
import type { Denial } from "./denials.ts";
import { copyMessage, isObject, type JsonObject } from "./json.ts";
import type { HookManager } from "./manager.ts";
import type { PassGroup } from "./methods.ts";
import type { GuardOptions } from "./options.ts";
import type { RequestRecord } from "./request-log.ts";
import type { Direction, RequestId } from "./transport.ts";
import { type HeadersIn, headersIn } from "./written-headers.ts";

/** A guarded request, from its arrival until its answer is handed on. */
export interface Call {
  readonly id: RequestId;
  readonly key: string;
  readonly method: string;
  readonly direction: Direction;
  /** The key of the token by which it asks to be told of its progress. */
  readonly token: string | undefined;
  readonly subject: Subject;
  /** The guard's own copy of the JSON-RPC request, and its params. Steps write changes into it. */
  readonly request: JsonObject;
  readonly params: JsonObject;
  /** What came beside the message: send options, or the `extra` of a received one. */
  readonly aux: unknown;
  /** The hooks of the guard that it came to, as they were then. */
  readonly hooks: HookRunner;
  /** The lane that it is in: the one it came through, then the one that its answer came through. */
  owner: object;
  /** That of the transport, and the one that the host gave the guard. */
  readonly transportSession: unknown;
  readonly sessionName: string | undefined;
  readonly serverId: string | undefined;
  /** The id and the tool name that hooks see; for a task those of the call that started it. */
  readonly callId: string;
  readonly taskTool: string | undefined;
  readonly record: RequestRecord;
  /** Who the call is for, once the envelope is made. */
  tenant: string | undefined;
  readonly controller: AbortController;
  /** `open`: handed on, not answered yet. */
  state: "pre" | "open" | "post" | "done" | "cancelled" | "closed";
  /** The id of the call that started the task, and its envelope as its hooks left it. */
  readonly started: Pick<TaskRecord, "request" | "extensions" | "tenant"> | undefined;
  /** What the host gave of them, before any plugin ran. */
  headersBefore: HeadersIn;
  extensions: unknown;
  context: unknown;
  /** Whether it has its envelope and the labels of its session. */
  isPrepared: boolean;
  /** The session whose labels the call has, and those that its store last told. */
  session?: { readonly key: string; labels: readonly string[] };
  /** Stops listening to the sender's own signal. */
  release?: () => void;
}

/** One hook to run for a call: how its payload is made, and how a changed one is written back. */
export interface Step {
  readonly hook: string;
  /** Run only where a plugin listens. */
  readonly optional?: true;
  /** Of an optional step: content that does not pass where it is not run. */
  readonly unseen?: readonly Left[];
  /** Where to show what the payload does not, and of which document it is. */
  readonly rest?: Rest;
  /** `tell` is told what of the document the payload does not show. */
  payload(reportLeft: (left: readonly Left[]) => void): object;
  /** Takes over a changed payload. Throws when the change cannot be said in MCP. */
  write(changed: JsonObject): void;
}

interface Rest {
  readonly hook: "cmf.mcp_request" | "cmf.mcp_response";
  readonly document: JsonObject;
  /** What has steps of its own. */
  readonly input: "inputRequests" | "inputResponses";
}

/** How the data of one method is shown to hooks. A later step sees what an earlier one wrote. */
export interface Subject {
  /** Whether it is about the call of a tool. */
  readonly isTool: boolean;
  /** Whether it is about a call that was made before, and that became a task. */
  readonly isTask?: true;
  /** Whether it has no hooks of its own, and no data policy is about it. */
  readonly isOther?: true;
  /** Whether nobody asked for it. */
  readonly isNotice?: true;
  /** Whether the request, or its answer, is put to no plugin. */
  isIdle?(call: Call, answer?: JsonObject): boolean;
  /** Whether the params have the shape that hooks can be shown. */
  accepts(params: JsonObject): boolean;
  /** The `mcp` slot. */
  describe(call: Call): JsonObject;
  pre(call: Call): Iterable<Step>;
  /** Where in an answer the outcome is: an object with `result` or `error`. Absent: nothing to check. */
  outcome(answer: JsonObject, hooks: HookRunner): JsonObject | undefined;
  post(call: Call, outcome: JsonObject): Iterable<Step>;
}

/** Runs the hooks of one call. Both resolve to what stops it, and never reject. */
export interface HookRunner {
  before(call: Call): Promise<Denial | undefined>;
  after(call: Call, outcome: JsonObject): Promise<Denial | undefined>;
  /** Learns what a list says of the server's tools or resources. */
  learn(direction: Direction, method: string, answer: JsonObject): void;
  /** Whether a plugin runs at a hook. A manager of another host may not know it. */
  listens(hook: string): boolean;
  /** Whether the host named what goes on without hooks. */
  passes(group: PassGroup): boolean;
  readonly manager: HookManager;
  readonly options: GuardOptions;
}

/** What a task remembers of the call that started it. */
export interface TaskRecord {
  readonly callId: string;
  readonly tool: string;
  readonly request: string;
  readonly tenant: string | undefined;
  readonly extensions: unknown;
  readonly context: unknown;
  readonly hooks: HookRunner;
}

type Arrived = Pick<
  Call,
  | ("id" | "key" | "token" | "direction" | "subject" | "aux" | "serverId")
  | ("hooks" | "owner" | "record" | "transportSession" | "sessionName")
>;

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
    tenant: undefined,
    controller: new AbortController(),
    state: "pre",
    started: record,
    headersBefore: headersIn(undefined),
    extensions: undefined,
    isPrepared: false,
    // The state of plugins is that of one manager.
    context: record?.hooks.manager === from.hooks.manager ? record.context : undefined,
  };
}

/** What to remember of a tool call, should it have become a task. */
export function recordOf(call: Call): TaskRecord {
  const { callId, tenant, extensions, context, hooks } = call;
  const { request } = call.record;
  return { callId, request, tenant, tool: String(call.params.name), extensions, context, hooks };
}
