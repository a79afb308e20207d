/** What the options of a guard over HTTP get is the request as its caller knows it. */
import express from "express";
import fastify from "fastify";
import { createPluginManager } from "glassine";
import {
  type ExpressMiddleware,
  guardExpress,
  guardFastify,
  guardFetch,
  guardHono,
  type HonoMiddleware,
} from "glassine/http";
import { openai } from "glassine/openai";
import { Hono } from "hono";
import { expectTypeOf } from "vitest";

const manager = await createPluginManager({ plugins: [] });
const provider = openai;

guardFetch(manager, {
  provider,
  tenant: ({ about }) => about.headers.get("x-tenant") ?? "none",
  labels: { session: ({ about }) => about.url },
});
new Hono().use(
  guardHono(manager, { provider, tenant: ({ about }) => about.req.header("x-tenant") ?? "none" }),
);
express().use(
  guardExpress(manager, { provider, tenant: ({ about }) => String(about.headers["x-tenant"]) }),
);
fastify().register(guardFastify, {
  manager,
  provider,
  tenant: ({ about }) => String(about.headers["x-tenant"]),
});
guardExpress(manager, {
  provider,
  subject: (request: express.Request) => ({ id: request.ip }),
  tenant({ about }) {
    expectTypeOf(about).toEqualTypeOf<express.Request>();
    return about.hostname;
  },
});
guardHono(manager, { provider, subject: () => ({ id: "ada", type: "user", roles: ["admin"] }) });
// @ts-expect-error There is no such type of subject.
guardHono(manager, { provider, subject: () => ({ type: "person" }) });

// Without type arguments: for any request.
const forExpress: ExpressMiddleware = guardExpress(manager, { provider });
const forHono: HonoMiddleware = guardHono(manager, { provider });
express().use(forExpress);
new Hono().use(forHono);
