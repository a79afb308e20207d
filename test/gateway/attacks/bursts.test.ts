/** Thousands of messages of one server at once. */
// Only in test:all: it sends large amounts.
import process from "node:process";
import { fileURLToPath } from "node:url";
import { definePlugin } from "glassine";
import { expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { afterTest } from "../../support/cleanup.ts";
import { sessionOf } from "../run/support/caller.ts";
import { fakeServer, type Message } from "../run/support/fake-server.ts";
import { startGateway } from "../run/support/gateway.ts";

attack(
  "A-306",
  "Send thousands of notifications at once, so that calls to other servers wait",
  "other servers and callers are served in between, and all are passed on in order",
  () => {
    const total = 2000;
    const small = fileURLToPath(new URL("../run/support/small-server.mjs", import.meta.url));

    /** A gateway before a server over stdio and one over HTTP, both of which can flood. */
    async function floodable() {
      const http = await fakeServer((came) => {
        if (came.message.params?.name !== "flood") return came.answer("fine");
        const all: object[] = Array.from({ length: total }, (_, data) => ({
          method: "notifications/message",
          params: { level: "info", data },
        }));
        all.push({ id: came.message.id, result: { content: [] } });
        const events = all.map(
          (each) => `data: ${JSON.stringify({ jsonrpc: "2.0", ...each })}\n\n`,
        );
        came.response.writeHead(200, { "content-type": "text/event-stream" });
        came.response.end(events.join(""));
      });
      afterTest(http.close);
      const seen = {
        all: 0,
        inFirstTurn: Number.POSITIVE_INFINITY,
        byOthersAnswer: Promise.resolve(0),
      };
      const counter = definePlugin({
        name: "counter",
        version: "1.0.0",
        hooks: {
          "cmf.mcp_notification"() {
            seen.all += 1;
            if (seen.all > 1) return;
            setImmediate(() => {
              seen.inFirstTurn = seen.all;
            });
            seen.byOthersAnswer = other.call(1, { name: "other__x" }).then(() => seen.all);
          },
        },
      });
      const stdio = { command: process.execPath, args: [small] };
      const servers = { stdio, http: { url: http.url }, other: { url: http.url } };
      const started = await startGateway({ servers }, [counter]);
      afterTest(started.close);
      const own = await sessionOf(started.url, {}, "2025-03-26");
      const other = await sessionOf(started.url);
      return { own, seen };
    }

    const inOrder = Array.from({ length: total }, (_, data) => data);
    const dataOf = (messages: readonly Message[]) =>
      messages.slice(0, -1).map(({ params }) => params?.data);

    it.each([
      ["over stdio", "stdio", {}],
      ["over stdio in a batch", "stdio", { isBatch: true }],
      ["over HTTP", "http", {}],
    ])("%s", async (_, server, more) => {
      const { own, seen } = await floodable();
      const args = { total, ...more };
      const { messages } = await own.call(1, { name: `${server}__flood`, arguments: args });
      expect(dataOf(messages)).toEqual(inOrder);
      expect(messages.at(-1)).toMatchObject({ id: 1, result: {} });
      expect(seen.inFirstTurn).toBeLessThan(20);
      expect(await seen.byOthersAnswer).toBeLessThan(total);
    });

    it("from a server that ends before they are handed on", async () => {
      const { own } = await floodable();
      const args = { total, ends: true };
      const { messages } = await own.call(1, { name: "stdio__flood", arguments: args });
      expect(dataOf(messages)).toEqual(inOrder);
      expect(messages.at(-1)).toMatchObject({ id: 1, result: {} });
    });
  },
);
