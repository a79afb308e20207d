/** What becomes of the log if its lines cannot be written, or nobody reads them. */
import { expect, it } from "vitest";
import { lineLog } from "../../../../src/gateway/observe/index.ts";
import { verifies } from "../../../support/verifies.ts";

const entriesIn = (text: string) => {
  const lines = text.split("\n").filter((line) => line.startsWith("{") && line.endsWith("}"));
  return lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
};

it("says how many lines a full disk lost, after the first that it took again", () => {
  verifies("cli:gateway-log-lost");
  const disk = { room: 250, text: "" };
  const log = lineLog({
    writableLength: 0,
    // A line that is cut off counts as written, as it does in Node.
    write(line, done) {
      const taken = line.subarray(0, disk.room);
      disk.room -= taken.length;
      disk.text += taken;
      done(taken.length === 0 ? new Error("ENOSPC") : null);
    },
  });
  for (const id of "abcdef") log.info("request", { id });
  const lost = log.lost?.() ?? 0;
  const kept = entriesIn(disk.text).length;
  // One of them was cut off.
  expect([lost > 0, kept + 1 + lost]).toEqual([true, 6]);
  disk.room = 10_000;
  log.info("request", { id: "g" });
  log.info("request", { id: "h" });
  expect(entriesIn(disk.text).slice(kept)).toMatchObject([
    { event: "request", id: "g" },
    { level: "warn", event: "log_lost", lost },
    { event: "request", id: "h" },
  ]);
});

it("keeps at most 16 MiB for a reader that has stalled, and counts the rest", () => {
  verifies("cli:gateway-log-lost");
  const waiting: (() => void)[] = [];
  const pipe = {
    writableLength: 0,
    text: "",
    write(line: Buffer, done: () => void) {
      pipe.text += line;
      pipe.writableLength += line.length;
      waiting.push(done);
    },
  };
  const log = lineLog(pipe);
  const text = "x".repeat(10_000);
  for (let line = 0; line < 3000; line += 1) log.info("plugins", { text });
  expect(pipe.writableLength).toBeLessThanOrEqual(2 ** 24);
  expect(pipe.writableLength).toBeGreaterThan(2 ** 24 - 20_000);
  const lost = log.lost?.();
  expect(lost).toBe(3000 - waiting.length);
  pipe.writableLength = 0;
  pipe.text = "";
  for (const done of waiting.splice(0)) done();
  expect(entriesIn(pipe.text)).toMatchObject([{ event: "log_lost", lost }]);
});
