import { kindOf } from "../../core/data/index.ts";
import { optionsInvalid } from "../../core/errors/index.ts";
import { type AnyHookManager, readFunction } from "../guard/index.ts";
import { createHttpGuard, type HttpGuardOptions } from "./http-guard.ts";

/** A function like the global `fetch`, as providers' SDKs accept it. */
export type ModelFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** The HTTP request of an exchange, as functions in the options get it in `call.about`. */
export interface ModelHttpRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
}

export interface GuardFetchOptions<Extensions = unknown>
  extends HttpGuardOptions<Extensions, ModelHttpRequest> {
  /** Sends the requests. Default: the global `fetch`. */
  readonly fetch?: ModelFetch | undefined;
}

/**
 * Returns a `fetch` that puts requests to a model and their answers, JSON and streams, through the
 * hooks of `manager`. Pass it to the SDK as its option `fetch`.
 *
 * A refusal is answered in the provider's own format, mostly with status 403, so that the SDK
 * throws its own error. A streamed answer is held back until it is judged.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { guardFetch } from "glassine/http";
 * import { openai } from "glassine/openai";
 * import OpenAI from "openai";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const fetch = guardFetch(manager, { provider: openai });
 * const client = new OpenAI({ apiKey: "a key", fetch });
 * console.log(client.baseURL); // https://api.openai.com/v1
 * ```
 */
export function guardFetch<Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: GuardFetchOptions<Extensions>,
): ModelFetch {
  const guard = createHttpGuard(manager, options, "guardFetch", ["fetch"]);
  const sender = (readFunction(options, "fetch", "guardFetch") ?? ownFetch) as ModelFetch;
  const send: ModelFetch = async (input, init) => {
    const response: unknown = await sender(input, init);
    if (isResponse(response)) return response;
    throw optionsInvalid(`guardFetch expects fetch to return a Response, got ${kindOf(response)}.`);
  };

  return async (input, init = {}) => {
    const given = typeof input === "object" && "url" in input ? input : undefined;
    const url = new URL(given?.url ?? (input as string | URL));
    const method = (init.method ?? given?.method ?? "GET").toUpperCase();
    const headers = new Headers(init.headers ?? given?.headers);
    const signal = init.signal ?? given?.signal;
    const about: ModelHttpRequest = { method, url: url.href, headers: new Headers(headers) };
    const response = await guard({
      method,
      url,
      headers,
      signal,
      about,
      body: async () => new Response(init.body ?? given?.body ?? null).body,
      pass: () => sender(input, init),
      send: (body, headers) =>
        send(url.href, {
          ...init,
          ...optionsOf(init, given),
          method,
          headers,
          body,
          signal: signal ?? null,
        }),
    });
    // As `fetch` does; a refusal would hide the reason, which decides whether an SDK tries again.
    if (signal?.aborted) {
      void response.body?.cancel().catch(() => {});
      throw signal.reason ?? new DOMException("This operation was aborted", "AbortError");
    }
    return response;
  };
}

/** A library's `fetch` can have a class of its own. */
function isResponse(value: unknown): value is Response {
  const { status, headers } = Object(value);
  return typeof status === "number" && typeof Object(headers).get === "function";
}

/** The options of a request that decide how it is sent. A redirect would lead to another server. */
function optionsOf(init: RequestInit, given: Request | undefined): RequestInit {
  const credentials = init.credentials ?? given?.credentials;
  const redirect = init.redirect ?? given?.redirect;
  return { ...(credentials && { credentials }), ...(redirect && { redirect }) };
}

const ownFetch: ModelFetch = (input, init) => fetch(input, init);
