import type { AnyHookManager } from "../rewrite/index.ts";
import { createHttpGuard, type HttpGuard, type HttpGuardOptions } from "./http-guard.ts";

/**
 * Returns a function that puts one HTTP request to a model and its answer through the hooks of
 * `manager`, for hosts that forward requests in their own way. `guardFetch` and the middleware are
 * built on it.
 *
 * It rejects only if the call's signal aborts, if its `body`, `pass` or `send` rejects, or if a body
 * that they return cannot be read. A refusal is answered in the provider's own format.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { guardHttp } from "glassine/http";
 * import { openai } from "glassine/openai";
 *
 * const guard = guardHttp(await createPluginManager({ plugins: [] }), { provider: openai });
 * const response = await guard({
 *   method: "POST",
 *   url: new URL("http://localhost/v1/batches"),
 *   headers: new Headers(),
 *   signal: undefined,
 *   about: { subject: "ada" },
 *   body: async () => null,
 *   pass: async () => new Response("{}"),
 *   send: async () => new Response("{}"),
 * });
 * console.log(response.status); // 403
 * ```
 */
export function guardHttp<Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: HttpGuardOptions<Extensions>,
): HttpGuard {
  return createHttpGuard(manager, options, "guardHttp", []);
}
