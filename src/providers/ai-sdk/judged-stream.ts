/** Forwards a streamed answer as far as plugins have judged it. */
import type { ModelExchange, ModelOutcome } from "../model/index.ts";
import { type ModelRefusal, type StreamLimits, stringAt } from "../rewrite/index.ts";
import { apiCallError } from "./api-call-error.ts";
import { HeldEvents } from "./held-events.ts";
import { unfrozen } from "./host-values.ts";

/** An exchange that has not ended, and the signal that aborts it. */
export interface OpenExchange {
  readonly exchange: ModelExchange;
  readonly signal: AbortSignal | undefined;
}

export interface StreamOptions {
  readonly limits: StreamLimits;
  /** Whether any plugin would see the answer. */
  readonly isJudged: boolean;
}

/** Ends the exchange and returns the error that the SDK gets instead of an answer. */
export function endRefused({ exchange, signal }: OpenExchange, refusal: ModelRefusal): unknown {
  if (signal?.aborted) {
    exchange.end(refusal, "aborted");
    return signal.reason;
  }
  exchange.end(refusal);
  return apiCallError(refusal);
}

/** An error that the model reported. Its `cause` is the event. */
class StreamedError extends Error {}

/**
 * Returns the stream as plugins left it. A refusal becomes an `error` event, which is the last one.
 * An error of the model itself is passed on unchanged; whatever was still held back is not.
 */
export function judgedStream(
  open: OpenExchange,
  stream: object,
  { limits, isJudged }: StreamOptions,
): ReadableStream {
  const reader = (stream as ReadableStream<object>).getReader();
  let outcome: ModelOutcome = "aborted";
  let hasLeft = false;
  const events = judgedEvents();
  // Whoever aborts may not read on, and then nothing else would end the exchange.
  const abort = async () => {
    hasLeft = true;
    // Ends a pending read, after which what the caller has read is judged.
    cancel(reader, open.signal?.reason);
    await events.return(undefined).catch(() => {});
    open.exchange.end(undefined, "aborted");
  };
  open.signal?.addEventListener("abort", abort);
  if (open.signal?.aborted) void abort();

  async function* judgedEvents(): AsyncGenerator<unknown> {
    const { exchange } = open;
    const held = new HeldEvents();
    try {
      const given = eventsOf(reader, isJudged, () => hasLeft);
      for await (const { event, refusal } of exchange.judgeEvents(given, limits)) {
        if (hasLeft) return;
        if (refusal === undefined) yield* isJudged ? held.next(event) : [event];
        else yield { type: "error", error: endRefused(open, refusal) };
      }
      outcome = "allowed";
    } catch (error) {
      if (hasLeft) return;
      outcome = "errored";
      if (!(error instanceof StreamedError)) throw error;
      yield error.cause;
    } finally {
      // Has no effect if a refusal has already ended the exchange.
      exchange.end(undefined, outcome);
      open.signal?.removeEventListener("abort", abort);
      cancel(reader);
    }
  }

  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await events.next();
      if (done && open.signal?.aborted) {
        controller.error(open.signal.reason);
      } else if (done) controller.close();
      else controller.enqueue(unfrozen(value));
    },
    cancel(reason) {
      cancel(reader, reason);
      void abort();
      open.signal?.removeEventListener("abort", abort);
    },
  });
}

async function* eventsOf(
  reader: ReadableStreamDefaultReader<object>,
  isJudged: boolean,
  hasLeft: () => boolean,
): AsyncGenerator<object> {
  for (;;) {
    const { done, value } = await reader.read();
    if (hasLeft()) throw new Error("The caller left before the end");
    if (done) return;
    if (isJudged && stringAt(value, "type") === "error") {
      throw new StreamedError("The model reported an error", { cause: value });
    }
    yield isJudged ? withoutTitle(value) : value;
  }
}

/** Plugins see no title of an input. The SDK shows that of its own tool. */
function withoutTitle(event: object): object {
  if (stringAt(event, "type") !== "tool-input-start") return event;
  const { title: _, ...kept } = event as { readonly title?: unknown };
  return kept;
}

/** Cancels the model's stream. A failure to do so is ignored. */
function cancel(reader: ReadableStreamDefaultReader<object>, reason?: unknown): void {
  void reader.cancel(reason).catch(() => {});
}
