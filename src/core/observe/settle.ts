/** Waits for what a sink returned, but no longer than it may take. */

/** How a wait ended. */
export type WaitEnd =
  | { readonly how: "resolved" | "timeout" }
  | { readonly how: "rejected"; readonly reason: unknown };

/** Never rejects. What comes after the time is ignored, a rejection included. */
export function settleWithin(pending: PromiseLike<unknown>, timeoutMs: number): Promise<WaitEnd> {
  let timer: ReturnType<typeof setTimeout>;
  const timeout = new Promise<WaitEnd>((resolve) => {
    timer = setTimeout(() => resolve({ how: "timeout" }), timeoutMs);
  });
  const settled = Promise.resolve(pending).then(
    (): WaitEnd => ({ how: "resolved" }),
    (reason: unknown): WaitEnd => ({ how: "rejected", reason }),
  );
  return Promise.race([settled, timeout]).finally(() => clearTimeout(timer));
}
