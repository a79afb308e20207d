/** Cancellations, progress and server requests that are meant for someone else. */
import { setTimeout as delay } from "node:timers/promises";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { afterTest } from "../../support/cleanup.ts";
import { callOf, initialize, messagesIn, sessionOf } from "../run/support/caller.ts";
import type { Came, Message } from "../run/support/fake-server.ts";
import { ada, eve, gatewayBefore, loggedBy, stdioBefore } from "./support.ts";

const cancel = (requestId: unknown) => ({
  jsonrpc: "2.0",
  method: "notifications/cancelled",
  params: { requestId },
});

attack(
  "A-245",
  "Cancel another session's request, `initialize`, or a request that is answered already",
  "no effect: the request is answered",
  () => {
    it("another session's", async () => {
      const waiting: Came[] = [];
      const { url, gateway } = await gatewayBefore((came) => void waiting.push(came));
      const own = await sessionOf(url, ada);
      const other = await sessionOf(url, eve);
      const asked = own.call(1);
      await expect.poll(() => waiting.length).toBe(1);
      expect(await other.post(cancel(1))).toMatchObject({ status: 202 });
      waiting[0]?.answer("fine");
      expect((await asked).messages).toMatchObject([{ id: 1, result: {} }]);
      expect(await own.post(cancel(1))).toMatchObject({ status: 202 });
      const next = own.call(2);
      await expect.poll(() => waiting.length).toBe(2);
      waiting[1]?.answer("fine");
      expect((await next).messages).toMatchObject([{ id: 2, result: {} }]);
      expect(gateway.counts()).toMatchObject({ aborted: 0, open: 0 });
    });

    it.each([1, 2])("`initialize`, before %s servers", async (count) => {
      const { send, said } = await stdioBefore(undefined, { begins: false, count });
      send(initialize, cancel("begin"));
      await expect.poll(() => said).toMatchObject([{ id: "begin", result: {} }]);
    });
  },
);

attack(
  "A-246",
  "Cancel a request while plugins judge its answer, so that the answer leaves unjudged",
  "the answer never leaves, and the record says `aborted`",
  () => {
    it("with a plugin that waits", async () => {
      let judge = () => {};
      const judged = new Promise<void>((resolve) => {
        judge = resolve;
      });
      let isJudging = false;
      const slow = definePlugin({
        name: "slow",
        version: "1.0.0",
        hooks: {
          async "cmf.tool_post_invoke"(_message) {
            isJudging = true;
            await judged;
          },
        },
      });
      const made = await stdioBefore(undefined, {}, [slow]);
      const { send, said, gateway } = made;
      send(callOf(1));
      await expect.poll(() => isJudging).toBe(true);
      send(cancel(1));
      await expect.poll(() => gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
      judge();
      send({ jsonrpc: "2.0", id: 2, method: "ping" });
      await expect.poll(() => said).toMatchObject([{ id: 2 }]);
      const [line] = loggedBy(made, "request").filter(({ name }) => name === "x");
      expect(line).toMatchObject({ method: "tools/call", outcome: "aborted", code: "cancelled" });
    });
  },
);

attack(
  "A-247",
  "Report progress with a foreign or unknown token, with a value that goes back, or thousands of times a second",
  "dropped and counted; at most a hundred a second are forwarded for each request",
  () => {
    const progress = (progressToken: unknown, value: unknown) => ({
      method: "notifications/progress",
      params: { progressToken, progress: value },
    });
    const withToken = (id: number, progressToken: unknown) =>
      callOf(id, { _meta: { progressToken } });

    it("with other tokens, and values that go back or are none", async () => {
      const waiting: Came[] = [];
      const { url, gateway } = await gatewayBefore((came) => void waiting.push(came));
      const own = await sessionOf(url, ada);
      const other = await sessionOf(url, eve);
      const asked = [own.post(withToken(1, "mine")), other.post(withToken(1, "theirs"))];
      await expect.poll(() => waiting.length).toBe(2);
      const [one] = waiting.filter(({ session }) => session === waiting[0]?.session);
      const mine = one?.message.params?._meta as { progressToken: string };
      const foreign = mine.progressToken === "mine" ? "theirs" : "mine";
      for (const token of [foreign, "nobody's", 1, null, {}, undefined])
        one?.tell(progress(token, 1));
      for (const value of [1, 5, 3, "6", null, undefined, 5, 7])
        one?.tell(progress(mine.progressToken, value));
      for (const each of waiting) each.tell({ id: 1, result: { content: [] } });
      for (const each of waiting) each.end();
      const said = await Promise.all(asked);
      const values = said.map(({ messages }) =>
        messages.flatMap(({ params }) => (params === undefined ? [] : [params.progress])),
      );
      expect(values.toSorted((a, b) => a.length - b.length)).toEqual([[], [1, 5, 5, 7]]);
      expect(gateway.counts().dropped).toBe(10);
    });

    it("in a flood, whose lines in the log are limited as well", async () => {
      const made = await gatewayBefore((came) => {
        for (let value = 0; value < 5000; value += 1) came.tell(progress("t", value));
        came.tell({ id: came.message.id, result: { content: [] } });
        came.end();
      });
      const { url, gateway } = made;
      const own = await sessionOf(url, ada);
      const { messages } = await own.post(withToken(1, "t"));
      const passed = messages.length - 1;
      expect(messages.at(-1)).toMatchObject({ id: 1, result: {} });
      expect(passed).toBeGreaterThanOrEqual(100);
      expect(passed).toBeLessThan(2500);
      expect(gateway.counts().dropped).toBe(5000 - passed);
      expect(loggedBy(made, "message_dropped").length).toBeLessThan(100);
    });
  },
);

attack(
  "A-257",
  "Have a server ask another client for sampling, elicitation or roots than the one that called it",
  "the request reaches the session that owns the connection, and only its answer goes back",
  () => {
    it.each(["sampling/createMessage", "elicitation/create", "roots/list"])(
      "%s",
      async (method) => {
        const pass = ["sampling", "elicitation", "roots", "tokens"] as const;
        const waiting: Came[] = [];
        const made = await gatewayBefore((came) => void waiting.push(came), { pass: [...pass] });
        const { url, server } = made;
        const own = await sessionOf(url, ada);
        const other = await sessionOf(url, eve);
        const abort = new AbortController();
        afterTest(() => abort.abort());
        const heard: unknown[] = [];
        const standalone = await other.open(undefined, { method: "GET", signal: abort.signal });
        void (async () => {
          for await (const chunk of standalone.body ?? [])
            heard.push(...messagesIn(new TextDecoder().decode(chunk)));
        })().catch(() => {});
        const asked = await own.open(callOf(1), { signal: abort.signal });
        await expect.poll(() => waiting.length).toBe(1);
        const params = { messages: [], maxTokens: 1, message: "?", requestedSchema: {} };
        waiting[0]?.tell({ id: "of the server", method, params });
        const stream = asked.body?.pipeThrough(new TextDecoderStream()).getReader();
        let text = "";
        while (!text.includes(method)) text += (await stream?.read())?.value ?? "";
        const [{ id } = {} as Message] = messagesIn(text);
        expect(messagesIn(text)).toMatchObject([{ id: expect.any(Number), method }]);
        // The other session answers first, under the same id.
        const result = (said: string) => ({ jsonrpc: "2.0", id, result: { said } });
        await other.post(result("forged"));
        await own.post(result("true"));
        const answers = () => server.came.filter(({ message }) => message.result !== undefined);
        await expect.poll(() => answers().length).toBe(1);
        expect(answers()[0]).toMatchObject({
          session: waiting[0]?.session,
          message: { result: { said: "true" } },
        });
        await delay(20);
        expect(heard).toEqual([]);
        waiting[0]?.tell({ id: 1, result: { content: [] } });
        waiting[0]?.end();
        while (!text.includes('"result"')) text += (await stream?.read())?.value ?? "";
        expect(messagesIn(text).at(-1)).toMatchObject({ id: 1, result: {} });
      },
    );
  },
);
