/** Writes records to real files. */
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { chmod, mkdir, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import type { AuditEvent } from "glassine/audit";
import { fileAuditSink } from "glassine/node";
import { afterAll, describe, expect, it } from "vitest";
import { eventOf, managerTo, record } from "../audit/support.ts";
import { verifies } from "../support/verifies.ts";

const folder = mkdtempSync(join(tmpdir(), "glassine-audit-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const freshPath = () => join(folder, `audit-${files++}.jsonl`);

const numbered = (n: number): AuditEvent => ({ ...record, metadata: { n } });
const numbersIn = (path: string): readonly unknown[] => {
  const text = readFileSync(path, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line).metadata.n);
};

describe("a file", () => {
  it("receives whole lines, in order, and is private to its owner", async () => {
    verifies("audit:file-lines");
    const path = freshPath();
    const sink = fileAuditSink(path);
    for (const n of [1, 2, 3]) await sink(numbered(n));
    await sink.close();
    expect(readFileSync(path, "utf8").split("\n")[0]).toBe(
      '{"eventType":"billing.invoice_sent","actorUri":"system:billing","targetUri":"invoice:7",' +
        '"tenantId":"default","timestamp":"2026-01-31T12:00:00.000Z","outcome":"success",' +
        '"metadata":{"n":1}}',
    );
    expect(numbersIn(path)).toEqual([1, 2, 3]);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("is made anew if it was removed", async () => {
    verifies("audit:file-removed");
    const path = freshPath();
    const sink = fileAuditSink(path, { fsync: true });
    await sink(numbered(1));
    rmSync(path);
    await sink(numbered(2));
    await sink.close();
    expect(numbersIn(path)).toEqual([2]);
  });

  it("is not created before the first record, and is appended to if it exists", async () => {
    const path = freshPath();
    const unused = fileAuditSink(path);
    await unused.close();
    expect(existsSync(path)).toBe(false);
    for (const n of [1, 2]) {
      const sink = fileAuditSink(pathToFileURL(path), { fsync: true });
      await sink(numbered(n));
      await sink.close();
    }
    expect(numbersIn(path)).toEqual([1, 2]);
  });

  it("is created with the host's mode, and keeps an existing one", async () => {
    const path = freshPath();
    const before = process.umask(0);
    try {
      const sink = fileAuditSink(path, { mode: 0o640 });
      await sink(record);
      await sink.close();
    } finally {
      process.umask(before);
    }
    expect(statSync(path).mode & 0o777).toBe(0o640);
    await chmod(path, 0o600);
    const again = fileAuditSink(path, { mode: 0o644 });
    await again(record);
    await again.close();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it("has all records of 32 emitters at once, each emitter's in its order", async () => {
    const path = freshPath();
    const sink = fileAuditSink(path);
    const { manager } = await managerTo(sink);
    await Promise.all(
      Array.from({ length: 32 }, async (_, emitter) => {
        for (let i = 0; i < 8; i++) {
          expect(await manager.audit(eventOf({ metadata: { n: emitter * 8 + i } }))).toBe(true);
        }
      }),
    );
    await sink.close();
    const numbers = numbersIn(path) as readonly number[];
    expect(numbers).toHaveLength(256);
    for (let emitter = 0; emitter < 32; emitter++) {
      const own = numbers.filter((n) => Math.floor(n / 8) === emitter);
      expect(own).toEqual(Array.from({ length: 8 }, (_, i) => emitter * 8 + i));
    }
  });

  it("has all lines of 32 sinks at once, none of them torn", async () => {
    const path = freshPath();
    const sinks = Array.from({ length: 32 }, () => fileAuditSink(path));
    const writes = sinks.flatMap((sink, at) =>
      Array.from({ length: 8 }, (_, i) =>
        sink({ ...record, metadata: { n: at * 8 + i, filling: "x".repeat(400) } }),
      ),
    );
    await Promise.all(writes);
    await Promise.all(sinks.map((sink) => sink.close()));
    const numbers = [...(numbersIn(path) as number[])].sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 256 }, (_, n) => n));
  });

  it("is continued at its end after it was copied and truncated", async () => {
    const path = freshPath();
    const sink = fileAuditSink(path);
    await sink(numbered(1));
    await truncate(path, 0);
    await sink(numbered(2));
    await sink.close();
    expect(numbersIn(path)).toEqual([2]);
  });

  it.each([
    ['{"eventType":"a.b","cut', 1],
    ["", 0],
  ])("that a crash left with %j receives the next record on a new line", async (left, broken) => {
    verifies("audit:file-torn");
    const path = freshPath();
    writeFileSync(path, `${left}`);
    const sink = fileAuditSink(path);
    await sink(numbered(1));
    await sink.close();
    const lines = readFileSync(path, "utf8").split("\n");
    expect(lines.slice(0, broken)).toEqual(left === "" ? [] : [left]);
    expect(
      lines.slice(broken).map((line) => (line === "" ? line : JSON.parse(line).metadata.n)),
    ).toEqual([1, ""]);
  });

  it("that another process left unfinished receives the next record on a new line", async () => {
    verifies("audit:file-torn");
    const path = freshPath();
    const sink = fileAuditSink(path);
    await sink(numbered(1));
    appendFileSync(path, '{"eventType":"a.b","cut');
    await sink(numbered(2));
    await sink.close();
    const lines = readFileSync(path, "utf8").trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    expect(JSON.parse(lines[2] as string).metadata.n).toBe(2);
  });

  it("accepts nothing after it was closed, and can be closed again", async () => {
    const path = freshPath();
    const sink = fileAuditSink(path);
    const writing = sink(numbered(1));
    const closing = sink.close();
    await expect(sink(numbered(2))).rejects.toMatchObject({ code: "audit_failed" });
    await Promise.all([writing, closing, sink.close()]);
    expect(numbersIn(path)).toEqual([1]);
  });
});

describe("a failure of the file system", () => {
  const asNobody = typeof process.seteuid === "function" && process.geteuid?.() === 0;

  it.skipIf(!existsSync("/dev/full"))("is a full disk, by its code and the path", async () => {
    verifies("audit:file-refused");
    const sink = fileAuditSink("/dev/full");
    const { manager, log } = await managerTo(sink);
    expect(await manager.audit(eventOf())).toBe(false);
    expect(log[0]).toMatch(/ENOSPC: .* '\/dev\/full'/);
    await expect(sink(record)).rejects.toMatchObject({ code: "ENOSPC" });
    await sink.close();
  });

  it("is a missing folder; records are accepted once it exists", async () => {
    verifies("audit:file-refused");
    const missing = join(folder, "missing");
    const path = join(missing, "audit.jsonl");
    const sink = fileAuditSink(path);
    await expect(sink(numbered(1))).rejects.toMatchObject({ code: "ENOENT" });
    expect(existsSync(missing)).toBe(false);
    await mkdir(missing);
    await sink(numbered(2));
    await sink.close();
    expect(numbersIn(path)).toEqual([2]);
  });

  it("is a folder in place of the file", async () => {
    await expect(fileAuditSink(folder)(record)).rejects.toMatchObject({ code: "EISDIR" });
  });

  it("is a file that this user may not write", async () => {
    const path = freshPath();
    writeFileSync(path, "", { mode: 0o400 });
    await chmod(folder, 0o711);
    const sink = fileAuditSink(path);
    // Root can write everywhere, so switch to another user for a moment.
    if (asNobody) process.seteuid?.(65_534);
    try {
      await expect(sink(record)).rejects.toMatchObject({ code: "EACCES" });
    } finally {
      if (asNobody) process.seteuid?.(0);
    }
    await chmod(path, 0o600);
    await sink(numbered(1));
    await sink.close();
    expect(numbersIn(path)).toEqual([1]);
  });

  it("does not occur if the file is writable but not readable", async () => {
    const path = freshPath();
    writeFileSync(path, "never read\n");
    await chmod(path, 0o222);
    await chmod(folder, 0o711);
    const sink = fileAuditSink(path);
    if (asNobody) process.seteuid?.(65_534);
    try {
      await sink(numbered(1));
    } finally {
      if (asNobody) process.seteuid?.(0);
    }
    await sink.close();
    await chmod(path, 0o600);
    expect(readFileSync(path, "utf8")).toMatch(/^never read\n\{.*\}\n$/);
  });
});

describe("the options of a file", () => {
  it.each<[unknown, unknown, string]>([
    ["", {}, "fileAuditSink expects a path that is not empty."],
    [5, {}, "fileAuditSink expects a path that is not empty."],
    ["a", { sync: true }, 'fileAuditSink has no option "sync".'],
    ["a", { fsync: 1 }, 'The option "fsync" expects a boolean, got number.'],
    ["a", { mode: 0o1000 }, "fileAuditSink: mode must be a file mode from 0 to 0o777."],
    ["a", { mode: "600" }, "fileAuditSink: mode must be a file mode from 0 to 0o777."],
    ["a", { mode: -1 }, "fileAuditSink: mode must be a file mode from 0 to 0o777."],
  ])("are refused: %j with %j", (path, options, message) => {
    expect(() => fileAuditSink(path as never, options as never)).toThrow(
      expect.objectContaining({
        code: "options_invalid",
        message: expect.stringContaining(message),
      }),
    );
  });
});

describe("a named pipe", () => {
  function pipe() {
    const path = freshPath();
    execFileSync("mkfifo", [path]);
    const reader = () => openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { path, reader };
  }
  /** More than a pipe holds. */
  const many = Array.from({ length: 20 }, (_, n) => ({ n, padding: "x".repeat(9000) }));

  it("without a reader holds back a record until there is one", async () => {
    verifies("audit:file-pipe");
    const { path, reader } = pipe();
    const sink = fileAuditSink(path, { fsync: true });
    let isWritten = false;
    const written = sink(record).then(() => {
      isWritten = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(isWritten).toBe(false);
    const file = reader();
    await written;
    const bytes = Buffer.alloc(64 * 1024);
    const line = bytes.toString("utf8", 0, readSync(file, bytes));
    expect(JSON.parse(line)).toEqual(record);
    await sink.close();
    closeSync(file);
  });

  it("without a reader keeps the sink from closing for two seconds", async () => {
    verifies("audit:file-pipe");
    const sink = fileAuditSink(pipe().path);
    const written = expect(sink(record)).rejects.toMatchObject({ code: "ENXIO" });
    const from = performance.now();
    await sink.close();
    expect(performance.now() - from).toBeGreaterThan(1900);
    await written;
  });

  it("whose reader leaves within a line begins the next one on a line of its own", async () => {
    verifies("audit:file-pipe");
    const { path, reader } = pipe();
    const first = reader();
    const sink = fileAuditSink(path);
    const long = { ...record, metadata: { padding: "x".repeat(200_000) } };
    const cut = expect(sink(long)).rejects.toMatchObject({ code: "audit_failed" });
    await new Promise((resolve) => setTimeout(resolve, 60));
    const second = reader();
    closeSync(first);
    const bytes = Buffer.alloc(1024 * 1024);
    readSync(second, bytes);
    closeSync(second);
    await cut;
    const third = reader();
    await sink(record);
    const text = bytes.toString("utf8", 0, readSync(third, bytes));
    expect(JSON.parse(text.slice(text.indexOf("\n")))).toMatchObject({
      eventType: record.eventType,
    });
    await sink.close();
    closeSync(third);
  });

  it("that is full gets all lines whole when its reader reads", async () => {
    verifies("audit:file-pipe");
    const { path, reader } = pipe();
    const file = reader();
    const sink = fileAuditSink(path);
    const written = Promise.all(many.map((metadata) => sink({ ...record, metadata })));
    const bytes = Buffer.alloc(64 * 1024);
    let text = "";
    const read = () => {
      try {
        text += bytes.toString("utf8", 0, readSync(file, bytes));
      } catch {
        // It is empty.
      }
      return text.split("\n").length - 1;
    };
    await expect.poll(read).toBe(many.length);
    await written;
    await sink.close();
    closeSync(file);
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).metadata)).toEqual(many);
  });

  it("that is full does not keep the sink from closing", async () => {
    verifies("audit:file-pipe");
    const { path, reader } = pipe();
    const file = reader();
    const sink = fileAuditSink(path);
    const written = many.map((metadata) => sink({ ...record, metadata }));
    const settled = Promise.allSettled(written);
    await sink.close();
    const outcomes = await settled;
    expect(outcomes[0]).toMatchObject({ status: "fulfilled" });
    expect(outcomes.at(-1)).toMatchObject({ status: "rejected", reason: { code: "EAGAIN" } });
    closeSync(file);
  });
});
