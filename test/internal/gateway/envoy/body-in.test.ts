/** A body that comes from Envoy in pieces. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it } from "vitest";
import { bodyIn } from "../../../../src/gateway/envoy/body-in.ts";
import { excessOf } from "../../../support/growth.ts";

it("pauses its stream while a mebibyte of it waits, and no longer", async () => {
  let isPaused = false;
  const { stream, push, end } = bodyIn({
    pause() {
      isPaused = true;
    },
    resume() {
      isPaused = false;
    },
  });
  const piece = Buffer.alloc(65_536, "x");
  for (let at = 0; at < 15; at += 1) push(piece);
  expect(isPaused).toBe(false);
  push(piece);
  expect(isPaused).toBe(true);
  const reader = stream.getReader();
  expect((await reader.read()).value).toHaveLength(65_536);
  await nextTurn();
  expect(isPaused).toBe(false);
  end();
  let rest = 0;
  for (let read = await reader.read(); !read.done; read = await reader.read())
    rest += read.value.length;
  expect(rest).toBe(15 * 65_536);
});

it("is read in time that grows with its length, although it waited byte by byte", async () => {
  const input = (count: number) => {
    const { stream, push, end } = bodyIn({ pause() {}, resume() {} });
    for (let at = 0; at < count * 16; at += 1) push(Buffer.from("x"));
    end();
    return stream;
  };
  const run = async (stream: ReadableStream) => (await new Response(stream).text()).length;
  expect(await run(input(2))).toBe(32);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
