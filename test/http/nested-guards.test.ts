// Only in test:all: it starts real servers.
/** Guards behind one another on one route, and middleware behind a guard that wraps the response. */
import { pipeline, Readable } from "node:stream";
import { createGzip, type Gzip } from "node:zlib";
import { getRequestListener } from "@hono/node-server";
import express, { type NextFunction, type Response as Reply, type Request } from "express";
import fastify from "fastify";
import { deny } from "glassine";
import { guardExpress, guardFastify, guardHono, type ModelEnd } from "glassine/http";
import { chatCompletions } from "glassine/openai";
import { Hono } from "hono";
import { setCookie } from "hono/cookie";
import { describe, expect, it } from "vitest";
import { done, eventsText, managerOf, redact, secret } from "../adapters/http/support/stand-in.ts";
import { afterTest } from "../support/cleanup.ts";
import { listening } from "../support/listening.ts";

const path = "/v1/chat/completions";
const choice = (content: string) => ({ index: 0, message: { role: "assistant", content } });
const answer = (content: string) => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [{ ...choice(content), logprobs: null, finish_reason: "stop" }],
});
/** Much more than a guard holds, or a socket takes, at a time. */
const long = `Card ${secret}. ${"x".repeat(300_000)}`;
const chunks = (text: string) =>
  eventsText(
    [...(text.match(/.{1,9000}/g) ?? []), undefined].map((content) => ({
      id: "c",
      object: "chat.completion.chunk",
      created: 1,
      model: "m",
      choices: [{ index: 0, delta: { content }, finish_reason: content ? null : "stop" }],
    })),
    done,
  );

const ask = ({ url }: { readonly url: string }) =>
  fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", messages: [{ role: "user", content: "Hi" }] }),
    signal: AbortSignal.timeout(10_000),
  });

type Hooks = Parameters<typeof managerOf>[0];
const renames: Hooks = {
  "cmf.llm_output": (message) => ({
    modifiedPayload: JSON.parse(JSON.stringify(message).replaceAll("[cut]", "[gone]")),
  }),
};

/** Two guards, the first in front, and the ends that they report. */
async function guardsOf(front: Hooks, behind: Hooks) {
  const ends: string[] = [];
  const optionsOf = (name: string) => ({
    provider: chatCompletions,
    onEnd: ({ outcome }: ModelEnd) => void ends.push(`${name} ${outcome}`),
  });
  const managers = [await managerOf(front), await managerOf(behind)] as const;
  return { ends, managers, options: [optionsOf("front"), optionsOf("behind")] as const };
}

describe("two guards on a route of Express", () => {
  async function served(front: Hooks, behind: Hooks, handler: (reply: Reply) => void) {
    const { ends, managers, options } = await guardsOf(front, behind);
    const app = express();
    app.use(guardExpress(managers[0], options[0]), guardExpress(managers[1], options[1]));
    app.post(path, (_request, reply) => handler(reply));
    return { ends, response: await ask(await listening(app)) };
  }

  it.each([
    ["short", `Card ${secret}.`],
    ["long", long],
  ])("both judge a %s answer", async (_, text) => {
    const redacts = { "cmf.llm_output": redact };
    const { ends, response } = await served(renames, redacts, (reply) => reply.json(answer(text)));
    const { choices } = (await response.json()) as ReturnType<typeof answer>;
    expect(choices[0]?.message.content).toBe(text.replace(secret, "[gone]"));
    expect(ends).toEqual(["behind allowed", "front allowed"]);
  });

  it("both judge a stream that is longer than they hold", async () => {
    const redacts = { "cmf.llm_output": redact };
    const pieces = chunks(long).match(/.{1,5000}/gs) ?? [];
    const { ends, response } = await served(renames, redacts, (reply) => {
      reply.setHeader("content-type", "text/event-stream");
      pipeline(Readable.from(pieces), reply, () => undefined);
    });
    const text = await response.text();
    expect(text).toContain("[gone]");
    expect(text).not.toContain(secret);
    expect(text).toMatch(/data: \[DONE\]\n\n$/);
    expect(text.length).toBeGreaterThan(300_000);
    expect(ends).toEqual(["behind allowed", "front allowed"]);
  });

  it.each(["front", "behind"])("the one %s can deny the answer", async (who) => {
    const denies = { "cmf.llm_output": () => deny("No") };
    const redacts = { "cmf.llm_output": redact };
    const [front, behind] = who === "front" ? [denies, redacts] : [redacts, denies];
    const { ends, response } = await served(front, behind, (reply) => reply.json(answer("Hi")));
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ error: { message: "No" } });
    expect(ends).toEqual(
      who === "front" ? ["behind allowed", "front denied"] : ["behind denied", "front errored"],
    );
  });
});

it("two guards of Fastify, in a scope and in one inside it, both judge an answer", async () => {
  const redacts = { "cmf.llm_output": redact };
  const { ends, managers, options } = await guardsOf(renames, redacts);
  const app = fastify();
  await app.register(guardFastify, { manager: managers[0], ...options[0] });
  await app.register(async (scope) => {
    await scope.register(guardFastify, { manager: managers[1], ...options[1] });
    scope.post(path, async () => answer(`Card ${secret}.`));
  });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  afterTest(() => app.close());
  expect(await (await ask({ url })).text()).toContain("Card [gone].");
  expect(ends).toEqual(["behind allowed", "front allowed"]);
});

describe("middleware behind a guard that wraps the end of the response", () => {
  const wraps = {
    "ends later": (end: Reply["end"], reply: Reply) => {
      const later = (...given: unknown[]) => {
        setImmediate(() => Reflect.apply(end, reply, given));
        return reply;
      };
      return later;
    },
    "ends once": (end: Reply["end"], reply: Reply) => {
      let isEnded = false;
      return (...given: unknown[]) => {
        if (isEnded) return reply;
        isEnded = true;
        return Reflect.apply(end, reply, given);
      };
    },
  };
  it.each(Object.entries(wraps))("sends the judged answer if it %s", async (_, wrap) => {
    const manager = await managerOf({ "cmf.llm_output": redact });
    const app = express();
    app.use(guardExpress(manager, { provider: chatCompletions }));
    app.use((_request: Request, reply: Reply, next: NextFunction) => {
      reply.end = wrap(reply.end, reply) as Reply["end"];
      next();
    });
    app.post(path, (_request, reply) => void reply.json(answer(`Card ${secret}.`)));
    const response = await ask(await listening(app));
    expect(await response.text()).toContain("Card [cut].");
  });
});

it("middleware behind a guard adds no header when the judged answer is sent", async () => {
  const app = express();
  app.use(
    guardExpress(await managerOf({ "cmf.llm_output": redact }), { provider: chatCompletions }),
  );
  app.use((_request: Request, reply: Reply, next: NextFunction) => {
    const { writeHead } = reply;
    reply.writeHead = ((...given: unknown[]) => {
      reply.setHeader("x-own", secret);
      return Reflect.apply(writeHead, reply, given);
    }) as Reply["writeHead"];
    next();
  });
  app.post(path, (_request, reply) => void reply.json(answer(`Card ${secret}.`)));
  const response = await ask(await listening(app));
  expect(await response.text()).toContain("Card [cut].");
  expect([...response.headers.values()].join()).not.toContain(secret);
});

it("middleware behind a guard does not hear of the room that the client makes", async () => {
  const app = express();
  app.use(
    guardExpress(await managerOf({ "cmf.llm_output": redact }), { provider: chatCompletions }),
  );
  app.use((_request: Request, reply: Reply, next: NextFunction) => {
    const { on } = reply;
    reply.on = ((event: string, listener: () => void) =>
      event === "drain" ? reply : Reflect.apply(on, reply, [event, listener])) as Reply["on"];
    next();
  });
  app.post(path, (_request, reply) => void reply.json(answer(long)));
  const text = await (await ask(await listening(app))).text();
  expect(text).toContain("Card [cut].");
  expect(text.length).toBeGreaterThan(300_000);
});

/** Compresses as the package of that name does: with its own `write`, `on` and `drain`. */
function compress(request: Request, reply: Reply, next: NextFunction): void {
  const own = { write: reply.write, end: reply.end, on: reply.on, writeHead: reply.writeHead };
  const early: [string, () => void][] = [];
  let zip: Gzip | undefined;
  const begun = () => {
    if (zip !== undefined) return zip;
    const made = createGzip();
    zip = made;
    made.on("data", (piece) => void (own.write.call(reply, piece, "utf8") || made.pause()));
    made.on("end", () => own.end.call(reply, undefined, "utf8"));
    own.on.call(reply, "drain", () => made.resume());
    for (const [event, listener] of early) made.on(event, listener);
    return made;
  };
  reply.writeHead = ((...given: unknown[]) => {
    reply.setHeader("content-encoding", request.acceptsEncodings("gzip") || "identity");
    reply.removeHeader("content-length");
    return Reflect.apply(own.writeHead, reply, given);
  }) as Reply["writeHead"];
  reply.write = ((chunk: Uint8Array) => begun().write(chunk)) as Reply["write"];
  reply.end = ((chunk?: Uint8Array) => {
    begun().end(chunk);
    return reply;
  }) as Reply["end"];
  reply.on = ((event: string, listener: () => void) => {
    if (event !== "drain") return own.on.call(reply, event, listener);
    if (zip === undefined) early.push([event, listener]);
    else zip.on(event, listener);
    return reply;
  }) as Reply["on"];
  next();
}

it.each(["JSON", "a stream"])("a compressor in front of a guard gets all of %s", async (kind) => {
  const app = express();
  app.use(compress);
  app.use(
    guardExpress(await managerOf({ "cmf.llm_output": redact }), { provider: chatCompletions }),
  );
  app.post(path, (_request, reply) => {
    if (kind === "JSON") return void reply.json(answer(long));
    reply.setHeader("content-type", "text/event-stream");
    return void pipeline(Readable.from(chunks(long).match(/.{1,5000}/gs) ?? []), reply, () => {});
  });
  const response = await ask(await listening(app));
  expect(response.headers.get("content-encoding")).toBe("gzip");
  const text = await response.text();
  expect(text.length).toBeGreaterThan(300_000);
  expect(text).toContain("[cut]");
  expect(text).not.toContain(secret);
});

it("every cookie that was set in front of a guard of Hono stays", async () => {
  for (const denied of [false, true]) {
    const hooks = denied ? { "cmf.llm_input": () => deny("No") } : { "cmf.llm_output": redact };
    const app = new Hono();
    app.use(async (context, next) => {
      setCookie(context, "session", "1");
      setCookie(context, "csrf", "2");
      await next();
    });
    app.use(guardHono(await managerOf(hooks), { provider: chatCompletions }));
    app.post(path, (context) => context.json(answer(`Card ${secret}.`)));
    const response = await ask(
      await listening(getRequestListener(app.fetch, { overrideGlobalObjects: false })),
    );
    expect(response.status).toBe(denied ? 403 : 200);
    expect(response.headers.getSetCookie()).toEqual(["session=1; Path=/", "csrf=2; Path=/"]);
  }
});
