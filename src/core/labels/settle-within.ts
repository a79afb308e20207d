import { within } from "../data/index.ts";
import { GlassineError } from "../errors/index.ts";

/**
 * Settles as `work` does, or rejects with `label_store_failed` once `timeoutMs` are over.
 * What comes later is dropped, a rejection included.
 */
export async function settleWithin<Result>(
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const end = await within(timeoutMs, work);
  if (end.how === "returned") return end.value;
  if (end.how === "threw") throw end.value;
  const text = `The label store did not answer within ${timeoutMs} ms.`;
  throw new GlassineError("label_store_failed", text, { timeoutMs });
}
