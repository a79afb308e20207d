/** Waits for what a sink gave, as long as it may take, in a realm that may have been patched. */
const PromiseAtLoad = Promise;
// Captured at load, so that replacing a global later stops no deadline.
const { setTimeout: startTimer, clearTimeout: stopTimer } = globalThis;

/** How a wait ended. Without a prototype: nothing patched turns it into a promise. */
export interface WaitEnd {
  readonly how: "resolved" | "rejected" | "timeout";
  /** What it was rejected with. */
  readonly reason: unknown;
}

function end(how: WaitEnd["how"], reason: unknown): WaitEnd {
  return { __proto__: null, how, reason } as WaitEnd;
}

/** Never rejects. What comes after the time is nobody's any more, a rejection included. */
export function settleWithin(pending: PromiseLike<unknown>, timeoutMs: number): Promise<WaitEnd> {
  return new PromiseAtLoad((resolve) => {
    const timer = startTimer(() => resolve(end("timeout", undefined)), timeoutMs);
    void follow(pending, (ended) => {
      stopTimer(timer);
      resolve(ended);
    });
  });
}

async function follow(
  pending: PromiseLike<unknown>,
  tell: (ended: WaitEnd) => void,
): Promise<void> {
  let ended = end("resolved", undefined);
  try {
    await pending;
  } catch (thrown) {
    ended = end("rejected", thrown);
  }
  tell(ended);
}
