/**
 * One stream of Envoy's external processing: an HTTP exchange, seen as a request, a way to send it
 * on, and a response.
 *
 * Rules:
 * - Nothing is answered before it is judged: the answer to headers waits until the body is judged.
 * - If a stream ends without an error, Envoy lets the rest pass unjudged, in any failure mode. So a
 *   stream ends only after its last answer, and every failure ends it with an error.
 * - Nothing can be judged without its request, so a stream that does not begin with that fails, or
 *   is answered with what cannot look like a judged success: see `ownAnswer`.
 * - While bodies stream in both directions, Envoy waits forever for a part that is not answered.
 */
import { type Connection, errorOf, type Forwarded, isEmptyStatus } from "../transports/index.ts";
import { type BodyIn, bodyIn } from "./body-in.ts";
import {
  changesTo,
  type HeaderMap,
  type HeaderMutation,
  headersOf,
  type Received,
  receivedIn,
} from "./header-changes.ts";
import { ownAnswer } from "./own-answer.ts";

/** The parts of a gRPC stream that are used here. */
export interface Call {
  on(event: "data", listener: (message: ProcessingRequest) => void): void;
  on(event: "end" | "cancelled", listener: () => void): void;
  on(event: "error", listener: (error: Error) => void): void;
  once(event: "drain", listener: () => void): void;
  write(message: object): boolean;
  end(): void;
  pause(): void;
  resume(): void;
  emit(event: "error", error: Error): void;
}

interface BodyPiece {
  readonly body?: Uint8Array;
  readonly end_of_stream?: boolean;
}

interface HeadersPiece {
  readonly headers?: HeaderMap | null;
  readonly end_of_stream?: boolean;
}

interface Trailers {
  readonly trailers?: HeaderMap | null;
}

interface ProcessingRequest {
  readonly request_headers?: HeadersPiece;
  readonly response_headers?: HeadersPiece;
  readonly request_body?: BodyPiece;
  readonly response_body?: BodyPiece;
  readonly request_trailers?: Trailers;
  readonly response_trailers?: Trailers;
  readonly attributes?: Attributes;
  readonly observability_mode?: boolean;
  readonly protocol_config?: {
    readonly request_body_mode?: number;
    readonly response_body_mode?: number;
  } | null;
}

type Attributes = Readonly<
  Record<string, { readonly fields?: Readonly<Record<string, { readonly string_value?: string }>> }>
>;

/** A connection to Envoy, which reports the address of its client, and holds the exchange. */
export type ThroughEnvoy = Required<Connection>;

export interface SideStreamOptions {
  readonly respond: (request: Request, connection: ThroughEnvoy) => Promise<Response>;
  /** Whether a header must not be repeated. */
  readonly single: (name: string) => boolean;
  readonly onNote: (note: EnvoyNote) => void;
}

/** Explains to an operator what Envoy does. */
export const envoyNotes = {
  buffered:
    "Envoy buffers bodies: an answer that is a stream comes whole at its end, so that sampling and elicitation of a server get no answer, and no body is longer than its buffer. Set FULL_DUPLEX_STREAMED to avoid this.",
  observing:
    "Envoy only reports traffic (observability_mode) and ignores answers: plugins can refuse and change nothing.",
  body_mode_unsupported:
    "Envoy streams bodies in a mode in which they cannot be judged, and the request was refused: set FULL_DUPLEX_STREAMED or BUFFERED.",
  request_unseen:
    "Envoy sent a response, a body or trailers without the headers of the request. An error or the answer to a preflight request was passed on without its body, and 500 replaced anything else: set request_header_mode to SEND, and put external processing before filters that answer requests.",
} as const;

export type EnvoyNote = keyof typeof envoyNotes;

/** The body modes of Envoy in which bodies can be judged. */
const buffered = 2;
const duplex = 4;
/** The piece size that Envoy recommends. */
const maxPiece = 65_536;

/** One direction of the exchange. */
interface Phase {
  readonly received: Received;
  readonly hasBody: boolean;
  readonly mode: number;
  readonly body: BodyIn;
  trailers: HeaderMutation | undefined;
  /** Trailers will follow a buffered body. Envoy sends them once the body has been answered. */
  awaitsTrailers: boolean;
  isAnswered: boolean;
}

const gone = new Error("The caller is gone.");

export function sideStream(call: Call, { respond, single, onNote }: SideStreamOptions): void {
  const left = new AbortController();
  const onSent = new Set<() => void>();
  const modes = { request: 0, response: 0 };
  let isObserving = false;
  let isOver = false;
  /** Whether Envoy itself has answered, and its answer stands. */
  let isEnvoys = false;
  /** In observability mode: the server's answer, if it came before the request was judged. */
  let early: Response | undefined;
  let asked: Phase | undefined;
  let answered: Phase | undefined;
  /** Settles the server's answer; set once the request has been sent on. */
  let waiting: { resolve(response: Response): void; reject(error: Error): void } | undefined;

  call.on("data", (message) => {
    try {
      take(message);
    } catch (error) {
      fail(errorOf(error));
    }
  });
  // Envoy also closes its half, or resets the stream, when it is done.
  call.on("end", () => {
    if (isOver) return;
    leave();
    call.end();
  });
  call.on("cancelled", leave);
  call.on("error", leave);

  function take(message: ProcessingRequest): void {
    if (isOver) return;
    if (asked === undefined && !message.request_headers) {
      takeUnseen(message);
      return;
    }
    const { protocol_config: config, observability_mode: isObserved } = message;
    if (config) {
      modes.request = config.request_body_mode ?? 0;
      modes.response = config.response_body_mode ?? 0;
    }
    if (message.request_headers) {
      if (isObserved === true) {
        isObserving = true;
        onNote("observing");
      }
      begin(message.request_headers, message.attributes);
    } else if (message.response_headers) receive(message.response_headers);
    else if (message.request_body) takeBody(asked, message.request_body);
    else if (message.response_body) takeBody(answered, message.response_body);
    else if (message.request_trailers) takeTrailers("request", asked, message.request_trailers);
    else if (message.response_trailers)
      takeTrailers("response", answered, message.response_trailers);
  }

  /** Takes the first message of a stream that does not begin with a request. */
  function takeUnseen({
    response_headers: first,
    observability_mode: isObserved,
  }: ProcessingRequest) {
    onNote("request_unseen");
    const own =
      first && isObserved !== true && ownAnswer(first.headers, first.end_of_stream !== true);
    if (!own) throw new Error("Envoy did not send the headers of the request first.");
    endWith(own, Buffer.alloc(0));
  }

  /** Writes nothing in observability mode, in which Envoy takes no answers. */
  function write(message: object): boolean {
    return isObserving || call.write(message);
  }

  /** Begins a direction. If its body cannot be judged, fails the stream and returns undefined. */
  function opened(name: "request" | "response", piece: HeadersPiece): Phase | undefined {
    const { headers, end_of_stream: isEnd = false } = piece;
    const mode = modes[name];
    const phase = {
      received: receivedIn(headers),
      hasBody: !isEnd,
      mode,
      body: bodyIn(call),
      trailers: undefined,
      awaitsTrailers: false,
      isAnswered: false,
    };
    if (isEnd) phase.body.end();
    else if (isObserving) return phase;
    else if (mode === buffered) {
      onNote("buffered");
      // Envoy sends a buffered body only after this.
      write({ [`${name}_headers`]: { response: {} } });
    } else if (mode !== duplex) {
      onNote("body_mode_unsupported");
      fail(new Error("The body mode of Envoy is neither FULL_DUPLEX_STREAMED nor BUFFERED."));
      return undefined;
    }
    return phase;
  }

  function takeBody(phase: Phase | undefined, { body, end_of_stream: isEnd }: BodyPiece): void {
    if (phase === undefined) throw new Error("A body came without its headers.");
    phase.body.push(body);
    if (phase.mode === buffered) phase.awaitsTrailers = isEnd !== true;
    if (isEnd === true || phase.mode === buffered) phase.body.end();
  }

  function takeTrailers(
    name: "request" | "response",
    phase: Phase | undefined,
    { trailers }: Trailers,
  ): void {
    if (phase === undefined) throw new Error("Trailers came without their headers.");
    // Envoy accepts a changed body only in answer to one that it sent.
    if (phase.mode === buffered && !phase.awaitsTrailers && !isObserving)
      throw new Error("Trailers came without a body.");
    // Trailers are not judged, so all of them are removed.
    phase.trailers = changesTo(receivedIn(trailers), [], true);
    phase.awaitsTrailers = false;
    phase.body.end();
    if (!phase.isAnswered) return;
    write({ [`${name}_trailers`]: { header_mutation: phase.trailers } });
    if (name === "response") finish();
  }

  function begin(headers: HeadersPiece, attributes: Attributes | undefined): void {
    asked = opened("request", headers);
    if (asked !== undefined) void handle(asked, attributes);
  }

  async function handle(phase: Phase, attributes: Attributes | undefined): Promise<void> {
    try {
      const refused = repeated(phase.received, single);
      const response =
        refused ??
        (await respond(requestOf(phase, left.signal), {
          remote: remoteIn(attributes),
          onSent: (listener) => (isOver ? listener() : void onSent.add(listener)),
          forward,
        }));
      if (!isEnvoys) await give(answered, response);
    } catch (error) {
      if (!isEnvoys) fail(errorOf(error));
    }
  }

  async function forward({ path, headers, body }: Forwarded): Promise<Response> {
    const phase = asked as Phase;
    if (waiting !== undefined) throw new Error("The request was sent on already.");
    const answer = new Promise<Response>((resolve, reject) => {
      waiting = { resolve, reject };
    });
    // Avoids an unhandled rejection if the caller has stopped waiting.
    answer.catch(() => {});
    await phase.body.whole();
    if (isOver) throw gone;
    if (early !== undefined) return early;
    const pseudo = path === undefined ? {} : { ":path": path };
    const wanted = Object.entries({ ...pseudo, ...headers });
    const changes = changesTo(phase.received, wanted, phase.hasBody);
    sendBody("request", phase, changes, pieces(Buffer.from(body ?? "")));
    return await answer;
  }

  /** Sends a whole body at once. */
  function sendBody(
    name: "request" | "response",
    phase: Phase,
    header_mutation: HeaderMutation,
    given: Iterable<Uint8Array>,
  ): void {
    const body = [...given];
    phase.isAnswered = true;
    if (!phase.hasBody) write({ [`${name}_headers`]: { response: { header_mutation } } });
    else if (phase.mode === buffered) {
      const body_mutation = { body: Buffer.concat(body) };
      write({ [`${name}_body`]: { response: { header_mutation, body_mutation } } });
    } else {
      write({ [`${name}_headers`]: { response: { header_mutation } } });
      const isLast = (at: number) => at === all.length - 1 && phase.trailers === undefined;
      const all = body.length === 0 ? [new Uint8Array()] : body;
      for (const [at, piece] of all.entries()) write(streamed(name, piece, isLast(at)));
    }
    if (phase.trailers !== undefined)
      write({ [`${name}_trailers`]: { header_mutation: phase.trailers } });
  }

  function receive(headers: HeadersPiece): void {
    const phase = opened("response", headers);
    answered = phase;
    if (phase === undefined) return;
    if (waiting !== undefined) waiting.resolve(responseOf(phase));
    else if (isObserving) early = responseOf(phase);
    else void letStand(phase);
  }

  /** Passes on Envoy's own answer to a request that was not sent on, for example a too long one. */
  async function letStand(phase: Phase): Promise<void> {
    isEnvoys = true;
    left.abort(gone);
    asked?.body.fail(gone);
    try {
      await give(phase, responseOf(phase));
    } catch (error) {
      fail(errorOf(error));
    }
  }

  async function give(phase: Phase | undefined, response: Response): Promise<void> {
    if (phase === undefined || (!phase.hasBody && response.body !== null)) {
      await giveAtOnce(response);
      return;
    }
    const { status, headers, body } = response;
    const wanted = [[":status", String(status)] as const, ...headers];
    const changes = changesTo(phase.received, wanted, phase.hasBody);
    const isStream = headers.get("content-type")?.startsWith("text/event-stream") === true;
    if (phase.mode !== duplex || !isStream) {
      const whole = new Uint8Array(await response.arrayBuffer());
      if (phase.mode === buffered) await phase.body.whole();
      if (isOver) return;
      sendBody("response", phase, changes, pieces(whole));
      // If trailers follow but are not shown, Envoy ends the stream itself.
      if (!phase.awaitsTrailers) finish();
      return;
    }
    if (isOver) return;
    write({ response_headers: { response: { header_mutation: changes } } });
    for await (const chunk of body ?? []) {
      for (const piece of pieces(chunk)) {
        if (isOver) return;
        if (!write(streamed("response", piece, false)))
          await new Promise<void>((resolve) => call.once("drain", resolve));
      }
    }
    if (isOver) return;
    if (phase.trailers === undefined) write(streamed("response", new Uint8Array(), true));
    else write({ response_trailers: { header_mutation: phase.trailers } });
    finish();
  }

  /** Ends the exchange with this response, whatever the server has sent or will send. */
  async function giveAtOnce(response: Response): Promise<void> {
    const body = Buffer.from(await response.arrayBuffer());
    if (!isOver) endWith(response, body);
  }

  function endWith(response: Pick<Response, "status" | "headers">, body: Uint8Array): void {
    const headers = changesTo(new Map(), response.headers, true);
    const status = { code: response.status };
    write({ immediate_response: { status, headers, body, details: "glassine" } });
    finish();
  }

  function finish(): void {
    isOver = true;
    asked?.body.fail(gone);
    answered?.body.fail(gone);
    call.end();
    sent();
  }

  function fail(error: Error): void {
    if (isOver) return;
    leave();
    call.emit("error", Object.assign(error, { code: internalStatus, details: error.message }));
  }

  function leave(): void {
    if (isOver) return;
    isOver = true;
    left.abort(gone);
    waiting?.reject(gone);
    asked?.body.fail(gone);
    answered?.body.fail(gone);
    sent();
  }

  function sent(): void {
    for (const listener of onSent) listener();
    onSent.clear();
  }
}

/** gRPC's INTERNAL. */
const internalStatus = 13;

function streamed(name: "request" | "response", body: Uint8Array, end_of_stream: boolean): object {
  const streamed_response = { body, end_of_stream };
  return { [`${name}_body`]: { response: { body_mutation: { streamed_response } } } };
}

function* pieces(chunk: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < chunk.byteLength; at += maxPiece) yield chunk.subarray(at, at + maxPiece);
}

/** Refuses repeated headers that identify the caller: some readers use only the last value. */
function repeated(received: Received, single: (name: string) => boolean): Response | undefined {
  const [name] = [...received].find(([each, values]) => values.length > 1 && single(each)) ?? [];
  if (name === undefined) return undefined;
  return Response.json(
    { error: { code: "header_repeated", message: `The header ${name} came more than once.` } },
    { status: 400 },
  );
}

function requestOf({ received, hasBody, body }: Phase, signal: AbortSignal): Request {
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

function responseOf({ received, hasBody, body }: Phase): Response {
  const status = Number(received.get(":status")?.[0]);
  const headers = headersOf(received);
  const isEmpty = !hasBody || isEmptyStatus(status);
  return new Response(isEmpty ? null : body.stream, { status, headers });
}

/** Returns the IP address from `IP:PORT` or `[IP]:PORT`. */
function remoteIn(attributes: Attributes | undefined): string | undefined {
  for (const { fields } of Object.values(attributes ?? {})) {
    const address = fields?.["source.address"]?.string_value;
    if (address !== undefined) return /^\[?(.*?)\]?(?::\d+)?$/.exec(address)?.[1];
  }
  return undefined;
}
