import { errorCodes } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { later, plugin, type Run, runOnce, uncaughtDuring } from "./support.ts";
import { readingsSoFar, thrownValues } from "./thrown.ts";

describe("onHandlerError", () => {
  it("receives the original value, with plugin, hook and request, once", async () => {
    verifies("dispatch:thrown-to-host");
    for (const [what, make] of Object.entries(thrownValues)) {
      for (const mode of ["sequential", "concurrent"] as const) {
        readingsSoFar();
        const value = make();
        const reported: unknown[] = [];
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
          { request: "r-1" },
          { onHandlerError: (thrown, at) => reported.push([Object.is(thrown, value), at]) },
        );
        const where = { plugin: "breaks", hook: "tool_pre_invoke" };
        const at = { ...where, request: "r-1", code: "handler_error" };
        expect(reported, what).toEqual([[true, at]]);
        expect(readingsSoFar(), what).toBe(0);
      }
    }
  });

  it("is not called for refusals and timeouts", async () => {
    const reported: unknown[] = [];
    for (const run of [(() => 5) as Run, (() => new Promise(() => {})) as Run]) {
      await runOnce(
        [plugin("bad", run, { extensions: true, timeoutMs: 10 })],
        {},
        {
          onHandlerError: (thrown) => reported.push(thrown),
        },
      );
    }
    expect(reported).toEqual([]);
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

describe("an object with a promise that rejects", () => {
  const thrown = () => ({ list: [{ inside: Promise.reject(new Error("inside")) }] });

  it.each(["sequential", "concurrent", "fire_and_forget"] as const)(
    "leaves no rejection unhandled, thrown or late, in mode %s",
    async (mode) => {
      const throws: Run = (_p, _c) => {
        throw thrown();
      };
      const rejects: Run = (_p, _c) => Promise.reject(thrown());
      const late: Run = (_p, _c) => later(10).then(() => Promise.reject(thrown()));
      const uncaught = await uncaughtDuring(async () => {
        for (const run of [throws, rejects, late])
          await runOnce([plugin("bad", run, { mode, timeoutMs: 5 })]);
        await later(20);
      });
      expect(uncaught).toEqual([]);
    },
  );
});
