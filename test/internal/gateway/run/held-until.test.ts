// A process of its own: the module keeps the timers that it finds when it is loaded.
/** How long a message counts that nobody takes. */
import { afterAll, expect, it, vi } from "vitest";

vi.useFakeTimers();
const { heldUntil } = await import("../../../../src/gateway/run/held-bytes.ts");
afterAll(() => void vi.useRealTimers());

it("bytes of messages that nobody takes are given back after half a minute", async () => {
  const released = vi.fn();
  const held = { take: () => true, hold: () => released };
  const passOn = heldUntil(() => new Promise(() => {}));
  passOn(held);
  await vi.advanceTimersByTimeAsync(29_000);
  expect(released).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(2000);
  expect(released).toHaveBeenCalledTimes(1);
});
