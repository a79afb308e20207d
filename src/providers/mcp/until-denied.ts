/** Runs work that waits only if it must, so that work without a wait is done in the same turn. */
import type { Checked } from "./call.ts";
import { isObject } from "./json.ts";

/** Work that is either done or has to wait. */
export type Work = Promise<void> | void;

/** Hands a value of the host to `next`, at once unless it is a promise. */
export function withValue(value: unknown, next: (value: unknown) => void): Work {
  const isPromise = isObject(value) && typeof value.then === "function";
  return isPromise ? Promise.resolve(value).then(next) : next(value);
}

/** Runs the steps in order until one denies. It waits only for a step that returns a promise. */
export function untilDenied(steps: readonly (() => Checked)[]): Checked {
  for (let place = 0; place < steps.length; place += 1) {
    const denial = steps[place]?.();
    if (denial instanceof Promise) {
      return denial.then((found) => found ?? untilDenied(steps.slice(place + 1)));
    }
    if (denial !== undefined) return denial;
  }
  return undefined;
}
