/**
 * Requests from a server to its caller.
 *
 * A server that was started or connected again counts its ids from the beginning, and so an answer
 * to its earlier question could be taken for one to a later, other question. Rule: the caller gets
 * each request, and its progress token, under a number that the gateway uses only once.
 */
import { putNewest } from "../../core/data/index.ts";
import { OpenQuestions } from "./open-questions.ts";
import {
  cancellation,
  cancelledBy,
  type Extra,
  isAnswer,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  type RequestMessage,
} from "./transport.ts";

interface Asked {
  readonly id: RequestId;
  readonly extra: Extra | undefined;
}

/** How many requests, and how many progress tokens, are remembered. */
const maxKept = 10_000;

/** Numbers, since a guard remembers cancelled ids best if they are numbers that grow. */
let count = 0;

export class ServerAsks {
  readonly #open = new Map<unknown, Asked>();
  /** Those of them that are for a person, and the caller's requests that they are about. */
  readonly #questions = new OpenQuestions<RequestId>();
  /** By the server's own id. Some of these are open no more. */
  readonly #numbers = new Map<string, number>();
  readonly #tokens = new Map<unknown, unknown>();

  /** Whether the server waits for a person: maybe for the request with this id, or for any. */
  isWithPerson(id?: RequestId): boolean {
    return id === undefined ? this.#questions.areOpen : this.#questions.mayBeAbout(id);
  }

  /** Returns the server's message as the caller gets it, or undefined if it is about no request. */
  toCaller(message: Message, extra: Extra | undefined): Message | undefined {
    if (isRequest(message)) return this.#add(message, extra);
    const cancelled = cancelledBy(message);
    if (cancelled === undefined) return message;
    const requestId = this.#numbers.get(keyOf(cancelled));
    if (!this.#open.has(requestId)) return undefined;
    this.#forget(requestId);
    return { ...message, params: { ...paramsOf(message), requestId } };
  }

  /** Returns the caller's message as the server gets it, or undefined if it is about no request. */
  toServer(message: Message): Message | undefined {
    if (isAnswer(message)) {
      const asked = this.#open.get(message.id);
      if (asked === undefined) return undefined;
      // A task reports progress after the answer that began it.
      if (beginsTask(message)) this.#close(message.id);
      else this.#forget(message.id);
      return { ...message, id: asked.id };
    }
    const params = paramsOf(message);
    if (message.method !== "notifications/progress") return message;
    const { progressToken: number } = params;
    if (!this.#tokens.has(number)) return undefined;
    return { ...message, params: { ...params, progressToken: this.#tokens.get(number) } };
  }

  /** Forgets all requests, since the server is gone. Returns a cancellation of each, for the caller. */
  cancelAll(): readonly (readonly [Message, Extra])[] {
    const all = [...this.#open].map(
      ([id, { extra }]) => [cancellation(id, "The server is gone"), extra ?? {}] as const,
    );
    this.#open.clear();
    this.#questions.clear();
    this.#numbers.clear();
    this.#tokens.clear();
    return all;
  }

  #add(message: RequestMessage, extra: Extra | undefined): Message {
    count += 1;
    const id = count;
    const [dropped] = putNewest(this.#open, id, { id: message.id, extra }, maxKept) ?? [];
    this.#questions.remove(dropped);
    this.#questions.add(id, message.method, extra?.relatedRequestId);
    putNewest(this.#numbers, keyOf(message.id), id, maxKept);
    const { progressToken } = metaOf(message);
    if (progressToken !== undefined) putNewest(this.#tokens, id, progressToken, maxKept);
    return renumbered(message, id);
  }

  #close(number: unknown): void {
    this.#open.delete(number);
    this.#questions.remove(number);
  }

  #forget(number: unknown): void {
    this.#close(number);
    this.#tokens.delete(number);
  }
}

/** Gives a request another id, which also replaces its progress token, if it has one. */
export function renumbered(message: RequestMessage, id: number): Message {
  const meta = metaOf(message);
  if (meta.progressToken === undefined) return { ...message, id };
  const params = { ...paramsOf(message), _meta: { ...meta, progressToken: id } };
  return { ...message, id, params };
}

/** Whether an answer begins a task: of MCP 2025-11-25, or of SEP-2663. */
export function beginsTask({ result }: Message): boolean {
  return isMessage(result) && (isMessage(result.task) || result.resultType === "task");
}
