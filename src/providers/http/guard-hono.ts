import type { AnyHookManager } from "../guard/index.ts";
import {
  bodyGone,
  createServerGuard,
  refuseEncoded,
  type ServerGuardOptions,
} from "./server-options.ts";

/** The part of Hono's `Context` that the guard uses. */
export interface HonoContext {
  readonly req: {
    raw: Request;
    bodyCache: object;
    text(): Promise<string>;
    header(name: string): string | undefined;
  };
  /** Returns what middleware in front has stored, such as the claims of a token. */
  get(key: string): unknown;
  get res(): Response;
  set res(response: Response | undefined);
}

/** Hono middleware. */
export type HonoMiddleware<Caller = HonoContext> = (
  context: Caller,
  next: () => Promise<void>,
) => Promise<void>;

/**
 * Returns Hono middleware that guards the handlers behind it, a proxy for model APIs: each request
 * and its answer, JSON or a stream, goes through the hooks of `manager`.
 *
 * The handler reads the judged body from `c.req`. What it answers is held back until it is judged.
 * A refusal is answered in the provider's own format.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { guardHono } from "glassine/http";
 * import { openai } from "glassine/openai";
 * import { Hono } from "hono";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const app = new Hono();
 * app.use("/v1/*", guardHono(manager, { provider: openai }));
 * const { status } = await app.request("/v1/batches", { method: "POST" });
 * console.log(status); // 403
 * ```
 */
export function guardHono<Caller extends HonoContext, Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: ServerGuardOptions<Caller, Extensions>,
): HonoMiddleware<Caller> {
  const guard = createServerGuard(manager, options, "guardHono");
  return async (context, next) => {
    const { req } = context;
    const { raw } = req;
    const { method, url, signal } = raw;
    const earlier = new Headers(context.res.headers);
    const replace = (answer: Response) => {
      // Hono adds the headers of an answer that is replaced, so remove it first.
      context.res = undefined;
      context.res = answer;
    };
    const response = await guard<undefined>({
      method,
      url: new URL(url),
      headers: raw.headers,
      signal,
      about: context,
      async body() {
        refuseEncoded(raw.headers, "request");
        if (!raw.bodyUsed) return raw.body;
        // If it was read through Hono, Hono has a copy.
        const text = await req.text().catch((error) => {
          throw bodyGone(error);
        });
        return new Response(text).body;
      },
      async pass() {
        await next();
        return undefined;
      },
      async send(body, headers) {
        req.raw = new Request(url, { method, headers, body, signal });
        req.bodyCache = {};
        await next();
        const { res } = context;
        refuseEncoded(res.headers, "answer", res.body);
        return res;
      },
    }).catch((error) => {
      replace(new Response(null, { headers: earlier }));
      throw error;
    });
    if (response === undefined) return;
    const answer = new Response(response.body, response);
    const answered = new Set(answer.headers.keys());
    // Several cookies have one name.
    for (const [name, value] of earlier) {
      if (!answered.has(name)) answer.headers.append(name, value);
    }
    replace(answer);
  };
}
