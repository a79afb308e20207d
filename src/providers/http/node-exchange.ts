/** Runs a guard over Node's `IncomingMessage` and `ServerResponse`. */
import type { HttpGuard } from "./http-guard.ts";
import {
  bytesOf,
  type CapturedOutput,
  captureOutput,
  headersOf,
  type NodeHeaders,
  type NodeResponse,
  setHeaders,
} from "./node-output.ts";
import { bodyGone, refuseEncoded } from "./server-options.ts";

/** The part of an `IncomingMessage` that the guard reads. */
export interface NodeRequest {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  /** In Express: `url` before a router shortened it. */
  readonly originalUrl?: string | undefined;
  readonly headers: { [name: string]: string | string[] | undefined };
  readonly readableDidRead: boolean;
  iterator(options: { readonly destroyOnReturn: boolean }): AsyncIterator<unknown>;
}

/** A request as the framework has it. */
export interface NodeExchange {
  readonly incoming: NodeRequest;
  readonly outgoing: NodeResponse;
  /** The request as the host knows it. */
  readonly about: unknown;
  /** Headers that were set before the guard ran. They stay, whatever the handler answers. */
  readonly earlier: NodeHeaders;
  /** What a parser made of the body, if one has read it. */
  readonly body: unknown;
  /** Makes the handler behind the guard read another body. */
  replaceBody(body: unknown): void;
  /** Calls the handler behind the guard. */
  next(): void;
  /** Called before the guard answers in place of the handler. */
  refuse?(): unknown;
}

const accepted = "accept-encoding";

/** Runs one exchange. Never rejects. If an answer breaks off, the connection is destroyed. */
export async function exchangeOverNode(node: NodeExchange, guard: HttpGuard): Promise<void> {
  const { incoming, outgoing } = node;
  const gone = new AbortController();
  let output: CapturedOutput | undefined;
  // One listener for all: Node warns of a leak when a response has more than ten, and some are the
  // handler's.
  outgoing.once("close", () => {
    // A handler that gives up has lost the provider, and not the caller.
    if (output?.isGivenUp !== true) gone.abort();
    output?.close();
  });
  try {
    const headers = headersOf(incoming.headers);
    const response = await guard<undefined>({
      method: incoming.method ?? "GET",
      url: urlOf(incoming),
      headers,
      signal: gone.signal,
      about: node.about,
      async body() {
        if (!incoming.readableDidRead) refuseEncoded(headers, "request");
        return bodyOf(incoming, node.body);
      },
      async pass() {
        node.next();
        return undefined;
      },
      async send(body, written) {
        const encodings = incoming.headers[accepted];
        // Otherwise a handler that forwards its headers gets a compressed answer, which is refused.
        if (encodings !== undefined) written.set(accepted, "identity");
        passHeaders(incoming.headers, headers, written);
        passOn(body, node);
        output = captureOutput(outgoing);
        node.next();
        const answer = await output.response;
        // What compresses the judged answer reads it.
        if (encodings !== undefined) incoming.headers[accepted] = encodings;
        refuseEncoded(answer.headers, "answer");
        return answer;
      },
    });
    if (response !== undefined) await deliver(response, node, output);
  } catch {
    // The client must not see the failure itself.
    if (output !== undefined || outgoing.headersSent) outgoing.destroy();
    else await deliver(new Response(null, { status: 500 }), node).catch(() => outgoing.destroy());
  } finally {
    output?.stop();
  }
}

/**
 * The URL of the request. The client chooses its host, so nothing may depend on it.
 *
 * A `URL` resolves dots and backslashes in a path, and a handler may not. Such a path becomes one
 * segment, in which it is encoded, so that no route matches it.
 */
function urlOf({ url = "/", originalUrl = url }: NodeRequest): URL {
  const base = "http://localhost";
  const resolved = new URL(originalUrl.startsWith("/") ? base + originalUrl : originalUrl, base);
  const path = /^(?:https?:\/\/[^/?#]*)?([^?#]*)/i.exec(originalUrl)?.[1] ?? "";
  if (resolved.pathname !== path) resolved.pathname = encodeURIComponent(path);
  return resolved;
}

/**
 * The body that a parser made or, if none has read it, its bytes. A parser behind the guard then
 * gets the judged body, so it cannot read the bytes differently. Throws `Refused` if it is gone.
 */
function bodyOf(incoming: NodeRequest, parsed: unknown): ReadableStream<Uint8Array> | null {
  if (!incoming.readableDidRead) return streamOf(incoming);
  if (parsed === undefined) throw bodyGone();
  const isText = typeof parsed === "string" || parsed instanceof Uint8Array;
  return new Response(isText ? (parsed as string) : JSON.stringify(parsed)).body;
}

function streamOf(incoming: NodeRequest): ReadableStream<Uint8Array> {
  // The request stays open, so that a refusal can be answered.
  const chunks = incoming.iterator({ destroyOnReturn: false });
  const source = {
    async pull(controller: ReadableStreamDefaultController<Uint8Array>) {
      const { done, value } = await chunks.next();
      if (done === true) controller.close();
      else controller.enqueue(bytesOf(value));
    },
    async cancel() {
      await chunks.return?.();
    },
  };
  // Nothing is read ahead: the handler may be the one to read.
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** Changes the headers that the handler behind the guard reads as plugins changed them. */
function passHeaders(to: NodeRequest["headers"], given: Headers, written: Headers): void {
  for (const name of given.keys()) if (!written.has(name)) delete to[name];
  for (const [name, value] of written) if (given.get(name) !== value) to[name] = value;
}

/** Hands the judged body to the handler behind the guard, in the form that a parser gave it. */
function passOn(judged: string, { incoming, body, replaceBody }: NodeExchange): void {
  if (typeof body === "string") replaceBody(judged);
  else if (body instanceof Uint8Array) replaceBody(bytesOf(judged));
  else replaceBody(JSON.parse(judged));
  incoming.headers["content-length"] = String(bytesOf(judged).length);
}

async function deliver(
  response: Response,
  { outgoing, earlier, refuse }: NodeExchange,
  output?: CapturedOutput,
): Promise<void> {
  // Something else, such as a timeout, has answered.
  if (output === undefined && outgoing.headersSent) return;
  if (output === undefined) refuse?.();
  const to = output?.through ?? outgoing;
  outgoing.statusCode = response.status;
  // Nobody judges what a handler writes there.
  if (outgoing.statusMessage) outgoing.statusMessage = "";
  for (const name of Object.keys(outgoing.getHeaders())) outgoing.removeHeader(name);
  setHeaders(outgoing, earlier);
  setHeaders(
    outgoing,
    [...response.headers].filter(([name]) => name !== "set-cookie"),
  );
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader("set-cookie", cookies);
  to.flushHeaders();
  for await (const chunk of response.body ?? []) {
    if (outgoing.destroyed) return;
    if (!to.write(chunk)) await drained(outgoing, output);
  }
  to.end();
}

/** Settles when the client reads on, or is gone. */
function drained(outgoing: NodeResponse, output: CapturedOutput | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (output !== undefined) return output.onceDrained(resolve);
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
  });
}
