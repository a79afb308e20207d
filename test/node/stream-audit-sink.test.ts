import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { PassThrough, Writable, type WritableOptions } from "node:stream";
import type { AuditEvent } from "glassine/audit";
import { streamAuditSink } from "glassine/node";
import { describe, expect, it } from "vitest";
import { eventOf, managerTo, record, rest, uncaughtDuring } from "../audit/support.ts";
import { verifies } from "../support/verifies.ts";

const numbered = (n: number): AuditEvent => ({ ...record, metadata: { n } });
const broken = new Error("EPIPE");

/** A stream that finishes a chunk only when the test says so. */
class Slow extends Writable {
  readonly chunks: string[] = [];
  readonly waiting: ((error?: Error) => void)[] = [];

  constructor(options: WritableOptions = {}) {
    super({ highWaterMark: 16, decodeStrings: false, ...options });
  }

  override _write(chunk: string, _encoding: string, callback: (error?: Error) => void) {
    this.chunks.push(chunk);
    this.waiting.push(callback);
  }

  pass(error?: Error): void {
    this.waiting.shift()?.(error);
  }
}

describe("a stream", () => {
  it("receives one line of JSON per record, after it accepted the one before", async () => {
    verifies("audit:stream-lines");
    const stream = new Slow();
    const sink = streamAuditSink(stream);
    let taken = 0;
    const writes = [1, 2, 3].map(async (n) => {
      await sink(numbered(n));
      taken += 1;
    });
    for (const n of [1, 2, 3]) {
      await rest();
      expect([taken, stream.chunks.length]).toEqual([n - 1, n]);
      // The stream's buffer holds only the line that is being written.
      expect(stream.writableLength).toBe(stream.chunks[n - 1]?.length);
      stream.pass();
    }
    await Promise.all(writes);
    expect(stream.chunks.map((line) => JSON.parse(line).metadata.n)).toEqual([1, 2, 3]);
    for (const line of stream.chunks) expect(line).toMatch(/^[^\n]+\n$/);
  });

  it("to a file has all records of 32 emitters", async () => {
    const folder = mkdtempSync(join(tmpdir(), "glassine-audit-"));
    const path = join(folder, "audit.jsonl");
    const stream = createWriteStream(path, { flags: "a", highWaterMark: 64 });
    const { manager } = await managerTo(streamAuditSink(stream));
    const emitted = Array.from({ length: 32 }, (_, n) =>
      manager.audit(eventOf({ metadata: { n } })),
    );
    for (const kept of await Promise.all(emitted)) expect(kept).toBe(true);
    await new Promise((resolve) => stream.end(resolve));
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).metadata.n)).toEqual(
      Array.from({ length: 32 }, (_, n) => n),
    );
    rmSync(folder, { recursive: true });
  });

  it("is never ended, and may be that of the process", async () => {
    const stream = new PassThrough({ encoding: "utf8" });
    const sink = streamAuditSink(stream);
    await sink(record);
    expect([stream.writableEnded, stream.destroyed]).toEqual([false, false]);
    expect(typeof streamAuditSink(process.stdout)).toBe("function");
  });

  it("leaves no listener behind but the one for errors", async () => {
    const stream = new PassThrough();
    stream.resume();
    const sink = streamAuditSink(stream);
    const before = stream.eventNames().map((name) => [name, stream.listenerCount(name)]);
    for (let n = 0; n < 30; n++) await sink(numbered(n));
    expect(stream.eventNames().map((name) => [name, stream.listenerCount(name)])).toEqual(before);
    expect(stream.listenerCount("error")).toBe(1);
  });
});

describe("a stream that fails", () => {
  it("rejects with its error, and never ends the process", async () => {
    verifies("audit:stream-refused");
    const stream = new Slow();
    const sink = streamAuditSink(stream);
    const uncaught = await uncaughtDuring(async () => {
      const write = sink(record);
      await rest();
      stream.pass(broken);
      await expect(write).rejects.toBe(broken);
      await rest();
      await expect(sink(record)).rejects.toMatchObject({ code: "audit_failed", cause: broken });
    });
    expect(uncaught).toEqual([]);
    expect(stream.chunks).toHaveLength(1);
  });

  it.each<[string, (stream: Slow) => void]>([
    ["destroyed", (stream) => void stream.destroy()],
    ["destroyed with an error", (stream) => void stream.destroy(broken)],
    ["ended", (stream) => void stream.end()],
  ])("is one that was %s before", async (_how, spoil) => {
    const stream = new Slow();
    const sink = streamAuditSink(stream);
    const uncaught = await uncaughtDuring(async () => {
      spoil(stream);
      await expect(sink(record)).rejects.toMatchObject({ code: "audit_failed" });
    });
    expect(uncaught).toEqual([]);
    expect(stream.chunks).toEqual([]);
  });

  it.each([undefined, broken])(
    "is one that is destroyed while it writes a line, with %s",
    async (error) => {
      const stream = new Slow();
      const sink = streamAuditSink(stream);
      const uncaught = await uncaughtDuring(async () => {
        const writes = [sink(numbered(1)), sink(numbered(2))];
        await rest();
        stream.destroy(error);
        const ends = await Promise.allSettled(writes);
        expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      });
      expect(uncaught).toEqual([]);
    },
  );

  it("is one that says nothing of its end but an error", async () => {
    const stream = new Slow({ emitClose: false });
    const sink = streamAuditSink(stream);
    const writes = [sink(numbered(1)), sink(numbered(2))];
    await rest();
    stream.destroy(broken);
    const ends = await Promise.allSettled(writes);
    expect(ends.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("is one that ended in silence: later records do not wait", async () => {
    const stream = new Slow({ emitClose: false });
    const sink = streamAuditSink(stream);
    void sink(numbered(1));
    await rest();
    stream.destroy();
    await expect(sink(numbered(2))).rejects.toMatchObject({ code: "audit_failed" });
  });

  it("is one that stays open after an error", async () => {
    verifies("audit:stream-refused");
    const stream = new Slow({ autoDestroy: false });
    const sink = streamAuditSink(stream);
    const write = sink(numbered(1));
    await rest();
    stream.pass(broken);
    await expect(write).rejects.toBe(broken);
    await expect(sink(numbered(2))).rejects.toMatchObject({ code: "audit_failed", cause: broken });
  });

  it("is one that takes nothing any more: only so many records wait", async () => {
    verifies("audit:sink-bounded");
    const stream = new Slow();
    const sink = streamAuditSink(stream);
    const ends: unknown[] = [];
    const all = Array.from({ length: 10_001 }, async () => {
      await sink(record);
      ends.push("written");
    });
    await expect(all.pop()).rejects.toMatchObject({ code: "audit_failed" });
    expect(ends).toEqual([]);
    stream._write = (_chunk, _encoding, callback) => callback();
    stream.pass();
    await Promise.all(all);
    expect(ends).toHaveLength(10_000);
  });

  it("is one whose write throws", async () => {
    const stream = new PassThrough();
    const sink = streamAuditSink(stream);
    stream.write = () => {
      throw broken;
    };
    await expect(sink(record)).rejects.toBe(broken);
    expect(stream.listenerCount("close")).toBe(new PassThrough().listenerCount("close"));
  });

  it("is a failure of the trail, counted and logged", async () => {
    const stream = new PassThrough();
    const { manager, log } = await managerTo(streamAuditSink(stream));
    stream.destroy(broken);
    await rest();
    expect(await manager.audit(eventOf())).toBe(false);
    expect(manager.auditFailures().total).toBe(1);
    expect(log).toHaveLength(1);
  });
});

it.each([undefined, null, {}, { write: () => true }, "stdout"])("%o is not a stream", (value) => {
  expect(() => streamAuditSink(value as never)).toThrow(
    "streamAuditSink expects a writable stream.",
  );
});
