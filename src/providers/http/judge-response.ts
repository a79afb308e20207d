/** Judges a provider's HTTP answer and returns as much of it as plugins let pass. */
import { ignore } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import {
  isProvidersError,
  type JudgedEvent,
  type ModelExchange,
  type ModelGuard,
  Refused,
  refusalOf,
} from "../model/index.ts";
import type { ModelProvider, ModelRefusal } from "../rewrite/index.ts";
import { withKeepAlive } from "./keep-alive.ts";
import type { HttpLimits } from "./limits.ts";
import { mediaTypeOf } from "./media-type.ts";
import { jsonIn, textOf } from "./read-text.ts";
import { endText, eventsIn, eventText, keepAliveText } from "./server-sent-events.ts";

/**
 * The headers of an answer that the caller gets. Others could name the host's account, or set
 * cookies for another domain.
 */
const forwarded =
  /^(?:cache-control|retry-after(?:-ms)?|x-should-retry|(?:x-)?request-id|openai-(?:processing-ms|version)|(?:x|anthropic)-ratelimit-[a-z\d-]+)$/;

/** Whether the caller gets a header of the answer. Names are in lower case. */
export function isForwarded(name: string): boolean {
  return forwarded.test(name);
}

const json = "application/json";
const eventStream = "text/event-stream";

export interface JudgedExchange {
  readonly guard: ModelGuard;
  readonly exchange: ModelExchange;
  readonly limits: HttpLimits;
  readonly signal: AbortSignal | undefined;
  readonly judging: ((done: Promise<void>) => void) | undefined;
}

/** Judges the provider's answer, and ends the exchange with it. */
export async function judgeResponse(response: Response, judged: JudgedExchange): Promise<Response> {
  const { guard, exchange, limits } = judged;
  const { ok, status } = response;
  // No `Response` can be made with any other.
  const isKnown = status >= 200 && status <= 599;
  if (isKnown && !guard.listens("answer")) {
    exchange.end();
    return new Response(response.body, {
      status,
      statusText: response.statusText,
      headers: headersOf(response, response.headers.get("content-type") ?? undefined),
    });
  }
  const headers = headersOf(response, json);
  const type = mediaTypeOf(response.headers.get("content-type"));
  if (isKnown && status >= 400) return judgeErrorResponse(response, judged, headers);
  if (ok && type === eventStream) return judgeEventStream(response, judged);
  try {
    // A redirect, 304, or a status that HTTP does not have.
    if (!ok) throw new Refused(refusalOf("answer_invalid", `unexpected status ${status}`));
    if (type !== json) throw new Refused(refusalOf("answer_invalid"));
    const text = await textOf(response.body, limits.answerBytes, "answer", judged.signal);
    const { document, refusal } = await exchange.judgeAnswer(jsonIn(text, "answer"));
    if (refusal !== undefined) throw new Refused(refusal);
    exchange.end();
    return new Response(JSON.stringify(document), { status, headers });
  } catch (error) {
    if (!(error instanceof Refused)) throw ended(error, judged);
    // Nobody waits for the rest of the body.
    void response.body?.cancel().catch(() => {});
    exchange.end(error.refusal);
    return refusedResponse(guard.provider, error.refusal);
  }
}

/** Answers with a refusal of the guard. */
export function refusedResponse(provider: ModelProvider, refusal: ModelRefusal): Response {
  const headers = new Headers({ "content-type": json });
  // The SDKs try again after a 500; what was refused would be refused again.
  if (refusal.status !== 502) headers.set("x-should-retry", "false");
  return deniedResponse(provider, refusal, headers);
}

/** The refusal as the provider would write it. */
function deniedResponse(
  provider: ModelProvider,
  refusal: ModelRefusal,
  headers: Headers,
): Response {
  const body = JSON.stringify(provider.denied(refusal));
  return new Response(body, { status: refusal.status, headers });
}

/** Ends the exchange with an error that is not a refusal: the caller or the connection is gone. */
export function ended(
  error: unknown,
  { exchange, signal }: JudgedExchange,
  code: string = failureCode(error),
): unknown {
  if (signal?.aborted) exchange.end(undefined, "aborted");
  else exchange.end(undefined, "errored", code);
  return error;
}

/** The code of an exchange whose request could not be sent, or whose answer did not arrive. */
export function failureCode(error: unknown): string {
  if (isGlassineError(error)) return error.code;
  const isLate = (error as Error | undefined)?.name === "TimeoutError";
  return isLate ? "provider_timeout" : "provider_unreachable";
}

async function judgeErrorResponse(
  response: Response,
  judged: JudgedExchange,
  headers: Headers,
): Promise<Response> {
  const { guard, exchange, limits } = judged;
  let document: unknown;
  try {
    const text = await textOf(response.body, limits.answerBytes, "answer", judged.signal);
    document = jsonIn(text, "answer");
  } catch (error) {
    if (!(error instanceof Refused)) throw ended(error, judged);
    // An error page says no more than the status does.
  }
  const { status } = response;
  const refusal = await exchange.judgeError(document, status);
  exchange.end(refusal);
  return isProvidersError(refusal, document)
    ? deniedResponse(guard.provider, refusal, headers)
    : refusedResponse(guard.provider, refusal);
}

/**
 * Waits for the first event that may be sent: until then, a refusal can have its own status. After
 * `keepAliveMs` the answer begins with a comment, and a refusal becomes the provider's error event.
 */
async function judgeEventStream(response: Response, judged: JudgedExchange): Promise<Response> {
  const { guard, exchange, limits, signal } = judged;
  const { provider } = guard;
  const { maxEvents, answerBytes } = limits;
  // The caller's signal stops the provider, and so does a caller who reads no further.
  const stop = new AbortController();
  const abort = () => stop.abort(signal?.reason);
  signal?.addEventListener("abort", abort);
  const events = eventsIn(response.body, provider, limits, stop.signal);
  const source = exchange.judgeEvents(events, { maxEvents, textUnits: answerBytes });
  const outputs = withKeepAlive(source, limits.keepAliveMs);
  // Nobody may read on; what has left is then judged, and nothing else would end the exchange.
  const leave = async () => {
    await ignore(outputs.return());
    exchange.end(undefined, "aborted");
  };
  const done = new Promise<void>((resolve) => {
    stop.signal.addEventListener("abort", () => {
      // Not by the option `signal`: Node 20 would then keep an answer that nobody reads for ever.
      signal?.removeEventListener("abort", abort);
      resolve(leave());
    });
  });
  judged.judging?.(done);
  const failed = (error: unknown): unknown => {
    // Reading failed because the reader left: `leave` ends the exchange.
    if (stop.signal.aborted) return error;
    stop.abort();
    return ended(error, judged);
  };

  let first: IteratorResult<JudgedEvent | undefined, void>;
  try {
    const begun = outputs.next();
    // Only now, as what has not begun would not cancel the provider's stream.
    if (signal?.aborted) abort();
    first = await begun;
    if (stop.signal.aborted) throw stop.signal.reason;
  } catch (error) {
    throw failed(error);
  }
  const refusal = first.done ? undefined : first.value?.refusal;
  if (refusal !== undefined) {
    stop.abort();
    exchange.end(refusal);
    return refusedResponse(provider, refusal);
  }

  const encoder = new TextEncoder();
  let next: Promise<typeof first> | undefined = Promise.resolve(first);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      let text: string;
      let isLast = false;
      try {
        const { value, done } = await (next ?? outputs.next());
        next = undefined;
        isLast = done === true || value?.refusal !== undefined;
        if (isLast && stop.signal.aborted) throw stop.signal.reason;
        if (isLast) exchange.end(value?.refusal);
        if (done) text = endText(provider);
        else text = value === undefined ? keepAliveText : judgedText(value, provider);
      } catch (error) {
        controller.error(failed(error));
        return;
      }
      if (text !== "") controller.enqueue(encoder.encode(text));
      if (!isLast) return;
      stop.abort();
      controller.close();
    },
    cancel: () => stop.abort(),
  });
  return new Response(body, {
    status: response.status,
    headers: headersOf(response, `${eventStream}; charset=utf-8`),
  });
}

function judgedText({ event, refusal }: JudgedEvent, provider: ModelProvider): string {
  if (refusal === undefined) return eventText(event, provider);
  return eventText(provider.deniedEvent(refusal), provider);
}

function headersOf(response: Response, type: string | undefined): Headers {
  const headers = new Headers();
  for (const [name, value] of response.headers) {
    if (isForwarded(name)) headers.set(name, value);
  }
  if (type !== undefined) headers.set("content-type", type);
  return headers;
}
