/** The events that sessions keep. */
import { expect, it } from "vitest";
import { eventStores } from "../../../../src/gateway/transports/event-store.ts";
import { excessOf } from "../../../support/growth.ts";

const answerOf = (text: string) => ({ jsonrpc: "2.0", id: 1, result: { text } });

it("replays all events of a stream at once, so that none is lost that comes meanwhile", async () => {
  const store = eventStores()(100, 10_000);
  const [first = ""] = await Promise.all(
    [1, 2, 3].map((id) => store.storeEvent("a", { jsonrpc: "2.0", id, result: {} })),
  );
  await store.storeEvent("b", { jsonrpc: "2.0", id: 4, result: {} });
  const sent: unknown[] = [];
  const replayed = store.replayEventsAfter(first, {
    send: async (_, { id }: { readonly id: number }) => void sent.push(id),
  });
  expect(sent).toEqual([2, 3]);
  expect(await replayed).toBe("a");
});

it("keeps no more than 32 Mi units of all sessions", async () => {
  const storeOf = eventStores();
  const quiet = storeOf(10, 8_388_608);
  const first = await quiet.storeEvent("a", answerOf("brief"));
  const sessions = Array.from({ length: 9 }, () => storeOf(10, 8_388_608));
  const answer = answerOf("x".repeat(4_000_000));
  const ids = await Promise.all(sessions.map((each) => each.storeEvent("a", answer)));
  const kept = () => sessions.map((each, at) => each.has(ids[at] ?? ""));
  expect(kept()).toEqual([false, ...Array.from({ length: 8 }, () => true)]);
  expect(quiet.has(first)).toBe(true);
  sessions[8]?.close();
  await sessions[0]?.storeEvent("b", answer);
  expect(kept()).toEqual([false, ...Array.from({ length: 7 }, () => true), false]);
});

it("a stream goes on after an event that is gone", async () => {
  const store = eventStores()(2, 10_000);
  const message = (id: number) => ({ jsonrpc: "2.0", method: "x", params: { id } });
  const ids = await Promise.all([1, 2, 3].map((id) => store.storeEvent("own_stream", message(id))));
  const [first = "", second = "", third = ""] = ids;
  const sent: unknown[] = [];
  const send = async (id: string) => void sent.push(id);
  expect(await store.replayEventsAfter(first, { send })).toBe("own_stream");
  expect(sent).toEqual([second, third]);
  expect(store.hasLostAfter(first)).toBe(false);
  for (const id of [4, 5]) await store.storeEvent("own_stream", message(id));
  expect(ids.map(store.hasLostAfter)).toEqual([true, true, false]);
  expect(await store.getStreamIdForEventId(first)).toBe("own_stream");
  expect(store.has(first.replace("own_stream", "other"))).toBe(false);
  const other = eventStores()(2, 10_000);
  await other.storeEvent("own_stream", message(1));
  expect(other.has(first)).toBe(false);
  await store.storeEvent("own_stream", answerOf("last"));
  expect(store.has(first)).toBe(true);
  for (const _ of [1, 2]) await store.storeEvent("another", answerOf("fine"));
  expect(store.has(first)).toBe(false);
});

it("keeps nothing that comes after the end of its session", async () => {
  const store = eventStores()(10, 10_000);
  store.close();
  expect(store.has(await store.storeEvent("a", {}))).toBe(false);
});

it("keeps as much as a single session may keep", async () => {
  const store = eventStores()(10, 50_000_000);
  const ids = await Promise.all(
    [1, 2, 3].map(() => store.storeEvent("a", answerOf("x".repeat(20_000_000)))),
  );
  expect(ids.map(store.has)).toEqual([false, true, true]);
});

it("replays a stream, and knows its end, in time that does not grow with what else is kept", async () => {
  const input = async (count: number) => {
    const store = eventStores()(count, 1e9);
    const ids: string[] = [];
    for (let at = 0; at < count; at += 1)
      ids.push(await store.storeEvent(at % 2 === 0 ? "own" : `other ${at}`, answerOf(`${at}`)));
    return { store, ids };
  };
  const run = async ({ store, ids }: Awaited<ReturnType<typeof input>>) => {
    const sent: string[] = [];
    const ends = ids.filter(store.isLastAnswer).length;
    for (const id of ids.slice(-100)) {
      for (let times = 0; times < ids.length / 100; times += 1)
        await store.replayEventsAfter(id, { send: async (each) => void sent.push(each) });
    }
    return [ends, sent.length];
  };
  const { store, ids } = await input(10);
  expect(ids.map(store.isLastAnswer).map(Number).join("")).toBe("0101010111");
  expect(await run({ store, ids })).toEqual([6, 10]);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
