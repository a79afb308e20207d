/** Whole bodies, however they come. */
import process from "node:process";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { bytesWithin } from "../../../../src/gateway/transports/read-body.ts";
import { excessOf } from "../../../support/growth.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

async function* chunksOf(texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

it("is all that came, or nothing if that is too much", async () => {
  const texts = fc.array(fc.string({ unit: "binary-ascii", maxLength: 20 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(texts, async (each) => {
      const whole = each.join("");
      expect((await bytesWithin(chunksOf(each), whole.length))?.toString()).toBe(whole);
      if (whole !== "") expect(await bytesWithin(chunksOf(each), whole.length - 1)).toBeUndefined();
    }),
  );
});

it("takes no more memory if it comes byte by byte", async () => {
  const text = "x".repeat(200_000);
  let taken = 0;
  async function* bytes() {
    const all = Buffer.from(text);
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let at = 0; at < all.length; at += 1) yield all.subarray(at, at + 1);
    collectGarbage();
    taken = process.memoryUsage().heapUsed - before;
  }
  expect((await bytesWithin(bytes(), text.length))?.toString()).toBe(text);
  // Keeping each byte as it came would take 20 MB.
  expect(taken).toBeLessThan(5_000_000);
});

it("is read in time that grows with its length", async () => {
  const input = (count: number) => Array.from({ length: count }, () => "x".repeat(64));
  const run = async (texts: readonly string[]) => (await bytesWithin(chunksOf(texts), 1e9))?.length;
  expect(await excessOf({ input, run }, { longTime: 20 })).toBeUndefined();
});
