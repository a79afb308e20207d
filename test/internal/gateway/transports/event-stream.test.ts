/** A stream of events to a caller. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { eventStream } from "../../../../src/gateway/transports/event-stream.ts";
import { excessOf } from "../../../support/growth.ts";

it("has room for 64 KiB, and again once its reader has taken them, or has left", async () => {
  let left = 0;
  const { body, write, hasRoom } = eventStream(() => {
    left += 1;
  });
  let rooms = 0;
  const room = () => hasRoom().then(() => (rooms += 1));
  await room();
  write("x".repeat(65_536));
  void room();
  await nextTurn();
  expect(rooms).toBe(1);
  const reader = body.getReader();
  expect((await reader.read()).value?.length).toBeGreaterThan(65_536);
  await nextTurn();
  expect(rooms).toBe(2);
  write("x".repeat(65_536));
  void room();
  await nextTurn();
  expect([rooms, left]).toEqual([2, 0]);
  await reader.cancel();
  await nextTurn();
  expect([rooms, left]).toEqual([3, 1]);
  write("more");
  await room();
});

it("is read in time that grows with what was written", async () => {
  const input = (count: number) => {
    const { body, write, end } = eventStream(() => {});
    for (let at = 0; at < count * 16; at += 1) write("1");
    end();
    return body;
  };
  const run = async (body: ReadableStream) => (await new Response(body).text()).length;
  expect(await run(input(1))).toBe(16 * "event: message\ndata: 1\n\n".length);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
