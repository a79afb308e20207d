/** The end of a connection where a function of the host never settles. */
// A process of its own: deadlines capture the timers when they load.
import { createGuard } from "glassine/mcp";
import { expect, it, vi } from "vitest";
import { verifies } from "../../support/verifies.ts";
import { fakeManager, settle } from "./support/fake-manager.ts";
import { notification, RawTransport } from "./support/raw.ts";

vi.hoisted(() => vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));

const guard = createGuard(fakeManager({ "cmf.mcp_notification": () => undefined }), {
  envelope: () => new Promise(() => {}),
});
const unjudged = notification("notifications/x", { a: 1 });

it("is reported by a wrapped transport, after a limit from the first report", async () => {
  const raw = new RawTransport();
  const wrapped = guard.wrap(raw);
  let closes = 0;
  wrapped.onmessage = () => {};
  wrapped.onclose = () => void closes++;
  await wrapped.start();
  raw.onmessage?.(unjudged);
  await raw.close();
  await vi.advanceTimersByTimeAsync(29_999);
  // Some transports report more than one end.
  await raw.close();
  expect(closes).toBe(0);
  await vi.advanceTimersByTimeAsync(1);
  expect(closes).toBe(1);
  expect(guard.counts()).toMatchObject({ open: 0 });
});

it("closes the caller's end of a bridge, after a limit", async () => {
  verifies("mcp:guard-bridge");
  const [near, far] = [new RawTransport(), new RawTransport()];
  await guard.bridge(near, far);
  const close = vi.spyOn(near, "close");
  far.onmessage?.(unjudged);
  await far.close();
  await vi.advanceTimersByTimeAsync(29_999);
  expect(close).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  await settle();
  expect(close).toHaveBeenCalledOnce();
});
