/** A streamed response whose reader may be slow. */
import { setImmediate as nextTurn } from "node:timers/promises";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { boundedBody } from "../../../../src/gateway/transports/bounded-body.ts";
import { excessOf } from "../../../support/growth.ts";

/** A source that is written to, what comes of it, and what is said about that. */
function body(maxBytes: number) {
  let source: ReadableStreamDefaultController<Uint8Array> | undefined;
  const said: string[] = [];
  const read = boundedBody(
    new ReadableStream({
      start(made) {
        source = made;
      },
      cancel: () => void said.push("cancelled"),
    }),
    maxBytes,
    () => said.push("cut"),
    () => said.push("ended"),
  );
  const write = (text: string) => source?.enqueue(Buffer.from(text));
  const fail = (error: Error) => source?.error(error);
  return { read, write, said, fail, end: () => source?.close() };
}

it("is all that came, in order, whenever it is read", async () => {
  const steps = fc.array(fc.oneof(fc.string(), fc.constant(undefined)));
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(40), async (all, readFrom) => {
      const { read, write, end, said } = body(100_000);
      let text: Promise<string> | undefined;
      for (const [at, step] of all.entries()) {
        if (at === readFrom) text = new Response(read).text();
        if (step === undefined) await nextTurn();
        else write(step);
      }
      end();
      await nextTurn();
      expect(await (text ?? new Response(read).text())).toBe(all.join(""));
      expect(said).toEqual(["ended"]);
    }),
    { numRuns: 100 },
  );
});

it("is cut off where more waits than may, however it came", async () => {
  for (const [maxBytes = 0, size = 0] of [
    [1000, 1],
    [1000, 7],
    [200_000, 70_000],
    [200_000, 150_000],
  ]) {
    const { read, write, said } = body(maxBytes);
    const reader = read.getReader();
    const first = reader.read();
    write("x".repeat(10));
    expect((await first).value?.length).toBe(10);
    for (let sent = 0; sent + size <= maxBytes; sent += size) write("x".repeat(size));
    await nextTurn();
    expect(said).toEqual([]);
    write("x".repeat(size));
    await nextTurn();
    expect(said).toEqual(["cut", "cancelled", "ended"]);
    await expect(reader.read()).rejects.toThrow("reader_too_slow");
  }
});

it("fails where its source fails", async () => {
  const { read, write, said, fail } = body(1000);
  const text = new Response(read).text();
  write("a");
  fail(new Error("broken"));
  await expect(text).rejects.toThrow("broken");
  expect(said).toEqual(["ended"]);
});

it("ends its source when nobody reads it any more", async () => {
  const { read, write, said } = body(100);
  write("x");
  await read.cancel();
  expect(said).toEqual(["cancelled", "ended"]);
});

it("is read in time that grows with its length, although its reader was slow", async () => {
  const input = async (count: number) => {
    const { read, write, end } = body(1e9);
    for (let at = 0; at < count * 16; at += 1) {
      write("x");
      if (at % 100 === 0) await nextTurn();
    }
    end();
    await nextTurn();
    return read;
  };
  const run = async (read: ReadableStream) => (await new Response(read).text()).length;
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
