/** How much of what a model answers is read and judged at a time. */
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { definePlugin } from "glassine";
import { describe, expect, it } from "vitest";
import { attack } from "../../attacks/attack.ts";
import { ada, gatewayBefore } from "../attacks/support.ts";
import { heldServer } from "./support/held-server.ts";
import { longAnswer } from "./support/long-answer.ts";
import { judgeAll, slowJudge } from "./support/slow-judge.ts";

/** Three answers fit, if each takes no more than it has. Of the first 64 KiB, any number is read. */
const limits = { messageBytes: 200_000, inFlightBytes: 520_000 };
const answer = longAnswer(150_000);
const json = { "content-type": "application/json" };

type Answer = (response: ServerResponse) => unknown;

const whole: Answer = (response) =>
  response.writeHead(200, { ...json, "content-length": answer.length }).end(answer);

function inChunks(response: ServerResponse): void {
  response.writeHead(200, json).write(answer.slice(0, 100_000));
  setTimeout(() => response.end(answer.slice(100_000)), 5);
}

/** How answers come, and how many of them are judged at a time. */
const kinds: readonly (readonly [kind: string, most: number, answering: Answer])[] = [
  ["with a known length", 3, whole],
  [
    // Room is reserved for the longest answer.
    "in chunks",
    1,
    inChunks,
  ],
];

/** A gateway before a model whose answers the test writes. */
async function gatewayBeforeModel(plugins?: Parameters<typeof gatewayBefore>[2]) {
  const { waiting, url } = await heldServer();
  const models = { m: { provider: "openai" as const, url, path: "/openai" } };
  const made = await gatewayBefore(undefined, { models, limits }, plugins);
  const open = (init: RequestInit = {}) =>
    fetch(new URL("/openai/v1/chat/completions", made.url), {
      method: "POST",
      headers: { ...json, ...ada },
      body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "hi" }] }),
      ...init,
    });
  /** Opens a number of requests, one after the other. */
  const openAll = async (count: number) => {
    const opened: Promise<Response>[] = [];
    for (let at = 1; at <= count; at += 1) {
      opened.push(open());
      await expect.poll(() => waiting.length).toBe(at);
    }
    return opened;
  };
  return { ...made, waiting, open, openAll };
}

async function expectAnswered(opened: readonly Promise<Response>[]): Promise<void> {
  for (const response of await Promise.all(opened)) {
    expect(response.status).toBe(200);
    expect(await response.text()).toBe(answer);
  }
}

attack(
  "A-310",
  "Send many short requests whose answers are long to a model, while a plugin is slow, so that the gateway runs out of memory",
  "Of the answers of one model, `limits.inFlightBytes` are read and judged at a time, unless they are streamed; the rest waits on the model's side",
  () => {
    it.each(kinds)(
      "answers %s wait until those before them have been judged, at most %i at a time",
      async (_, most, answering) => {
        const { judging, plugin } = slowJudge();
        const { waiting, openAll } = await gatewayBeforeModel([plugin]);
        const opened = await openAll(6);
        for (const response of waiting) answering(response);
        await judgeAll(judging, 6, most);
        await expectAnswered(opened);
      },
    );
  },
);

const looks = definePlugin({ name: "looks", version: "1.0.0", hooks: { "cmf.llm_output"() {} } });
const seesRequests = definePlugin({
  name: "sees-requests",
  version: "1.0.0",
  hooks: { "cmf.llm_input"() {} },
});

/** Answers that take no room: how they begin, and how the gateway comes to know that it is so. */
const roomless: readonly (readonly [kind: string, begin: Answer])[] = [
  [
    "of which only the first bytes have come",
    (response) => response.writeHead(200, json).write("{"),
  ],
  [
    "that are streamed",
    (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      const delta = { content: "x".repeat(100) };
      const chunk = { ...JSON.parse(answer), object: "chat.completion.chunk" };
      const event = { ...chunk, choices: [{ index: 0, delta, finish_reason: null }] };
      for (let at = 0; at < 500; at += 1) response.write(`data: ${JSON.stringify(event)}\n\n`);
    },
  ],
  [
    "that broke off",
    (response) =>
      response
        .writeHead(200, { ...json, "content-length": answer.length })
        .write(answer.slice(0, 100_000), () => response.destroy()),
  ],
];

describe("room for a whole answer", () => {
  it.each(roomless)("is not taken by answers %s", async (_, begin) => {
    const { waiting, open, openAll } = await gatewayBeforeModel([looks]);
    const opened = await openAll(5);
    for (const response of waiting) begin(response);
    await pause(50);
    const last = open();
    await expect.poll(() => waiting.length).toBe(6);
    whole(waiting[5] as ServerResponse);
    await expectAnswered([last]);
    for (const response of waiting) response.destroy();
    await Promise.allSettled(opened);
  });

  it("is not taken if no plugin sees answers", async () => {
    const { waiting, open, openAll } = await gatewayBeforeModel([seesRequests]);
    const opened = await openAll(5);
    for (const response of waiting) response.writeHead(200, json).write(answer.slice(0, 100_000));
    const last = open();
    await expect.poll(() => waiting.length).toBe(6);
    whole(waiting[5] as ServerResponse);
    await expectAnswered([last]);
    for (const response of waiting) response.end(answer.slice(100_000));
    await expectAnswered(opened);
  });

  it("is no more than the answer has, once that is read", async () => {
    const { judging, plugin } = slowJudge();
    const { waiting, openAll } = await gatewayBeforeModel([plugin]);
    const opened = await openAll(3);
    inChunks(waiting[0] as ServerResponse);
    await expect.poll(() => judging.length).toBe(1);
    for (const response of waiting.slice(1)) whole(response);
    await judgeAll(judging, 3, 3);
    await expectAnswered(opened);
  });

  it("is free once its caller has left", async () => {
    const { judging, plugin } = slowJudge();
    const { waiting, open } = await gatewayBeforeModel([plugin]);
    const left = new AbortController();
    const opened = [1, 2, 3].map(() => open({ signal: left.signal }));
    await expect.poll(() => waiting.length).toBe(3);
    for (const response of waiting) whole(response);
    await expect.poll(() => judging.length).toBe(3);
    left.abort();
    await Promise.allSettled(opened);
    for (const done of judging.splice(0)) done();
    const last = open();
    await expect.poll(() => waiting.length).toBe(4);
    whole(waiting[3] as ServerResponse);
    await judgeAll(judging, 1, 1);
    await expectAnswered([last]);
  });
});

it.each([
  ["an answer", 200, "application/json", 502],
  ["an error", 503, "application/json", 503],
  ["an error", 503, "text/event-stream", 503],
])(
  "%s that is too large, of status %i and type %s, takes no room any more",
  async (_, status, type, seen) => {
    const { waiting, open } = await gatewayBeforeModel([looks]);
    const opened = open();
    await expect.poll(() => waiting.length).toBe(1);
    waiting[0]?.writeHead(status, { "content-type": type }).end(" ".repeat(33_554_433));
    const response = await opened;
    expect(response.status).toBe(seen);
    expect(await response.text()).toContain(seen === 502 ? "answer_too_large" : "status 503");
    const last = open();
    await expect.poll(() => waiting.length).toBe(2);
    whole(waiting[1] as ServerResponse);
    await expectAnswered([last]);
  },
);

it("a long error takes room while plugins judge its message, whatever its type", async () => {
  const { judging, plugin } = slowJudge();
  const { waiting, openAll } = await gatewayBeforeModel([plugin]);
  const opened = await openAll(6);
  for (const response of waiting) {
    response.writeHead(503, {
      "content-type": "text/event-stream",
      "content-length": answer.length,
    });
    response.end(JSON.stringify({ error: { message: "busy" } }).padEnd(answer.length));
  }
  await judgeAll(judging, 6, 3);
  for (const response of await Promise.all(opened)) expect(response.status).toBe(503);
});

it.each([
  ["a type that no plugin can judge", 200, "text/plain"],
  ["a status that is no answer", 302, "application/json"],
])("an answer of %s is refused before the rest of it comes", async (_, status, type) => {
  const { waiting, openAll } = await gatewayBeforeModel([looks]);
  const [opened] = await openAll(1);
  waiting[0]?.writeHead(status, { "content-type": type }).write("one");
  const response = await opened;
  expect(response?.status).toBe(502);
  expect(await response?.text()).toContain("answer_invalid");
});
