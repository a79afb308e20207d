// Its process is only for files that patch the realm.
import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { changed, key, outcomeOf, type Settle, thenable } from "./returned.ts";
import { call, hook, manage, plugin, runOnce, uncaughtDuring } from "./support.ts";

describe("a thenable", () => {
  it.each([
    ["resolves at once", (yes: Settle) => yes(changed), "changed"],
    ["resolves later", (yes: Settle) => void setTimeout(yes, 2, changed), "changed"],
    ["rejects", (_yes: Settle, no: Settle) => no(new Error("x")), "handler_error"],
    [
      "throws",
      () => {
        throw new Error("x");
      },
      "handler_error",
    ],
    ["resolves to a denial", (yes: Settle) => yes(deny("no")), "denied"],
    [
      "resolves to a thenable in a thenable",
      (yes: Settle) => yes(thenable((inner) => inner(thenable((last) => last(changed))))),
      "changed",
    ],
    [
      "resolves to a function with a then",
      (yes: Settle) =>
        yes(
          Object.assign(
            () => {},
            thenable((inner) => inner(changed)),
          ),
        ),
      "changed",
    ],
    ["resolves to a function", (yes: Settle) => yes(() => {}), "result_shape"],
    ["resolves to what has no prototype", (yes: Settle) => yes(Object.create(null)), "add"],
    [
      "resolves to an object whose then is not a function",
      (yes: Settle) => yes({ [key]: 5 }),
      "result_shape",
    ],
  ])("that %s", async (_how, then, outcome) => {
    const uncaught = await uncaughtDuring(async () => {
      expect(await outcomeOf(thenable(then))).toBe(outcome);
    });
    expect(uncaught).toEqual([]);
  });

  it("is awaited if its class has the then method", async () => {
    verifies("dispatch:promises");
    class Query {
      // biome-ignore lint/suspicious/noThenProperty: the subject of these tests.
      then(yes: Settle) {
        yes(changed);
      }
    }
    class Narrow extends Query {}
    expect(await outcomeOf(new Query())).toBe("changed");
    expect(await outcomeOf(new Narrow())).toBe("changed");
  });

  it("whose then is not a function is a result with an unknown key", async () => {
    expect(await outcomeOf(Object.fromEntries([[key, 5]]))).toBe("result_shape");
  });
});

it("a few nested thenables need no timer", async () => {
  const turns: string[] = [];
  let chain: unknown = changed;
  for (let i = 0; i < 100; i += 1) {
    const inner = chain;
    chain = thenable((yes) => yes(inner));
  }
  const manager = await manage([plugin("returns", (_p, _c) => chain)]);
  setTimeout(() => turns.push("timer"), 0);
  await manager.invoke(hook, call);
  expect(turns).toEqual([]);
});

describe("a then on a prototype that a plugin patched", () => {
  const seen: unknown[] = [];
  /** Records its receiver and settles, so that a call is noticed and nothing hangs. */
  function patch(this: unknown, yes: Settle) {
    seen.push(this);
    yes(undefined);
  }

  it.each<[string, object, () => unknown, string]>([
    ["of objects, for a result", Object.prototype, () => ({ metadata: { a: 1 } }), "add"],
    ["of objects, for a list", Object.prototype, () => [], "result_shape"],
    ["of lists, for a list", Array.prototype, () => [], "result_shape"],
    [
      "of numbers, in a thenable",
      Number.prototype,
      () => thenable((yes) => yes(5)),
      "result_shape",
    ],
    [
      "of texts, in a thenable",
      String.prototype,
      () => thenable((yes) => yes("5")),
      "result_shape",
    ],
  ])("%s is not called", async (_what, prototype, make, outcome) => {
    seen.length = 0;
    const manager = await manage([
      plugin("patches", (_p, _c) => {
        Object.defineProperty(prototype, key, { value: patch, configurable: true });
        return make();
      }),
    ]);
    try {
      const { violation, payload } = await manager.invoke(hook, call);
      expect(violation?.code ?? (payload as typeof call).name).toBe(outcome);
    } finally {
      Reflect.deleteProperty(prototype, key);
    }
    expect(seen).toEqual([]);
  });

  it("of promises, for one in a thenable, is not called", async () => {
    const usual = Object.getOwnPropertyDescriptor(Promise.prototype, key) as PropertyDescriptor;
    const inner = Promise.resolve(changed);
    const called: unknown[] = [];
    function spy(this: unknown, ...settles: unknown[]) {
      called.push(this);
      return Reflect.apply(usual.value as () => unknown, this, settles);
    }
    const manager = await manage([
      plugin("patches", (_p, _c) => {
        Object.defineProperty(Promise.prototype, key, { ...usual, value: spy });
        return thenable((yes) => yes(inner));
      }),
    ]);
    try {
      expect((await manager.invoke(hook, call)).payload).toEqual(changed.modifiedPayload);
    } finally {
      Object.defineProperty(Promise.prototype, key, usual);
    }
    expect(called).not.toContain(inner);
  });
});

describe("a native promise", () => {
  it("of a subclass is awaited", async () => {
    class Tracked<T> extends Promise<T> {}
    expect(await outcomeOf(Tracked.resolve(changed))).toBe("changed");
  });

  it("returned by two handlers settles both", async () => {
    const shared = Promise.resolve({ metadata: { shared: true } });
    const result = await runOnce([
      plugin("one", (_p, _c) => shared),
      plugin("two", (_p, _c) => shared, { mode: "concurrent" }),
    ]);
    expect(result.payload).toBe(call);
    expect(result.metadata).toEqual({ one: { shared: true }, two: { shared: true } });
  });
});
