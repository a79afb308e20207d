/**
 * The host's handle on a plugin's worker or process. Sends and receives only strings.
 * Starts it for the first task, and again if it has ended.
 */
import { GlassineError } from "glassine";
import { decodeError } from "glassine/remote";

/** A connection to the far side: a worker, a child process, anything that passes messages. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: "message", listener: (message: unknown) => void): unknown;
  on(event: "error", listener: (error: unknown) => void): unknown;
  on(event: "exit", listener: () => void): unknown;
  terminate(): unknown;
}

interface Waiting {
  readonly resolve: (result: string) => void;
  readonly reject: (error: unknown) => void;
}

export class FarSide {
  readonly #start: () => Port;
  readonly #waiting = new Map<number, Waiting>();
  #port: Port | undefined;
  #lastId = 0;
  #starts = 0;
  #strays = 0;

  constructor(start: () => Port) {
    this.#start = start;
  }

  /** How often the far side was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Number of messages without a waiting task: unknown ids, second replies and malformed ones. */
  get strays(): number {
    return this.#strays;
  }

  /**
   * Sends a task and resolves to its encoded result. Rejects with what the handler threw, or when
   * the far side ends or `signal` aborts. An abort also ends the far side, because code that does
   * not answer in time may never answer.
   */
  ask(task: string, signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(ended("the run is over"));
    const port = this.#running();
    this.#lastId += 1;
    const id = this.#lastId;
    return new Promise<string>((resolve, reject) => {
      const stop = () => this.#end("it did not answer in time");
      signal.addEventListener("abort", stop, { once: true });
      const settle =
        <T>(then: (value: T) => void) =>
        (value: T) => {
          signal.removeEventListener("abort", stop);
          then(value);
        };
      this.#waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      port.postMessage({ id, task });
    });
  }

  /** Ends the far side. A later task starts it again. */
  close(): void {
    this.#end("it was closed");
  }

  #running(): Port {
    if (this.#port !== undefined) return this.#port;
    const port = this.#start();
    // Ignore whatever an old port reports after it was replaced or ended.
    const isCurrent = () => this.#port === port;
    port.on("message", (message) => isCurrent() && this.#take(message));
    port.on("error", () => isCurrent() && this.#end("it failed"));
    port.on("exit", () => isCurrent() && this.#end("it ended"));
    this.#port = port;
    this.#starts += 1;
    return port;
  }

  /** A reply is `{ id, result }` or `{ id, error }`. */
  #take(message: unknown): void {
    const { id, result, error } = Object(message) as Readonly<Record<string, unknown>>;
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) {
      this.#strays += 1;
      return;
    }
    this.#waiting.delete(id as number);
    if (typeof result === "string") waiting.resolve(result);
    else waiting.reject(errorOf(error));
  }

  #end(why: string): void {
    const port = this.#port;
    this.#port = undefined;
    void port?.terminate();
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(ended(why));
  }
}

/** Returns what the handler threw, or the decoding error if the reply cannot be read. */
function errorOf(error: unknown): unknown {
  try {
    return decodeError(error);
  } catch (unreadable) {
    return unreadable;
  }
}

function ended(why: string): GlassineError {
  return new GlassineError("handler_error", `The plugin's process is gone: ${why}.`);
}
