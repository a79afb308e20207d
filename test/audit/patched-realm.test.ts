// A process of its own: it patches the realm.
import { expect, it } from "vitest";
import { type AuditEvent, jsonLines, needlesOf } from "../../src/core/observe/index.ts";
import { eventOf, gate, rest, trailTo } from "./support.ts";

let count = 0;
const steal = () => {
  count += 1;
  throw new Error("stolen");
};
const patches: readonly (readonly [object, string])[] = [
  [Promise.prototype, "then"],
  [Object.prototype, "then"],
  [Object.prototype, "toJSON"],
  [Array.prototype, "toJSON"],
  [Array.prototype, "push"],
  [Array.prototype, "join"],
  [Array.prototype, "sort"],
  [Date.prototype, "toISOString"],
  [RegExp.prototype, "exec"],
  [String.prototype, "indexOf"],
  [String.prototype, "slice"],
  [String.prototype, "charCodeAt"],
  [Object, "freeze"],
  [Object, "keys"],
  [JSON, "stringify"],
  [Date, "now"],
  [globalThis, "setTimeout"],
  [globalThis, "clearTimeout"],
  [globalThis, "Promise"],
];

/** Patches the realm; what it gives takes everything back. */
function patched(): () => void {
  const { defineProperty, getOwnPropertyDescriptor } = Reflect;
  const before = patches.map(([target, key]) => getOwnPropertyDescriptor(target, key));
  for (const [target, key] of patches) {
    defineProperty(target, key, { value: steal, configurable: true, writable: true });
  }
  return () => {
    for (let i = 0; i < patches.length; i++) {
      const [target, key] = patches[i] as readonly [object, string];
      const old = before[i];
      if (old === undefined) delete (target as Record<string, unknown>)[key];
      else defineProperty(target, key, old);
    }
  };
}

it("a trail goes by its own intrinsics, whatever was patched after it was loaded", async () => {
  const full = new Error("disk full");
  const seen: AuditEvent[] = [];
  const told: string[] = [];
  const slow = gate();
  const { trail, log } = trailTo(
    (event) => {
      seen[seen.length] = event;
      told[told.length] = jsonLines(event);
      return seen.length === 1 ? slow.opened : undefined;
    },
    { secrets: ["hunter2"] },
    () => {
      throw full;
    },
  );
  log.push = (line) => {
    log[log.length] = line;
    return log.length;
  };
  const input = eventOf({ metadata: { note: "hunter2 token abc", list: ["a"] } });
  let outcomes: unknown[] = [];
  // By then the test runner has taken note of this test; between here and the end nothing else runs.
  await rest();
  const restore = patched();
  try {
    const first = trail.emit(input);
    const second = trail.emit(input, { secrets: needlesOf(["a"]) });
    slow.open();
    outcomes = [await first, await second, trail.failures];
  } finally {
    restore();
  }
  expect(outcomes).toMatchObject([
    { ok: false, error: { cause: full } },
    { ok: false, error: { cause: full } },
    { total: 2, byType: { "billing.invoice_sent": 2 } },
  ]);
  expect(seen.map(({ metadata }) => metadata)).toEqual([
    { note: "[REDACTED] token [REDACTED]", list: ["a"] },
    { note: "[REDACTED] token [REDACTED]", list: ["[REDACTED]"] },
  ]);
  expect(told).toEqual(seen.map((event) => jsonLines(event)));
  expect(log).toHaveLength(2);
  expect(log[0]).toContain(told[0]);
  expect(count).toBe(0);
});
