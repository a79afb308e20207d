/** Failures: what handlers throw. */
import { inspect } from "node:util";
import { expect, it } from "vitest";
import {
  call,
  labelled,
  labelsOf,
  plugin,
  type Run,
  runOnce,
  tagger,
  uncaughtDuring,
} from "../dispatch/support.ts";
import { claims, readingsSoFar, secret, thrownValues } from "../dispatch/thrown.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const reason =
  'Plugin "breaks" threw on tool_pre_invoke. What it threw is in the host\'s log, or went to its onHandlerError.';
const modes = ["sequential", "transform", "audit", "concurrent"] as const;
const ways: Record<string, (make: () => unknown) => Run> = {
  throws: (make) => (_p, _c) => {
    throw make();
  },
  "throws in an async function": (make) => async (_p, _c) => {
    throw make();
  },
  "rejects with": (make) => (_p, _c) => new Promise((_yes, no) => setTimeout(no, 1, make())),
};
const casesOf = (values: Readonly<Record<string, () => unknown>>) =>
  Object.entries(values).flatMap(([what, make]) =>
    Object.entries(ways).map(([how, way]) => ({ how, what, run: way(make) })),
  );

/** One failure, reported by code and plugin only; nothing of the value was read. */
async function expectOpaque(run: Run): Promise<void> {
  for (const mode of modes) {
    const uncaught = await uncaughtDuring(async () => {
      readingsSoFar();
      const breaks = plugin("breaks", run, { mode, onError: "fail" });
      const result = await runOnce([tagger("before"), breaks], { extensions: labelled("PII") });
      expect(readingsSoFar()).toBe(0);
      expect(result.violation).toEqual({ plugin: "breaks", code: "handler_error", reason });
      expect(result.errors).toEqual([
        { plugin: "breaks", hook: "tool_pre_invoke", code: "handler_error", message: reason },
      ]);
      expect(result.executions[1]).toMatchObject({ status: "error", applied: false });
      expect(labelsOf(result)).toEqual(["PII", "before"]);
      expect(result.payload).toBe(call);
      expect(JSON.stringify(result)).not.toContain(secret);
      expect(inspect(result, { depth: null, showHidden: true })).not.toContain(secret);
    });
    expect(uncaught).toEqual([]);
  }
}

attack(
  "A-141",
  "Throw a string, `null`, a proxy, or an object that throws on every read",
  "fails with `handler_error`; none of the value's code runs, and nothing of the value is in the result",
  () => {
    it.each(casesOf(thrownValues))("$how $what", async ({ run }) => {
      verifies("dispatch:framework-messages", "dispatch:never-rejects");
      await expectOpaque(run);
    });
  },
);

attack(
  "A-142",
  "Throw an object that claims a code, a status, the library's brand, a decision or a result",
  "fails with `handler_error`, like any other thrown value",
  () => {
    it.each(casesOf(claims))("$how $what", async ({ run }) => {
      await expectOpaque(run);
    });
  },
);
