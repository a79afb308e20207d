/** Handlers that misbehave behind a guard, and hosts that configure a guard wrongly. */
import { type IncomingMessage, type RequestListener, request as send } from "node:http";
import { pipeline } from "node:stream/promises";
import { getRequestListener } from "@hono/node-server";
import express, { type Response as Reply } from "express";
import fastify from "fastify";
import { createPluginManager, definePlugin, type Plugin } from "glassine";
import {
  guardExpress,
  guardFastify,
  guardHono,
  type ModelEnd,
  type ServerGuardOptions,
} from "glassine/http";
import type { Message } from "glassine/messages";
import { chatCompletions, openai } from "glassine/openai";
import { Hono } from "hono";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { codeOf } from "../data/support.ts";
import { listening } from "../support/listening.ts";

const secret = "hunter2";
const guard = definePlugin({
  name: "guard",
  version: "1.0.0",
  hooks: {
    "cmf.llm_output": (message) => ({
      modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll(secret, "***")) as Message,
    }),
  },
});
const said = (content: string) =>
  JSON.stringify({
    id: "c",
    object: "chat.completion",
    created: 1,
    model: "m",
    choices: [
      { index: 0, message: { role: "assistant", content }, logprobs: null, finish_reason: "stop" },
    ],
  });

afterEach(() => void vi.unstubAllGlobals());

/** Returns the global `Response` that @hono/node-server installs: it reads its arguments late. */
function honoResponse(): typeof Response {
  const own = { Request, Response };
  getRequestListener(() => new Response());
  const made = Response;
  Object.assign(globalThis, own);
  return made;
}

interface Got {
  readonly status: number | undefined;
  readonly text: string;
  readonly head: string;
  readonly isWhole: boolean;
  /** The statuses that came before that of the answer. */
  readonly early: readonly number[];
}

/** Posts to an Express handler behind a guard, and returns the answer before anything of it is read. */
async function reading(
  handler: (reply: Reply) => unknown,
  plugin: Plugin = guard,
  options: object = {},
  early: number[] = [],
): Promise<IncomingMessage> {
  const manager = await createPluginManager({ plugins: [plugin] });
  const app = express();
  app.use("/v1", guardExpress(manager, { provider: openai, ...options }));
  app.post("/v1/chat/completions", (_request, reply) => handler(reply));
  // Otherwise, Express would write the error to the console.
  app.use(((error: Error, _request: unknown, reply: Reply, next: (error: Error) => void) =>
    reply.headersSent ? next(error) : reply.status(500).send(error.message)) as never);
  app.set("env", "test");
  const { port } = await listening(app as RequestListener);
  return new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json" };
    const path = "/v1/chat/completions";
    const asked = send(
      { port, host: "127.0.0.1", path, method: "POST", headers, agent: false },
      resolve,
    );
    asked.on("error", reject);
    asked.on("information", ({ statusCode }) => early.push(statusCode));
    asked.end(JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] }));
  });
}

/** Posts in the same way, and records everything that is sent back. */
async function answerOf(handler: (reply: Reply) => unknown, options: object = {}): Promise<Got> {
  const early: number[] = [];
  const response = await reading(handler, guard, options, early);
  const { statusCode, statusMessage, rawHeaders } = response;
  let text = "";
  response.setEncoding("utf8").on("data", (chunk) => {
    text += chunk;
  });
  response.on("error", () => undefined);
  await new Promise((resolve) => response.on("close", resolve));
  const head = [statusMessage, ...rawHeaders, ...response.rawTrailers].join(" ");
  return { status: statusCode, text, head, isWhole: response.complete, early };
}

describe.each([
  ["a handler", Response],
  ["a handler, beside @hono/node-server,", honoResponse()],
])("%s", (_, response) => {
  beforeEach(() => {
    vi.stubGlobal("Response", response);
  });

  it("sends no head, status text, cookie or trailer of its own", async () => {
    const got = await answerOf((reply) => {
      reply.writeHead(200, secret, [
        "content-type",
        "application/json",
        "x-a",
        secret,
        "trailer",
        "x-t",
      ]);
      reply.write(said(secret));
      reply.addTrailers({ "x-t": secret });
      reply.end();
    });
    expect(got).toMatchObject({ status: 200, text: said("***"), isWhole: true });
    expect(got.head).not.toContain(secret);
  });

  it("sends no early hints", async () => {
    const hinted: unknown[] = [];
    const got = await answerOf((reply) => {
      const hints = { link: "</a>; rel=preload", "x-a": secret };
      reply.writeEarlyHints(hints, () => hinted.push("called"));
      reply.type("json").end(said(secret));
    });
    expect(got).toMatchObject({ status: 200, text: said("***"), early: [] });
    expect(hinted).toEqual(["called"]);
  });

  it("may write in any encoding, in any pieces, with a callback for each", async () => {
    const taken: string[] = [];
    const body = said(`${secret} ☂`);
    const got = await answerOf((reply) => {
      reply.setHeader("content-type", "application/json");
      reply.flushHeaders();
      expect(reply.headersSent).toBe(true);
      const bytes = Buffer.from(body);
      reply.write(bytes.subarray(0, 9), () => taken.push("first"));
      reply.write(bytes.subarray(9, -9).toString("base64"), "base64", () => taken.push("second"));
      reply.end(bytes.subarray(-9), () => taken.push("last"));
      expect(reply.writableEnded).toBe(true);
      reply.end("more");
    });
    expect(got.text).toBe(said("*** ☂"));
    expect(taken).toEqual(["first", "second", "last"]);
  });

  it("answers in full, however large", async () => {
    const large = "a".repeat(5_000_000);
    const got = await answerOf((reply) => reply.type("json").end(said(large + secret)));
    expect(got.text).toBe(said(`${large}***`));
  });

  it("that uses its buffer again after the callback of a write answers in full", async () => {
    const whole = Buffer.from(said(secret.repeat(100)));
    const got = await answerOf((reply) => {
      const buffer = Buffer.alloc(16);
      reply.type("json");
      const next = (at: number): unknown => {
        if (at >= whole.length) return reply.end();
        const count = whole.copy(buffer, 0, at);
        return reply.write(buffer.subarray(0, count), () => void next(at + count));
      };
      next(0);
    });
    expect(got.text).toBe(said("***".repeat(100)));
  });

  it("that throws is answered for with an error that says nothing of it", async () => {
    const got = await answerOf(() => {
      throw new Error(secret);
    });
    expect(got.status).toBe(500);
    expect(got.text).toContain("error");
    expect(got.text + got.head).not.toContain(secret);
  });

  it("that throws in the middle of an answer lets nothing of it out", async () => {
    const got = await answerOf((reply) => {
      reply.type("text/event-stream").write(`data: {"choices":[{"delta":"${secret}"}]}\n\n`);
      throw new Error(secret);
    }).catch((error: NodeJS.ErrnoException) => error.code);
    expect(JSON.stringify(got)).not.toContain(secret);
  });

  it("whose source breaks off has failed, although its caller has not gone", async () => {
    const ends: unknown[] = [];
    const onEnd = ({ outcome, code }: ModelEnd) => ends.push([outcome, code]);
    const broken = async function* () {
      yield said(secret);
      throw new Error(secret);
    };
    const asked = answerOf((reply) => pipeline(broken, reply.type("json")).catch(() => {}), {
      onEnd,
    });
    await expect(asked).rejects.toThrow("socket hang up");
    await expect.poll(() => ends).toEqual([["errored", "provider_unreachable"]]);
  });

  it("that answers with an impossible status is refused", async () => {
    const got = await answerOf((reply) => {
      reply.statusCode = 700;
      reply.end(secret);
    });
    expect(got.status).toBe(502);
    expect(got.text).not.toContain(secret);
  });

  it("that answers too much is stopped", async () => {
    const got = await answerOf((reply) => reply.type("json").end(said(secret.repeat(500))), {
      limits: { answerBytes: 1_000 },
    });
    expect(got.status).toBe(502);
    expect(got.text).toContain("answer_too_large");
  });

  it("is not asked about a request that is too large", async () => {
    const got = await answerOf(() => expect.unreachable(), { limits: { requestBytes: 10 } });
    expect(got.status).toBe(413);
  });

  it("gets the callback of a write when there is room for another, also after the end", async () => {
    let made = 0;
    let called = 0;
    const inputs = { "cmf.llm_input": () => undefined };
    const plugin = definePlugin({ name: "inputs", version: "1.0.0", hooks: inputs });
    const response = await reading((reply) => {
      reply.type("text/event-stream");
      const next = () => {
        called += 1;
        if (made === 400) return void reply.end(() => (called += 1));
        made += 1;
        reply.write(Buffer.from(`: ${"a".repeat(99_996)}\n\n`), next);
      };
      next();
    }, plugin);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(made).toBeLessThan(200);
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    expect(length).toBe(40_000_000);
    await expect.poll(() => called).toBe(402);
  });

  it("is asked to wait for a client that reads slowly, or for nobody", async () => {
    const piece = Buffer.from(`: ${"a".repeat(99_996)}\n\n`);
    const pieces = 400;
    let made = 0;
    const handler = (reply: Reply) => {
      const next = () => {
        while (made < pieces) {
          made += 1;
          if (reply.write(piece)) continue;
          expect(reply.writableNeedDrain).toBe(true);
          return reply.once("drain", next);
        }
        return reply.end();
      };
      reply.type("text/event-stream");
      next();
    };
    const inputs = definePlugin({
      name: "inputs",
      version: "1.0.0",
      hooks: { "cmf.llm_input": () => undefined },
    });
    const response = await reading(handler, inputs);
    let before = -1;
    while (before !== made) {
      before = made;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(made).toBeLessThan(pieces / 2);
    let length = 0;
    for await (const chunk of response) length += chunk.length;
    expect(length).toBe(pieces * piece.length);

    made = 0;
    // What a refused handler still writes is dropped, and nothing waits for it.
    const refused = await answerOf((reply) => {
      reply.type("text/event-stream").write("data: {}\n\n");
      handler(reply);
    });
    expect(refused.status).toBe(502);
    await expect.poll(() => made).toBe(pieces);
  });

  it("answers by itself where no plugin listens", async () => {
    const manager = await createPluginManager({ plugins: [] });
    const middleware = guardExpress(manager, { provider: openai });
    const reply = { getHeaders: () => ({}), once: () => undefined } as never;
    const path = "/v1/chat/completions";
    const request = { method: "POST", headers: {}, originalUrl: path, readableDidRead: false };
    const before = { ...request };
    await new Promise<void>((next) => middleware(request as never, reply, next));
    expect(request).toEqual(before);
  });
});

describe("the options of a guard", () => {
  it("are checked when it is made", async () => {
    const manager = await createPluginManager({ plugins: [] });
    const subject = () => undefined;
    const wrong: object[] = [
      {},
      { provider: [] },
      { provider: chatCompletions, subjects: subject },
      { provider: chatCompletions, subject: "ada" },
      { provider: chatCompletions, subject, envelope: () => ({}) },
      { provider: chatCompletions, pass: ["/models"] },
      { provider: chatCompletions, fetch: () => new Response() },
    ];
    for (const options of wrong as ServerGuardOptions[]) {
      expect(codeOf(() => guardHono(manager, options))).toBe("options_invalid");
      expect(codeOf(() => guardExpress(manager, options))).toBe("options_invalid");
      const app = fastify();
      app.register(guardFastify, { manager, ...options });
      await expect(app.ready()).rejects.toMatchObject({ code: "options_invalid" });
    }
    expect(codeOf(() => guardHono({} as never, { provider: openai }))).toBe("options_invalid");
    for (const [options, type] of [
      [undefined, "nothing"],
      [null, "null"],
      [[], "an array"],
    ])
      await expect(
        guardFastify({ addHook: () => undefined }, options as never),
      ).rejects.toMatchObject({
        code: "options_invalid",
        message: expect.stringContaining(`manager and provider, got ${type}. Pass them to`),
      });
  });
});

it("a body that was read in front of a guard and not kept is refused, which says so", async () => {
  const ends: unknown[] = [];
  const reader = definePlugin({
    name: "reader",
    version: "1.0.0",
    hooks: { "cmf.llm_input": () => undefined },
  });
  const manager = await createPluginManager({ plugins: [reader] });
  const app = express();
  app.use(async (request, _reply, next) => {
    for await (const _ of request);
    next();
  });
  app.use(guardExpress(manager, { provider: openai, onEnd: ({ code }) => ends.push(code) }));
  const { port } = await listening(app as RequestListener);
  const response = await fetch(`http://127.0.0.1:${port}/chat/completions`, {
    method: "POST",
    body: "{}",
  });
  expect([response.status, ends]).toEqual([500, ["guard_failed"]]);
  expect(await response.text()).toContain("read the body, and no parser kept it");

  const hono = new Hono();
  hono.use(async ({ req }, next) => {
    await req.raw.text();
    await next();
  });
  hono.use(guardHono(manager, { provider: openai, onEnd: ({ code }) => ends.push(code) }));
  const refused = await hono.request("/chat/completions", { method: "POST", body: "{}" });
  expect([refused.status, ends]).toEqual([500, ["guard_failed", "guard_failed"]]);
  expect(await refused.text()).toContain("read the body, and no parser kept it");
});

it.each([
  ["GET", "/v1/responses/resp_1/../../models"],
  ["GET", "/v1/responses/%2e%2E/models"],
  ["GET", "/v1/responses\\models"],
  ["GET", "http://a.test/v1/responses/./models"],
  ["OPTIONS", "*"],
])("refuses %s %s, which a handler may not read as a URL does", async (method, path) => {
  const manager = await createPluginManager({ plugins: [guard] });
  const app = express();
  app.use(guardExpress(manager, { provider: openai }));
  app.use((_request, reply) => void reply.send("reached"));
  const { port } = await listening(app as RequestListener);
  const ask = (of: { readonly method: string; readonly path: string }) =>
    new Promise((resolve) => {
      const asked = send({ port, host: "127.0.0.1", agent: false, ...of }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      asked.end();
    });
  expect(await ask({ method, path })).toBe(403);
  expect(await ask({ method: "GET", path: "http://a.test/v1/models?after=.." })).toBe(200);
});

it("lets a Hono handler end the answer that is refused because it is compressed", async () => {
  const manager = await createPluginManager({ plugins: [guard] });
  let isCancelled = false;
  const cancel = () => {
    isCancelled = true;
  };
  const headers = { "content-type": "application/json", "content-encoding": "gzip" };
  const app = new Hono();
  app.use("/v1/*", guardHono(manager, { provider: openai }));
  app.post("/v1/*", () => new Response(new ReadableStream({ cancel }), { headers }));
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] });
  const { status } = await app.request("/v1/chat/completions", { method: "POST", body });
  expect([status, isCancelled]).toEqual([502, true]);
});

it("no header of a Hono handler whose answer breaks off gets out, and those before it stay", async () => {
  const manager = await createPluginManager({ plugins: [guard] });
  const broken = () => new ReadableStream({ pull: (stream) => stream.error(new Error(secret)) });
  const headers = { "content-type": "application/json", "set-cookie": secret, "x-own": secret };
  const app = new Hono();
  app.onError((_, context) => context.text("Failed", 500));
  app.use(async (context, next) => {
    context.header("x-early", "1");
    await next();
  });
  app.use("/v1/*", guardHono(manager, { provider: openai }));
  app.post("/v1/*", () => new Response(broken(), { headers }));
  const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] });
  const response = await app.request("/v1/chat/completions", { method: "POST", body });
  expect(response.status).toBe(500);
  expect(response.headers.get("x-early")).toBe("1");
  expect(JSON.stringify([...response.headers])).not.toContain(secret);
});
