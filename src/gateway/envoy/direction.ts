/** One direction of an exchange through Envoy: what has arrived, and the messages that answer it. */
import { isEmptyStatus } from "../transports/index.ts";
import { type BodyIn, bodyIn } from "./body-in.ts";
import {
  changesTo,
  type HeaderMap,
  type HeaderMutation,
  headersOf,
  type Received,
  receivedIn,
} from "./header-changes.ts";

export interface HeadersPiece {
  readonly headers?: HeaderMap | null;
  readonly end_of_stream?: boolean;
}

export interface BodyPiece {
  readonly body?: Uint8Array;
  readonly end_of_stream?: boolean;
}

export interface Trailers {
  readonly trailers?: HeaderMap | null;
}

/** The body modes of Envoy in which bodies can be judged. */
export const buffered = 2;
export const duplex = 4;
/** The piece size that Envoy recommends. */
const maxPiece = 65_536;

export class Direction {
  readonly name: "request" | "response";
  readonly mode: number;
  readonly received: Received;
  readonly hasBody: boolean;
  readonly body: BodyIn;
  #trailers: HeaderMutation | undefined;
  #awaitsTrailers = false;
  #isAnswered = false;

  constructor(
    name: "request" | "response",
    mode: number,
    { headers, end_of_stream: isEnd = false }: HeadersPiece,
    call: Parameters<typeof bodyIn>[0],
  ) {
    this.name = name;
    this.mode = mode;
    this.received = receivedIn(headers);
    this.hasBody = !isEnd;
    this.body = bodyIn(call);
    if (isEnd) this.body.end();
  }

  /** Whether trailers will follow a buffered body. Envoy sends them once the body is answered. */
  get awaitsTrailers(): boolean {
    return this.#awaitsTrailers;
  }

  /** Whether all but trailers has been answered. */
  get isAnswered(): boolean {
    return this.#isAnswered;
  }

  takeBody({ body, end_of_stream: isEnd }: BodyPiece): void {
    this.body.push(body);
    if (this.mode === buffered) this.#awaitsTrailers = isEnd !== true;
    if (isEnd === true || this.mode === buffered) this.body.end();
  }

  takeTrailers({ trailers }: Trailers, isObserving: boolean): void {
    // Envoy accepts a changed body only in answer to one that it sent.
    if (this.mode === buffered && !this.#awaitsTrailers && !isObserving)
      throw new Error("Trailers came without a body.");
    // Trailers are not judged, so all of them are removed.
    this.#trailers = changesTo(receivedIn(trailers), [], true);
    this.#awaitsTrailers = false;
    this.body.end();
  }

  headersAnswer(header_mutation?: HeaderMutation): object {
    return { [`${this.name}_headers`]: { response: header_mutation ? { header_mutation } : {} } };
  }

  /** Returns the answer to the trailers that have arrived, if they have. */
  trailersAnswer(): readonly object[] {
    const header_mutation = this.#trailers;
    return header_mutation ? [{ [`${this.name}_trailers`]: { header_mutation } }] : [];
  }

  /** Returns the answer to everything that has arrived, with a whole body. */
  wholeAnswer(header_mutation: HeaderMutation, body: Buffer): readonly object[] {
    this.#isAnswered = true;
    const trailers = this.trailersAnswer();
    if (!this.hasBody) return [this.headersAnswer(header_mutation), ...trailers];
    if (this.mode === buffered) {
      const response = { header_mutation, body_mutation: { body } };
      return [{ [`${this.name}_body`]: { response } }, ...trailers];
    }
    const all = body.length === 0 ? [body] : [...pieces(body)];
    const isLast = (at: number) => at === all.length - 1 && trailers.length === 0;
    const streamed = all.map((piece, at) => this.pieceAnswer(piece, isLast(at)));
    return [this.headersAnswer(header_mutation), ...streamed, ...trailers];
  }

  /** Returns a piece of a body that is streamed. */
  pieceAnswer(body: Uint8Array, end_of_stream: boolean): object {
    const streamed_response = { body, end_of_stream };
    return { [`${this.name}_body`]: { response: { body_mutation: { streamed_response } } } };
  }

  /** Returns the end of a body that was streamed. */
  streamEnd(): readonly object[] {
    const trailers = this.trailersAnswer();
    return trailers.length > 0 ? trailers : [this.pieceAnswer(new Uint8Array(), true)];
  }
}

export function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.byteLength; at += maxPiece) yield chunk.subarray(at, at + maxPiece);
}

export function requestOf({ received, hasBody, body }: Direction, signal: AbortSignal): Request {
  const pseudo = (name: string) => received.get(name)?.[0];
  const method = pseudo(":method") ?? "GET";
  const authority = pseudo(":authority") ?? "";
  const headers = headersOf(received);
  if (authority !== "") headers.set("host", authority);
  // Not resolved against the host: a path may begin with two slashes.
  const path = pseudo(":path") ?? "/";
  const url = new URL(`${pseudo(":scheme") ?? "http"}://${authority || "envoy"}${path}`);
  const mayHaveBody = hasBody && method !== "GET" && method !== "HEAD";
  return new Request(url, {
    method,
    headers,
    signal,
    ...(mayHaveBody && { body: body.stream, duplex: "half" as const }),
  });
}

export function responseOf({ received, hasBody, body }: Direction): Response {
  const status = Number(received.get(":status")?.[0]);
  const headers = headersOf(received);
  const isEmpty = !hasBody || isEmptyStatus(status);
  return new Response(isEmpty ? null : body.stream, { status, headers });
}
