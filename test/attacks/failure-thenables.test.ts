/** Failures: what handlers return to be waited for. */
import { addLabels, deny } from "glassine";
import { expect, it } from "vitest";
import { changed, key, outcomeOf, type Settle, thenable } from "../dispatch/returned.ts";
import { labelled, labelsOf, plugin, runOnce, uncaughtDuring } from "../dispatch/support.ts";
import { attack } from "./attack.ts";

const modes = ["sequential", "concurrent"] as const;

async function expectOutcome(make: () => unknown, outcome: string): Promise<void> {
  const uncaught = await uncaughtDuring(async () => {
    for (const mode of modes) {
      expect([mode, await outcomeOf(make(), mode)]).toEqual([
        mode,
        // Concurrent handlers change no payload.
        outcome === "changed" && mode === "concurrent" ? "add" : outcome,
      ]);
    }
  });
  expect(uncaught).toEqual([]);
}

attack(
  "A-147",
  "Return a thenable that settles twice, both ways, or throws after it settled",
  "the first settling counts; nothing is unhandled",
  () => {
    const second = { modifiedPayload: { name: "second", args: {} } };
    it.each([
      ["resolves twice", (yes: Settle) => [yes(changed), yes(second)], "changed"],
      ["resolves, then denies", (yes: Settle) => [yes(changed), yes(deny("second"))], "changed"],
      ["denies, then resolves", (yes: Settle) => [yes(deny("first")), yes(changed)], "denied"],
      [
        "rejects, then resolves",
        (yes: Settle, no: Settle) => [no(new Error("x")), yes(changed)],
        "handler_error",
      ],
      [
        "resolves, then rejects",
        (yes: Settle, no: Settle) => [yes(changed), no(new Error("x"))],
        "changed",
      ],
      [
        "resolves a thousand times",
        (yes: Settle) => {
          for (let i = 0; i < 1000; i++) yes(i === 0 ? changed : second);
        },
        "changed",
      ],
      [
        "throws after it resolved",
        (yes: Settle) => {
          yes(changed);
          throw new Error("x");
        },
        "changed",
      ],
      [
        "settles once more after its deadline",
        (yes: Settle) => {
          yes(changed);
          setTimeout(yes, 40, second);
        },
        "changed",
      ],
      ["resolves to nonsense", (yes: Settle) => yes(5), "result_shape"],
    ])("%s", (_how, then, outcome) => expectOutcome(() => thenable(then), outcome));

    it("once for each of two handlers that return the same one", async () => {
      let calls = 0;
      const shared = thenable((yes) => {
        calls += 1;
        yes(calls === 1 ? { metadata: { first: true } } : deny("second"));
      });
      const result = await runOnce([
        plugin("one", (_p, _c) => shared),
        plugin("two", (_p, _c) => shared),
      ]);
      expect(result.metadata).toEqual({ one: { first: true } });
      expect(result.violation).toMatchObject({ plugin: "two", code: "denied" });
    });
  },
);

attack(
  "A-148",
  "Return a thenable in a thenable, very deep or without an end",
  "a deep one is taken; an endless one fails with `handler_timeout`",
  () => {
    it("a hundred thousand deep", async () => {
      let chain: unknown = changed;
      for (let i = 0; i < 100_000; i++) {
        const inner = chain;
        chain = thenable((yes) => yes(inner));
      }
      const result = await runOnce([plugin("deep", (_p, _c) => chain, { timeoutMs: null })]);
      expect(result.payload).toEqual({ name: "changed", args: {} });
    });

    it("resolving to itself for ever", async () => {
      let stopped = false;
      let turns = 0;
      const endless: object = thenable((yes) =>
        setTimeout(() => {
          turns += 1;
          if (!stopped) yes(endless);
        }),
      );
      await expectOutcome(() => endless, "handler_timeout");
      stopped = true;
      expect(turns).toBeGreaterThan(2);
    });

    it("never calling back", () => expectOutcome(() => thenable(() => {}), "handler_timeout"));
  },
);

attack(
  "A-149",
  "Return a native promise with a `then` or `constructor` of its own",
  "what it gives is checked like any result, and what throws is `handler_error`",
  () => {
    const own = (name: string, value: unknown): PropertyDescriptorMap =>
      Object.fromEntries([[name, { value }]]);
    const forging = own(key, (yes: Settle) => yes({ ...changed, forged: true }));
    const dressed = (properties: PropertyDescriptorMap) =>
      Object.defineProperties(Promise.resolve(changed), properties);
    const Other = Object.assign(() => {}, { [Symbol.species]: () => {} });
    const throwing = {
      get() {
        throw new Error("read");
      },
    };

    it.each<[string, PropertyDescriptorMap, string]>([
      ["a then of its own, which nobody calls", forging, "changed"],
      ["a getter for then, which nobody calls", { [key]: throwing }, "changed"],
      ["no constructor", own("constructor", undefined), "changed"],
      ["a constructor that makes no promise", own("constructor", Other), "handler_error"],
      ["a constructor that throws when it is read", { constructor: throwing }, "handler_error"],
      [
        "a constructor that has its then called",
        { ...own("constructor", Other), ...forging },
        "result_shape",
      ],
    ])("with %s", (_what, properties, outcome) =>
      expectOutcome(() => dressed(properties), outcome),
    );

    it("with a constructor that changes the result while it is read", async () => {
      const labels: string[] = [];
      const result = await runOnce(
        [
          plugin("dressed", (_p, _c, extensions) => {
            const returned = { modifiedExtensions: addLabels(extensions, "own") };
            const promise = Promise.resolve(returned);
            return Object.defineProperty(promise, "constructor", {
              get() {
                labels.push("read");
                Object.assign(returned, { modifiedExtensions: { security: { labels: [] } } });
                return Promise;
              },
            });
          }),
        ],
        { extensions: labelled("PII") },
      );
      expect(labels).toEqual(["read"]);
      expect(result.violation?.code).toBe("tier_monotonic");
      expect(labelsOf(result)).toEqual(["PII"]);
    });
  },
);
