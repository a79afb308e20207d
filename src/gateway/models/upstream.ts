/** Sends a judged request to a provider. */
import type { Readable } from "node:stream";
import { type Dispatcher, request as send } from "undici";
import { within } from "../../core/data/index.ts";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { isForwarded } from "../../providers/http/judge-response.ts";
import { Refused, refusalOf } from "../../providers/model/index.ts";
import { type Forward, isEmptyStatus, isEncoded } from "../transports/index.ts";

/** The URL parameters that are sent on. Others may contain a key of the caller's. */
const parameters = ["alt", "api-version"];
/** Those of requests that pass unread: they say which page of a list is asked for. */
const ofPages = ["limit", "after_id", "before_id", "after", "order", "pageSize", "pageToken"];

export interface Upstream {
  /** The base URL. */
  readonly url: string;
  /** The path under which callers reach it. */
  readonly path: string;
  readonly dispatcher: Dispatcher;
  readonly headers: () => Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

export interface UpstreamAnswer {
  readonly response: Response;
  /** The length of its body, if a header says it. */
  readonly length: unknown;
}

/** Maps a URL of the gateway to the provider's. */
function urlAt({ url, path }: Upstream, asked: URL, isUnread: boolean): URL {
  const to = new URL(url.replace(/\/$/, "") + asked.pathname.slice(path.length));
  for (const name of isUnread ? [...parameters, ...ofPages] : parameters) {
    const value = asked.searchParams.get(name);
    if (value !== null) to.searchParams.set(name, value);
  }
  return to;
}

export async function sendUpstream(
  upstream: Upstream,
  asked: URL,
  init: {
    readonly method: string;
    readonly headers: Headers;
    readonly body: string | null;
    readonly signal: AbortSignal;
    /** Whether the request passes unread. */
    readonly isUnread: boolean;
  },
  forward: Forward | undefined,
): Promise<UpstreamAnswer> {
  const { dispatcher, timeoutMs } = upstream;
  const to = urlAt(upstream, asked, init.isUnread);
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(upstream.headers())) setOwn(headers, name, value);
  // The guard reads text, and a body that passes unread loses its `content-encoding`.
  headers.set("accept-encoding", "identity");
  const sent = Object.fromEntries(headers);
  if (forward !== undefined) {
    const path = `${to.pathname}${to.search}`;
    const late = AbortSignal.timeout(timeoutMs);
    const answered = await within(timeoutMs, () =>
      forward({ path, headers: sent, body: init.body }),
    );
    if (answered.how === "threw") throw answered.value;
    if (answered.how === "timeout") throw new DOMException("It took too long.", "TimeoutError");
    const { status, headers } = answered.value;
    const plain = plainBody(status, headers.get("content-encoding"), answered.value.body);
    // The timeout covers the body too.
    const body = plain?.pipeThrough(new TransformStream(), { signal: late }) ?? null;
    const response = new Response(body, { status, headers: returned(headers) });
    return { response, length: headers.get("content-length") };
  }
  const answer = await send(to, {
    method: init.method as Dispatcher.HttpMethod,
    body: init.body,
    dispatcher,
    headers: sent,
    signal: AbortSignal.any([init.signal, AbortSignal.timeout(timeoutMs)]),
  });
  const { statusCode: status, headers: all } = answer;
  const body = plainBody(status, all["content-encoding"], webStream(answer.body));
  const response = new Response(isEmptyStatus(status) ? null : body, {
    status,
    headers: returned(Object.entries(all)),
  });
  return { response, length: all["content-length"] };
}

/** @throws GlassineError `secret_missing`, in place of an error that quotes the value */
function setOwn(headers: Headers, name: string, value: string): void {
  try {
    headers.set(name, value);
  } catch {
    throw new GlassineError(
      "secret_missing",
      `the secret of the header ${quoted(name)} has a character that no header can have`,
    );
  }
}

/**
 * `Readable.toWeb` of Node.js 20 throws in an event, where nobody can catch it, when a stream is
 * cancelled of which a chunk has arrived that was not read.
 */
function webStream(body: Readable): ReadableStream<Uint8Array> {
  const chunks = body[Symbol.asyncIterator]();
  // The iterator reports errors, but only once it has been asked.
  body.on("error", () => {});
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
      cancel: () => void body.destroy(),
    },
    { highWaterMark: 0 },
  );
}

/** Returns the headers that callers get. Others concern the provider or this connection only. */
function returned(all: Iterable<readonly [string, unknown]>): Headers {
  const headers = new Headers();
  for (const [name, value] of all) {
    const isReturned = name === "content-type" || isForwarded(name);
    if (isReturned && typeof value === "string") headers.set(name, value);
  }
  return headers;
}

/**
 * Some servers compress although they were asked not to. Throws `Refused`, but an error only loses
 * its body: its status and headers say whether to try again. A status above 599 cannot be sent on.
 */
function plainBody(
  status: number,
  coding: unknown,
  body: ReadableStream<Uint8Array> | null,
): ReadableStream<Uint8Array> | null {
  const isValid = status <= 599;
  if (isValid && !isEncoded(coding)) return body;
  void body?.cancel().catch(() => {});
  if (!isValid) throw new Refused(refusalOf("answer_invalid", `unexpected status ${status}`));
  if (status >= 400) return null;
  throw new Refused(refusalOf("answer_invalid", "it is compressed"));
}
