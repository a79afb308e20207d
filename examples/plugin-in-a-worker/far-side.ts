/**
 * A plugin's process, as its host sees it: texts go over, texts come back.
 * It is started when the first task comes, and again after it ended.
 */
import { GlassineError } from "glassine";
import { decodeError } from "glassine/remote";

/** What starts a far side: a worker, a child process, anything that passes messages. */
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

  /** How often it was started. */
  get starts(): number {
    return this.#starts;
  }

  /** Messages that answered nothing: of an unknown number, the second of one, or no reply at all. */
  get strays(): number {
    return this.#strays;
  }

  /**
   * Sends a task and resolves to the text of its result. Rejects with what the handler threw, when
   * the far side ends, and when `signal` aborts. Then the far side is ended: code that does not
   * answer in time may never answer.
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

  /** Ends it. A later task starts it again. */
  close(): void {
    this.#end("it was closed");
  }

  #running(): Port {
    if (this.#port !== undefined) return this.#port;
    const port = this.#start();
    // What a port says after its end concerns nobody.
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

/** What the handler threw; a reply that cannot be read is a failure as well. */
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
