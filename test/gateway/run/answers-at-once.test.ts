/** How the head of a streamed answer is sent. */
import { connect } from "node:net";
import { expect, it, vi } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "./support/caller.ts";

const streamed = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
};

it("a streamed answer waits for no timer of the adapter, which would find out its length", async () => {
  const { url } = await gatewayBefore();
  const caller = await sessionOf(url, ada);
  const timers = vi.spyOn(globalThis, "setTimeout");
  afterTest(() => timers.mockRestore());
  const response = await caller.open(callOf(1));
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  expect(await response.text()).toContain('"fine"');
  expect(timers.mock.calls.filter(([, ms]) => ms === undefined)).toEqual([]);
});

it("a client of HTTP/1.0 gets it without chunks", async () => {
  const { url } = await gatewayBefore();
  const { session } = await sessionOf(url, ada);
  const body = JSON.stringify(callOf(1));
  const socket = connect(Number(url.port), url.hostname);
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString();
  });
  const fields = { ...streamed, ...ada, host: url.host, "mcp-session-id": session };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(
    `POST ${url.pathname} HTTP/1.0\r\n${head.join("")}content-length: ${body.length}\r\n\r\n${body}`,
  );
  await new Promise((resolve) => socket.on("close", resolve));
  const [headers = "", answer = ""] = text.split("\r\n\r\n");
  expect(headers).not.toMatch(/transfer-encoding/i);
  expect(answer).toMatch(/^(?:id|event|data): /);
  expect(answer).toContain('"fine"');
});
