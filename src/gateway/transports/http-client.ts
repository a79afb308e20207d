/** Sends requests to one server over HTTP, with the headers of its session or exchange. */
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher, request as send } from "undici";
import { mediaTypeOf } from "../../providers/http/media-type.ts";
import { mcpRequestHeaders } from "../../providers/mcp/index.ts";
import { headersNamed } from "./forward.ts";
import type { Message, SendOptions } from "./transport.ts";

export interface HttpClientOptions {
  readonly url: string;
  readonly dispatcher: Dispatcher;
  /** Returns what is sent with a request. Called for each, since secrets in it may change. */
  readonly headers: () => HeaderFields;
  /** Names of the caller's headers that are sent on. */
  readonly forward: readonly string[];
  /** The caller's request, for an exchange. Absent for a session. */
  readonly exchange?: { readonly headers: Headers; readonly message: unknown };
}

export type HeaderFields = Readonly<Record<string, string>>;
export type HttpAnswer = Awaited<ReturnType<typeof send>>;

/**
 * Makes the pool of connections to a server. They have no timeouts, since every request has a
 * deadline. There are as many as needed: each session keeps one open for its own stream, and the
 * limit on sessions bounds them.
 */
export function httpAgent(): Agent {
  return new Agent({ bodyTimeout: 0, headersTimeout: 0 });
}

export class HttpClient {
  readonly #options: HttpClientOptions;
  /** The headers sent on from the caller's newest message, for requests that no message causes. */
  forwarded: HeaderFields = {};
  sessionId: string | undefined;
  version: string | undefined;

  constructor(options: HttpClientOptions) {
    this.#options = options;
  }

  /** Notes the headers to send on from the request that a message came in, if it did in one. */
  noteCaller(request: Request | undefined): void {
    if (request !== undefined)
      this.forwarded = headersNamed(request.headers, this.#options.forward);
  }

  post(message: Message, { withHeaders, trace }: SendOptions, signal: AbortSignal) {
    const base = {
      ...this.#options.headers(),
      ...this.forwarded,
      ...trace,
      ...this.#ofSession(),
      // A caller over stdio may send requests of MCP 2026-07-28 without an exchange.
      ...this.#ofExchange(message),
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
    };
    const headers = withHeaders === undefined ? base : Object.fromEntries(withHeaders(base));
    // Sends what was parsed, never the bytes that arrived.
    return this.#send("POST", headers, signal, JSON.stringify(message));
  }

  /** Opens the session's own stream, or resumes the stream of an event, with the caller's headers. */
  openStream(lastEventId: string | undefined, forwarded: HeaderFields, signal: AbortSignal) {
    const headers = {
      ...this.#options.headers(),
      ...forwarded,
      ...this.#ofSession(),
      accept: "text/event-stream",
      ...(lastEventId !== undefined && { "last-event-id": lastEventId }),
    };
    return this.#send("GET", headers, signal);
  }

  async endSession(signal: AbortSignal): Promise<void> {
    try {
      const headers = { ...this.#options.headers(), ...this.forwarded, ...this.#ofSession() };
      const { body } = await this.#send("DELETE", headers, signal);
      await body.dump();
    } catch {
      // The server will drop the session in time.
    }
  }

  #send(
    method: "POST" | "GET" | "DELETE",
    headers: HeaderFields,
    signal: AbortSignal,
    body: string | null = null,
  ): Promise<HttpAnswer> {
    const { url, dispatcher } = this.#options;
    return send(url, { method, headers, body, signal, dispatcher });
  }

  #ofSession(): HeaderFields {
    return {
      ...(this.sessionId !== undefined && { "mcp-session-id": this.sessionId }),
      ...(this.version !== undefined && { "mcp-protocol-version": this.version }),
    };
  }

  #ofExchange(message: Message): HeaderFields {
    const { exchange } = this.#options;
    const asked = exchange?.headers.get("mcp-protocol-version");
    return {
      ...(asked != null && { "mcp-protocol-version": asked }),
      ...mcpRequestHeaders(message, exchange),
    };
  }
}

export function headerIn(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

export function mediaTypeIn(headers: IncomingHttpHeaders): string | undefined {
  return mediaTypeOf(headerIn(headers, "content-type"));
}
