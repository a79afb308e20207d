/** What a server asks its caller: under ids of the gateway, and taken back when the server is gone. */
import { expect, it, vi } from "vitest";
import { OpenQuestions } from "../../../../src/gateway/transports/open-questions.ts";
import type { Message, Transport } from "../../../../src/gateway/transports/transport.ts";
import { refusalOf } from "../../../../src/gateway/transports/transport.ts";
import { watched } from "../../../../src/gateway/transports/watched.ts";
import { excessOf } from "../../../support/growth.ts";

/** A connection to a server, what each side got, and what was dropped. */
async function connection(inFlight = 10) {
  const sent: Message[] = [];
  const said: Message[] = [];
  const dropped: Message[] = [];
  const server: Transport = {
    start: async () => {},
    send: async (message) => void sent.push(message),
    close: async () => server.onclose?.(),
  };
  const back = watched(server, {
    timeoutMs: () => 60_000,
    inFlight,
    onDropped: (message) => dropped.push(message),
  });
  back.onmessage = (message) => said.push(message as Message);
  await back.start();
  const say = (message: object) => server.onmessage?.({ jsonrpc: "2.0", ...message });
  const ask = (id: unknown, _meta = {}): number => {
    say({ id, method: "sampling/createMessage", params: { _meta } });
    return said.at(-1)?.id as number;
  };
  const answer = (id: unknown, result = {}) => back.send({ jsonrpc: "2.0", id, result });
  const progress = (progressToken: unknown) =>
    back.send({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken } });
  return { server, back, sent, said, dropped, say, ask, answer, progress };
}

const died = refusalOf(-32014, "peer_died", "The server ended before it answered");

it("gets the answers to its requests under its own ids, each once", async () => {
  const { ask, answer, sent } = await connection();
  const ids = [ask(0), ask("0")];
  expect(new Set(ids).size).toBe(2);
  for (const id of [ids[1], ids[1], 0, "0", ids[0]]) await answer(id);
  expect(sent.map(({ id }) => id)).toEqual(["0", 0]);
});

it("gets progress under its own token, until it has the answer or the task ends", async () => {
  const { ask, answer, progress, sent } = await connection();
  const id = ask(0, { progressToken: "t" });
  const task = ask(1, { progressToken: "u" });
  for (const each of ["t", "u", id]) await progress(each);
  await answer(id);
  for (const _ of [1, 2]) await answer(task, { task: { taskId: "x", status: "working" } });
  expect(sent.filter((each) => each.id === 1)).toHaveLength(1);
  for (const each of [id, task]) await progress(each);
  const tokens = sent.flatMap(({ params }) => (params as Message)?.progressToken ?? []);
  expect(tokens).toEqual(["t", "u"]);
});

it("takes back what it asked, but nothing else", async () => {
  const { ask, answer, say, said, dropped, sent } = await connection();
  const id = ask(0);
  const cancel = (requestId: unknown) =>
    say({ method: "notifications/cancelled", params: { requestId } });
  for (const each of [id, 0, 0]) cancel(each);
  expect(said.slice(1)).toMatchObject([{ params: { requestId: id } }]);
  expect(dropped).toHaveLength(2);
  await answer(id);
  expect(sent).toEqual([]);
});

it("cancels nothing with the number of what it no longer asks, or of another request", async () => {
  const { back, ask, answer, say, said, dropped } = await connection();
  const first = ask(0);
  const second = ask(1);
  await back.send({ jsonrpc: "2.0", id: 1, method: "tools/call" });
  await answer(second);
  await answer(second);
  say({ method: "notifications/cancelled", params: { requestId: 1 } });
  expect(said.map(({ id }) => id)).toEqual([first, second]);
  expect(dropped).toMatchObject([{ id: second }, { method: "notifications/cancelled" }]);
});

it("ends a subscription of its caller by cancelling it, but no other request", async () => {
  const { back, say, said, dropped } = await connection();
  await back.send({ jsonrpc: "2.0", id: "s", method: "subscriptions/listen" });
  await back.send({ jsonrpc: "2.0", id: "t", method: "tools/call" });
  for (const requestId of ["s", "s", "t"])
    say({ method: "notifications/cancelled", params: { requestId } });
  const _meta = { "io.modelcontextprotocol/subscriptionId": "s" };
  expect(said).toEqual([{ jsonrpc: "2.0", id: "s", result: { resultType: "complete", _meta } }]);
  expect(dropped.map(({ params }) => params)).toEqual([{ requestId: "s" }, { requestId: "t" }]);
});

it("takes back all when it dies, and hears no answer to it afterwards", async () => {
  const { back, ask, answer, said, sent } = await connection();
  const first = ask(0);
  back.failAll(died);
  expect(said.at(-1)).toMatchObject({
    method: "notifications/cancelled",
    params: { requestId: first },
  });
  const second = ask(0);
  expect(second).not.toBe(first);
  await answer(first, { of: "first" });
  await answer(second, { of: "second" });
  expect(sent).toEqual([{ jsonrpc: "2.0", id: 0, result: { of: "second" } }]);
});

it("takes back nothing from a caller that leaves", async () => {
  const { back, ask, said } = await connection();
  ask(0);
  await back.close();
  expect(said).toHaveLength(1);
});

it("takes back what it asked in time that does not grow with what is open", async () => {
  const input = async (count: number) => {
    const made = await connection();
    for (let id = 0; id < count; id += 1) made.ask(id);
    return { ...made, count };
  };
  const run = ({ say, dropped, count }: Awaited<ReturnType<typeof input>>) => {
    for (let at = 0; at < count; at += 1)
      say({ method: "notifications/cancelled", params: { requestId: `other ${at}` } });
    return dropped.length;
  };
  expect(await excessOf({ input, run })).toBeUndefined();
});

it("gets the answers of its caller in time that does not grow with what is open", async () => {
  const input = async (count: number) => {
    const made = await connection(count);
    for (let id = 0; id < count; id += 1) {
      const params = { _meta: { progressToken: id } };
      await made.back.send({ jsonrpc: "2.0", id, method: "tools/call", params });
      made.say({ id, method: "roots/list" });
    }
    const numbers = made.said.map(({ id }) => id);
    // For a person, so that each answer gives all requests more time.
    made.ask("of a person");
    return { ...made, numbers };
  };
  const run = async ({ answer, sent, numbers }: Awaited<ReturnType<typeof input>>) => {
    for (const id of numbers) await answer(id);
    return sent.length;
  };
  const made = await input(5);
  expect(await run(made)).toBe(10);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});

it("begins tasks in time that does not grow with what is open", async () => {
  const input = async (count: number) => {
    const made = await connection(count);
    for (let id = 0; id < count; id += 1) {
      const params = { _meta: { progressToken: id } };
      await made.back.send({ jsonrpc: "2.0", id, method: "tools/call", params });
    }
    return { ...made, count };
  };
  const run = ({ say, said, count }: Awaited<ReturnType<typeof input>>) => {
    const result = { task: { taskId: "x", status: "working" } };
    for (let id = 0; id < count; id += 1) {
      say({ id, result });
      say({ method: "notifications/progress", params: { progressToken: id, progress: 1 } });
    }
    return said.length;
  };
  const made = await input(5);
  expect(run(made)).toBe(10);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});

it("may report the progress of twice as many tasks as requests may be open, the newest", async () => {
  const { back, say, said } = await connection(2);
  const result = { task: { taskId: "x", status: "working" } };
  for (let id = 0; id < 6; id += 1) {
    const params = { _meta: { progressToken: id } };
    await back.send({ jsonrpc: "2.0", id, method: "tools/call", params });
    say({ id, result });
  }
  said.length = 0;
  for (let progressToken = 0; progressToken < 6; progressToken += 1)
    say({ method: "notifications/progress", params: { progressToken, progress: 1 } });
  expect(said.map(({ params }) => (params as Message).progressToken)).toEqual([2, 3, 4, 5]);
});

it("counts a question to a person as open for an hour at most, since another gateway may have the answer", () => {
  vi.useFakeTimers({ toFake: ["performance"] });
  try {
    const questions = new OpenQuestions();
    questions.note({ jsonrpc: "2.0", id: 1, method: "elicitation/create" }, undefined);
    vi.advanceTimersByTime(3_599_000);
    expect(questions.areOpen).toBe(true);
    vi.advanceTimersByTime(2_000);
    expect(questions.areOpen).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
