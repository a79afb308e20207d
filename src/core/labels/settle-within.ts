import { GlassineError } from "../errors/index.ts";

/**
 * Settles as `work` does, or rejects with `label_store_failed` once `timeoutMs` are over.
 * What comes later is nobody's any more, a rejection included.
 */
export function settleWithin<Result>(
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const text = `The label store did not answer within ${timeoutMs} ms.`;
      reject(new GlassineError("label_store_failed", text, { timeoutMs }));
    }, timeoutMs);
    const settled = (settle: () => void) => {
      clearTimeout(timer);
      settle();
    };
    // In a promise of its own, so that what `work` throws at once is a rejection too.
    new Promise<Result>((started) => started(work())).then(
      (result) => settled(() => resolve(result)),
      (error) => settled(() => reject(error)),
    );
  });
}
