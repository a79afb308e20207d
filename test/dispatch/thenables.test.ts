import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { changed, key, outcomeOf, type Settle, thenable } from "./returned.ts";
import { call, plugin, runOnce, uncaughtDuring } from "./support.ts";

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
  ])("that %s", async (_how, then, outcome) => {
    const uncaught = await uncaughtDuring(async () => {
      expect(await outcomeOf(thenable(then))).toBe(outcome);
    });
    expect(uncaught).toEqual([]);
  });

  it("is waited for when its class has the then method", async () => {
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

  it("whose then is no function is a result with an unknown key", async () => {
    expect(await outcomeOf(Object.fromEntries([[key, 5]]))).toBe("result_shape");
  });
});

describe("a native promise", () => {
  it("of a subclass is waited for", async () => {
    class Tracked<T> extends Promise<T> {}
    expect(await outcomeOf(Tracked.resolve(changed))).toBe("changed");
  });

  it("given to two handlers settles both", async () => {
    const shared = Promise.resolve({ metadata: { shared: true } });
    const result = await runOnce([
      plugin("one", (_p, _c) => shared),
      plugin("two", (_p, _c) => shared, { mode: "concurrent" }),
    ]);
    expect(result.payload).toBe(call);
    expect(result.metadata).toEqual({ one: { shared: true }, two: { shared: true } });
  });
});
