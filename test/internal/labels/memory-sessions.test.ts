/** Sessions in memory that must not expire. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { SessionLabels } from "../../../src/core/labels/carry.ts";
import { MemorySessions } from "../../../src/core/labels/memory-sessions.ts";
import { verifies } from "../../support/verifies.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

it("keeps a session, and makes room of the others", async () => {
  verifies("labels:memory-full");
  const sessions = new MemorySessions(2, 1000);
  await sessions.append("kept", ["A"], true);
  await sessions.append("idle", ["A"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.append("new", ["B"])).toEqual(["B"]);
  const full = expect.objectContaining({ code: "label_store_full" });
  await expect(sessions.append("more", ["B"])).rejects.toEqual(full);
  expect(await sessions.load("kept")).toEqual(["A"]);
  expect(await sessions.load("idle")).toEqual([]);
});

it("keeps a session from its next use on, whoever else uses it", async () => {
  verifies("labels:memory-full");
  const sessions = new MemorySessions(1, 1000);
  await sessions.append("one", ["A"]);
  expect(await sessions.load("one", true)).toEqual(["A"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.append("one", ["B"])).toEqual(["A", "B"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.load("one")).toEqual(["A", "B"]);
});

it("adds all sessions of another store, whatever the limits, and expires each in its time", async () => {
  verifies("labels:store-union", "labels:store-expiry");
  const [sessions, other] = [new MemorySessions(2, 1000), new MemorySessions(2, 1000)];
  await sessions.append("old", ["A"]);
  await other.append("kept", ["A"], true);
  vi.advanceTimersByTime(500);
  await sessions.append("both", ["A"]);
  await other.append("both", ["B"]);
  sessions.addAll(other);
  expect(await sessions.load("both")).toEqual(["A", "B"]);
  const full = expect.objectContaining({ code: "label_store_full" });
  await expect(sessions.append("new", ["A"])).rejects.toEqual(full);
  vi.advanceTimersByTime(500);
  expect(await sessions.load("old")).toEqual([]);
  expect(await sessions.load("kept")).toEqual(["A"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.load("kept")).toEqual(["A"]);
  expect(await sessions.load("both")).toEqual([]);
});

it.each([true, false])(
  "keeps a session of two stores from its last use in either (its own: %s)",
  async (isOwn) => {
    verifies("labels:store-union", "labels:store-expiry");
    const [early, late] = [new MemorySessions(2, 1000), new MemorySessions(2, 1000)];
    await early.append("s", ["A"]);
    vi.advanceTimersByTime(500);
    await late.append("s", ["B"]);
    const [sessions, other] = isOwn ? [late, early] : [early, late];
    sessions.addAll(other);
    vi.advanceTimersByTime(999);
    expect(await sessions.load("s")).toEqual(["A", "B"]);
  },
);

it("refuses a session of two stores that together have too many labels for it", async () => {
  verifies("labels:store-limits");
  const [sessions, other] = [new MemorySessions(1, 1000), new MemorySessions(1, 1000)];
  const labels = (prefix: string) => Array.from({ length: 200 }, (_, at) => `${prefix}${at}`);
  await sessions.append("s", labels("A"));
  await other.append("s", labels("B"));
  sessions.addAll(other);
  const session = new SessionLabels("s", sessions);
  const full = expect.objectContaining({ code: "label_store_full" });
  await expect(session.load(undefined)).rejects.toEqual(full);
  await expect(session.append({ security: { labels: ["C"] } })).rejects.toEqual(full);
  await expect(session.append({ security: { labels: ["A1"] } })).rejects.toEqual(full);
});
