import { type MemoryLabelStoreOptions, memoryLabelStore } from "glassine/labels";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { verifies } from "../support/verifies.ts";
import { storeSuite } from "./support/store-suite.ts";

storeSuite("in memory", () => memoryLabelStore());

describe("a store in memory", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["performance", "Date"] }));
  afterEach(() => void vi.useRealTimers());
  const wait = (ms: number) => void vi.advanceTimersByTime(ms);

  it("refuses a session too many, and forgets none for it", async () => {
    verifies("labels:memory-full");
    const store = memoryLabelStore({ maxSessions: 2 });
    await store.append("a", ["A"]);
    await store.append("b", ["B"]);
    await expect(store.append("c", ["C"])).rejects.toMatchObject({
      code: "label_store_full",
      // A guard may have made the store itself.
      message: expect.stringContaining("Use a memoryLabelStore"),
    });
    expect(await store.load("c")).toEqual([]);
    expect(await store.append("a", ["A2"])).toEqual(["A", "A2"]);
    expect(await store.load("b")).toEqual(["B"]);
  });

  it("uses no capacity for a session without labels", async () => {
    const store = memoryLabelStore({ maxSessions: 1 });
    for (let at = 0; at < 10; at++) {
      await store.load(`session ${at}`);
      await store.append(`session ${at}`, []);
    }
    expect(await store.append("a", ["A"])).toEqual(["A"]);
  });

  it("forgets a session only if it was idle for its whole lifetime", async () => {
    verifies("labels:store-expiry");
    const store = memoryLabelStore({ maxSessions: 3, ttlMs: 1000 });
    for (const session of ["loaded", "appended", "idle"]) await store.append(session, ["A"]);
    for (let turn = 0; turn < 5; turn++) {
      wait(999);
      expect(await store.load("loaded")).toEqual(["A"]);
      expect(await store.append("appended", [])).toEqual(["A"]);
    }
    expect(await store.load("idle")).toEqual([]);
    wait(1000);
    expect(await store.load("loaded")).toEqual([]);
  });

  it("frees the capacity of expired sessions only", async () => {
    const store = memoryLabelStore({ maxSessions: 2, ttlMs: 1000 });
    await store.append("old", ["A"]);
    wait(600);
    await store.append("used", ["A"]);
    wait(600);
    expect(await store.append("new", ["A"])).toEqual(["A"]);
    await expect(store.append("more", ["A"])).rejects.toMatchObject({ code: "label_store_full" });
    expect(await store.load("used")).toEqual(["A"]);
  });

  it("drops a session after an idle day, and reuses its capacity", async () => {
    verifies("labels:memory-full");
    const store = memoryLabelStore({ maxSessions: 2 });
    await store.append("old", ["A"]);
    await store.append("used", ["A"]);
    wait(23 * 60 * 60 * 1000);
    expect(await store.load("used")).toEqual(["A"]);
    await expect(store.append("new", ["A"])).rejects.toMatchObject({ code: "label_store_full" });
    wait(60 * 60 * 1000);
    expect(await store.append("new", ["B"])).toEqual(["B"]);
    expect(await store.load("used")).toEqual(["A"]);
    expect(await store.load("old")).toEqual([]);
  });

  it("keeps every session if the host says so", async () => {
    const store = memoryLabelStore({ maxSessions: 1, ttlMs: Number.POSITIVE_INFINITY });
    await store.append("a", ["A"]);
    wait(1000 * 24 * 60 * 60 * 1000);
    expect(await store.load("a")).toEqual(["A"]);
    await expect(store.append("b", ["B"])).rejects.toMatchObject({ code: "label_store_full" });
  });

  it("does not depend on the wall clock", async () => {
    const store = memoryLabelStore({ ttlMs: 1000 });
    await store.append("a", ["A"]);
    vi.setSystemTime(Date.now() + 1e9);
    expect(await store.load("a")).toEqual(["A"]);
  });

  it.each<MemoryLabelStoreOptions>([
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, "5" as never].map((maxSessions) => ({
      maxSessions,
    })),
    ...[0, -1, 1.5, Number.NaN, "5" as never].map((ttlMs) => ({ ttlMs })),
    { ttl: 1000 } as never,
    null as never,
    60_000 as never,
  ])("refuses the options %j", (options) => {
    expect(() => memoryLabelStore(options)).toThrow(
      expect.objectContaining({ code: "options_invalid" }),
    );
  });
});
