/** A stand-in for a proxy's handler behind each framework's guard, on a real port. */
import { createServer, type Server, type ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import type { Manager } from "glassine";
import { guardExpress, guardFastify, guardHono, type ServerGuardOptions } from "glassine/http";
import { Hono } from "hono";
import { listen, listensAt } from "../../support/listening.ts";

/** The handler's answer: JSON, or raw pieces. */
interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly pieces?: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
}

/** Receives the body as the framework provides it. */
export type Handler = (body: unknown, headers: Readonly<Record<string, unknown>>) => Answer;

interface Running {
  readonly url: string;
  close(): Promise<void>;
}

type Options = Omit<ServerGuardOptions, "subject"> & {
  readonly subject?: (token: string | undefined) => object | undefined;
};
export type Start = (manager: Manager, options: Options, handler: Handler) => Promise<Running>;

/** Set by middleware in front of the guard. */
export const early = "x-early";
const path = "/v1/chat/completions";

const tokenIn = (value: unknown) => (typeof value === "string" ? value : undefined);

function asResponse({ status = 200, headers = {}, json, pieces }: Answer): Response {
  if (pieces === undefined) return Response.json(json, { status, headers });
  const body = ReadableStream.from(bytesOf(pieces)) as ReadableStream;
  const type = { "content-type": "text/event-stream" };
  return new Response(body, { status, headers: { ...type, ...headers } });
}

async function* bytesOf(
  pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>,
) {
  for await (const piece of pieces) yield Buffer.from(piece as string);
}

const startHono =
  (reads: boolean): Start =>
  async (manager, { subject, ...options }, handler) => {
    const app = new Hono();
    app.use(async (c, next) => {
      c.header(early, "1");
      if (reads && c.req.method === "POST") await c.req.json().catch(() => undefined);
      await next();
    });
    app.use(
      "/v1/*",
      guardHono(manager, {
        ...options,
        ...(subject && { subject: (c) => subject(c.req.header("x-token")) as never }),
      }),
    );
    app.all("/v1/*", async (c) => {
      const body = c.req.method === "GET" ? undefined : await c.req.json();
      return asResponse(handler(body, c.req.header()));
    });
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    return listensAt(server as Server);
  };

const startExpress =
  (parser?: "json" | "raw" | "text"): Start =>
  async (manager, { subject, ...options }, handler) => {
    const app = express();
    app.use((_request, response, next) => {
      response.setHeader(early, "1");
      next();
    });
    if (parser) app.use(express[parser]({ type: "*/*" }));
    app.use(
      "/v1",
      guardExpress(manager, {
        ...options,
        ...(subject && { subject: (req) => subject(tokenIn(req.headers["x-token"])) as never }),
      }),
    );
    app.use(express.json());
    app.all(/^\/v1\//, (request, response) => {
      const { body, headers } = request as { body: unknown; headers: Record<string, unknown> };
      const parsed =
        typeof body === "string" || Buffer.isBuffer(body) ? JSON.parse(String(body)) : body;
      const { status = 200, json, pieces, ...answer } = handler(parsed, headers);
      response.status(status).set(answer.headers ?? {});
      if (pieces === undefined) response.json(json);
      else {
        if (!response.get("content-type")) response.set("content-type", "text/event-stream");
        pipeline(Readable.from(pieces), response, () => undefined);
      }
    });
    return listen(createServer(app));
  };

const startFastify: Start = async (manager, { subject, ...options }, handler) => {
  const app = fastify();
  app.addHook("onRequest", (_request, reply, done) => {
    reply.header(early, "1");
    done();
  });
  await app.register(guardFastify, {
    ...options,
    manager,
    ...(subject && {
      subject: (request) => subject(tokenIn(request.raw.headers["x-token"])) as never,
    }),
  });
  app.all("/v1/*", (request, reply) => {
    const { status = 200, headers = {}, json, pieces } = handler(request.body, request.headers);
    reply.code(status).headers(headers);
    if (pieces === undefined) return reply.send(json);
    if (!reply.getHeader("content-type")) reply.type("text/event-stream");
    return reply.send(Readable.from(pieces));
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return listensAt(app.server);
};

/** Its handler writes directly to Node's response, bypassing the framework. */
const startRawFastify: Start = async (manager, { subject: _, ...options }, handler) => {
  const app = fastify();
  await app.register(guardFastify, { ...options, manager });
  app.all("/v1/*", (request, reply) => {
    writeRaw(reply.raw, handler(request.body, request.headers));
    reply.hijack();
  });
  await app.listen({ port: 0, host: "127.0.0.1" });
  return listensAt(app.server);
};

async function writeRaw(
  response: ServerResponse,
  { status = 200, headers = {}, json, pieces = [JSON.stringify(json)] }: Answer,
) {
  const type = json === undefined ? "text/event-stream" : "application/json";
  response.writeHead(status, "Raw", { "content-type": type, ...headers });
  for await (const piece of pieces) response.write(piece);
  response.end();
}

export const servers: Readonly<Record<string, Start>> = {
  hono: startHono(false),
  "hono, with the body read before": startHono(true),
  express: startExpress(),
  "express, with a JSON parser in front": startExpress("json"),
  "express, with a raw body": startExpress("raw"),
  "express, with a text body": startExpress("text"),
  fastify: startFastify,
  "fastify, with a handler that writes by itself": startRawFastify,
};

export { path };
