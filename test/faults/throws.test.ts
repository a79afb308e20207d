// A process of its own: it installs its own clock before the sources load.
// Only in test:all: it throws at every place where a handler can.
import "./virtual-time.ts";
import { type Run, uncaughtDuring } from "../dispatch/support.ts";
import { EndCounter, type Fault, lists, placesOf, tryPlan } from "./plans.ts";
import "./end-of-loading.ts";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { advance } from "./virtual-time.ts";

const aMoment = () => advance(2);

const broken = () => new Error("broken");
const throwing: Readonly<Record<string, Run>> = {
  "throws at once": () => {
    throw broken();
  },
  "throws in an async function": async () => {
    throw broken();
  },
  "rejects after a wait": async () => {
    for (let i = 0; i < 3; i++) await undefined;
    throw broken();
  },
};

describe("F-01: a handler throws at step k of n, for every k", () => {
  describe.each(lists.map((modes) => ({ modes, what: modes.join(", ") })))("$what", ({ modes }) => {
    it.each(Object.entries(throwing))("%s", async (_how, run) => {
      verifies("dispatch:on-error-fail", "dispatch:on-error-ignore", "dispatch:on-error-disable");
      verifies("dispatch:observers-recorded", "dispatch:merges-kept", "dispatch:never-rejects");
      const fault: Fault = { code: "handler_error", run };
      const ends = new EndCounter();
      const uncaught = await uncaughtDuring(async () => {
        for (const place of placesOf(modes)) await tryPlan({ ...place, fault }, ends, aMoment);
      });
      expect(uncaught).toEqual([]);
      ends.expectComplete();
      expect(ends.started).toBe(modes.length * 16);
    });
  });
});
