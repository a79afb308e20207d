/** How a wait under a timer ends. */
import { expect, it } from "vitest";
import { nextMacrotask, within } from "../../../src/core/data/index.ts";

const long = 10_000;

it("a wait ends with what was returned, also by a promise", async () => {
  expect(await within(long, () => 5)).toEqual({ how: "returned", value: 5 });
  expect(await within(long, async () => 6)).toEqual({ how: "returned", value: 6 });
});

it("a wait ends with what was thrown, and never rejects", async () => {
  const fail = () => {
    throw new Error("boom");
  };
  const end = { how: "threw", value: new Error("boom") };
  expect(await within(long, fail)).toEqual(end);
  expect(await within(long, async () => fail())).toEqual(end);
});

it("a wait ends when its time is over, and what comes later is dropped", async () => {
  let reject: (reason: unknown) => void = () => {};
  const late = new Promise<never>((_, fail) => {
    reject = fail;
  });
  expect(await within(1, () => late)).toEqual({ how: "timeout", value: undefined });
  // A rejection that nobody handles would fail this run of tests.
  reject(new Error("late"));
  await nextMacrotask();
});

it("the next macrotask comes after the timers that are due", async () => {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, 0);
  await nextMacrotask();
  expect(isOver).toBe(true);
});
