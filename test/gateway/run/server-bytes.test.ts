/** How much of what a server sends is read and judged at a time. */
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { callOf, sessionOf } from "./support/caller.ts";
import type { Came } from "./support/fake-server.ts";
import { judgeAll, slowJudge } from "./support/slow-judge.ts";

/** Three results fit, if each takes no more than it has. */
const limits = { messageBytes: 2000, inFlightBytes: 5000 };
const text = "x".repeat(1300);
/** Of this, too, three fit. Of the first 64 KiB, any number is read. */
const long = "x".repeat(150_000);
const longLimits = { messageBytes: 200_000, inFlightBytes: 520_000 };
const result = { content: [{ type: "text", text }] };

function eventOf(message: object): string {
  return `data: ${JSON.stringify({ jsonrpc: "2.0", ...message })}\n\n`;
}

function json({ response, message }: Came, more: object = {}): string {
  response.writeHead(200, { "content-type": "application/json", ...more });
  return JSON.stringify({ jsonrpc: "2.0", id: message.id, result });
}

const kinds: readonly (readonly [kind: string, onCall: (came: Came) => unknown])[] = [
  ["with a known length", (came) => came.answer(text)],
  [
    "in chunks",
    async (came) => {
      const document = json(came);
      came.response.write(document.slice(0, 500));
      await pause(5);
      came.response.end(document.slice(500));
    },
  ],
  [
    "as an event",
    (came) => {
      came.tell({ id: came.message.id, result });
      came.end();
    },
  ],
];

attack(
  "A-309",
  "Answer many calls with large results while a plugin is slow, so that the gateway runs out of memory",
  "Of what a server sends, `limits.inFlightBytes` are read and judged at a time; the rest waits on the server's side",
  () => {
    it.each(kinds)(
      "results %s wait until those before them have been judged",
      async (_, onCall) => {
        const { judging, plugin } = slowJudge();
        const { url, server } = await gatewayBefore(onCall, { limits, tracing: true }, [plugin]);
        const caller = await sessionOf(url, ada);
        const open = Array.from({ length: 6 }, (_unused, id) => caller.call(id));
        await expect.poll(() => server.of("tools/call").length).toBe(6);
        await judgeAll(judging, 6, 3);
        for (const { messages } of await Promise.all(open))
          expect(messages).toMatchObject([{ result }]);
      },
    );

    it.each([
      ["short", { data: text, limits }],
      ["long", { data: long, limits: longLimits }],
    ])("%s messages of a server's own wait in the same way", async (_, { data, limits }) => {
      const { judging, plugin } = slowJudge();
      const { url, server } = await gatewayBefore(undefined, { limits }, [plugin]);
      const caller = await sessionOf(url, ada);
      const reader = await caller.open(undefined, { method: "GET" });
      await expect.poll(() => server.streams.size).toBe(1);
      const [stream] = server.streams.values();
      const params = { level: "info", data };
      const event = eventOf({ method: "notifications/message", params });
      for (let at = 0; at < 6; at += 1) {
        stream?.write(event.slice(0, -50));
        await pause(5);
        stream?.write(event.slice(-50));
      }
      await judgeAll(judging, 6, 3);
      await reader.body?.cancel();
    });
  },
);

it("a long answer that breaks off takes no room any more", async () => {
  let count = 0;
  const { url } = await gatewayBefore(
    (came) => {
      count += 1;
      if (count > 4) return came.answer(text);
      json(came, { "content-length": longLimits.messageBytes });
      came.response.write(long.slice(0, 100_000), () => came.response.destroy());
    },
    { limits: longLimits },
  );
  const caller = await sessionOf(url, ada);
  for (const id of [1, 2, 3, 4]) expect((await caller.call(id)).code).toBe("peer_unreachable");
  expect((await caller.call(5)).messages).toMatchObject([{ result }]);
});

it.each([
  ["the headers", 0],
  ["the first bytes", 10],
])("answers of which only %s have come take no room", async (_, bytes) => {
  const rest: (() => void)[] = [];
  const { url } = await gatewayBefore(
    (came) => {
      if (rest.length === 5) return came.answer(text);
      const document = json(came);
      came.response.flushHeaders();
      came.response.write(document.slice(0, bytes));
      rest.push(() => came.response.end(document.slice(bytes)));
    },
    { limits },
  );
  const caller = await sessionOf(url, ada);
  const open = [1, 2, 3, 4, 5].map((id) => caller.call(id));
  await expect.poll(() => rest.length).toBe(5);
  await pause(20);
  expect((await caller.call(6)).messages).toMatchObject([{ result }]);
  for (const end of rest) end();
  for (const { messages } of await Promise.all(open)) expect(messages).toMatchObject([{ result }]);
});

describe("an event of which much has come", () => {
  /** Two calls whose answers have begun, and a third, which is answered by now. */
  async function begun(text: string) {
    const waiting: Came[] = [];
    const made = await gatewayBefore(
      (came) => {
        waiting.push(came);
        const { id } = came.message;
        const event = eventOf({ id, result: { content: [{ type: "text", text }] } });
        came.response.writeHead(200, { "content-type": "text/event-stream" });
        came.response.write(event.slice(0, 50_000), () =>
          came.response.write(event.slice(50_000, 100_000)),
        );
        rest.push(() => came.response.end(event.slice(100_000)));
      },
      { limits: { ...longLimits, inFlightBytes: 400_000 } },
    );
    const rest: (() => void)[] = [];
    const caller = await sessionOf(made.url, ada);
    const open = [1, 2].map((id) => caller.call(id));
    await expect.poll(() => rest.length).toBe(2);
    await pause(50);
    let isThird = false;
    const third = caller.call(3).then((said) => {
      isThird = true;
      return said;
    });
    await expect.poll(() => rest.length).toBe(3);
    rest[2]?.();
    await pause(50);
    return { ...made, rest, open, third, waiting, isThird: () => isThird };
  }

  it.each([
    ["", long],
    [", even if parts of it look like comments", ":".repeat(long.length)],
  ])("has room reserved for its rest%s", async (_, text) => {
    const { rest, open, third, isThird } = await begun(text);
    expect(isThird()).toBe(false);
    rest[0]?.();
    expect((await third).status).toBe(200);
    rest[1]?.();
    for (const { messages } of await Promise.all(open)) expect(messages).toHaveLength(1);
  });

  it("has none any more if its stream breaks off", async () => {
    const { waiting, third, isThird } = await begun(long);
    expect(isThird()).toBe(false);
    waiting[0]?.response.destroy();
    expect((await third).status).toBe(200);
    waiting[1]?.response.destroy();
  });
});

const logged = { method: "notifications/message", params: { level: "info", data: text } };

it.each([
  ["comments", `: ${text}\n\n`],
  ["comments without an empty line", `: ${text}\n`],
  ["events without data", `id: ${text}\n\n`],
  ["events without data, in lines that end with CRLF,", `id: ${text}\r\n\r\n`],
  ["events without data, in lines that end with CR,", `id: ${text}\r\r`],
  ["empty lines before the next event", `${"\r\n".repeat(50)}id: 1\r\n`],
  ["events after which the next one has begun", `${eventOf(logged)}id: 1\n`],
])("%s on an idle stream take no room", async (_, part) => {
  const { url, server } = await gatewayBefore(undefined, {
    limits: { messageBytes: 100_000, inFlightBytes: 200_000 },
  });
  const [caller] = await Promise.all([1, 2, 3].map(() => sessionOf(url, ada)));
  await expect.poll(() => server.streams.size).toBe(3);
  for (let at = 0; at < 60; at += 1) {
    for (const stream of server.streams.values()) stream.write(part);
    await pause(1);
  }
  await pause(50);
  expect((await caller?.post(callOf(1)))?.status).toBe(200);
});
