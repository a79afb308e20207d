/** An exchange that a proxy holds: what the server receives, and what comes back. */
import { setTimeout as pause } from "node:timers/promises";
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteBudget } from "../../../../src/gateway/transports/byte-budget.ts";
import type { Forwarded, Message, RefusedAsks } from "../../../../src/gateway/transports/index.ts";
import { PassThrough, SessionExchanges } from "../../../../src/gateway/transports/index.ts";
import { afterTest } from "../../../support/cleanup.ts";
import { excessOf } from "../../../support/growth.ts";
import { verifies } from "../../../support/verifies.ts";

interface Plan {
  readonly signal?: AbortSignal;
  readonly body?: unknown;
  readonly answer: (asked: Forwarded) => Response | Promise<Response>;
  /** Returns the message as plugins change it, or undefined to drop it. */
  readonly judge?: (
    message: Message,
    to: "server" | "caller",
  ) => Message | undefined | Promise<Message | undefined>;
  /** Returns what plugins answer the server in the caller's place. */
  readonly refuse?: (message: Message) => Message | undefined;
  readonly isModern?: boolean;
  readonly refusedAsks?: RefusedAsks;
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  readonly budget?: ByteBudget;
  readonly hide?: (text: string) => string;
  /** Called before the response is read. */
  readonly beforeReading?: () => Promise<unknown>;
  /** The exchanges of the session, to which this one is added. */
  readonly session?: SessionExchanges;
}

/** Plays the guard between both transports: it takes a turn for each message. */
async function exchange(plan: Plan) {
  const { body, answer, judge = (message) => message, refuse = () => undefined } = plan;
  const sessions: string[] = [];
  const undelivered: Message[] = [];
  const asked: Forwarded[] = [];
  const waiting = new Set<Promise<void>>();
  const budget = plan.budget ?? new ByteBudget(100_000);
  const request = new Request("http://gateway.test/mcp", {
    method: "POST",
    ...(plan.signal && { signal: plan.signal }),
  });
  const passed = new PassThrough({
    request,
    body,
    authInfo: undefined,
    isModern: plan.isModern ?? false,
    path: "/mcp",
    forward: async (sent) => {
      asked.push(sent);
      return answer(sent);
    },
    headersFor: () => ({ "x-own": "1" }),
    hide: plan.hide,
    maxBytes: plan.maxBytes ?? 100_000,
    budget,
    timeoutMs: plan.timeoutMs ?? 60_000,
    refusedAsks: plan.refusedAsks,
    session: plan.session,
    onSession: async (id) => void sessions.push(id),
    onSessionOver: () => sessions.push("over"),
    onUndelivered: (message) => undelivered.push(message),
  });
  if (passed.requests.length > 0) plan.session?.add(request, passed);
  const { front, back } = passed;
  const later = (work: () => unknown) => {
    const done = Promise.resolve().then(async () => void (await work()));
    const settled = done.finally(() => waiting.delete(settled));
    waiting.add(settled);
  };
  front.onmessage = (given) => {
    for (const message of [given].flat() as Message[])
      later(async () => {
        const judged = await judge(message, "server");
        if (judged !== undefined) await back.send(judged);
      });
  };
  back.onmessage = (message, extra) =>
    later(async () => {
      const refused = refuse(message as Message);
      if (refused !== undefined) return back.send(refused);
      const judged = await judge(message as Message, "caller");
      const { status } = extra ?? {};
      if (judged !== undefined) await front.send(judged, status === undefined ? {} : { status });
    });
  const response = await passed.answer(async () => {
    while (waiting.size > 0) await Promise.all(waiting);
  });
  await plan.beforeReading?.();
  const text = await response.text();
  // Nothing of it is lost.
  if (plan.budget === undefined) await budget.reserve(100_000);
  return { response, text, sessions, undelivered, asked };
}

const ask = { jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "t" } };
const result = { jsonrpc: "2.0", id: 1, result: { content: [] } };
const json = (document: unknown, status = 200) => Response.json(document, { status });
const events = (text: string) =>
  new Response(text, { headers: { "content-type": "text/event-stream" } });
const event = (document: unknown, more = "") => `${more}data: ${JSON.stringify(document)}\n\n`;
const codeIn = (text: string) => JSON.parse(text).error.data.code;

describe.each([
  ["as JSON", () => json(result)],
  ["as events", () => events(event(result))],
])("an answer %s", (_, answer) => {
  it("is not judged before there is room for it", async () => {
    const budget = new ByteBudget(60);
    const judging: (() => void)[] = [];
    const judge = async (message: Message, to: "server" | "caller") => {
      if (to === "caller") await new Promise<void>((resolve) => judging.push(resolve));
      return message;
    };
    const both = [1, 2].map(() => exchange({ body: ask, answer, judge, budget, maxBytes: 55 }));
    await expect.poll(() => judging.length).toBe(1);
    await pause(20);
    expect(judging.length).toBe(1);
    judging[0]?.();
    await expect.poll(() => judging.length).toBe(2);
    judging[1]?.();
    for (const { text } of await Promise.all(both)) expect(text).toContain('"content":[]');
    await budget.reserve(60);
  });
});

describe("a request", () => {
  it("goes on as plugins left it, and its answer comes back as they left that", async () => {
    const { text, asked, response } = await exchange({
      body: ask,
      answer: () => json(result, 201),
      judge: (message) => ({ ...message, seen: 1 }),
    });
    expect(JSON.parse(text)).toEqual({ ...result, seen: 1 });
    expect(response.status).toBe(201);
    const [{ body, headers } = {} as Forwarded] = asked;
    expect(JSON.parse(String(body))).toEqual({ ...ask, seen: 1 });
    expect(headers).toEqual({ "x-own": "1" });
  });

  it("lets others have their turn between a few messages, however many there are", async () => {
    verifies("envoy:turns");
    const notes = Array.from({ length: 1000 }, (_, at) => ({
      jsonrpc: "2.0",
      method: "notifications/message",
      params: { at },
    }));
    const seen = { all: 0, inFirstTurn: Number.POSITIVE_INFINITY };
    const { text } = await exchange({
      body: ask,
      answer: () => events([...notes, result].map((each) => event(each)).join("")),
      judge(message, to) {
        if (to === "server") return message;
        seen.all += 1;
        if (seen.all === 1)
          setImmediate(() => {
            seen.inFirstTurn = seen.all;
          });
        return message;
      },
    });
    expect(text.match(/^data: /gm)).toHaveLength(1001);
    expect(seen.inFirstTurn).toBeLessThan(20);
  });

  it("keeps the ids and the retry of events, and the order", async () => {
    verifies("envoy:events");
    const note = (at: number) => ({
      jsonrpc: "2.0",
      method: "notifications/message",
      params: { at },
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            drop: fc.boolean(),
            id: fc.option(fc.stringMatching(/^[a-z0-9]{1,8}$/), { nil: undefined }),
            retry: fc.option(fc.nat(5000), { nil: undefined }),
          }),
          { maxLength: 6 },
        ),
        fc.constantFrom("\n", "\r\n", "\r"),
        async (all, line) => {
          const head = ({ id, retry }: (typeof all)[number]) =>
            `${id === undefined ? "" : `id: ${id}\n`}${retry === undefined ? "" : `retry: ${retry}\n`}`;
          const sent = all.map((each, at) => event(note(at), head(each))).join("") + event(result);
          const { text } = await exchange({
            body: ask,
            answer: () => events(sent.replaceAll("\n", line)),
            judge: (message, to) => {
              const { at } = (message.params ?? {}) as { at?: number };
              return to === "caller" && at !== undefined && all[at]?.drop ? undefined : message;
            },
          });
          const expected = all.map((each, at) => {
            if (!each.drop) return `event: message\n${event(note(at), head(each))}`;
            return head(each) === "" ? "" : `${head(each)}data: \n\n`;
          });
          expect(text).toBe(`${expected.join("")}event: message\n${event(result)}`);
        },
      ),
    );
  });

  it("gets no event whose name is not message", async () => {
    verifies("envoy:events");
    const other = { ...result, result: { content: [], other: true } };
    const answer = () => events(event(other, "event: other\nid: 1\n") + event(result));
    const { text } = await exchange({ body: ask, answer });
    expect(text).toBe(`id: 1\ndata: \n\nevent: message\n${event(result)}`);
  });

  it("is answered with an error if its answer is nested too deep to be written", async () => {
    const nested = "[".repeat(4300) + "]".repeat(4300);
    const deep = `{"jsonrpc":"2.0","id":1,"result":{"content":[],"x":${nested}}}`;
    const answers = [
      new Response(deep, { headers: { "content-type": "application/json" } }),
      events(`data: ${deep}\n\n`),
    ];
    for (const answer of answers) {
      const { text } = await exchange({ body: ask, answer: () => answer });
      expect(text).toContain('"id":1');
      expect(text).toContain('"code":"peer_invalid"');
    }
  });

  it("learns of an error without the secrets that the server quotes in it", async () => {
    const error = { code: -1, message: "wrong key: own-key" };
    const hide = (text: string) => text.replaceAll("own-key", "…");
    const answer = () => json({ jsonrpc: "2.0", id: 1, error }, 401);
    const { response, text } = await exchange({ body: ask, answer, hide });
    expect(response.status).toBe(401);
    expect(text).toContain("wrong key: …");
  });

  it("learns what became of it where the server gives no answer", async () => {
    const found: string[] = [];
    for (const answer of [
      () => new Response("no", { status: 500 }),
      () => new Response("<html>", { headers: { "content-type": "text/html" } }),
      () => json({ jsonrpc: "2.0", id: 2, result: {} }),
      () => json({ ...result, more: "x".repeat(2000) }),
      () => new Response("x", { headers: { "content-encoding": "gzip" } }),
    ])
      found.push(codeIn((await exchange({ body: ask, answer, maxBytes: 1000 })).text));
    expect(found).toEqual([
      "peer_refused",
      "peer_invalid",
      "peer_invalid",
      "peer_too_large",
      "peer_invalid",
    ]);
  });

  it("is answered when its server is late, whether it began a stream or not", async () => {
    const never = () => new Promise<Response>(() => {});
    const late = await exchange({ body: ask, answer: never, timeoutMs: 20 });
    expect(codeIn(late.text)).toBe("peer_timeout");
    const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from(": hi\n\n")) });
    const headers = { "content-type": "text/event-stream" };
    const silent = await exchange({
      body: ask,
      timeoutMs: 20,
      answer: () => new Response(body, { headers }),
    });
    expect(silent.text).toContain("peer_timeout");
    const half = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from('{"a":')) });
    const stuck = await exchange({
      body: ask,
      // The proxy would end the body.
      budget: new ByteBudget(100_000),
      timeoutMs: 20,
      answer: () => new Response(half, { headers: { "content-type": "application/json" } }),
    });
    expect(codeIn(stuck.text)).toBe("peer_timeout");
  });

  it("is not late while its server waits for a person, and begins to count with the answer", async () => {
    const asks = { jsonrpc: "2.0", id: 8, method: "elicitation/create", params: {} };
    const headers = { "content-type": "text/event-stream" };
    const asking = (later: (stream: ReadableStreamDefaultController) => unknown) => () => {
      const start = (stream: ReadableStreamDefaultController) => {
        stream.enqueue(Buffer.from(event(asks)));
        void later(stream);
      };
      return new Response(new ReadableStream({ start }), { headers });
    };
    const answered = asking(async (stream) => {
      await pause(100);
      stream.enqueue(Buffer.from(event(result)));
    });
    const { text } = await exchange({ body: ask, timeoutMs: 20, answer: answered });
    expect(text).toContain(JSON.stringify(result));
    const session = new SessionExchanges();
    const silent = exchange({ body: ask, timeoutMs: 20, session, answer: asking(() => {}) });
    await pause(100);
    const body = { jsonrpc: "2.0", id: 8, result: { action: "accept" } };
    await exchange({ body, session, answer: () => new Response(null, { status: 202 }) });
    expect((await silent).text).toContain("peer_timeout");
  });

  it.each([
    ["a question in MCP 2026-07-28, which has none", "elicitation/create", true],
    ["messages that are not its progress", "notifications/message", false],
    ["progress of another request", "notifications/progress", false],
  ])("is late despite %s", async (_, method, isModern) => {
    const params = { progressToken: "other", progress: 1, message: "?" };
    const id = method.startsWith("notifications/") ? {} : { id: 8 };
    let timer: NodeJS.Timeout | undefined;
    const start = (stream: ReadableStreamDefaultController) => {
      const tell = () =>
        stream.enqueue(Buffer.from(event({ jsonrpc: "2.0", ...id, method, params })));
      tell();
      if (!isModern) timer = setInterval(tell, 10);
    };
    const headers = { "content-type": "text/event-stream" };
    const answer = () => new Response(new ReadableStream({ start }), { headers });
    afterTest(() => clearInterval(timer));
    const { text } = await exchange({ body: ask, timeoutMs: 40, isModern, answer });
    expect(text).toContain("peer_timeout");
  });

  it("is not late while its server waits for a person on the session's own stream", async () => {
    const session = new SessionExchanges();
    const asks = (id: number) => ({ jsonrpc: "2.0", id, method: "elicitation/create", params: {} });
    const answer = async () => {
      await pause(150);
      return json(result);
    };
    const { text: early } = await exchange({ body: ask, timeoutMs: 40, session, answer });
    expect(early).toContain("peer_timeout");
    const waits = exchange({ body: ask, timeoutMs: 40, session, answer });
    await exchange({ session, answer: () => events(event(asks(8))) });
    expect((await waits).text).toContain(JSON.stringify(result));
    const late = exchange({ body: ask, timeoutMs: 40, session, answer });
    const cancelled = {
      jsonrpc: "2.0",
      method: "notifications/cancelled",
      params: { requestId: 9 },
    };
    await exchange({ session, answer: () => events(event(asks(9)) + event(cancelled)) });
    expect((await late).text).toContain("peer_timeout");
  });

  it("that awaits a task takes as long as the task", async () => {
    const body = { jsonrpc: "2.0", id: 1, method: "tasks/result", params: { taskId: "t" } };
    const answer = async () => {
      await pause(100);
      return json(result);
    };
    const { text } = await exchange({ body, timeoutMs: 20, answer });
    expect(text).toContain(JSON.stringify(result));
  });

  it("is late where plugins took the time too, and the end of its stream surfaces nowhere", async () => {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    afterTest(() => process.off("unhandledRejection", onUnhandled));
    let breakOff = () => {};
    const begun = { jsonrpc: "2.0", method: "notifications/message", params: {} };
    const body = new ReadableStream({
      start(stream) {
        stream.enqueue(Buffer.from(event(begun)));
        breakOff = () => stream.error(new Error("The connection broke."));
      },
    });
    const { text } = await exchange({
      body: ask,
      timeoutMs: 20,
      answer: () => new Response(body, { headers: { "content-type": "text/event-stream" } }),
      async judge(message, to) {
        if (to === "caller" && message.method === begun.method) await pause(100);
        return message;
      },
    });
    expect(text).toContain("peer_timeout");
    breakOff();
    await pause(10);
    expect(unhandled).toEqual([]);
  });

  it("may get the rest of its stream in another exchange, if the stream has ids", async () => {
    const cut = await exchange({ body: ask, answer: () => events("id: 7\ndata: \n\n") });
    expect(cut.text).toBe("id: 7\ndata: \n\n");
    const lost = await exchange({ body: ask, answer: () => events(": hi\n\n") });
    expect(lost.text).toContain("peer_unreachable");
    const modern = { body: ask, isModern: true, answer: () => events("id: 7\ndata: \n\n") };
    expect((await exchange(modern)).text).toContain("peer_unreachable");
  });

  it("of a batch is answered, refused or not", async () => {
    const other = { ...ask, id: 2 };
    const { text, asked } = await exchange({
      body: [ask, other],
      answer: (sent) => json(JSON.parse(String(sent.body)).map(() => result)),
      judge: (message, to) => (to === "server" && message.id === 2 ? undefined : message),
    });
    expect(JSON.parse(String(asked[0]?.body))).toEqual([ask]);
    expect(JSON.parse(text)).toMatchObject([result, { id: 2, error: {} }]);
  });
});

it("the messages of an event wait for their reader, however many there are", async () => {
  const note = { jsonrpc: "2.0", method: "notifications/message", params: { level: "info" } };
  let judged = 0;
  let before = 0;
  const { text } = await exchange({
    body: ask,
    answer: () => events(event([...Array.from({ length: 5000 }, () => note), result])),
    maxBytes: 1_000_000,
    budget: new ByteBudget(1_000_000),
    judge(message, to) {
      if (to === "caller") judged += 1;
      return message;
    },
    async beforeReading() {
      await pause(20);
      for (let seen = -1; seen < judged; await pause(20)) seen = judged;
      before = judged;
    },
  });
  expect(text.split("event: message")).toHaveLength(5002);
  expect(before).toBeGreaterThan(100);
  // About as many as fit into 64 KiB.
  expect(before).toBeLessThan(1000);
});

it("a message that plugins drop is answered, and reaches nobody", async () => {
  const { response, asked } = await exchange({
    body: { jsonrpc: "2.0", method: "notifications/x" },
    answer: () => json(result),
    judge: () => undefined,
  });
  expect(response.status).toBe(202);
  expect(asked).toEqual([]);
});

it("a question of a server that plugins refuse is asked as a ping, and answered by them", async () => {
  const refusedAsks: RefusedAsks = new Map();
  const question = { jsonrpc: "2.0", id: "q", method: "sampling/createMessage" };
  const refusal = { jsonrpc: "2.0", id: "q", error: { code: -32010, message: "No." } };
  const first = await exchange({
    body: ask,
    refusedAsks,
    answer: () => events(event(question, "id: 1\n") + event(result)),
    refuse: (message) => (message.id === "q" ? refusal : undefined),
  });
  expect(first.text).toContain('id: 1\ndata: {"jsonrpc":"2.0","id":"q","method":"ping"}');
  expect(first.text).not.toContain("sampling");
  const second = await exchange({
    body: { jsonrpc: "2.0", id: "q", result: { forged: true } },
    refusedAsks,
    answer: () => new Response(null, { status: 202 }),
  });
  expect(second.response.status).toBe(202);
  expect(JSON.parse(String(second.asked[0]?.body))).toEqual(refusal);
  expect(refusedAsks.size).toBe(0);
});

it("an answer that is not known does not keep its caller waiting", async () => {
  const { text } = await exchange({
    answer: () => events(event({ ...result, id: 9 }, "id: 3\n")),
    judge: (message) => (message.id === 9 ? undefined : message),
  });
  expect(text).toContain("answer_unknown");
  expect(text).toContain("id: 3\n");
});

it("the end of a session is said", async () => {
  const refusedAsks: RefusedAsks = new Map();
  const gone = () => new Response("gone", { status: 404 });
  const { response, sessions, text } = await exchange({ body: ask, refusedAsks, answer: gone });
  expect(response.status).toBe(404);
  expect(codeIn(text)).toBe("session_unknown");
  expect(sessions).toEqual(["over"]);
});

it("a new session is known before its caller learns of it", async () => {
  const headers = { "mcp-session-id": "s-1" };
  const { sessions, response } = await exchange({
    body: { ...ask, method: "initialize" },
    answer: () => Response.json(result, { headers }),
  });
  expect(sessions).toEqual(["s-1"]);
  expect(response.headers.get("mcp-session-id")).toBe("s-1");
});

it("a request of the server that nobody can answer any more is reported, and not sent", async () => {
  const leaving = new AbortController();
  const asks = { jsonrpc: "2.0", id: 7, method: "sampling/createMessage" };
  const refuse = ({ method, id }: Message) => {
    if (method === undefined) return undefined;
    leaving.abort();
    return { jsonrpc: "2.0", id, error: { code: -32010, message: "no" } };
  };
  const rejected: unknown[] = [];
  const note = (reason: unknown) => void rejected.push(reason);
  process.on("unhandledRejection", note);
  const refusedAsks: RefusedAsks = new Map();
  const { undelivered } = await exchange({
    body: ask,
    answer: () => events(event(asks)),
    refuse,
    refusedAsks,
    signal: leaving.signal,
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("unhandledRejection", note);
  expect([undelivered.length, refusedAsks.size, rejected]).toEqual([1, 0, []]);
});

it("nothing is judged or sent for a caller that has left already", async () => {
  const seen: unknown[] = [];
  const left = exchange({
    body: ask,
    judge: (message) => void seen.push(message),
    answer: () => {
      seen.push("sent");
      return Response.json(result);
    },
    signal: AbortSignal.abort(),
  });
  await expect(left).rejects.toThrow("The caller is gone.");
  expect(seen).toEqual([]);
});

it("a message of a session looks only at the exchanges that it concerns", async () => {
  const session = new SessionExchanges();
  const looked: string[] = [];
  /** Keeps an exchange open that reports whatever is done with it. */
  function open(id: string) {
    const request = { jsonrpc: "2.0", id, method: "tools/call" };
    let isAdded = false;
    const it = {
      requests: [request],
      tokens: new Set([`token of ${id}`]),
      stopAwaiting: () => {},
      restart: () => {},
      sessionOver: () => {},
    };
    const get = (_: object, name: keyof typeof it) => {
      if (isAdded) looked.push(`${id} ${name}`);
      return it[name];
    };
    session.add(new Request("http://gateway.test/mcp"), new Proxy(it, { get } as object));
    isAdded = true;
  }
  for (const id of ["a", "b", "c"]) open(id);
  const asks = { jsonrpc: "2.0", id: 8, method: "elicitation/create", params: {} };
  const notice = (method: string, params: object) => ({
    jsonrpc: "2.0",
    method: `notifications/${method}`,
    params,
  });
  const posts = [
    notice("message", {}),
    notice("cancelled", { requestId: "b" }),
    notice("cancelled", { requestId: "z" }),
    { jsonrpc: "2.0", id: "a", result: {} },
  ];
  for (const body of posts)
    await exchange({ body, session, answer: () => new Response(null, { status: 202 }) });
  await exchange({
    body: { ...ask, id: "d" },
    session,
    answer: () => json({ ...result, id: "d" }),
  });
  expect(looked.splice(0)).toEqual(["b stopAwaiting"]);
  const streamed = [
    asks,
    notice("message", {}),
    notice("progress", { progressToken: "token of c" }),
    notice("progress", { progressToken: "token of z" }),
    { jsonrpc: "2.0", id: "a", result: {} },
  ];
  const text = streamed.map((each) => event(each)).join("");
  await exchange({ session, answer: () => events(text) });
  expect(looked.splice(0)).toEqual(["c restart", "a stopAwaiting"]);
  const body = { jsonrpc: "2.0", id: 8, result: { action: "accept" } };
  await exchange({ body, session, answer: () => new Response(null, { status: 202 }) });
  expect(looked).toEqual([]);
  expect(session.restartedAt).toBeGreaterThan(0);
});

it("a batch gets its progress in time that does not grow with its requests", async () => {
  const input = (count: number) => {
    const requests = Array.from({ length: count }, (_, id) => ({
      ...ask,
      id,
      params: { name: "t", _meta: { progressToken: id } },
    }));
    const params = { progressToken: count - 1, progress: 1 };
    const progress = { jsonrpc: "2.0", method: "notifications/progress", params };
    return { requests, text: event(progress).repeat(count) };
  };
  const run = async ({ requests, text }: ReturnType<typeof input>) => {
    const answer = () => events(text);
    const { text: passed } = await exchange({ body: requests, answer, maxBytes: 1e9 });
    return passed.split("progressToken").length - 1;
  };
  expect(await run(input(5))).toBe(5);
  expect(await excessOf({ input, run }, { longTime: 100 })).toBeUndefined();
});
