/** When the streams of a session end, and what can be asked for again. */
import { expect, it } from "vitest";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callOf, messagesIn, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";

function cancelled(requestId: unknown): object {
  return { jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId } };
}

const lastIdIn = (text: string) => [...text.matchAll(/^id: (.+)$/gm)].at(-1)?.[1] ?? "";

it("the stream of a cancelled request ends without an answer, also for who asks again", async () => {
  const { url, server } = await gatewayBefore(() => {});
  const own = await sessionOf(url, ada);
  for (const id of [1, 2, "three"]) {
    const response = await own.open(callOf(id));
    await expect.poll(() => server.of("tools/call").at(-1)?.message.method).toBe("tools/call");
    await own.post(cancelled(id));
    const text = await response.text();
    expect(messagesIn(text)).toEqual([]);
    const headers = { "last-event-id": lastIdIn(text) };
    const rest = await own.post(undefined, { method: "GET", headers });
    expect(rest).toMatchObject({ status: 200, code: "cancelled", messages: [{ id }] });
  }
});

it("the stream of a batch ends when those that were not cancelled are answered", async () => {
  const waiting: Came[] = [];
  const { url } = await gatewayBefore((came) => void waiting.push(came));
  const own = await sessionOf(url, ada, "2025-03-26");
  const ofFirst = own.post([callOf(1), callOf(2)]);
  await expect.poll(() => waiting.length).toBe(2);
  await own.post(cancelled(1));
  waiting.find(({ message }) => message.id === 2)?.answer("fine");
  expect((await ofFirst).messages).toMatchObject([{ id: 2, result: {} }]);
  const ofSecond = own.post([callOf(3), callOf(4)]);
  await expect.poll(() => waiting.length).toBe(4);
  waiting.find(({ message }) => message.id === 4)?.answer("fine");
  await own.post(cancelled(3));
  expect((await ofSecond).messages).toMatchObject([{ id: 4, result: {} }]);
});

it("an event that is no longer kept is said to be gone", async () => {
  const { url } = await gatewayBefore((came) => came.answer("fine"), { limits: { events: 2 } });
  const own = await sessionOf(url, ada);
  const headers = { "last-event-id": lastIdIn((await own.call(1)).text) };
  const again = () => own.post(undefined, { method: "GET", headers });
  expect((await again()).status).toBe(200);
  await own.call(2);
  await own.call(3);
  expect(await again()).toMatchObject({ status: 400, code: "event_unknown" });
});
