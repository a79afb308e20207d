/** How the head of a streamed answer is sent. */
import { request } from "node:http";
import { connect } from "node:net";
import { expect, it } from "vitest";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "./support/caller.ts";

const streamed = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
};

it("a streamed answer does not wait for its end to say its length", async () => {
  const { url } = await gatewayBefore();
  const { session } = await sessionOf(url, ada);
  const headers = { ...streamed, ...ada, "mcp-session-id": session };
  const answer = await new Promise<Readonly<Record<string, unknown>>>((resolve) => {
    request(url, { method: "POST", headers }, (response) => {
      response.resume().on("end", () => resolve(response.headers));
    }).end(JSON.stringify(callOf(1)));
  });
  expect(answer).toMatchObject({
    "content-type": "text/event-stream",
    "transfer-encoding": "chunked",
  });
  expect(answer).not.toHaveProperty("content-length");
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
