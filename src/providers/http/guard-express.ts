import type { AnyHookManager } from "../guard/index.ts";
import { exchangeOverNode, type NodeRequest } from "./node-exchange.ts";
import type { NodeResponse } from "./node-output.ts";
import { createServerGuard, type ServerGuardOptions } from "./server-options.ts";

/** The part of Express's `Request` that the guard uses. */
export interface ExpressRequest extends NodeRequest {
  readonly originalUrl: string;
  body?: unknown;
}

/** Express middleware. */
export type ExpressMiddleware<Caller = ExpressRequest> = (
  request: Caller,
  response: NodeResponse,
  next: () => void,
) => void;

/**
 * Returns Express middleware that guards the handlers behind it, a proxy for model APIs: each
 * request and its answer, JSON or a stream, goes through the hooks of `manager`.
 *
 * The handler reads the judged body as `request.body`. Use `express.json()` in front of the guard or
 * behind it: without a plugin that listens, the guard does not read the body. What the handler writes
 * is held back until it is judged. A refusal is answered in the provider's own format.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import express from "express";
 * import { createPluginManager } from "glassine";
 * import { guardExpress } from "glassine/http";
 * import { openai } from "glassine/openai";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const app = express();
 * const guard = guardExpress(manager, { provider: openai });
 * console.log(app.use("/v1", guard) === app); // true
 * ```
 */
export function guardExpress<Caller extends ExpressRequest, Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: ServerGuardOptions<Caller, Extensions>,
): ExpressMiddleware<Caller> {
  const guard = createServerGuard(manager, options, "guardExpress");
  return (incoming, outgoing, next) => {
    const node = {
      incoming,
      outgoing,
      body: incoming.body,
      about: incoming,
      earlier: { ...outgoing.getHeaders() },
      next: () => next(),
      replaceBody(body: unknown) {
        incoming.body = body;
        // Keeps later parsers from reading the request again: body-parser checks this field.
        Object.assign(incoming, { _body: true });
      },
    };
    void exchangeOverNode(node, guard);
  };
}
