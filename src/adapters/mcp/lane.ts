import { GlassineError } from "../../errors/index.ts";
import {
  type Denial,
  duplicate,
  errorAnswer,
  failed,
  invalidId,
  invalidParams,
} from "./answers.ts";
import { type Call, newCall, recordOf, type Subject } from "./call.ts";
import { learnedLists } from "./call-labels.ts";
import { checkAnswer, checkRequest } from "./check.ts";
import type { Ends, Handed } from "./ends.ts";
import { type Entry, InFlight, isCall, type Plain, watchSignal } from "./in-flight.ts";
import type { JsonObject } from "./json.ts";
import type { GuardOptions } from "./options.ts";
import { optionsToSend } from "./param-headers.ts";
import type { HookRunner } from "./run-hooks.ts";
import { subjectOf } from "./subjects.ts";
import { exemptTaskMethods, TaskMemory, taskNotice } from "./tasks.ts";
import { type Direction, keyOf, type RequestId } from "./transport.ts";

/** The requests that travel in one direction, and the answers that come back. */
export class Lane {
  readonly #direction: Direction;
  readonly #ends: Ends;
  readonly #hooks: HookRunner;
  readonly #options: GuardOptions;
  readonly #inFlight = new InFlight();
  readonly #tasks = new TaskMemory();
  #notices = 0;

  constructor(direction: Direction, ends: Ends, hooks: HookRunner, options: GuardOptions) {
    this.#direction = direction;
    this.#ends = ends;
    this.#hooks = hooks;
    this.#options = options;
  }

  request(message: JsonObject, aux: unknown): Handed {
    const method = String(message.method);
    const subject = subjectOf(method, this.#tasks.find(message.params));
    const key = keyOf(message.id);
    if (key === undefined) {
      if (subject !== undefined) return this.#refuse(message.id, invalidId);
      return this.#ends.forward(message, aux);
    }
    if (this.#isTaken(key, subject !== undefined)) return this.#refuse(message.id, duplicate);
    if (subject === undefined) {
      const entry: Plain = { method };
      this.#add(key, entry, aux);
      return this.#handOn(key, entry, message, aux);
    }
    const call = this.#call(key, subject, message, aux);
    if (call === undefined) return this.#refuse(message.id, failed);
    if (!subject.accepts(call.params)) return this.#refuse(message.id, invalidParams);
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
    if (exemptTaskMethods.includes(open.method)) this.#tasks.learn(message, "exempt");
    if (learnedLists.includes(open.method)) {
      this.#hooks.learn(this.#direction, open.method, message);
    }
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
    const isExempt = this.#tasks.find(message.params) === "exempt";
    if (isExempt || taskNotice.outcome(message) === undefined) {
      return this.#ends.reply(message, aux);
    }
    const key = `notice ${this.#notices++}`;
    const call = this.#call(key, taskNotice, message, aux);
    if (call === undefined) return this.drop(message);
    this.#inFlight.add(key, call);
    return this.#finish(call, message, aux);
  }

  /** A message that fits nothing, and could pass for something that is checked. */
  drop(message: JsonObject): void {
    const what =
      typeof message.method === "string" ? "a malformed request" : "an unexpected answer";
    this.#ends.report(new GlassineError("message_invalid", `The guard dropped ${what}.`));
  }

  /** The transport has closed: stops every hook and forgets everything. */
  stop(): void {
    this.#tasks.clear();
    for (const call of this.#inFlight.clear()) {
      call.state = "closed";
      call.controller.abort();
    }
  }

  async #check(call: Call): Promise<void> {
    const before = call.params.arguments;
    const verdict = await checkRequest(call, this.#hooks, this.#options.onDeny ?? "error");
    if (verdict.kind === "stopped") return;
    if (verdict.kind === "refused") {
      this.#inFlight.remove(call.key, call);
      return this.#ends.reply(verdict.answer);
    }
    call.state = "open";
    await this.#handOn(call.key, call, verdict.message, optionsToSend(call, before));
  }

  async #finish(call: Call, message: JsonObject, aux: unknown): Promise<void> {
    const verdict = await checkAnswer(call, message, this.#hooks, this.#options.onDeny ?? "error");
    if (verdict.kind === "stopped") return;
    call.state = "done";
    this.#inFlight.remove(call.key, call);
    if (verdict.kind === "refused") return this.#ends.reply(verdict.answer, aux);
    if (call.method === "tools/call") this.#tasks.learn(verdict.message, recordOf(call));
    return this.#ends.reply(verdict.message, aux);
  }

  #call(key: string, subject: Subject, message: JsonObject, aux: unknown): Call | undefined {
    const { serverId } = this.#options;
    const id = message.id === undefined ? key : (message.id as RequestId);
    const from = { id, key, direction: this.#direction, subject, aux, serverId };
    // Only for what is about a task: a peer may write any `taskId` into other params.
    const task = subject.isTask ? this.#tasks.find(message.params) : undefined;
    return newCall(from, message, task === "exempt" ? undefined : task);
  }

  /** One's own ids are one's own affair, as long as no guarded request is mistaken for another. */
  #isTaken(key: string, isGuarded: boolean): boolean {
    const open = this.#inFlight.get(key);
    if (this.#direction === "outgoing" && !isGuarded && open !== undefined) return isCall(open);
    return this.#inFlight.isUsed(key);
  }

  #add(key: string, entry: Entry, aux: unknown): void {
    this.#inFlight.add(key, entry);
    watchSignal(entry, aux, () => this.#cancelEntry(key, entry));
  }

  #handOn(key: string, entry: Entry, message: JsonObject, aux: unknown): Handed {
    const fail = (error: unknown): never => {
      this.#inFlight.remove(key, entry);
      throw error;
    };
    try {
      return this.#ends.forward(message, aux)?.catch(fail);
    } catch (error) {
      return fail(error);
    }
  }

  #cancelEntry(key: string, entry: Entry): boolean {
    if (isCall(entry) && entry.state !== "open") {
      entry.state = "cancelled";
      this.#inFlight.remove(key, entry);
      entry.controller.abort();
      return false;
    }
    if (isCall(entry)) entry.state = "cancelled";
    // MCP: `initialize` cannot be cancelled.
    if (entry.method !== "initialize") this.#inFlight.cancel(key, entry);
    return true;
  }

  /** An answer to no open request. That of a cancelled one, if it was not guarded, may still pass. */
  #late(key: string | undefined, message: JsonObject, aux: unknown): Handed {
    const wasGuarded = key === undefined ? undefined : this.#inFlight.takeCancelled(key);
    return wasGuarded === false ? this.#ends.reply(message, aux) : this.drop(message);
  }

  /** A peer is answered. One's own side is told by a rejection: an answer would hit its first request. */
  #refuse(id: unknown, denial: Denial): Handed {
    const isPeer = this.#direction === "incoming";
    if (!isPeer && denial !== invalidParams && denial !== failed) {
      return Promise.reject(new GlassineError("message_invalid", `${denial.reason}.`));
    }
    const answer = errorAnswer(keyOf(id) === undefined ? null : (id as RequestId), denial);
    // After this turn, as any answer comes.
    return Promise.resolve().then(() => this.#ends.reply(answer));
  }
}
