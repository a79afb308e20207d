/** Every request ends, and is counted once, over many sessions with bad servers. */
// Only in test:all: it opens a thousand sessions.
import process from "node:process";
import { expect, it } from "vitest";
import { gatewayBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "../run/support/caller.ts";
import type { Came } from "../run/support/fake-server.ts";

const count = 1000;

/** What the server does with a call, by the name in the call. */
const kinds: Readonly<Record<string, (came: Came) => unknown>> = {
  answers: (came) => came.answer("fine"),
  lies(came) {
    for (const id of ["nobody", -1, `${came.message.id}`]) came.tell({ id, result: {} });
    came.tell({ id: came.message.id, result: { content: [] } });
    came.end();
  },
  hangs: () => {},
  dies: ({ response }) => response.destroy(),
  twice(came) {
    for (let at = 0; at < 2; at += 1) came.tell({ id: came.message.id, result: { content: [] } });
    came.end();
  },
};
const names = Object.keys(kinds).filter((name) => name !== "hangs");

it("F-12: started = allowed + denied + errored + aborted after a thousand sessions, and nothing is left", async () => {
  const made = await gatewayBefore((came) => kinds[String(came.message.params?.name)]?.(came), {
    limits: { sessions: count, requestsPerMinute: 1_000_000 },
  });
  const { url, gateway, server } = made;
  const handles = () =>
    process.getActiveResourcesInfo().filter((each) => each.startsWith("TCP")).length;
  const before = handles();
  const codes: (string | undefined)[] = [];
  const closes: (() => Promise<unknown>)[] = [];
  const one = async (at: number) => {
    const own = await sessionOf(url, { "x-user": `user ${at % 20}` });
    const end = () => own.post(undefined, { method: "DELETE" });
    // A connection that was idle for five seconds may be closed just as it is reused: try again.
    closes.push(() => end().catch(end));
    // Each session gives up one call, and meanwhile makes a call of one of the kinds.
    const abort = new AbortController();
    await own.open(callOf("h", { name: "hangs" }), { signal: abort.signal });
    const { messages, code } = await own.call(at, { name: names[at % names.length] });
    expect(messages.map((each) => each.id)).toEqual([at]);
    codes.push(code);
    const params = { requestId: "h" };
    await own.post({ jsonrpc: "2.0", method: "notifications/cancelled", params });
    abort.abort();
  };
  // All sessions stay open until the end, but only some begin at the same time.
  let next = 0;
  const worker = async () => {
    for (;;) {
      const at = next;
      next += 1;
      if (at >= count) return;
      await one(at);
    }
  };
  await Promise.all(Array.from({ length: 50 }, worker));
  await expect.poll(() => server.streams.size).toBe(count);
  const said = (code: string | undefined) => codes.filter((each) => each === code).length;
  expect([said(undefined), said("peer_unreachable")]).toEqual([(3 * count) / 4, count / 4]);
  const { started, allowed, denied, errored, aborted, open, dropped } = gateway.counts();
  expect([started, open]).toEqual([allowed + denied + errored + aborted, 0]);
  expect([started, aborted]).toEqual([count * 3, count]);
  // Three lies, and one surplus answer if its stream is still read.
  expect(dropped).toBeGreaterThanOrEqual((3 * count) / 4);
  await Promise.all(closes.map((close) => close()));
  await gateway.close();
  await server.close();
  await expect.poll(handles).toBeLessThanOrEqual(before);
});
