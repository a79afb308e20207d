/** The events that sessions keep. */
import { expect, it } from "vitest";
import { eventStores } from "../../../../src/gateway/transports/event-store.ts";

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
  const first = await quiet.storeEvent("a", {});
  const sessions = Array.from({ length: 9 }, () => storeOf(10, 8_388_608));
  const text = "x".repeat(4_000_000);
  const ids = await Promise.all(sessions.map((each) => each.storeEvent("a", { text })));
  const kept = () => sessions.map((each, at) => each.has(ids[at] ?? ""));
  expect(kept()).toEqual([false, ...Array.from({ length: 8 }, () => true)]);
  expect(quiet.has(first)).toBe(true);
  sessions[8]?.close();
  await sessions[0]?.storeEvent("a", { text });
  expect(kept()).toEqual([false, ...Array.from({ length: 7 }, () => true), false]);
});

it("keeps nothing that comes after the end of its session", async () => {
  const store = eventStores()(10, 10_000);
  store.close();
  expect(store.has(await store.storeEvent("a", {}))).toBe(false);
});

it("keeps as much as a single session may keep", async () => {
  const store = eventStores()(10, 50_000_000);
  const ids = await Promise.all(
    [1, 2, 3].map(() => store.storeEvent("a", { text: "x".repeat(20_000_000) })),
  );
  expect(ids.map(store.has)).toEqual([false, true, true]);
});
