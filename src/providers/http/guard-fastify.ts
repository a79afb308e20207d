import { kindOf } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import type { AnyHookManager } from "../guard/index.ts";
import { isJsonObject } from "../rewrite/index.ts";
import { exchangeOverNode, type NodeRequest } from "./node-exchange.ts";
import type { NodeHeaders, NodeResponse } from "./node-output.ts";
import { createServerGuard, type ServerGuardOptions } from "./server-options.ts";

/** The part of a `FastifyRequest` that the guard uses. */
export interface FastifyRequestLike {
  readonly raw: NodeRequest;
  readonly headers: NodeRequest["headers"];
  body: unknown;
}

/** The part of a `FastifyReply` that the guard uses. */
export interface FastifyReplyLike {
  readonly raw: NodeResponse;
  getHeaders(): NodeHeaders;
  hijack(): unknown;
}

/** The part of a `FastifyInstance` that the guard uses. */
export interface FastifyLike {
  addHook(
    name: "preHandler",
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): unknown;
}

/** The options of `guardFastify`, including the manager: a Fastify plugin has only options. */
export interface FastifyGuardOptions extends ServerGuardOptions<FastifyRequestLike> {
  readonly manager: AnyHookManager;
}

/**
 * Fastify plugin that guards the handlers of the scope that registers it, a proxy for model APIs:
 * each request and its answer, JSON or a stream, goes through the hooks of `manager`.
 *
 * The handler reads the judged body as `request.body`. What it answers, even through `reply.raw`,
 * is held back until it is judged. A refusal is answered in the provider's own format.
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
export async function guardFastify(
  instance: FastifyLike,
  given: FastifyGuardOptions,
): Promise<void> {
  if (!isJsonObject(given)) {
    throw optionsInvalid(
      `guardFastify expects its options in an object with manager and provider, got ${kindOf(given)}. Pass them to register: app.register(guardFastify, options).`,
    );
  }
  const { manager, ...options } = given;
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
}

// Without `skip-override`, the hook would guard only routes of this plugin, which has none.
Object.assign(guardFastify, {
  [Symbol.for("skip-override")]: true,
  [Symbol.for("fastify.display-name")]: "glassine",
});
