/** A process that exchanges share. */
import { expect, it } from "vitest";
import { sharedChild } from "../../../../src/gateway/transports/shared-child.ts";

it("is in use from when an exchange asks for it, started or not, until that is closed", async () => {
  let started = () => {};
  let idle = 0;
  const child = sharedChild(
    {
      start: () =>
        new Promise<void>((resolve) => {
          started = resolve;
        }),
      send: async () => {},
      close: async () => {},
    },
    {
      isAnonymous: false,
      onDropped() {},
      onGone() {},
      onIdle() {
        idle += 1;
      },
    },
  );
  const one = child.connect();
  const starting = one.start();
  const other = child.connect();
  expect(child.connections).toBe(2);
  await other.close();
  expect([child.connections, idle]).toEqual([1, 0]);
  started();
  await starting;
  await one.close();
  expect([child.connections, idle]).toEqual([0, 1]);
});
