/** A list of tools that was cancelled. */
import { expect, it } from "vitest";
import { Definitions, pinned } from "../../../../src/gateway/definitions/index.ts";
import type { Transport } from "../../../../src/gateway/transports/index.ts";

it("is compared even if it comes after another request with its id", async () => {
  const back: Transport = { start: async () => {}, send: async () => {}, close: async () => {} };
  const definitions = new Definitions(() => {});
  definitions.use({ t: "its hash" }, "refuse");
  const transport = pinned(back, definitions);
  const came: unknown[] = [];
  transport.onmessage = (message) => void came.push(message);
  await transport.start();
  const params = { requestId: 1 };
  await transport.send({ jsonrpc: "2.0", id: 1, method: "tools/list" });
  await transport.send({ jsonrpc: "2.0", method: "notifications/cancelled", params });
  await transport.send({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t" } });
  const answerWith = (tools: readonly object[]) => ({ jsonrpc: "2.0", id: 1, result: { tools } });
  back.onmessage?.(answerWith([{ name: "x" }]));
  expect(came).toEqual([answerWith([])]);
  expect(definitions.isChanged("x")).toBe(true);
});
