import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { call, labelled, plugin, runOnce, uncaughtDuring } from "./support.ts";

type Settle = (value?: unknown) => void;

const changed = { modifiedPayload: { name: "changed", args: {} } };

/** Runs a plugin that returns `value`, and tells the payload's name or the violation's code. */
async function outcomeOf(value: unknown, mode: "sequential" | "concurrent" = "sequential") {
  const result = await runOnce([plugin("returns", (_p, _c) => value, { mode, timeoutMs: 25 })], {
    extensions: labelled("PII"),
  });
  expect(result.extensions.security?.labels).toEqual(["PII"]);
  return result.violation?.code ?? (result.payload as { name: string }).name;
}

const key = "then";

/** An object with a `then` of its own. */
const thenable = (run: (yes: Settle, no: Settle) => unknown): object =>
  Object.fromEntries([[key, run]]);

describe("a thenable", () => {
  it.each([
    ["resolves at once", (yes: Settle) => yes(changed), "changed"],
    ["resolves later", (yes: Settle) => void setTimeout(yes, 2, changed), "changed"],
    ["rejects", (_yes: Settle, no: Settle) => no(new Error("x")), "handler_error"],
    [
      "resolves twice",
      (yes: Settle) => {
        yes(changed);
        yes(deny("second"));
      },
      "changed",
    ],
    [
      "rejects, then resolves",
      (yes: Settle, no: Settle) => {
        no(new Error("x"));
        yes(changed);
      },
      "handler_error",
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
      "throws",
      () => {
        throw new Error("x");
      },
      "handler_error",
    ],
    ["never settles", () => {}, "handler_timeout"],
    ["resolves to a denial", (yes: Settle) => yes(deny("no")), "denied"],
    ["resolves to nonsense", (yes: Settle) => yes(5), "result_shape"],
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

  it("that resolves to itself for ever meets its deadline", async () => {
    let stopped = false;
    const endless: object = thenable((yes) => setTimeout(() => stopped || yes(endless)));
    expect(await outcomeOf(endless)).toBe("handler_timeout");
    stopped = true;
  });

  it("nested ten thousand deep is taken or meets its deadline", async () => {
    let chain: unknown = changed;
    for (let i = 0; i < 10_000; i++) {
      const inner = chain;
      chain = thenable((yes) => yes(inner));
    }
    expect(["changed", "handler_timeout"]).toContain(await outcomeOf(chain));
  });

  it("whose then is no function is a result with an unknown key", async () => {
    expect(await outcomeOf(Object.fromEntries([[key, 5]]))).toBe("result_shape");
  });
});

describe("a native promise", () => {
  const own = (name: string, value: unknown): PropertyDescriptorMap =>
    Object.fromEntries([[name, { value }]]);
  const dressed = (properties: PropertyDescriptorMap) =>
    Object.defineProperties(Promise.resolve(changed), properties);

  it.each([
    ["a then of its own", own(key, (yes: Settle) => yes(deny("forged")))],
    ["a constructor of its own", own("constructor", class Other {})],
    ["no constructor", own("constructor", undefined)],
  ])("with %s gives a checked result or a failure, and the run ends", async (_what, properties) => {
    const uncaught = await uncaughtDuring(async () => {
      for (const mode of ["sequential", "concurrent"] as const) {
        const outcome = await outcomeOf(dressed(properties), mode);
        expect(["changed", "add", "denied", "handler_error"]).toContain(outcome);
      }
    });
    expect(uncaught).toEqual([]);
  });

  it("with a constructor that throws when read is a failure of its handler", async () => {
    const throwing = {
      constructor: {
        get() {
          throw new Error("read");
        },
      },
    };
    const uncaught = await uncaughtDuring(async () => {
      for (const mode of ["sequential", "concurrent"] as const) {
        expect(await outcomeOf(dressed(throwing), mode)).toBe("handler_error");
      }
    });
    expect(uncaught).toEqual([]);
  });

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
