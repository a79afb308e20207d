/** Idle sessions, on a clock that the test sets. */
import { expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

/** Returns a function that sets the clock, and lets the gateway look for idle sessions. */
function clock(): (ms: number) => Promise<void> {
  const now = performance.now.bind(performance);
  let later = 0;
  const spy = vi.spyOn(performance, "now").mockImplementation(() => now() + later);
  afterTest(() => spy.mockRestore());
  // Only the gateway's own timer for idle sessions is an interval here.
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  afterTest(() => void vi.useRealTimers());
  return async (ms) => {
    later = ms;
    await vi.advanceTimersByTimeAsync(60_000);
  };
}

const minute = 60_000;
const limits = { idleSessionMs: 100 * minute };

const notification = { jsonrpc: "2.0", method: "notifications/roots/list_changed" };

it("a session that nobody uses ends, and one that is used does not", async () => {
  const goTo = clock();
  const { url, server } = await gatewayBefore(undefined, { limits });
  const used = await sessionOf(url, ada);
  const idle = await sessionOf(url, ada);
  await goTo(90 * minute);
  expect((await used.post(notification)).status).toBe(202);
  await goTo(150 * minute);
  await expect.poll(() => server.ended).toBe(1);
  expect((await used.call(2)).status).toBe(200);
  expect((await idle.call(2)).status).toBe(404);
});

it("a session with an open request is in use until some time after its answer", async () => {
  const goTo = clock();
  const waiting: Came[] = [];
  const made = await gatewayBefore((came) => void waiting.push(came), {
    limits,
    admin: { port: 0 },
  });
  const open = async () => /open_sessions (\d+)/.exec((await made.admin("/metrics")).text)?.[1];
  const own = await sessionOf(made.url, ada);
  const called = own.call(1);
  await expect.poll(() => waiting.length).toBe(1);
  await goTo(500 * minute);
  waiting[0]?.answer("fine");
  expect((await called).status).toBe(200);
  await goTo(590 * minute);
  expect(await open()).toBe("1");
  await goTo(610 * minute);
  await expect.poll(open).toBe("0");
});
