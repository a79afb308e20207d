/** Waits for code of a plugin, with a time limit. */

export type Outcome<Value> =
  | { readonly how: "value"; readonly value: Value }
  | { readonly how: "thrown"; readonly thrown: unknown }
  | { readonly how: "late" };

/** Never rejects. A result or a rejection after the time limit is dropped. */
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
