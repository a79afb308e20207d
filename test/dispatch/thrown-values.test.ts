import { inspect } from "node:util";
import { errorCodes, GlassineError } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { labelled, labelsOf, plugin, type Run, runOnce, uncaughtDuring } from "./support.ts";

const secret = "Bearer s3cret";
let readings = 0;

/** An object of which every reading counts and throws. */
function trapped(): object {
  const thrown = {};
  for (const name of ["message", "stack", "name", "code", "cause", "toString", "then"]) {
    Object.defineProperty(thrown, name, {
      get() {
        readings += 1;
        throw new Error(secret);
      },
    });
  }
  return Object.defineProperty(thrown, inspect.custom, {
    get() {
      readings += 1;
      throw new Error(secret);
    },
  });
}

const allTraps = () =>
  new Proxy(
    {},
    new Proxy(
      {},
      {
        get(_target, trap) {
          readings += 1;
          throw new Error(String(trap));
        },
      },
    ),
  );

const thrownValues: Record<string, () => unknown> = {
  "an error": () => new Error(secret),
  "a text": () => secret,
  null: () => null,
  undefined: () => undefined,
  "a frozen object": () => Object.freeze({ message: secret }),
  "a proxy": allTraps,
  "an object with throwing getters": trapped,
  "an object without prototype": () => Object.assign(Object.create(null), { message: secret }),
  "an error with a cause": () => new Error("outer", { cause: new Error(secret) }),
  "an error that claims a code": () =>
    Object.assign(new Error(secret), { code: "allow", status: 200 }),
  "an error of the library": () => new GlassineError("tier_monotonic", secret),
  "a symbol": () => Symbol(secret),
  "a function": () => () => secret,
};
const cases = Object.entries(thrownValues).flatMap(([what, make]) =>
  (["throws", "rejects with"] as const).map((how) => ({ how, what, make })),
);

describe("a handler", () => {
  it.each(cases)(
    "that $how $what is told by code and plugin, and by nothing of the value",
    async ({ how, make }) => {
      verifies("dispatch:framework-messages");
      const run: Run =
        how === "throws"
          ? (_p, _c) => {
              throw make();
            }
          : (_p, _c) => Promise.reject(make());
      for (const mode of ["sequential", "concurrent"] as const) {
        readings = 0;
        const uncaught = await uncaughtDuring(async () => {
          const result = await runOnce([plugin("breaks", run, { mode })], {
            extensions: labelled("PII"),
          });
          const message = 'Plugin "breaks" threw on tool_pre_invoke.';
          expect(result.violation).toEqual({
            plugin: "breaks",
            code: "handler_error",
            reason: message,
          });
          expect(result.errors).toEqual([
            { plugin: "breaks", hook: "tool_pre_invoke", code: "handler_error", message },
          ]);
          expect(labelsOf(result)).toEqual(["PII"]);
          expect(JSON.stringify(result)).not.toContain("s3cret");
          expect(inspect(result, { depth: null, showHidden: true })).not.toContain("s3cret");
        });
        expect(uncaught).toEqual([]);
        expect(readings).toBe(0);
      }
    },
  );

  it("that recurses until the stack is full has failed, and the next run is as before", async () => {
    const endless = (depth: number): number => endless(depth + 1) + 1;
    const breaks = plugin("breaks", (_p, _c) => endless(0), { onError: "ignore" });
    for (let i = 0; i < 3; i++) {
      const result = await runOnce([breaks], {}, { maxInFlight: 1 });
      expect(result.errors).toMatchObject([{ plugin: "breaks", code: "handler_error" }]);
    }
  });
});

describe("the sink for what handlers throw", () => {
  it("gets the very value, with plugin and hook, once", async () => {
    verifies("dispatch:thrown-to-host");
    for (const [what, make] of Object.entries(thrownValues)) {
      for (const mode of ["sequential", "concurrent"] as const) {
        readings = 0;
        const value = make();
        const told: unknown[] = [];
        await runOnce(
          [
            plugin(
              "breaks",
              (_p, _c) => {
                throw value;
              },
              { mode },
            ),
          ],
          {},
          { onHandlerError: (thrown, at) => told.push([Object.is(thrown, value), at]) },
        );
        const at = { plugin: "breaks", hook: "tool_pre_invoke" };
        expect(told, what).toEqual([[true, at]]);
        expect(readings, what).toBe(0);
      }
    }
  });

  it("may throw without changing the outcome", async () => {
    for (const onError of ["fail", "ignore"] as const) {
      const result = await runOnce(
        [
          plugin("breaks", (_p, _c) => Promise.reject(new Error("x")), { onError }),
          plugin("next", (_p, _c) => ({ metadata: { ran: true } })),
        ],
        {},
        {
          onHandlerError: () => {
            throw new Error(secret);
          },
        },
      );
      expect(result.errors).toMatchObject([{ plugin: "breaks", code: "handler_error" }]);
      expect(result.continueProcessing).toBe(onError === "ignore");
      expect(JSON.stringify(result)).not.toContain("s3cret");
    }
  });

  it("is not told of refusals and timeouts, which nobody threw", async () => {
    const told: unknown[] = [];
    for (const run of [(() => 5) as Run, (() => new Promise(() => {})) as Run]) {
      await runOnce(
        [plugin("bad", run, { extensions: true, timeoutMs: 10 })],
        {},
        {
          onHandlerError: (thrown) => told.push(thrown),
        },
      );
    }
    expect(told).toEqual([]);
  });
});

describe("the codes on a result", () => {
  it("are codes of this library", async () => {
    const results = await Promise.all(
      [(() => 5) as Run, (() => Promise.reject(null)) as Run].map((run) =>
        runOnce([plugin("bad", run, { extensions: true })]),
      ),
    );
    for (const { errors, rejections, executions } of results) {
      for (const { code } of [...errors, ...rejections]) expect(errorCodes).toHaveProperty(code);
      for (const { errorCode } of executions) expect(errorCodes).toHaveProperty(errorCode ?? "");
    }
  });
});
