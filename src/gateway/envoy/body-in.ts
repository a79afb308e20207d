/** A body that arrives in pieces on a stream. The stream is paused while the body is not read. */
import { type WaitingBody, waitingBody } from "../transports/index.ts";

interface Pausable {
  pause(): unknown;
  resume(): unknown;
}

export interface BodyIn {
  readonly stream: ReadableStream<Uint8Array>;
  push(piece: Uint8Array | undefined): void;
  end(): void;
  fail(error: Error): void;
  /** Resolves when all of the body has arrived. Drops whatever has not been read. */
  whole(): Promise<void>;
}

/** How many bytes may wait before the stream is paused. */
const maxWaiting = 1_048_576;

export function bodyIn(call: Pausable): BodyIn {
  let isOver = false;
  let isDropped = false;
  let settle: (error?: Error) => void = () => {};
  const whole = new Promise<void>((resolve, reject) => {
    settle = (error) => (error === undefined ? resolve() : reject(error));
  });
  // Avoids an unhandled rejection if nothing is waiting.
  whole.catch(() => {});
  const drop = () => {
    isDropped = true;
    call.resume();
  };
  const body: WaitingBody = waitingBody({
    onTaken() {
      if (body.bytes < maxWaiting) call.resume();
    },
    onLeft: drop,
  });
  return {
    stream: body.stream,
    push(piece) {
      if (isOver || isDropped || piece === undefined || piece.byteLength === 0) return;
      body.add(piece);
      if (body.bytes >= maxWaiting) call.pause();
    },
    end() {
      if (isOver) return;
      isOver = true;
      if (!isDropped) body.end();
      settle();
    },
    fail(error) {
      if (isOver) return;
      isOver = true;
      if (!isDropped) body.fail(error);
      settle(error);
    },
    whole() {
      drop();
      return whole;
    },
  };
}
