/** Work that waits only where it has to, so that what needs no wait is done in the same turn. */
import type { Checked } from "./call.ts";
import { isObject } from "./json.ts";

/** What may have to wait. */
export type Work = Promise<void> | void;

/** Goes on with a value of the host, at once unless it is a promise. */
export function withValue(value: unknown, next: (value: unknown) => void): Work {
  const isPromise = isObject(value) && typeof value.then === "function";
  return isPromise ? Promise.resolve(value).then(next) : next(value);
}

/** Does one after the other until one denies, without a wait where none is needed. */
export function inTurn(steps: readonly (() => Checked)[]): Checked {
  for (let place = 0; place < steps.length; place += 1) {
    const denial = steps[place]?.();
    if (denial instanceof Promise) {
      return denial.then((found) => found ?? inTurn(steps.slice(place + 1)));
    }
    if (denial !== undefined) return denial;
  }
  return undefined;
}
