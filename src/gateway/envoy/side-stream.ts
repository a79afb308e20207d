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
import { isEventStream } from "../../providers/http/media-type.ts";
import { type Connection, errorOf, type Forwarded } from "../transports/index.ts";
import {
  type BodyPiece,
  buffered,
  Direction,
  duplex,
  type HeadersPiece,
  pieces,
  requestOf,
  responseOf,
  type Trailers,
} from "./direction.ts";
import { changesTo, type Received } from "./header-changes.ts";
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

const gone = new Error("The caller is gone.");

/** gRPC's INTERNAL. */
const internalStatus = 13;

/** Serves a stream until it ends. */
export function sideStream(call: Call, options: SideStreamOptions): void {
  const stream = new SideStream(call, options);
  call.on("data", (message) => stream.take(message));
  // Envoy also closes its half, or resets the stream, when it is done.
  call.on("end", () => stream.end());
  call.on("cancelled", () => stream.leave());
  call.on("error", () => stream.leave());
}

class SideStream {
  readonly #call: Call;
  readonly #options: SideStreamOptions;
  readonly #left = new AbortController();
  readonly #onSent = new Set<() => void>();
  readonly #modes = { request: 0, response: 0 };
  #isObserving = false;
  #isOver = false;
  /** Whether Envoy itself has answered, and its answer stands. */
  #isEnvoys = false;
  /** In observability mode: the server's answer, if it came before the request was judged. */
  #early: Response | undefined;
  #asked: Direction | undefined;
  #answered: Direction | undefined;
  /** Settles the server's answer; set once the request has been sent on. */
  #waiting: { resolve(response: Response): void; reject(error: Error): void } | undefined;

  constructor(call: Call, options: SideStreamOptions) {
    this.#call = call;
    this.#options = options;
  }

  take(message: ProcessingRequest): void {
    if (this.#isOver) return;
    try {
      if (this.#asked === undefined && !message.request_headers) this.#takeUnseen(message);
      else this.#take(message);
    } catch (error) {
      this.#fail(errorOf(error));
    }
  }

  /** Takes the first message of a stream that does not begin with a request. */
  #takeUnseen({
    response_headers: first,
    observability_mode: isObserved,
  }: ProcessingRequest): void {
    this.#options.onNote("request_unseen");
    const own =
      first && isObserved !== true && ownAnswer(first.headers, first.end_of_stream !== true);
    if (!own) throw new Error("Envoy did not send the headers of the request first.");
    this.#endWith(own, Buffer.alloc(0));
  }

  #take(message: ProcessingRequest): void {
    const { protocol_config: config } = message;
    if (config) {
      this.#modes.request = config.request_body_mode ?? 0;
      this.#modes.response = config.response_body_mode ?? 0;
    }
    if (message.request_headers) this.#begin(message.request_headers, message);
    else if (message.response_headers) this.#receive(message.response_headers);
    else if (message.request_body) this.#takeBody(this.#asked, message.request_body);
    else if (message.response_body) this.#takeBody(this.#answered, message.response_body);
    else if (message.request_trailers) this.#takeTrailers(this.#asked, message.request_trailers);
    else if (message.response_trailers)
      this.#takeTrailers(this.#answered, message.response_trailers);
  }

  #begin(
    headers: HeadersPiece,
    { attributes, observability_mode: isObserved }: ProcessingRequest,
  ): void {
    if (isObserved === true) {
      this.#isObserving = true;
      this.#options.onNote("observing");
    }
    this.#asked = this.#opened("request", headers);
    if (this.#asked !== undefined) void this.#handle(this.#asked, attributes);
  }

  /** Begins a direction. If its body cannot be judged, fails the stream and returns undefined. */
  #opened(name: "request" | "response", piece: HeadersPiece): Direction | undefined {
    const { onNote } = this.#options;
    const direction = new Direction(name, this.#modes[name], piece, this.#call);
    if (!direction.hasBody || this.#isObserving) return direction;
    if (direction.mode === buffered) {
      onNote("buffered");
      // Envoy sends a buffered body only after this.
      this.#write(direction.headersAnswer());
    } else if (direction.mode !== duplex) {
      onNote("body_mode_unsupported");
      this.#fail(new Error("The body mode of Envoy is neither FULL_DUPLEX_STREAMED nor BUFFERED."));
      return undefined;
    }
    return direction;
  }

  #takeBody(direction: Direction | undefined, piece: BodyPiece): void {
    if (direction === undefined) throw new Error("A body came without its headers.");
    direction.takeBody(piece);
  }

  #takeTrailers(direction: Direction | undefined, trailers: Trailers): void {
    if (direction === undefined) throw new Error("Trailers came without their headers.");
    direction.takeTrailers(trailers, this.#isObserving);
    if (!direction.isAnswered) return;
    this.#writeAll(direction.trailersAnswer());
    if (direction.name === "response") this.#finish();
  }

  async #handle(asked: Direction, attributes: Attributes | undefined): Promise<void> {
    const { single, respond } = this.#options;
    try {
      const response =
        repeated(asked.received, single) ??
        upgrade(asked.received) ??
        (await respond(requestOf(asked, this.#left.signal), {
          remote: remoteIn(attributes),
          onSent: (listener) => (this.#isOver ? listener() : void this.#onSent.add(listener)),
          forward: (to) => this.#forward(asked, to),
        }));
      if (!this.#isEnvoys) await this.#give(this.#answered, response);
    } catch (error) {
      if (!this.#isEnvoys) this.#fail(errorOf(error));
    }
  }

  async #forward(asked: Direction, { path, headers, body }: Forwarded): Promise<Response> {
    if (this.#waiting !== undefined) throw new Error("The request was sent on already.");
    const answer = new Promise<Response>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    // Avoids an unhandled rejection if the caller has stopped waiting.
    answer.catch(() => {});
    await asked.body.whole();
    if (this.#isOver) throw gone;
    if (this.#early !== undefined) return this.#early;
    const pseudo = path === undefined ? {} : { ":path": path };
    const wanted = Object.entries({ ...pseudo, ...headers });
    const changes = changesTo(asked.received, wanted, asked.hasBody);
    this.#writeAll(asked.wholeAnswer(changes, Buffer.from(body ?? "")));
    return await answer;
  }

  #receive(headers: HeadersPiece): void {
    const answered = this.#opened("response", headers);
    this.#answered = answered;
    if (answered === undefined) return;
    if (this.#waiting !== undefined) this.#waiting.resolve(responseOf(answered));
    else if (this.#isObserving) this.#early = responseOf(answered);
    else void this.#letStand(answered);
  }

  /** Passes on Envoy's own answer to a request that was not sent on, for example a too long one. */
  async #letStand(answered: Direction): Promise<void> {
    this.#isEnvoys = true;
    this.#left.abort(gone);
    this.#asked?.body.fail(gone);
    try {
      await this.#give(answered, responseOf(answered));
    } catch (error) {
      this.#fail(errorOf(error));
    }
  }

  async #give(answered: Direction | undefined, response: Response): Promise<void> {
    const { status, headers, body } = response;
    if (answered === undefined || (!answered.hasBody && body !== null))
      return this.#giveAtOnce(response);
    const wanted = [[":status", String(status)] as const, ...headers];
    const changes = changesTo(answered.received, wanted, answered.hasBody);
    if (answered.mode === duplex && isEventStream(response)) {
      if (this.#isOver) return;
      this.#write(answered.headersAnswer(changes));
      await this.#stream(answered, body);
      return;
    }
    const whole = Buffer.from(await response.arrayBuffer());
    if (answered.mode === buffered) await answered.body.whole();
    if (this.#isOver) return;
    this.#writeAll(answered.wholeAnswer(changes, whole));
    // If trailers follow but are not shown, Envoy ends the stream itself.
    if (!answered.awaitsTrailers) this.#finish();
  }

  /** Writes a body piece by piece, as it comes and Envoy takes it. */
  async #stream(answered: Direction, body: Response["body"]): Promise<void> {
    for await (const chunk of body ?? []) {
      for (const piece of pieces(chunk)) {
        if (this.#isOver) return;
        if (!this.#write(answered.pieceAnswer(piece, false)))
          await new Promise<void>((resolve) => this.#call.once("drain", resolve));
      }
    }
    if (this.#isOver) return;
    this.#writeAll(answered.streamEnd());
    this.#finish();
  }

  /** Ends the exchange with this response, whatever the server has sent or will send. */
  async #giveAtOnce(response: Response): Promise<void> {
    const body = Buffer.from(await response.arrayBuffer());
    if (!this.#isOver) this.#endWith(response, body);
  }

  #endWith(response: Pick<Response, "status" | "headers">, body: Uint8Array): void {
    const headers = changesTo(new Map(), response.headers, true);
    const status = { code: response.status };
    this.#write({ immediate_response: { status, headers, body, details: "glassine" } });
    this.#finish();
  }

  #writeAll(messages: readonly object[]): void {
    for (const message of messages) this.#write(message);
  }

  /** Writes nothing in observability mode, in which Envoy takes no answers. */
  #write(message: object): boolean {
    return this.#isObserving || this.#call.write(message);
  }

  #finish(): void {
    this.#isOver = true;
    this.#failBodies();
    this.#call.end();
    this.#sent();
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.leave();
    const details = { code: internalStatus, details: error.message };
    this.#call.emit("error", Object.assign(error, details));
  }

  /** Envoy has closed its half. */
  end(): void {
    if (this.#isOver) return;
    this.leave();
    this.#call.end();
  }

  leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#left.abort(gone);
    this.#waiting?.reject(gone);
    this.#failBodies();
    this.#sent();
  }

  #failBodies(): void {
    this.#asked?.body.fail(gone);
    this.#answered?.body.fail(gone);
  }

  #sent(): void {
    for (const listener of this.#onSent) listener();
    this.#onSent.clear();
  }
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

/**
 * Refuses to change the protocol: such a request's body has no end, and nothing in it could be
 * judged. Envoy removes an upgrade to `h2c`, which clients send on the chance that it is taken.
 */
function upgrade(received: Received): Response | undefined {
  const isAsked = /\bupgrade\b/i.test(String(received.get("connection")));
  const to = received.get("upgrade")?.filter((each) => each.toLowerCase() !== "h2c") ?? [];
  if (!isAsked || to.length === 0) return undefined;
  return Response.json(
    {
      error: {
        code: "upgrade_refused",
        message: "No other protocol can be judged: send the request without the header upgrade.",
      },
    },
    { status: 405, headers: { allow: "GET, POST, DELETE" } },
  );
}

/** Returns the IP address from `IP:PORT` or `[IP]:PORT`. */
function remoteIn(attributes: Attributes | undefined): string | undefined {
  for (const { fields } of Object.values(attributes ?? {})) {
    const address = fields?.["source.address"]?.string_value;
    if (address !== undefined) return /^\[?(.*?)\]?(?::\d+)?$/.exec(address)?.[1];
  }
  return undefined;
}
