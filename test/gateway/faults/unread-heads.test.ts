// Only in test:all: it starts real servers.
/** Requests whose heads cannot be read, or that are for a proxy: each is counted once. */
import { once } from "node:events";
import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { afterTest } from "../../support/cleanup.ts";
import { type Started, startGateway } from "../run/support/gateway.ts";

async function started(): Promise<Started> {
  const servers = { small: { url: "http://127.0.0.1:1/mcp" } };
  const made = await startGateway({ servers, admin: { port: 0 } });
  afterTest(made.close);
  return made;
}

async function answerTo({ url }: Started, request: string): Promise<string> {
  const socket = createConnection(Number(url.port), url.hostname);
  await once(socket, "connect");
  socket.write(request);
  return await text(socket);
}

const refusalsIn = async ({ admin }: Started) =>
  (await admin("/metrics")).text.match(/(?<=refusals_total\{code=")\w+"\} \d+/g);

it.each([
  [
    "headers over 32 KiB",
    `GET /mcp HTTP/1.1\r\nX: ${"x".repeat(40_000)}`,
    431,
    "headers_too_large",
  ],
  ["no HTTP", "\u0016\u0003\u0001", 400, "http_invalid"],
  [
    "two lengths",
    "POST /mcp HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
    400,
    "http_invalid",
  ],
  ["no Host", "GET /mcp HTTP/1.1", 400, "http_invalid"],
  ["no Host, as HTTP/1.0 allows", "GET /mcp HTTP/1.0", 400, "http_invalid"],
  ["a Host that is none", "GET /mcp HTTP/1.1\r\nHost: a b", 400, "http_invalid"],
  ["no path", "OPTIONS * HTTP/1.1\r\nHost: a", 400, "http_invalid"],
  ["an unknown Expect", "GET /mcp HTTP/1.1\r\nHost: a\r\nExpect: 200-ok", 417, "http_invalid"],
  ["CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443", 405, "http_invalid"],
])("%s: a line and a count, and an answer", async (_, head, status, code) => {
  const made = await started();
  expect(await answerTo(made, `${head}\r\n\r\n`)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  const lines = made.log.lines.filter(({ event }) => event === "refused");
  expect(lines.map(({ fields }) => fields)).toMatchObject([{ code, status }]);
  expect(await refusalsIn(made)).toEqual([`${code}"} 1`]);
});

it("a body that cannot be read is not one of them", async () => {
  const made = await started();
  const head = `POST /mcp HTTP/1.1\r\nHost: ${made.url.host}\r\nTransfer-Encoding: chunked`;
  expect(await answerTo(made, `${head}\r\n\r\nzz\r\n`)).toMatch(/^HTTP\/1.1 4/);
  expect((await refusalsIn(made)) ?? []).not.toContain('http_invalid"} 1');
});
