import type { AnyHookManager } from "../rewrite/index.ts";
import { exchangeOverNode, type NodeRequest } from "./node-exchange.ts";
import type { NodeHeaders, NodeResponse } from "./node-output.ts";
import { createServerGuard, type ServerGuardOptions } from "./server-options.ts";

/** What is used of a `FastifyRequest`. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  readonly headers: NodeRequest["headers"];
  body: unknown;
}

/** What is used of a `FastifyReply`. */
export interface FastifyReplyLike {
  readonly raw: NodeResponse;
  getHeaders(): NodeHeaders;
  hijack(): unknown;
}

/** What is used of a `FastifyInstance`. */
export interface FastifyLike {
  addHook(
    name: "preHandler",
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
}

/** The options of `guardFastify`, with the manager among them, as Fastify has it. */
export interface FastifyGuardOptions extends ServerGuardOptions<FastifyRequestLike> {
  readonly manager: AnyHookManager;
}

/**
 * A plugin of Fastify that guards the handlers of the scope that registers it, a proxy for model
 * APIs: each request and its answer, JSON or a stream, goes through the hooks of `manager`.
 *
 * The handler reads the judged body as `request.body`. What it answers is held until it is judged,
 * also what it writes to `reply.raw`. A refusal is an answer in the provider's own form.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import fastify from "fastify";
 * import { createPluginManager } from "glassine";
 * import { guardFastify } from "glassine/http";
 * import { openai } from "glassine/openai";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const app = fastify();
 * await app.register(guardFastify, { manager, provider: openai });
 * app.post("/v1/batches", async () => "never asked");
 * const { statusCode } = await app.inject({ method: "POST", url: "/v1/batches" });
 * console.log(statusCode); // 403
 * ```
 */
export function guardFastify(
  instance: FastifyLike,
  { manager, ...options }: FastifyGuardOptions,
  done: () => void,
): void {
  const guard = createServerGuard(manager, options, "guardFastify", ["prefix"]);
  instance.addHook("preHandler", (incoming, reply, next) => {
    const node = {
      incoming: incoming.raw,
      outgoing: reply.raw,
      next,
      body: incoming.body,
      about: incoming,
      earlier: { ...reply.raw.getHeaders(), ...reply.getHeaders() },
      replaceBody: (judged: unknown) => {
        incoming.body = judged;
      },
      refuse: () => reply.hijack(),
    };
    void exchangeOverNode(node, guard);
  });
  done();
}

// Without it, Fastify would guard the plugin's own routes, which it has none of.
Object.assign(guardFastify, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "glassine",
});
