/** The standalone stream of a session of MCP 2025-11-25, for messages that belong to no request. */
import { setTimeout as pause } from "node:timers/promises";
import type { ByteBudget } from "./byte-budget.ts";
import { type HttpAnswer, mediaTypeIn } from "./http-client.ts";
import { noStream, ServerStream, shortestWait } from "./server-stream.ts";
import { inSlices } from "./slices.ts";
import { errorOf, type Handed, isMessage, type Message } from "./transport.ts";

export interface StandaloneStreamOptions {
  readonly maxBytes: number;
  readonly budget: ByteBudget;
  /** Asks the server for the stream, or for what follows an event. */
  readonly open: (lastEventId: string | undefined) => Promise<HttpAnswer>;
  readonly onMessage: (message: Message) => Handed;
  readonly onError: (error: Error) => void;
  /** Aborted when the session is over. */
  readonly signal: AbortSignal;
}

export class StandaloneStream {
  readonly #options: StandaloneStreamOptions;
  readonly #stream: ServerStream;
  #failures = 0;
  #reported = "";

  constructor(options: StandaloneStreamOptions) {
    this.#options = options;
    this.#stream = new ServerStream(options.maxBytes, options.budget);
  }

  /**
   * Reads the stream, opening it again whenever it ends. Calls `onAnswered` when the server has
   * opened or refused it. Never rejects.
   */
  async listen(onAnswered: () => void): Promise<void> {
    const { open, signal } = this.#options;
    while (!signal.aborted) {
      let opened = Number.POSITIVE_INFINITY;
      try {
        const answer = await open(this.#stream.lastEventId);
        onAnswered();
        if (answer.statusCode < 300 && mediaTypeIn(answer.headers) === "text/event-stream") {
          opened = performance.now();
          await this.#read(answer);
        } else if (await this.#isRefused(answer)) return;
      } catch (thrown) {
        onAnswered();
        if (signal.aborted) return;
        this.#report(errorOf(thrown));
      }
      // A stream that ends at once counts as one that could not be opened.
      this.#failures = performance.now() - opened < shortestWait ? this.#failures + 1 : 0;
      await pause(this.#stream.waitMs(this.#failures), undefined, { signal }).catch(() => {});
    }
  }

  async #read({ body }: HttpAnswer): Promise<void> {
    this.#reported = "";
    const afterMessage = inSlices();
    for await (const { messages, handed } of this.#stream.read(body)) {
      this.#failures = 0;
      for (const each of messages.filter(isMessage)) {
        handed.push(this.#options.onMessage(each));
        await afterMessage();
      }
    }
  }

  /** Whether the server has no such stream. */
  async #isRefused({ statusCode: status, body }: HttpAnswer): Promise<boolean> {
    await body.dump();
    const isUsual = status === 405 || status === 404;
    if (!isUsual) this.#report(new Error(`The server refused a stream of its own with ${status}.`));
    return status < 300 || noStream.has(status);
  }

  /** Reports an error, unless it is the one that was reported last. */
  #report(error: Error): void {
    if (error.message !== this.#reported) this.#options.onError(error);
    this.#reported = error.message;
  }
}
