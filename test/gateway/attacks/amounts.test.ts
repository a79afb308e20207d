/** Bodies that are too large, slow or compressed, readers that do not read, ambiguous framing. */
// Only in test:all: it sends large amounts.
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { afterTest } from "../../support/cleanup.ts";
import { callOf, sessionOf } from "../run/support/caller.ts";
import type { Came } from "../run/support/fake-server.ts";
import { ada, type Before, gatewayBefore, loggedBy, stdioBefore } from "./support.ts";

/** A connection on which a test writes raw text. */
async function wire({ url }: Before) {
  const socket = connect(Number(url.port), "127.0.0.1");
  afterTest(() => socket.destroy());
  let text = "";
  let isClosed = false;
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
  });
  socket.on("close", () => {
    isClosed = true;
  });
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, text: () => text, isClosed: () => isClosed };
}

const head = ({ url }: Before, ...more: readonly string[]) =>
  [
    "POST /mcp HTTP/1.1",
    `Host: ${url.host}`,
    "Content-Type: application/json",
    "Accept: application/json, text/event-stream",
    "X-User: ada",
    ...more,
    "\r\n",
  ].join("\r\n");

const isExchange = {
  "mcp-protocol-version": "2026-07-28",
  "mcp-method": "tools/call",
  "mcp-name": "x",
};
const ofExchange = {
  _meta: {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
  },
};

attack(
  "A-250",
  "Send a message over the limit without a length, byte by byte, or compressed; or read nothing of a long answer",
  "413 `message_too_large`, 408 `body_timeout`, 400 `parse_error`; a stream that nobody reads is cut off, with `reader_too_slow` in the log",
  () => {
    const limits = { messageBytes: 65_536, bodyTimeoutMs: 300, queuedBytes: 100_000 };

    it("in chunks without an end", async () => {
      // Enough time for all chunks, however busy the machine is.
      const unhurried = { ...limits, bodyTimeoutMs: 60_000 };
      const made = await gatewayBefore(undefined, { limits: unhurried });
      const { socket, text, isClosed } = await wire(made);
      socket.write(head(made, "Transfer-Encoding: chunked"));
      const chunk = `4000\r\n${" ".repeat(16_384)}\r\n`;
      const pump = setInterval(() => {
        if (!socket.destroyed) socket.write(chunk);
      }, 1);
      afterTest(() => clearInterval(pump));
      await expect.poll(text).toContain("message_too_large");
      expect(text()).toMatch(/^HTTP\/1\.1 413 /);
      await expect.poll(isClosed).toBe(true);
    });

    it("byte by byte", async () => {
      const made = await gatewayBefore(undefined, { limits });
      const { socket, text } = await wire(made);
      socket.write(head(made, "Content-Length: 60000"));
      const pump = setInterval(() => {
        if (!socket.destroyed) socket.write(" ");
      }, 20);
      afterTest(() => clearInterval(pump));
      await expect.poll(text).toContain("body_timeout");
      expect(text()).toMatch(/^HTTP\/1\.1 408 /);
    });

    it("compressed: nothing is unpacked", async () => {
      const made = await gatewayBefore(undefined, { limits });
      const bomb = gzipSync(Buffer.alloc(10_000_000, " "));
      const { socket, text } = await wire(made);
      const length = `Content-Length: ${bomb.length}`;
      socket.write(head(made, "Content-Encoding: gzip", length));
      socket.write(bomb);
      await expect.poll(text).toContain("parse_error");
    });

    it("over stdio, without a line feed", async () => {
      const { write, said, send } = await stdioBefore(undefined, { limits });
      for (let at = 0; at < 20; at += 1) write("x".repeat(16_384));
      write("\n");
      send(callOf(1));
      await expect
        .poll(() => said)
        .toMatchObject([
          { id: null, error: { data: { code: "message_too_large" } } },
          { id: 1, result: {} },
        ]);
    });

    /** Floods the reader from `when` on; before that, it gets one message. */
    const flooding = (when: Promise<unknown>) => async (came: Came) => {
      const params = { level: "info", data: "x".repeat(50_000) };
      const tell = () => {
        // The gateway keeps reading, so that the server is never the slow side.
        if (came.response.writableLength > 1_000_000) return;
        for (let at = 0; at < 20; at += 1) came.tell({ method: "notifications/message", params });
      };
      came.tell({ method: "notifications/message", params: { level: "info", data: "first" } });
      await when;
      const pump = setInterval(tell, 1);
      afterTest(() => clearInterval(pump));
    };

    it.each(["a session", "an exchange"])("as a reader of %s that does not read", async (kind) => {
      let begin = () => {};
      const when = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const made = await gatewayBefore(flooding(when), { limits });
      const { session } = await sessionOf(made.url, ada);
      const { socket, text, isClosed } = await wire(made);
      const body = JSON.stringify(kind === "a session" ? callOf(1) : callOf(1, ofExchange));
      const headers = kind === "a session" ? { "mcp-session-id": session } : isExchange;
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      socket.write(head(made, ...lines, `Content-Length: ${body.length}`) + body);
      await expect.poll(text).toMatch(/^HTTP\/1\.1 200 /);
      socket.pause();
      begin();
      await expect.poll(() => loggedBy(made, "reader_too_slow")).toHaveLength(1);
      socket.resume();
      await expect.poll(isClosed).toBe(true);
      // Nobody else could read the answer of an exchange.
      if (kind === "an exchange")
        await expect.poll(() => made.gateway.counts()).toMatchObject({ aborted: 1, open: 0 });
      const other = await sessionOf(made.url, ada);
      expect((await other.post({ jsonrpc: "2.0", id: 2, method: "ping" })).status).toBe(200);
    });

    it("as a caller over stdio that does not read", async () => {
      const made = await stdioBefore(flooding(Promise.resolve()), { limits });
      made.stdout.pause();
      made.send(callOf(1));
      await made.gateway.ended;
      expect(made.stdout.writableLength + made.stdout.readableLength).toBeLessThan(300_000);
    });
  },
);

it.each([
  ["GET", "/nowhere", "Content-Length: 1000"],
  ["GET", "/mcp", "Transfer-Encoding: chunked"],
  ["HEAD", "/nowhere", "Content-Length: 1000"],
])(
  "the body of a %s to %s does not keep its connection open: %s",
  async (method, path, framing) => {
    const made = await gatewayBefore();
    const { socket, text, isClosed } = await wire(made);
    socket.write(head(made, framing).replace("POST /mcp", `${method} ${path}`));
    await expect.poll(text).toMatch(/^HTTP\/1\.1 40\d .*\r\nconnection: close\r\n/is);
    await expect.poll(isClosed).toBe(true);
  },
);

it("a stream outlives the body of its GET, and other connections are kept", async () => {
  const limits = { bodyTimeoutMs: 100 };
  const made = await gatewayBefore(undefined, { limits });
  const { session } = await sessionOf(made.url, ada);
  const get = head(made, `Mcp-Session-Id: ${session}`).replace("POST", "GET");
  const { socket, text, isClosed } = await wire(made);
  socket.write(get.replace("\r\n\r\n", "\r\nContent-Length: 1000\r\n\r\nx"));
  await expect.poll(text).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => made.server.streams.size).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const note = { jsonrpc: "2.0", method: "notifications/tools/list_changed" };
  for (const stream of made.server.streams.values())
    stream.write(`data: ${JSON.stringify(note)}\n\n`);
  await expect.poll(text).toContain("list_changed");
  expect(isClosed()).toBe(false);
  const other = await wire(made);
  other.socket.write(get.replace("/mcp", "/nowhere"));
  await expect.poll(other.text).toMatch(/^HTTP\/1\.1 404 .*\r\nconnection: keep-alive\r\n/is);
});

const framings: readonly (readonly [what: string, headers: readonly string[]])[] = [
  ["a length and chunks", ["Content-Length: 5", "Transfer-Encoding: chunked"]],
  ["chunks and a length", ["Transfer-Encoding: chunked", "Content-Length: 5"]],
  ["two lengths", ["Content-Length: 5", "Content-Length: 6"]],
  ["a length that is no number", ["Content-Length: +5"]],
  ["an unknown coding after chunks", ["Transfer-Encoding: chunked, identity"]],
  ["a disguised coding", ["Transfer-Encoding: xchunked"]],
  ["a coding before a colon with a space", ["Transfer-Encoding : chunked"]],
  ["a folded header", ["Transfer-Encoding:\r\n chunked", "Content-Length: 5"]],
  ["a header with a line feed alone", ["X-A: b\nTransfer-Encoding: chunked", "Content-Length: 5"]],
  ["a pseudo header", [":path: /other", "Content-Length: 5"]],
];

attack(
  "A-252",
  "Frame a body in two ways, so that a proxy in front reads another request: lengths, chunks, folded and pseudo headers",
  "400, and the connection ends; nothing reaches a server",
  () => {
    it.each(framings)("%s", async (_what, headers) => {
      const made = await gatewayBefore();
      const { session } = await sessionOf(made.url, ada);
      const { socket, text, isClosed } = await wire(made);
      const call = JSON.stringify(callOf(1));
      const smuggled = `${head(made, `Mcp-Session-Id: ${session}`, `Content-Length: ${call.length}`)}${call}`;
      socket.write(`${head(made, ...headers)}0\r\n\r\n${smuggled}`);
      await expect.poll(isClosed).toBe(true);
      expect(text()).toMatch(/^HTTP\/1\.1 400 /);
      expect(text().match(/HTTP\/1\.1/g)).toHaveLength(1);
      expect(made.server.of("tools/call")).toEqual([]);
    });

    it("the preface of HTTP/2", async () => {
      const made = await gatewayBefore();
      const { socket, text, isClosed } = await wire(made);
      socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      await expect.poll(isClosed).toBe(true);
      expect(text()).not.toContain("200");
    });
  },
);
