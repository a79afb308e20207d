/**
 * Holds back what a handler writes to a `ServerResponse` until it has been judged.
 *
 * Rule: once the output is captured, nothing that the handler writes reaches the client directly.
 * Head, body and trailers go through the functions that are replaced here, and these stay in place.
 */

import { Refused, refusalOf } from "../model/index.ts";

export type NodeHeaders = { readonly [name: string]: string | number | string[] | undefined };

/** The part of a `ServerResponse` that the guard uses. */
export interface NodeResponse {
  statusCode: number;
  statusMessage: string;
  readonly headersSent: boolean;
  readonly writableEnded: boolean;
  readonly destroyed: boolean;
  getHeaders(): NodeHeaders;
  setHeader(name: string, value: string | number | readonly string[]): unknown;
  removeHeader(name: string): void;
  once(event: "close" | "drain", listener: () => void): unknown;
  off(event: "close" | "drain", listener: () => void): unknown;
  destroy(): unknown;
  write(chunk: unknown): boolean;
  end(): unknown;
  flushHeaders(): void;
}

/** The output of a handler, held back. */
export interface CapturedOutput {
  /** The handler's answer. Settles as soon as its head is known. */
  readonly response: Promise<Response>;
  /** Whether the handler destroyed its answer before it was complete. */
  readonly isGivenUp: boolean;
  /** Writes to the client, or to the guard in front. */
  readonly through: Pick<NodeResponse, "flushHeaders" | "write" | "end">;
  /** Calls `listener` once the client has read what was written, or is gone. */
  onceDrained(listener: () => void): void;
  /** To be called when the response closes. */
  close(): void;
  /** Drops whatever the handler writes from now on. */
  stop(): void;
}

/** Headers that describe exactly the bytes that a framework writes. */
const ofTheBody = ["content-length", "transfer-encoding", "etag", "trailer"] as const;

type Listener = AnyFunction & { readonly listener?: unknown };
type AnyFunction = (this: unknown, ...given: unknown[]) => unknown;
const replaced = [
  "writeEarlyHints",
  "writeHead",
  "write",
  "end",
  "flushHeaders",
  "addTrailers",
  "destroy",
  "on",
  "addListener",
  "prependListener",
  "removeListener",
  "off",
] as const;

/** The guards of a response, the one in front first. */
const guards = new WeakMap<NodeResponse, { isWritingThrough: boolean }[]>();

/** How many bytes wait to be judged before the handler is asked to wait. */
const mostWaiting = 65_536;

export function captureOutput(outgoing: NodeResponse): CapturedOutput {
  // Each framework has its own types for these, with overloads.
  const original = Object.fromEntries(
    replaced.map((name) => [name, (outgoing as unknown as Record<string, AnyFunction>)[name]]),
  ) as Record<(typeof replaced)[number], AnyFunction>;
  const own = { isWritingThrough: false };
  const all = [...(guards.get(outgoing) ?? []), own];
  guards.set(outgoing, all);
  /**
   * True while this guard writes, or one in front of it: Node's own functions call one another by
   * the replaced names.
   */
  const isOpen = () => all.some((each) => each.isWritingThrough);
  let resolve!: (response: Response) => void;
  let reject!: (reason: unknown) => void;
  const captured = new Promise<Response>((...settle) => {
    [resolve, reject] = settle;
  });
  // It may reject when nobody waits for it any more.
  captured.catch(() => undefined);
  let pieces: ReadableStreamDefaultController<Uint8Array> | undefined;
  let isBegun = false;
  let isEnded = false;
  let isGivenUp = false;

  /** True after a `write` that returned false, until the handler may go on. */
  let isFull = false;
  /** The callbacks of writes that wait until then. */
  const waiting: (() => void)[] = [];
  /** Its listeners for `drain`, which is about this guard's room and not about the client's. */
  const listeners: Listener[] = [];
  let onClosed = () => {};

  const goOn = () => {
    if (!isFull) return;
    isFull = false;
    // Later, as Node does it: the handler may write at once.
    for (const callback of waiting.splice(0)) queueMicrotask(callback);
    queueMicrotask(() => {
      for (const listener of [...listeners])
        if (listeners.includes(listener)) listener.call(outgoing);
    });
  };
  const drop = () => {
    pieces = undefined;
    goOn();
  };

  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        pieces = controller;
      },
      pull: goOn,
      // Whatever is written after that is dropped.
      cancel: drop,
    },
    { highWaterMark: mostWaiting, size: ({ byteLength }) => byteLength },
  );

  const begin = () => {
    if (isBegun) return;
    isBegun = true;
    try {
      const status = outgoing.statusCode;
      // The global `Response` of @hono/node-server checks the status only when it is first read.
      if (!(status >= 200 && status <= 599)) throw new RangeError("No answer has this status.");
      const isEmpty = status === 204 || status === 205 || status === 304;
      const headers = headersOf(outgoing.getHeaders());
      for (const name of ofTheBody) headers.delete(name);
      if (isEmpty) drop();
      resolve(new Response(isEmpty ? null : body, { status, headers }));
    } catch (error) {
      // For example a status that no answer has.
      reject(new Refused(refusalOf("answer_invalid"), error));
    }
  };

  const add = (chunk: unknown, encoding: unknown) => {
    begin();
    if (chunk === undefined || chunk === null || typeof chunk === "function" || isEnded) return;
    const bytes = bytesOf(chunk, typeof encoding === "function" ? undefined : encoding);
    // A copy, since a handler may use its buffer again after the callback.
    if (bytes.length > 0) pieces?.enqueue(new Uint8Array(bytes));
  };

  const callBack = (given: readonly unknown[]) => {
    const callback = given.find((each) => typeof each === "function");
    if (callback === undefined) return;
    if (isFull) waiting.push(callback as () => void);
    else queueMicrotask(callback as () => void);
  };

  const listen =
    (name: "on" | "addListener" | "prependListener") =>
    (...given: unknown[]) => {
      if (given[0] !== "drain") return original[name].apply(outgoing, given);
      listeners.push(given[1] as Listener);
      return outgoing;
    };
  const unlisten =
    (name: "off" | "removeListener") =>
    (...given: unknown[]) => {
      const [event, gone] = given;
      // `once` wraps what it is given.
      const at = listeners.findLastIndex((each) => each === gone || each.listener === gone);
      if (event !== "drain" || at === -1) return original[name].apply(outgoing, given);
      listeners.splice(at, 1);
      return outgoing;
    };

  const replacements: Record<(typeof replaced)[number], (...given: unknown[]) => unknown> = {
    // Hints precede the head, and nobody judges them.
    writeEarlyHints: (...given) => callBack(given),
    writeHead(status, ...rest) {
      if (isBegun) return outgoing;
      outgoing.statusCode = status as number;
      setHeaders(
        outgoing,
        rest.find((each) => typeof each === "object" && each !== null),
      );
      begin();
      return outgoing;
    },
    write(...given) {
      add(given[0], given[1]);
      isFull = !isEnded && (pieces?.desiredSize ?? 1) <= 0;
      callBack(given);
      return !isFull;
    },
    end(...given) {
      add(given[0], given[1]);
      if (!isEnded) pieces?.close();
      isEnded = true;
      // Nothing that is read from now on makes room for another write.
      goOn();
      callBack(given);
      return outgoing;
    },
    flushHeaders: begin,
    // Trailers follow the body, and nobody judges them.
    addTrailers: () => undefined,
    destroy(...given) {
      isGivenUp = !isEnded;
      return original.destroy.apply(outgoing, given);
    },
    on: listen("on"),
    addListener: listen("addListener"),
    prependListener: listen("prependListener"),
    off: unlisten("off"),
    removeListener: unlisten("removeListener"),
  };

  for (const name of replaced) {
    const value = (...given: unknown[]) =>
      isOpen() ? original[name].apply(outgoing, given) : replacements[name](...given);
    Object.defineProperty(outgoing, name, { value, configurable: true, writable: true });
  }
  const prototype: object = Object.getPrototypeOf(outgoing);
  const isReally = (name: string) => Reflect.get(prototype, name, outgoing) === true;
  Object.defineProperties(outgoing, {
    headersSent: { get: () => isBegun || isReally("headersSent"), configurable: true },
    writableNeedDrain: { get: () => isFull, configurable: true },
    writableEnded: { get: () => isEnded || isReally("writableEnded"), configurable: true },
  });

  // Not by the response's own properties: what wraps them behind the guard may call them later.
  const through =
    (name: (typeof replaced)[number]) =>
    (...given: unknown[]): never => {
      own.isWritingThrough = true;
      try {
        return original[name].apply(outgoing, given) as never;
      } finally {
        own.isWritingThrough = false;
      }
    };
  return {
    response: captured,
    get isGivenUp() {
      return isGivenUp;
    },
    through: {
      flushHeaders() {
        // Otherwise Node calls it by its name, and a handler's wrapper could add headers.
        through("writeHead")(outgoing.statusCode);
        through("flushHeaders")();
      },
      write: through("write"),
      end: through("end"),
    },
    onceDrained(listener) {
      onClosed = listener;
      const drained = () => {
        original.off.call(outgoing, "drain", drained);
        listener();
      };
      original.on.call(outgoing, "drain", drained);
    },
    close() {
      const closed = new Error("The connection was closed before the answer was complete.");
      reject(closed);
      if (!isEnded) pieces?.error(closed);
      drop();
      onClosed();
    },
    stop: drop,
  };
}

/** Sets headers from an object, from Node's flat list of names and values, or from pairs. */
export function setHeaders(outgoing: NodeResponse, given: unknown): void {
  if (typeof given !== "object" || given === null) return;
  const isFlat = Array.isArray(given) && !Array.isArray(given[0]);
  const pairs: readonly (readonly unknown[])[] = isFlat
    ? given.flatMap((name, at) => (at % 2 === 0 ? [[name, given[at + 1]]] : []))
    : Array.isArray(given)
      ? given
      : Object.entries(given);
  for (const [name, value] of pairs) {
    if (value !== undefined) outgoing.setHeader(String(name), value as string);
  }
}

export function headersOf(values: { readonly [name: string]: unknown }): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(values)) {
    // HTTP/2 has pseudo-headers such as `:path`.
    if (value === undefined || name.startsWith(":")) continue;
    for (const each of Array.isArray(value) ? value : [value]) headers.append(name, String(each));
  }
  return headers;
}

interface BufferLike {
  from(text: string, encoding: unknown): Uint8Array<ArrayBuffer>;
}

/** A chunk as bytes. A string becomes a `Buffer` if there is one, as raw-body handlers expect. */
export function bytesOf(chunk: unknown, encoding?: unknown): Uint8Array<ArrayBuffer> {
  if (typeof chunk !== "string") return chunk as Uint8Array<ArrayBuffer>;
  const { Buffer } = globalThis as { readonly Buffer?: BufferLike };
  return Buffer === undefined ? new TextEncoder().encode(chunk) : Buffer.from(chunk, encoding);
}
