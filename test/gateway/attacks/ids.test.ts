/** Request ids: repeated, of another type, of another session, or missing. */
import { expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { callOf, sessionOf } from "../run/support/caller.ts";
import type { Came } from "../run/support/fake-server.ts";
import { ada, eve, gatewayBefore, loggedBy, stdioBefore } from "./support.ts";

/** A server that holds calls until the test answers them. */
function keeping() {
  const waiting: Came[] = [];
  return { waiting, keep: (came: Came) => void waiting.push(came) };
}

const badIds: readonly (readonly [what: string, json: string])[] = [
  ["null", "null"],
  ["an object", "{}"],
  ["a list", "[1]"],
  ["a boolean", "true"],
  ["a fraction", "1.5"],
  ["2 ** 53", "9007199254740992"],
  ["beyond all numbers", "1e999"],
  ["10 KB", JSON.stringify("x".repeat(10_240))],
];

attack(
  "A-242",
  "Use one id for two open requests, an id that JSON does not keep, of another type, or of 10 KB",
  '`request_id_in_use` for the second, which has no effect on the first; `invalid_request_id` for anything that is not an id; `1` and `"1"` are two',
  () => {
    it("twice over HTTP, with the first unharmed", async () => {
      const { waiting, keep } = keeping();
      const { url, gateway } = await gatewayBefore(keep);
      const own = await sessionOf(url, ada);
      const first = own.call(7);
      await expect.poll(() => waiting.length).toBe(1);
      expect(await own.call(7)).toMatchObject({ status: 400, code: "request_id_in_use" });
      const text = own.call("7");
      await expect.poll(() => waiting.length).toBe(2);
      waiting[1]?.answer("of the string");
      waiting[0]?.answer("of the number");
      const of = (id: unknown, said: string) => [{ id, result: { content: [{ text: said }] } }];
      expect((await first).messages).toMatchObject(of(7, "of the number"));
      expect((await text).messages).toMatchObject(of("7", "of the string"));
      const again = own.call(7);
      await expect.poll(() => waiting.length).toBe(3);
      waiting[2]?.answer("anew");
      expect((await again).messages).toMatchObject(of(7, "anew"));
      expect(gateway.counts()).toMatchObject({ open: 0, errored: 0 });
    });

    it("twice over stdio, with the first unharmed", async () => {
      const { waiting, keep } = keeping();
      const { send, said } = await stdioBefore(keep);
      send(callOf(7), callOf(7), callOf("7"));
      await expect.poll(() => waiting.length).toBe(2);
      for (const each of waiting) each.answer("fine");
      await expect.poll(() => said.length).toBe(3);
      expect(said[0]).toMatchObject({ id: 7, error: { data: { code: "request_id_in_use" } } });
      expect(said.slice(1)).toMatchObject([
        { id: 7, result: {} },
        { id: "7", result: {} },
      ]);
    });

    it.each(badIds)("%s", async (_what, json) => {
      const { url, server } = await gatewayBefore();
      const own = await sessionOf(url, ada);
      const body = JSON.stringify(callOf("ID")).replace('"ID"', json);
      expect(await own.post(body)).toMatchObject({
        status: 400,
        code: "invalid_request_id",
        messages: [{ id: null }],
      });
      expect(server.of("tools/call")).toEqual([]);
      const stdio = await stdioBefore();
      stdio.write(`${body}\n`);
      await expect
        .poll(() => stdio.said)
        .toMatchObject([
          { id: null, error: { code: -32600, data: { code: "invalid_request_id" } } },
        ]);
    });

    it("-0, which is 0", async () => {
      const { waiting, keep } = keeping();
      const { url } = await gatewayBefore(keep);
      const own = await sessionOf(url, ada);
      const body = JSON.stringify(callOf("ID")).replace('"ID"', "-0");
      const first = own.post(body);
      await expect.poll(() => waiting.length).toBe(1);
      expect(await own.call(0)).toMatchObject({ code: "request_id_in_use" });
      waiting[0]?.answer("fine");
      expect((await first).messages).toMatchObject([{ id: 0, result: {} }]);
    });
  },
);

attack(
  "A-243",
  "Use the id of another client's open request to the same server, to get its answer",
  "each gets its own answer: each session has a connection of its own",
  () => {
    it("in two sessions, answered in the other order", async () => {
      const { waiting, keep } = keeping();
      const { url } = await gatewayBefore(keep);
      const one = await sessionOf(url, ada);
      const other = await sessionOf(url, eve);
      const asked = [one.call(1), other.call(1)];
      await expect.poll(() => waiting.length).toBe(2);
      expect(new Set(waiting.map(({ session }) => session)).size).toBe(2);
      for (const each of waiting.toReversed()) each.answer(`for ${each.session}`);
      const said = await Promise.all(asked);
      const texts = said.map(({ text }) => /for [\da-f-]+/.exec(text)?.[0]);
      expect(new Set(texts).size).toBe(2);
    });
  },
);

attack(
  "A-244",
  "Answer a request that nobody sent, one request twice, or one that was cancelled",
  "dropped and counted; the caller gets one answer, or none from the server if it cancelled",
  () => {
    it("in the stream of another request, and in the session's own", async () => {
      const made = await gatewayBefore((came) => {
        const { id } = came.message;
        came.tell({ id: "never asked", result: { content: [] } });
        came.tell({ id: String(id), result: { content: [] } });
        const standalone = made.server.streams.get(came.session ?? "");
        standalone?.write(`data: {"jsonrpc":"2.0","id":"nobody's","result":{}}\n\n`);
        came.tell({ id, result: { content: [{ type: "text", text: "fine" }] } });
        came.tell({ id, result: { content: [{ type: "text", text: "twice" }] } });
        came.end();
      });
      const { url, server, gateway } = made;
      const own = await sessionOf(url, ada);
      await expect.poll(() => server.streams.size).toBe(1);
      const said = await own.call(1);
      expect(said.messages).toMatchObject([{ id: 1, result: { content: [{ text: "fine" }] } }]);
      expect(said.messages).toHaveLength(1);
      await expect.poll(() => gateway.counts()).toMatchObject({ allowed: 2, dropped: 3, open: 0 });
      expect(loggedBy(made, "message_dropped")).toHaveLength(3);
    });

    it("with a document that is no message", async () => {
      const { url, gateway } = await gatewayBefore((came) => {
        const { id } = came.message;
        for (const document of [{}, { id }, { id, params: {} }]) came.tell(document);
        came.tell({ id, result: { content: [] } });
        came.end();
      });
      const { messages } = await (await sessionOf(url, ada)).call(1);
      expect(messages).toMatchObject([{ id: 1, result: {} }]);
      expect(gateway.counts()).toMatchObject({ dropped: 3, open: 0 });
    });

    it("by the caller, in front of several servers", async () => {
      const made = await gatewayBefore(undefined, { count: 2, admin: { port: 0 } });
      const own = await sessionOf(made.url, ada);
      await own.post({ jsonrpc: "2.0", id: "nobody's", result: {} });
      const params = { progressToken: "nobody's", progress: 1 };
      await own.post({ jsonrpc: "2.0", method: "notifications/progress", params });
      await expect.poll(() => made.gateway.counts()).toMatchObject({ dropped: 2, open: 0 });
      expect(loggedBy(made, "message_dropped")).toHaveLength(2);
      const { text } = await made.admin("/metrics");
      expect(text).toContain('dropped_messages_total{server="none"} 2\n');
      expect(made.server.came.filter(({ raw }) => raw.includes("nobody's"))).toEqual([]);
    });

    it("after it was cancelled, over stdio", async () => {
      const { waiting, keep } = keeping();
      const { send, said, gateway } = await stdioBefore(keep);
      send(callOf(1));
      await expect.poll(() => waiting.length).toBe(1);
      const params = { requestId: 1 };
      send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
      await expect.poll(() => gateway.counts().aborted).toBe(1);
      waiting[0]?.answer("late");
      send(callOf(2));
      await expect.poll(() => waiting.length).toBe(2);
      waiting[1]?.answer("fine");
      await expect.poll(() => said).toMatchObject([{ id: 2, result: {} }]);
    });
  },
);
