/** Waits for code of a plugin, and no longer than it may take. */

/** What it came to. */
export type Outcome<Value> =
  | { readonly how: "value"; readonly value: Value }
  | { readonly how: "thrown"; readonly thrown: unknown }
  | { readonly how: "late" };

/** Never rejects. What comes after the time is dropped, a rejection included. */
export function within<Value>(
  timeoutMs: number,
  work: () => Value | PromiseLike<Value>,
): Promise<Outcome<Value>> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve({ how: "late" }), timeoutMs);
    const settle = (outcome: Outcome<Value>) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    const run = async () => settle({ how: "value", value: await work() });
    run().catch((thrown: unknown) => settle({ how: "thrown", thrown }));
  });
}
