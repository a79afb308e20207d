/**
 * Simulates Envoy's side of one external processing stream, by the rules of the real one: it waits
 * for each answer that it expects, and ends the exchange with 500 on one that it does not expect.
 * For agentgateway, the messages differ: it writes the pseudo-headers as `value` and after the
 * others, ends a body with its last piece, and sends no trailers.
 */
import { EventEmitter } from "node:events";
import {
  type SideStreamOptions,
  sideStream,
} from "../../../../../src/gateway/envoy/side-stream.ts";

type Headers = readonly (readonly [name: string, value: string])[];

export interface PlayedMessage {
  readonly headers: Headers;
  /** The body in the pieces in which it arrives; absent for no body. */
  readonly body?: readonly string[];
  readonly trailers?: Headers;
}

export interface Played {
  /** What the server received; undefined if nothing reached it. */
  readonly asked: { readonly headers: Headers; readonly body: string } | undefined;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  /** How the stream ended. */
  readonly end: "ended" | "error";
  readonly notes: readonly string[];
}

export interface Play {
  readonly mode: keyof typeof modes;
  readonly request: PlayedMessage;
  /** What the server answers. */
  readonly answer: (asked: NonNullable<Played["asked"]>) => PlayedMessage;
  readonly respond: SideStreamOptions["respond"];
  readonly single?: SideStreamOptions["single"];
  readonly attributes?: object;
  readonly observing?: true;
  /** The caller leaves once the server has received the request. */
  readonly leaves?: true;
}

const modes = { none: 0, streamed: 1, buffered: 2, duplex: 4, agentgateway: 4 } as const;

interface Mutation {
  readonly set_headers?: readonly { readonly header: { key: string; raw_value: Uint8Array } }[];
  readonly remove_headers?: readonly string[];
}

/** One direction of the exchange, as far as it has been judged. */
class Direction {
  headers: Map<string, string>;
  body = "";
  isOver = false;
  readonly #name: "request" | "response";
  readonly #mode: number;
  readonly #isEnvoy: boolean;
  readonly #message: PlayedMessage;
  #hasHeaders = false;

  constructor(name: "request" | "response", kind: Play["mode"], message: PlayedMessage) {
    this.#name = name;
    this.#mode = modes[kind];
    this.#isEnvoy = kind !== "agentgateway";
    this.#message = message;
    this.headers = new Map(message.headers);
  }

  /** The messages to send at once, and those to send after the answer to the headers. */
  messages(): { readonly first: object[]; readonly later: object[] } {
    const { headers, body, trailers } = this.#message;
    const raw = (map: Headers) =>
      map.map(([key, value]) => ({ key, raw_value: Buffer.from(value, "latin1") }));
    const pseudo = ([name]: Headers[number]) => name.startsWith(":");
    const of = (map: Headers) => ({
      headers: this.#isEnvoy
        ? raw(map)
        : [
            ...raw(map.filter((each) => !pseudo(each))),
            ...map
              .filter(pseudo)
              .map(([key, value]) => ({ key, value, raw_value: Buffer.alloc(0) })),
          ],
    });
    const head = { [`${this.#name}_headers`]: { headers: of(headers), end_of_stream: !body } };
    const bytes = (body ?? []).map((each) => Buffer.from(each));
    const piece = (each: Uint8Array, end_of_stream: boolean) => ({
      [`${this.#name}_body`]: { body: each, end_of_stream },
    });
    const ends = trailers ? [{ [`${this.#name}_trailers`]: { trailers: of(trailers) } }] : [];
    if (!body) return { first: [head], later: [] };
    if (this.#mode === modes.buffered)
      return { first: [head], later: [piece(Buffer.concat(bytes), !trailers), ...ends] };
    if (!this.#isEnvoy) {
      const all = bytes.length === 0 ? [Buffer.alloc(0)] : bytes;
      const pieces = all.map((each, at) => piece(each, at === all.length - 1));
      return { first: [head, ...pieces], later: [] };
    }
    const last = trailers ? [] : [piece(Buffer.alloc(0), true)];
    return {
      first: [head, ...bytes.map((each) => piece(each, false)), ...last, ...ends],
      later: [],
    };
  }

  /** Applies an answer; returns false for one that Envoy did not expect. */
  take(answer: object): boolean {
    const [[key, value] = ["", {}]] = Object.entries(answer) as [string, { response?: object }][];
    const { header_mutation: changes, body_mutation: body } = (value.response ?? {}) as {
      header_mutation?: Mutation;
      body_mutation?: {
        body?: Uint8Array;
        streamed_response?: { body: Uint8Array; end_of_stream: boolean };
      };
    };
    if (this.isOver) return false;
    if (key === `${this.#name}_headers`) {
      if (this.#hasHeaders) return false;
      this.#hasHeaders = true;
      this.#change(changes);
      this.isOver = !this.#message.body;
      return true;
    }
    if (!this.#hasHeaders || !this.#message.body) return false;
    if (key === `${this.#name}_trailers`) {
      this.isOver = this.#message.trailers !== undefined;
      return this.isOver;
    }
    if (key !== `${this.#name}_body`) return false;
    const isStreamed = this.#mode === modes.duplex;
    if (isStreamed !== (body?.streamed_response !== undefined)) return false;
    this.#change(changes);
    this.body += Buffer.from(body?.streamed_response?.body ?? body?.body ?? []).toString("latin1");
    this.isOver = isStreamed
      ? body?.streamed_response?.end_of_stream === true
      : this.#message.trailers === undefined;
    return true;
  }

  #change(changes: Mutation | undefined): void {
    for (const name of changes?.remove_headers ?? []) this.headers.delete(name);
    for (const { header } of changes?.set_headers ?? [])
      this.headers.set(header.key, Buffer.from(header.raw_value).toString("latin1"));
  }

  said(): { readonly headers: Headers; readonly body: string } {
    return { headers: [...this.headers], body: Buffer.from(this.body, "latin1").toString() };
  }
}

class PlayedCall extends EventEmitter {
  readonly written: object[] = [];
  onWrite: () => void = () => {};
  hasEnded = false;

  write(message: object): boolean {
    this.written.push(message);
    queueMicrotask(() => this.onWrite());
    return true;
  }

  end(): void {
    this.hasEnded = true;
    queueMicrotask(() => this.onWrite());
  }

  pause(): void {}
  resume(): void {}
}

/** Runs an exchange to its end. */
export function play(plan: Play): Promise<Played> {
  const { respond, single = () => false, attributes, answer, observing, leaves } = plan;
  const mode = modes[plan.mode];
  const call = new PlayedCall();
  const notes: string[] = [];
  const request = new Direction("request", plan.mode, plan.request);
  let response: Direction | undefined;
  let asked: Played["asked"];

  return new Promise((resolve) => {
    const done = (status: number, headers: Headers, body: string, end: Played["end"]) =>
      resolve({ asked, status, headers, body, end, notes });
    const failed = () => done(500, [], "", call.hasEnded ? "ended" : "error");
    call.on("error", failed);
    sideStream(call as never, { respond, single, onNote: (note) => notes.push(note) });
    const first = { protocol_config: { request_body_mode: mode, response_body_mode: mode } };
    const start = request.messages();
    const send = (messages: readonly object[]) => {
      for (const each of messages) call.emit("data", each);
    };
    let waiting = start.later;
    let seen = 0;

    call.onWrite = () => {
      for (; seen < call.written.length; seen += 1) {
        const written = call.written[seen] as { immediate_response?: Immediate };
        if (written.immediate_response) {
          const { status, headers, body } = written.immediate_response;
          const said = new Direction("response", "none", { headers: [] });
          said.take({ response_headers: { response: { header_mutation: headers } } });
          done(status.code, said.said().headers, Buffer.from(body).toString(), "ended");
          return;
        }
        if (!(response ?? request).take(written)) {
          failed();
          return;
        }
        send(waiting.splice(0, 1));
      }
      if (request.isOver && response === undefined) ask();
      if (response?.isOver === true) {
        const { headers, body } = response.said();
        done(Number(new Map(headers).get(":status")), headers, body, "ended");
      } else if (call.hasEnded && !observing) failed();
    };

    function ask(): void {
      asked = request.said();
      if (leaves) {
        call.emit("cancelled");
        done(499, [], "", "ended");
        return;
      }
      const answered = answer(asked);
      response = new Direction("response", plan.mode, answered);
      const next = response.messages();
      waiting = next.later;
      send(next.first);
    }

    const [head, ...more] = start.first;
    send([
      {
        ...head,
        ...first,
        ...(attributes && { attributes }),
        ...(observing && { observability_mode: true }),
      },
      ...more,
    ]);
    if (!observing) return;
    send(waiting.splice(0));
    asked = request.said();
    const next = new Direction("response", plan.mode, answer(asked)).messages();
    setTimeout(() => {
      send([...next.first, ...next.later]);
      setTimeout(() => done(call.written.length, [], "", "ended"), 20);
    }, 20);
  });
}

interface Immediate {
  readonly status: { readonly code: number };
  readonly headers: Mutation;
  readonly body: Uint8Array;
}
