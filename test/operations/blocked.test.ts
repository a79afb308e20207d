/** A handler that blocks the thread past its deadline and then answers synchronously. */

import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { uncaughtDuring } from "../dispatch/support.ts";
import { block } from "../support/block.ts";
import { verifies } from "../support/verifies.ts";
import { kept, managerOf, plugin } from "./support.ts";

describe.each([true, false])(
  "a handler that answers too late, if asyncSafe is %s,",
  (asyncSafe) => {
    async function fired(hook: "vote" | "happened") {
      const events: AuditEvent[] = [];
      const thrown: unknown[] = [];
      const { lines, logger } = kept();
      const handler = (_: unknown) => block(20);
      const manager = await managerOf(
        [plugin("aaa", { [hook]: { handler, timeoutMs: 5 } }, { asyncSafe })],
        {
          logger,
          onHandlerError: (error) => void thrown.push(error),
          audit: { sink: (event) => void events.push(event) },
        },
      );
      const failure = await manager.invoke(hook, {} as never).then(
        () => undefined,
        (error: unknown) => error,
      );
      await manager.close();
      const errors = events.filter(({ eventType }) => eventType === "plugin.handler_error");
      return { failure, thrown, lines, types: errors.map(({ metadata }) => metadata.error_type) };
    }

    it("has timed out in a vote", async () => {
      verifies("plugins:deadline-blocked");
      const { failure, thrown, types } = await fired("vote");
      expect(failure).toMatchObject({
        message: expect.stringContaining("timed out for hook 'vote' after 0.005s"),
        data: { type: "timeout" },
      });
      expect((failure as Error).cause).toBeUndefined();
      expect([thrown, types]).toEqual([[], ["timeout"]]);
    });

    it("has timed out on a fire-and-forget hook", async () => {
      verifies("plugins:deadline-blocked");
      const { failure, thrown, lines, types } = await fired("happened");
      expect([failure, thrown, types]).toEqual([undefined, [], ["timeout"]]);
      expect(lines.filter((line) => line.includes("timed out"))).toHaveLength(1);
    });
  },
);

it.each([
  ["a promise that rejects", () => Promise.reject(broken())],
  ["an object with a promise that rejects", () => ({ inside: Promise.reject(broken()) })],
  [
    "a promise of an object with a promise that rejects",
    async () => ({ inside: Promise.reject(broken()) }),
  ],
  [
    "a promise that rejects with an object with a promise that rejects",
    () => Promise.reject({ inside: Promise.reject(broken()) }),
  ],
])("nothing in what a handler returns too late is an unhandled rejection: %s", async (_, make) => {
  const handler = (_facts: unknown) => {
    block(20);
    return make();
  };
  const uncaught = await uncaughtDuring(async () => {
    const manager = await managerOf([plugin("aaa", { happened: { handler, timeoutMs: 5 } })]);
    await manager.invoke("happened", {});
  });
  expect(uncaught).toEqual([]);
});

const broken = () => new Error("broken");
