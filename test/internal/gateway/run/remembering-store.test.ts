/** What a gateway remembers of the labels on its Redis server, and for how long. */
import { redisLabelStore } from "glassine/redis";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { rememberingStore } from "../../../../src/gateway/run/remembering-store.ts";
import { FakeClient } from "../../../redis/support/fake-client.ts";
import { verifies } from "../../../support/verifies.ts";

const ttlMs = 1000;

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

function remembering() {
  const client = new FakeClient();
  const onLost = vi.fn();
  const store = rememberingStore(redisLabelStore(client, { ttlMs }), ttlMs, onLost);
  return { client, onLost, store };
}

it("adds again what the server lost, once for each loss", async () => {
  const { client, onLost, store } = remembering();
  await store.append("s", ["a", "b"]);
  client.sets.clear();
  expect(await store.append("s", ["c"])).toEqual(["a", "b", "c"]);
  expect(await store.load("s")).toEqual(["a", "b", "c"]);
  expect(await store.load("other")).toEqual([]);
  expect(onLost).toHaveBeenCalledOnce();
});

it("fails while the server does not take back what it lost", async () => {
  const { client, store } = remembering();
  await store.append("s", ["a"]);
  client.answer = () => [];
  await expect(store.load("s")).rejects.toMatchObject({ code: "label_store_failed" });
  client.sets.clear();
  client.answer = undefined;
  expect(await store.load("s")).toEqual(["a"]);
});

it("remembers a session for as long as its time to live after its last use", async () => {
  verifies("labels:gateway-restores");
  const { client, onLost, store } = remembering();
  await store.append("s", ["a"]);
  vi.advanceTimersByTime(ttlMs - 1);
  await store.load("s");
  vi.advanceTimersByTime(ttlMs - 1);
  client.sets.clear();
  expect(await store.load("s")).toEqual(["a"]);
  vi.advanceTimersByTime(ttlMs);
  client.sets.clear();
  expect(await store.load("s")).toEqual([]);
  expect(onLost).toHaveBeenCalledOnce();
});

it("remembers the 10,000 labelled sessions that were used last", async () => {
  verifies("labels:gateway-restores");
  const { client, store } = remembering();
  await store.append("first", ["a"]);
  await store.append("second", ["a"]);
  for (let at = 0; at < 9998; at++) await store.append(`s${at}`, ["a"]);
  for (let at = 0; at < 10; at++) await store.load(`unlabelled ${at}`);
  await store.load("first");
  await store.append("one more", ["a"]);
  client.sets.clear();
  expect(await store.load("first")).toEqual(["a"]);
  expect(await store.load("s0")).toEqual(["a"]);
  expect(await store.load("second")).toEqual([]);
});
