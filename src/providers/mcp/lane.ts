import {
  type Call,
  type HookRunner,
  type Subject,
  startedCallOf,
  stopHooks,
  tryOwnRequest,
} from "./call.ts";
import { learnedLists } from "./call-labels.ts";
import { checkAnswer, checkNotice, checkRequest, type Verdict } from "./check.ts";
import {
  type Denial,
  duplicate,
  failed,
  forgottenTask,
  invalidId,
  invalidParams,
} from "./denials.ts";
import { type Ends, type Handed, refuseRequest, reportDropped, unexpectedAnswer } from "./ends.ts";
import {
  type Entry,
  endChecked,
  endOf,
  type InFlight,
  isCall,
  type UnguardedRequest,
  watchSignal,
} from "./in-flight.ts";
import { InOrder } from "./in-order.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { GuardMemory, Session } from "./memory.ts";
import { tokenOf } from "./open-requests.ts";
import { isShown, notices, withoutTexts } from "./others.ts";
import { optionsToSend } from "./param-headers.ts";
import type { RequestLog, RequestRecord } from "./request-log.ts";
import { subjectOf } from "./subjects.ts";
import { isAskedMethod, type TaskMemory, type TaskScope } from "./task-memory.ts";
import { taskNotice } from "./tasks.ts";
import { type Direction, keyOf, type RequestId, subscription } from "./transport.ts";

/** What all connections of a guard share. */
export interface GuardParts {
  /** The hooks for the next request. */
  readonly hooks: () => HookRunner;
  readonly memory: GuardMemory;
  readonly log: RequestLog;
}

/** What a lane knows about its connection. */
interface LaneParts extends GuardParts {
  readonly direction: Direction;
  readonly ends: Ends;
  /** The current session. After it was ended, a new one takes its place. */
  readonly session: () => Session;
  readonly transportSession: () => unknown;
}

/** The requests in one direction of a connection, and their answers. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #ends: Ends;
  readonly #order = new InOrder();
  /** Its open requests. Others of the session belong to other transports. */
  readonly #open = new Set<Entry>();

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#ends = parts.ends;
  }

  get #inFlight(): InFlight {
    return this.#parts.session().inFlight[this.#parts.direction];
  }

  get #scope(): TaskScope {
    return { direction: this.#parts.direction, session: this.#parts.session() };
  }

  request(message: JsonObject, aux: unknown): Handed {
    const method = String(message.method);
    const task = this.#task(message.params);
    const subject = subjectOf(method, task, this.#parts.hooks());
    const key = keyOf(message.id);
    const { log, direction } = this.#parts;
    const record = log.begin({ method, direction, requestId: message.id as RequestId });
    const refuse = (denial: Denial): Handed =>
      refuseRequest(this.#ends, direction, message.id, record, denial);
    if (key === undefined) return refuse(invalidId);
    if (this.#inFlight.isTaken(key, direction === "outgoing" && subject === undefined))
      return refuse(duplicate);
    const { full } = this.#inFlight;
    if (full !== undefined) return refuse(full);
    if (subject?.isTask && task === "forgotten") return refuse(forgottenTask);
    if (subject === undefined) {
      const token = tokenOf(message);
      const entry: UnguardedRequest = { key, method, record, lane: this.#open, token };
      this.#add(entry, aux);
      return this.#handOn(entry, message, aux);
    }
    const call = this.#call(key, subject, message, aux, record);
    if (!subject.accepts(call.params)) return refuse(invalidParams);
    this.#add(call, aux);
    return this.#check(call);
  }

  answer(message: JsonObject, aux: unknown): Handed {
    const key = keyOf(message.id);
    // JSON-RPC: an error without an id says that a message could not be read at all.
    const isStray = message.id === undefined || message.id === null;
    if (isStray && message.result === undefined) {
      return this.#reply(withoutTexts(message, this.#parts.hooks()), aux);
    }
    const open = key === undefined ? undefined : this.#inFlight.get(key);
    if (key === undefined || open === undefined) return this.#late(key, message, aux);
    if (isCall(open)) {
      return open.state === "open" ? this.#finish(open, message, aux) : this.#dropAnswer(message);
    }
    this.#inFlight.remove(open);
    open.record.watch.answered();
    endChecked(open, undefined, aux);
    this.#learn(open.method, message);
    return this.#reply(message, aux);
  }

  /** Shows a notification to listening plugins and passes it on in order. */
  notification(message: JsonObject, aux: unknown): Handed {
    const hooks = this.#parts.hooks();
    if (!isShown(message, hooks)) return this.#reply(message, aux);
    const related = this.#inFlight.relatedTo(message, aux);
    const call = this.#beginNotification(notices, message, aux, related);
    return call && this.#passNotice(call, checkNotice(call, hooks), aux);
  }

  /**
   * Cancels a request. Returns false if the other side never got it or has answered, and
   * `undefined` if there is no such request.
   */
  cancel(id: unknown): boolean | undefined {
    const key = keyOf(id);
    const entry = key === undefined ? undefined : this.#inFlight.get(key);
    return entry && this.#cancelEntry(entry);
  }

  /** Ends a request that its receiver may cancel: a subscription. */
  endSubscription(id: unknown): void {
    const key = keyOf(id);
    if (key !== undefined && this.#inFlight.get(key)?.method === subscription) this.cancel(id);
  }

  /** Handles a notification about a task, which stays in order with the answers. */
  taskNotification(message: JsonObject, aux: unknown): Handed {
    const task = this.#task(message.params);
    if (task === "forgotten") return this.drop(message);
    // A notification about another kind of task, or about none, is like any other.
    if (isAskedMethod(task) || !isObject(message.params)) return this.notification(message, aux);
    if (taskNotice.outcome(message, this.#parts.hooks()) === undefined) {
      return this.#reply(message, aux);
    }
    const call = this.#beginNotification(taskNotice, message, aux);
    if (call === undefined) return;
    call.record.watch.answered();
    return this.#passNotice(call, checkAnswer(call, message, call.hooks), aux);
  }

  /** Passes a notification on in order, once it is checked. */
  #passNotice(call: Call, checked: Verdict | Promise<Verdict>, aux: unknown): Handed {
    return this.#order.next(async () => {
      const verdict = await checked;
      if (verdict.kind === "stopped" || !isIn(call, "post")) return;
      call.state = "done";
      this.#inFlight.remove(call);
      endChecked(call, verdict.denial, aux);
      if (verdict.kind !== "refused") await this.#ends.reply(verdict.message, aux);
    });
  }

  /**
   * Starts a call for a message that gets no answer. If that is not possible, the message is
   * reported and dropped, and its sender does not learn of it.
   */
  #beginNotification(
    subject: Subject,
    message: JsonObject,
    aux: unknown,
    related?: Call,
  ): Call | undefined {
    const { log, direction } = this.#parts;
    const record = log.begin({ method: String(message.method), direction, requestId: undefined });
    const key = `notice ${record.request}`;
    const call = this.#call(key, subject, message, aux, record, related);
    if (tryOwnRequest(call) && this.#inFlight.full === undefined) {
      this.#inFlight.add(call);
      return call;
    }
    record.end("errored", failed.data);
    reportDropped(this.#ends, "a notification");
    return undefined;
  }

  /** Drops a message that belongs to no request and could be mistaken for a checked one. */
  drop(message: JsonObject, what = "a malformed message"): void {
    this.#parts.log.dropped(message.method, this.#parts.direction, message.id);
    reportDropped(this.#ends, what);
  }

  #dropAnswer(message: JsonObject): void {
    this.drop(message, unexpectedAnswer(message.id, this.#parts.direction));
  }

  /**
   * Stops the hooks of all messages of a closed transport; with `keepsJudged`, not those of answers
   * and notifications.
   */
  stop(endsRequests: boolean, keepsJudged = false): void {
    for (const entry of [...this.#open]) {
      const isOpen = !isCall(entry) || entry.state === "open";
      // An answer may arrive through another transport of the session.
      if (isOpen && !endsRequests) continue;
      if (keepsJudged && isCall(entry) && entry.state === "post") continue;
      this.#inFlight.close(entry);
    }
  }

  #check(call: Call): Handed {
    const before = call.params.arguments;
    return onVerdict(checkRequest(call, call.hooks), (verdict) =>
      this.#checked(call, verdict, before),
    );
  }

  #checked(call: Call, verdict: Verdict, before: unknown): Handed {
    // The call may have been cancelled or closed since.
    if (verdict.kind === "stopped" || !isIn(call, "pre")) return;
    if (verdict.kind === "refused") {
      this.#inFlight.remove(call);
      endChecked(call, verdict.denial);
      return this.#ends.reply(verdict.answer);
    }
    call.state = "open";
    return this.#handOn(call, verdict.message, optionsToSend(call, before));
  }

  #finish(call: Call, message: JsonObject, aux: unknown): Handed {
    call.lane.delete(call);
    call.lane = this.#open.add(call);
    call.record.watch.answered();
    return onVerdict(checkAnswer(call, message, call.hooks), (verdict) =>
      this.#finished(call, verdict, message, aux),
    );
  }

  #finished(call: Call, verdict: Verdict, message: JsonObject, aux: unknown): Handed {
    if (verdict.kind === "stopped" || !isIn(call, "post")) return;
    call.state = "done";
    this.#inFlight.remove(call);
    endChecked(call, verdict.denial, aux);
    if (verdict.kind === "refused") return this.#reply(verdict.answer, aux);
    if (call.method === "tools/call") {
      this.#parts.memory.tasks.learn(this.#scope, verdict.message, () => startedCallOf(call));
    }
    if (call.subject.isOther) this.#learn(call.method, message);
    return this.#reply(verdict.message, aux);
  }

  /** Learns from answers that later messages are judged by: new tasks, and lists. */
  #learn(method: string, answer: JsonObject): void {
    const { memory, direction, hooks } = this.#parts;
    if (isAskedMethod(method)) memory.tasks.learn(this.#scope, answer, () => method);
    if (learnedLists.includes(method)) hooks().learn(direction, method, answer);
  }

  /** Replies, but not before an earlier notification. */
  #reply(message: JsonObject, aux: unknown): Handed {
    return this.#order.now(() => this.#ends.reply(message, aux));
  }

  #task(params: unknown): ReturnType<TaskMemory["find"]> {
    return this.#parts.memory.tasks.find(this.#scope, params);
  }

  /**
   * Makes the call for a message that arrives. If it is about a call that started a task, or
   * `related` to one, it continues the id, the tool and the context of that call.
   */
  #call(
    key: string,
    subject: Subject,
    message: JsonObject,
    aux: unknown,
    record: RequestRecord,
    related?: Call,
  ): Call {
    const { direction, session, transportSession } = this.#parts;
    const hooks = this.#parts.hooks();
    // Only for messages about a task: a peer may write any `taskId` into other params.
    const task = subject.isTask ? this.#task(message.params) : undefined;
    const startedBy = related === undefined ? task : startedCallOf(related);
    const started = typeof startedBy === "string" ? undefined : startedBy;
    const id = message.id === undefined ? key : (message.id as RequestId);
    const request = { ...message };
    const params = isObject(request.params) ? { ...request.params } : {};
    if (isObject(request.params)) request.params = params;
    return {
      id,
      key,
      method: String(request.method),
      direction,
      token: subject.isNotice ? undefined : tokenOf(message),
      subject,
      message,
      request,
      params,
      isOwn: false,
      aux,
      hooks,
      lane: this.#open,
      transportSession: transportSession(),
      sessionName: session().name,
      serverId: hooks.options.serverId,
      callId: started?.callId ?? String(id),
      taskTool: started?.tool,
      record,
      tenant: undefined,
      controller: undefined,
      state: "pre",
      onStop: undefined,
      started,
      headersBefore: undefined,
      extensions: undefined,
      // Plugin state belongs to one manager.
      context: started?.hooks.manager === hooks.manager ? started.context : undefined,
      isPrepared: false,
      session: undefined,
      entities: undefined,
      release: undefined,
    };
  }

  #add(entry: Entry, aux: unknown): void {
    // The host may reuse the id of a request that no hook ran for.
    const before = this.#inFlight.get(entry.key);
    if (before !== undefined) {
      this.#inFlight.remove(before);
      endOf(before, "aborted", { code: "request_id_in_use" });
    }
    this.#inFlight.add(entry);
    watchSignal(entry, aux, () => this.#cancelEntry(entry));
  }

  #handOn(entry: Entry, message: JsonObject, aux: unknown): Handed {
    entry.record.watch.handedOn();
    const fail = (error: unknown): never => {
      this.#inFlight.remove(entry);
      endOf(entry, "errored", { code: "send_failed" });
      throw error;
    };
    try {
      return this.#ends.forward(message, aux)?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  #cancelEntry(entry: Entry): boolean {
    // MCP: `initialize` cannot be cancelled.
    if (entry.method === "initialize") return true;
    endOf(entry, "aborted", { code: "cancelled" });
    if (isCall(entry) && entry.state !== "open") {
      this.#inFlight.remove(entry);
      stopHooks(entry, "cancelled");
      return false;
    }
    if (isCall(entry)) entry.state = "cancelled";
    this.#inFlight.cancel(entry);
    return true;
  }

  /**
   * Handles an answer to no open request. It passes only if its request was cancelled and had no
   * hooks.
   */
  #late(key: string | undefined, message: JsonObject, aux: unknown): Handed {
    const wasGuarded = key === undefined ? undefined : this.#inFlight.settleCancelled(key);
    return wasGuarded === false ? this.#ends.reply(message, aux) : this.#dropAnswer(message);
  }
}

/** Hands a verdict to `next`, at once unless it is a promise. */
function onVerdict(
  verdict: Verdict | Promise<Verdict>,
  next: (verdict: Verdict) => Handed,
): Handed {
  return "then" in verdict ? verdict.then(next) : next(verdict);
}

/** Whether a call is still in `state`: during a wait it may have been cancelled or closed. */
function isIn(call: Call, state: Call["state"]): boolean {
  return call.state === state;
}
