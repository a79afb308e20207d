/** The budget for what a server sends. */
import process from "node:process";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ByteBudget } from "../../../../src/gateway/transports/byte-budget.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("admits one by one, and whoever waits no longer at once", async () => {
  const budget = new ByteBudget(10);
  const { signal } = new AbortController();
  const admitted: string[] = [];
  const ask = (name: string, atLatest?: AbortSignal) =>
    budget.reserve(10, atLatest).then(({ release }) => {
      admitted.push(name);
      return release;
    });
  const first = await ask("first");
  const hurried = new AbortController();
  const waiting = [ask("second", signal), ask("third", hurried.signal), ask("fourth", signal)];
  await nextTurn();
  expect(admitted).toEqual(["first"]);
  hurried.abort();
  await nextTurn();
  expect(admitted).toEqual(["first", "third"]);
  (await waiting[1])?.();
  await nextTurn();
  expect(admitted).toHaveLength(2);
  first();
  (await waiting[0])?.();
  (await waiting[2])?.();
  expect(admitted).toEqual(["first", "third", "second", "fourth"]);
  await ask("late", AbortSignal.abort());
  await ask("later", AbortSignal.abort());
  expect(admitted.slice(4)).toEqual(["late", "later"]);
});

it("keeps nothing of what waited and was admitted, for however long its process runs", async () => {
  const budget = new ByteBudget(10);
  const { signal } = new AbortController();
  const waits = async (count: number) => {
    let { release } = await budget.reserve(10);
    for (let at = 0; at < count; at += 1) {
      const next = budget.reserve(10, signal);
      release();
      ({ release } = await next);
    }
    release();
  };
  await waits(1000);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  await waits(50_000);
  collectGarbage();
  // Keeping an entry for each would take more than 10 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2_000_000);
});
