/** The events that a session keeps. */
import { expect, it } from "vitest";
import { eventStore } from "../../../../src/gateway/transports/event-store.ts";

it("replays all events of a stream at once, so that none is lost that comes meanwhile", async () => {
  const store = eventStore(100, 10_000);
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
