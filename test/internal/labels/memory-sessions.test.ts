/** Sessions in memory that must not expire. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { MemorySessions } from "../../../src/core/labels/memory-sessions.ts";
import { verifies } from "../../support/verifies.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

it("keeps a session without labels, and makes room of the others", async () => {
  verifies("labels:memory-full");
  const sessions = new MemorySessions(2, 1000);
  sessions.keep("kept");
  await sessions.append("kept", ["A"]);
  await sessions.append("idle", ["A"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.append("new", ["B"])).toEqual(["B"]);
  const full = expect.objectContaining({ code: "label_store_full" });
  await expect(sessions.append("more", ["B"])).rejects.toEqual(full);
  expect(await sessions.load("kept")).toEqual(["A"]);
  expect(await sessions.load("idle")).toEqual([]);
});

it("lets no session expire if there are too many to keep", async () => {
  verifies("labels:memory-full");
  const sessions = new MemorySessions(1, 1000);
  for (const session of ["one", "two"]) sessions.keep(session);
  await sessions.append("two", ["A"]);
  vi.advanceTimersByTime(1000);
  expect(await sessions.load("two")).toEqual(["A"]);
});
