/** Failures: promises and thenables that handlers return. */
import { addLabels, deny } from "glassine";
import { expect, it } from "vitest";
import { changed, key, outcomeOf, type Settle, thenable } from "../dispatch/returned.ts";
import {
  call,
  hook,
  labelled,
  labelsOf,
  manage,
  plugin,
  type Run,
  rest,
  runOnce,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { attack } from "./attack.ts";

const modes = ["sequential", "concurrent"] as const;

async function expectOutcome(make: () => unknown, outcome: string): Promise<void> {
  const uncaught = await uncaughtDuring(async () => {
    for (const mode of modes) {
      expect([mode, await outcomeOf(make(), mode)]).toEqual([
        mode,
        // Concurrent handlers cannot change the payload.
        outcome === "changed" && mode === "concurrent" ? "add" : outcome,
      ]);
    }
  });
  expect(uncaught).toEqual([]);
}

attack(
  "A-147",
  "Return a thenable that settles twice, both ways, or throws after settling",
  "the first settlement counts; no rejection is unhandled",
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
  "Return thenables nested very deep or endlessly",
  "a deep one is resolved; an endless one fails with `handler_timeout`, unless an async function of the plugin awaits it",
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

    it("resolving to itself forever", async () => {
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

    /** Ends eventually, so that a failing test does not hang. */
    const giveUpAt = 2_000_000;
    let calls = 0;
    const goesOn = (): boolean => {
      calls += 1;
      return calls < giveUpAt;
    };
    const itself: object = thenable((yes) => yes(goesOn() ? itself : undefined));
    const another = (): object => thenable((yes) => yes(goesOn() ? another() : undefined));
    const inPromises = (): object => thenable((yes) => yes(goesOn() ? laterThenable() : undefined));
    /** A promise of an object that becomes a thenable once the promise is settled. */
    const laterThenable = (): Promise<object> => {
      const value = {};
      const promise = Promise.resolve(value);
      Object.assign(value, inPromises());
      return promise;
    };
    class Subclass extends Promise<unknown> {
      // biome-ignore lint/suspicious/noThenProperty: the subject of this test.
      override then(yes: never): never {
        return (yes as Settle)(goesOn() ? this : undefined) as never;
      }
    }
    const dressed: Promise<unknown> = Object.defineProperties(Promise.resolve(), {
      constructor: { value: undefined },
      [key]: { value: (yes: Settle) => yes(goesOn() ? dressed : undefined) },
    });
    const getter: object = Object.defineProperty({}, key, {
      get: () => (yes: Settle) => yes(goesOn() ? getter : undefined),
    });

    it.each<[string, () => unknown, string]>([
      ["one that resolves to itself", () => itself, "handler_timeout"],
      ["one that resolves to a new one", another, "handler_timeout"],
      ["one that resolves to a promise of one", inPromises, "handler_timeout"],
      ["a promise whose class brings the then", () => new Subclass(() => {}), "handler_timeout"],
      ["a promise that denies to be one", () => dressed, "handler_timeout"],
      [
        "one that resolves to a getter for then",
        () => thenable((yes) => yes(getter)),
        "result_shape",
      ],
    ])("at once, without a timer: %s", async (_what, make, outcome) => {
      calls = 0;
      await expectOutcome(make, outcome === "result_shape" ? "snapshot_accessor" : outcome);
      expect(calls).toBeLessThan(giveUpAt);
      // Nothing awaits it any more, so nothing calls it.
      const before = calls;
      await rest();
      expect(calls).toBe(before);
    });

    it.each(["abort", "fire_and_forget"])("at once, without a timer: ended by %s", async (how) => {
      calls = 0;
      const host = new AbortController();
      const background = how === "fire_and_forget";
      const manager = await manage([
        plugin("loops", (_p, _c) => itself, {
          mode: background ? how : "sequential",
          timeoutMs: background ? 10 : null,
        }),
      ]);
      setTimeout(() => host.abort(), 5);
      const result = await manager.invoke(hook, call, { signal: host.signal });
      expect(result.violation?.code).toBe(background ? undefined : "aborted");
      expect((await manager.close()).drained).toBe(true);
      expect(calls).toBeLessThan(giveUpAt);
    });

    it("at once, without a timer: returned while the host aborts", async () => {
      calls = 0;
      for (const mode of modes) {
        const host = new AbortController();
        const aborts: Run = (_p, _c) => {
          host.abort();
          return itself;
        };
        const result = await runOnce([plugin("aborts", aborts, { mode })], { signal: host.signal });
        expect(result.violation?.code).toBe("aborted");
      }
      expect(calls).toBe(0);
    });

    it("never calling back", () => expectOutcome(() => thenable(() => {}), "handler_timeout"));
  },
);

attack(
  "A-149",
  "Return a native promise with its own `then` or `constructor`",
  "its value is checked like any result, and what it throws is `handler_error`",
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
      [
        "a then that nobody calls, and a constructor that is what it says",
        { ...own("constructor", Promise), ...forging },
        "changed",
      ],
      [
        "a getter for then, and a constructor that denies it",
        { ...own("constructor", undefined), [key]: throwing },
        "changed",
      ],
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
