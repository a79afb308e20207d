import { GlassineError } from "../../errors/index.ts";
import {
  type Denial,
  duplicate,
  errorAnswer,
  failed,
  forgottenTask,
  guardErrorCodes,
  invalidId,
  invalidParams,
  unanswered,
} from "./answers.ts";
import { type Call, newCall, recordOf, type Subject } from "./call.ts";
import { learnedLists } from "./call-labels.ts";
import { checkAnswer, checkRequest } from "./check.ts";
import type { Ends, Handed } from "./ends.ts";
import {
  closed,
  type Entry,
  endOf,
  type InFlight,
  isCall,
  type Plain,
  tooManyOpen,
  watchSignal,
} from "./in-flight.ts";
import type { JsonObject } from "./json.ts";
import type { GuardMemory, Session } from "./memory.ts";
import { optionsToSend } from "./param-headers.ts";
import type { RequestLog, RequestRecord } from "./request-log.ts";
import type { HookRunner } from "./run-hooks.ts";
import { subjectOf } from "./subjects.ts";
import { exemptTaskMethods, type TaskMemory, type TaskScope, taskNotice } from "./tasks.ts";
import { type Direction, keyOf, type RequestId } from "./transport.ts";

/** What a lane knows of the connection that it is of. */
export interface LaneParts {
  readonly direction: Direction;
  readonly ends: Ends;
  readonly session: Session;
  readonly memory: GuardMemory;
  /** The hooks for the next request. */
  readonly hooks: () => HookRunner;
  readonly transportSession: () => unknown;
  readonly log: RequestLog;
}

/** The requests that travel in one direction of a connection, and the answers that come back. */
export class Lane {
  readonly #parts: LaneParts;
  readonly #ends: Ends;
  readonly #inFlight: InFlight;
  readonly #scope: TaskScope;

  constructor(parts: LaneParts) {
    this.#parts = parts;
    this.#ends = parts.ends;
    this.#inFlight = parts.session.inFlight[parts.direction];
    this.#scope = { direction: parts.direction, session: parts.session };
  }

  request(message: JsonObject, aux: unknown): Handed {
    const method = String(message.method);
    const task = this.#task(message.params);
    const subject = subjectOf(method, task);
    const key = keyOf(message.id);
    const { log, direction } = this.#parts;
    const record = log.begin({ method, direction, requestId: message.id as RequestId });
    const refuse = (denial: Denial): Handed => this.#refuse(message.id, record, denial);
    if (key === undefined) return refuse(invalidId);
    if (this.#isTaken(key, subject !== undefined)) return refuse(duplicate);
    if (this.#inFlight.isFull) return refuse(unanswered);
    if (subject?.isTask && task === "forgotten") return refuse(forgottenTask);
    if (subject === undefined) {
      const entry: Plain = { method, record, owner: this };
      this.#add(key, entry, aux);
      return this.#handOn(key, entry, message, aux);
    }
    const call = this.#call(key, subject, message, aux, record);
    if (call === undefined) return refuse(failed);
    if (!subject.accepts(call.params)) return refuse(invalidParams);
    this.#add(key, call, aux);
    return this.#check(call);
  }

  answer(message: JsonObject, aux: unknown): Handed {
    const key = keyOf(message.id);
    // JSON-RPC: an error without id says that a message could not be read at all.
    const isStray = message.id === undefined || message.id === null;
    if (isStray && message.result === undefined) return this.#ends.reply(message, aux);
    const open = key === undefined ? undefined : this.#inFlight.get(key);
    if (key === undefined || open === undefined) return this.#late(key, message, aux);
    if (isCall(open)) {
      return open.state === "open" ? this.#finish(open, message, aux) : this.drop(message);
    }
    this.#inFlight.remove(key, open);
    const { memory, direction, hooks } = this.#parts;
    if (exemptTaskMethods.includes(open.method)) memory.tasks.learn(this.#scope, message, "exempt");
    open.record.answered();
    endOf(open, "allowed", {});
    if (learnedLists.includes(open.method)) hooks().learn(direction, open.method, message);
    return this.#ends.reply(message, aux);
  }

  /** Cancels a request. False when the other side never heard of it, or has answered. */
  cancel(id: unknown): boolean {
    const key = keyOf(id);
    const entry = key === undefined ? undefined : this.#inFlight.get(key);
    return key === undefined || entry === undefined || this.#cancelEntry(key, entry);
  }

  /** A notification about a task. It travels with the answers. */
  notice(message: JsonObject, aux: unknown): Handed {
    const task = this.#task(message.params);
    if (task === "forgotten") return this.drop(message);
    if (task === "exempt" || taskNotice.outcome(message) === undefined) {
      return this.#ends.reply(message, aux);
    }
    const { log, direction } = this.#parts;
    const method = String(message.method);
    const record = log.begin({ method, direction, requestId: undefined });
    const key = `notice ${record.request}`;
    const call = this.#call(key, taskNotice, message, aux, record);
    if (call === undefined) {
      record.end("errored", failed.data, undefined);
      return this.#report("a malformed request");
    }
    this.#inFlight.add(key, call);
    return this.#finish(call, message, aux);
  }

  /** A message that fits nothing, and could pass for something that is checked. */
  drop(message: JsonObject): void {
    this.#parts.log.dropped(message.method, this.#parts.direction, message.id);
    this.#report(
      typeof message.method === "string" ? "a malformed request" : "an unexpected answer",
    );
  }

  #report(what: string): void {
    this.#ends.report(new GlassineError("message_invalid", `The guard dropped ${what}.`));
  }

  /** The transport has closed: stops every hook that runs for its messages. */
  stop(): void {
    for (const [key, entry] of this.#inFlight.of(this)) {
      // An answer may come through another transport of the session.
      if (!isCall(entry) || entry.state === "open") continue;
      entry.state = "closed";
      this.#inFlight.remove(key, entry);
      endOf(entry, "aborted", closed);
      entry.controller.abort();
    }
  }

  async #check(call: Call): Promise<void> {
    const before = call.params.arguments;
    const verdict = await checkRequest(call, call.hooks);
    // A cancellation or a close may have come since.
    if (verdict.kind === "stopped" || !isIn(call, "pre")) return;
    if (verdict.kind === "refused") {
      this.#inFlight.remove(call.key, call);
      this.#end(call, verdict.denial);
      return this.#ends.reply(verdict.answer);
    }
    call.state = "open";
    await this.#handOn(call.key, call, verdict.message, optionsToSend(call, before));
  }

  async #finish(call: Call, message: JsonObject, aux: unknown): Promise<void> {
    call.owner = this;
    call.record.answered();
    const verdict = await checkAnswer(call, message, call.hooks);
    if (verdict.kind === "stopped" || !isIn(call, "post")) return;
    call.state = "done";
    this.#inFlight.remove(call.key, call);
    this.#end(call, verdict.denial);
    if (verdict.kind === "refused") return this.#ends.reply(verdict.answer, aux);
    if (call.method === "tools/call") {
      this.#parts.memory.tasks.learn(this.#scope, verdict.message, recordOf(call));
    }
    return this.#ends.reply(verdict.message, aux);
  }

  /** Denied by a policy, or what could not be checked. */
  #end(call: Call, denial: Denial | undefined): void {
    if (denial === undefined) endOf(call, "allowed", {});
    else endOf(call, denial.code === guardErrorCodes.denied ? "denied" : "errored", denial.data);
  }

  #task(params: unknown): ReturnType<TaskMemory["find"]> {
    return this.#parts.memory.tasks.find(this.#scope, params);
  }

  #call(
    key: string,
    subject: Subject,
    message: JsonObject,
    aux: unknown,
    record: RequestRecord,
  ): Call | undefined {
    const { direction, session } = this.#parts;
    const hooks = this.#parts.hooks();
    const from = {
      id: message.id === undefined ? key : (message.id as RequestId),
      ...{ key, direction, subject, aux, hooks, owner: this, record },
      serverId: hooks.options.serverId,
      sessionName: session.name,
      transportSession: this.#parts.transportSession(),
    };
    // Only for what is about a task: a peer may write any `taskId` into other params.
    const task = subject.isTask ? this.#task(message.params) : undefined;
    return newCall(from, message, typeof task === "string" ? undefined : task);
  }

  /** One's own ids are one's own affair, as long as no guarded request is mistaken for another. */
  #isTaken(key: string, isGuarded: boolean): boolean {
    const open = this.#inFlight.get(key);
    if (this.#parts.direction === "outgoing" && !isGuarded && open !== undefined)
      return isCall(open);
    return this.#inFlight.isUsed(key);
  }

  #add(key: string, entry: Entry, aux: unknown): void {
    // One's own side may ask again by the id of a request that no hook was run for.
    const before = this.#inFlight.get(key);
    if (before !== undefined) {
      this.#inFlight.remove(key, before);
      endOf(before, "aborted", { code: "request_id_in_use" });
    }
    this.#inFlight.add(key, entry);
    watchSignal(entry, aux, () => this.#cancelEntry(key, entry));
  }

  #handOn(key: string, entry: Entry, message: JsonObject, aux: unknown): Handed {
    entry.record.handedOn();
    const fail = (error: unknown): never => {
      this.#inFlight.remove(key, entry);
      endOf(entry, "errored", { code: "send_failed" });
      throw error;
    };
    try {
      return this.#ends.forward(message, aux)?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  #cancelEntry(key: string, entry: Entry): boolean {
    // MCP: `initialize` cannot be cancelled.
    if (entry.method === "initialize") return true;
    endOf(entry, "aborted", { code: "cancelled" });
    if (isCall(entry) && entry.state !== "open") {
      entry.state = "cancelled";
      this.#inFlight.remove(key, entry);
      entry.controller.abort();
      return false;
    }
    if (isCall(entry)) entry.state = "cancelled";
    this.#inFlight.cancel(key, entry);
    return true;
  }

  /** An answer to no open request. That of a cancelled one, if it was not guarded, may still pass. */
  #late(key: string | undefined, message: JsonObject, aux: unknown): Handed {
    const wasGuarded = key === undefined ? undefined : this.#inFlight.takeCancelled(key);
    return wasGuarded === false ? this.#ends.reply(message, aux) : this.drop(message);
  }

  /** A peer is answered. One's own side is told by a rejection: an answer would hit its first request. */
  #refuse(id: unknown, record: RequestRecord, denial: Denial): Handed {
    record.end("errored", denial.data, undefined);
    const isPeer = this.#parts.direction === "incoming";
    if (!isPeer && denial === unanswered) return Promise.reject(tooManyOpen());
    if (!isPeer && (denial === invalidId || denial === duplicate)) {
      return Promise.reject(new GlassineError("message_invalid", `${denial.reason}.`));
    }
    const answer = errorAnswer(keyOf(id) === undefined ? null : (id as RequestId), denial);
    // After this turn, as any answer comes.
    return Promise.resolve().then(() => this.#ends.reply(answer));
  }
}

/** Read again after each wait: a cancellation or a close may have come. */
function isIn(call: Call, state: Call["state"]): boolean {
  return call.state === state;
}
