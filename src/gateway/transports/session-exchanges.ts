/**
 * The exchanges of a session with requests that have no answer yet. What comes in another exchange
 * finds those that it concerns without looking at all of them.
 */
import { OpenQuestions } from "./open-questions.ts";
import {
  isAnswer,
  keyOf,
  type Message,
  paramsOf,
  type RequestId,
  type RequestMessage,
} from "./transport.ts";

interface Exchange {
  readonly requests: readonly RequestMessage[];
  /** The progress tokens of its requests. */
  readonly tokens: ReadonlySet<unknown>;
  /** Another exchange answers or cancels the request with this key. */
  stopAwaiting(key: string): void;
  /** Gives it all of its time again. */
  restart(): void;
  /** No other exchange brings an answer any more. */
  sessionOver(): void;
}

export class SessionExchanges {
  /** By the caller's request over HTTP. */
  readonly #all = new Map<Request, Exchange>();
  readonly #byRequest = new Map<unknown, Set<Exchange>>();
  readonly #byToken = new Map<unknown, Set<Exchange>>();
  /** What the server asks in any exchange of the session. */
  readonly questions = new OpenQuestions<Exchange>();
  /** When a question was answered that may have been about any of them. */
  restartedAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.#all.size;
  }

  add(request: Request, exchange: Exchange): void {
    this.#all.set(request, exchange);
    for (const [names, name] of this.#namesOf(exchange))
      names.set(name, (names.get(name) ?? new Set()).add(exchange));
  }

  /** Returns whether it was there. */
  remove(request: Request): boolean {
    const exchange = this.#all.get(request);
    if (exchange === undefined) return false;
    for (const [names, name] of this.#namesOf(exchange)) {
      const alike = names.get(name);
      alike?.delete(exchange);
      if (alike?.size === 0) names.delete(name);
    }
    this.questions.forget(exchange);
    return this.#all.delete(request);
  }

  *#namesOf({ requests, tokens }: Exchange) {
    for (const { id } of requests) yield [this.#byRequest, keyOf(id)] as const;
    for (const token of tokens) yield [this.#byToken, token] as const;
  }

  /** Another exchange passes on a message of the server. */
  noteElsewhere(message: Message): void {
    if (isAnswer(message)) this.stopAwaiting(keyOf(message.id));
    for (const each of this.#byToken.get(progressIn(message)) ?? []) each.restart();
  }

  stopAwaiting(key: string): void {
    for (const each of this.#byRequest.get(key) ?? []) each.stopAwaiting(key);
  }

  /** Another exchange brings the caller's answer to the server. */
  answered(id: RequestId): void {
    const question = this.questions.answered(id);
    if (question?.about !== undefined) question.about.restart();
    else if (question !== undefined) this.restartedAt = performance.now();
  }

  over(): void {
    for (const each of this.#all.values()) each.sessionOver();
  }
}

/** Returns the token of the request whose progress a message reports, if it reports any. */
export function progressIn(message: Message): unknown {
  return message.method === "notifications/progress" ? paramsOf(message).progressToken : undefined;
}
