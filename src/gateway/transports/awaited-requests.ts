/** The requests that wait for a server's answer, and the progress that the server may report. */
import { longestTimerMs, putNewest } from "../../core/data/index.ts";
import { RestartableTimer } from "./deadline.ts";
import { longMs } from "./open-questions.ts";
import { beginsTask } from "./server-asks.ts";
import {
  awaitsTask,
  isAnswer,
  isLasting,
  isModern,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  type RequestMessage,
} from "./transport.ts";

export interface AwaitedOptions {
  /** How long a request may wait for its answer. Progress restarts the timer. */
  readonly timeoutMs: () => number;
  /** How many requests may be open. */
  readonly inFlight: number;
}

/** A request has waited too long since `sentAt`. */
type OnLate = (id: RequestId, sentAt: number) => void;

interface Open {
  readonly id: RequestId;
  readonly method: string;
  readonly token: string | undefined;
  readonly isModern: boolean;
  readonly timer: RestartableTimer;
}

/** The progress of a request. */
interface Progress {
  readonly entry: Open;
  readonly takes: ProgressFilter;
}

export class AwaitedRequests {
  readonly #options: AwaitedOptions;
  readonly #onLate: OnLate;
  readonly #open = new Map<string, Open>();
  /** By progress token. */
  readonly #tokens = new Map<string, Progress>();
  /** The same of tasks: these report progress after the answer that began them. */
  readonly #taskTokens = new Map<string, ProgressFilter>();
  /** When all requests of a session had all of their time again. */
  #restartedAt = Number.NEGATIVE_INFINITY;

  constructor(options: AwaitedOptions, onLate: OnLate) {
    this.#options = options;
    this.#onLate = onLate;
  }

  get isFull(): boolean {
    return this.#open.size >= this.#options.inFlight;
  }

  get ids(): readonly RequestId[] {
    return [...this.#open.values()].map(({ id }) => id);
  }

  methodOf(id: RequestId): string | undefined {
    return this.#open.get(keyOf(id))?.method;
  }

  add(message: RequestMessage): void {
    const { id, method } = message;
    this.remove(id);
    const token = tokenKey(metaOf(message).progressToken);
    const sentAt = performance.now();
    const isOfExchange = isModern(message);
    const timer = new RestartableTimer(
      this.#timeFor(method),
      () => this.#onLate(id, sentAt),
      isOfExchange ? undefined : () => this.#restartedAt,
    );
    const entry = { id, method, token, isModern: isOfExchange, timer };
    this.#open.set(keyOf(id), entry);
    if (token === undefined) return;
    this.#tokens.set(token, { entry, takes: progressFilter() });
    this.#taskTokens.delete(token);
  }

  /**
   * Gives a request all of its time again, because a person was asked. Returns whether it is open. In
   * MCP 2026-07-28 a server cannot ask anybody, so such a request gets no time.
   */
  restart(id: RequestId): boolean {
    const entry = this.#open.get(keyOf(id));
    if (entry?.isModern !== false) return false;
    entry.timer.restart();
    return true;
  }

  /** Does the same with every request. */
  restartAll(): void {
    this.#restartedAt = performance.now();
  }

  /** How long an answer to this method may take, in milliseconds. */
  #timeFor(method: string): number {
    if (isLasting(method)) return longestTimerMs;
    const ms = this.#options.timeoutMs();
    return awaitsTask(method) ? Math.max(ms, longMs) : ms;
  }

  /** Returns the request if it was waiting. */
  remove(id: RequestId): Pick<Open, "id" | "method"> | undefined {
    const entry = this.#open.get(keyOf(id));
    if (entry === undefined) return undefined;
    entry.timer.stop();
    this.#open.delete(keyOf(id));
    if (entry.token !== undefined && this.#tokens.get(entry.token)?.entry === entry)
      this.#tokens.delete(entry.token);
    return entry;
  }

  /**
   * Whether a message answers an open request, reports progress of one, or needs no request. An
   * answered request is no longer open.
   */
  take(message: Message): boolean {
    if (isAnswer(message)) {
      const token = this.#open.get(keyOf(message.id))?.token ?? "";
      const progress = this.#tokens.get(token);
      const entry = this.remove(message.id);
      if (progress !== undefined && progress.entry === entry && beginsTask(message))
        putNewest(this.#taskTokens, token, progress.takes, 2 * this.#options.inFlight);
      return entry !== undefined;
    }
    // Anything else without a method is not a message.
    if (message.method !== "notifications/progress") return typeof message.method === "string";
    const { progressToken, progress } = paramsOf(message);
    const token = tokenKey(progressToken) ?? "";
    const open = this.#tokens.get(token);
    const takes = open?.takes ?? this.#taskTokens.get(token);
    if (takes?.(progress) !== true) return false;
    open?.entry.timer.restart();
    return true;
  }
}

function tokenKey(token: unknown): string | undefined {
  return isRequestId(token) ? keyOf(token) : undefined;
}

/** Returns whether a notification with this `progress` is passed on. */
type ProgressFilter = (progress: unknown) => boolean;

/** How many progress notifications pass per second and request. MCP asks both sides for a limit. */
const progressPerSecond = 100;

/** Makes a filter that drops progress that goes backward, and protects the caller from floods. */
function progressFilter(): ProgressFilter {
  let last = Number.NEGATIVE_INFINITY;
  let second = { began: performance.now(), count: 0 };
  return (progress) => {
    if (typeof progress !== "number" || !(progress >= last)) return false;
    const at = performance.now();
    if (at - second.began >= 1000) second = { began: at, count: 0 };
    if (second.count >= progressPerSecond) return false;
    second.count += 1;
    last = progress;
    return true;
  };
}
