/** Guards one exchange over HTTP, whoever forwards the request. */
import { kindOf, quotedOrKind } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { optionsInvalid, quoted } from "../../core/errors/index.ts";
import type { AnyHookManager } from "../guard/index.ts";
import {
  checkProvider,
  createModelGuard,
  type ModelCall,
  type ModelGuard,
  type ModelGuardOptions,
  Refused,
  readGuardBasis,
  refusalOf,
} from "../model/index.ts";
import type { ModelProvider } from "../rewrite/index.ts";
import { ended, type JudgedExchange, judgeResponse, refusedResponse } from "./judge-response.ts";
import { type HttpLimits, readHttpLimits } from "./limits.ts";
import { mediaTypeOf } from "./media-type.ts";
import { jsonIn, textOf } from "./read-text.ts";
import { type Route, routeOf, routePattern } from "./routes.ts";

/** Options of every guard of HTTP requests. */
export interface HttpGuardOptions<Extensions = unknown, About = unknown>
  extends ModelGuardOptions<Extensions, ModelCall<About>> {
  /** The provider or providers whose APIs are read. A request's method and path select one. */
  readonly provider: ModelProvider | readonly ModelProvider[];
  /**
   * Requests that pass unread: for each, a method and the end of a path, in which `*` stands for
   * one segment. Default: `GET /models` and `GET /models/*`. Any other request that no provider
   * knows is refused: it could carry a prompt, or bring an answer.
   */
  readonly pass?: readonly string[] | undefined;
  /** How much is read, and when a stream that is held back sends a comment. */
  readonly limits?: Partial<HttpLimits> | undefined;
}

/** A request as it arrived, and the ways to answer it. */
export interface HttpCall<Passed> {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly signal: AbortSignal | null | undefined;
  /** Given to the functions of the options as `call.about`. */
  readonly about: unknown;
  /** Reads the body. Called once, and only if something is judged. */
  body(): Promise<ReadableStream<Uint8Array> | null>;
  /** Sends the request as it arrived. */
  pass(): Promise<Response | Passed>;
  /** Sends it with the body and the headers that plugins left. */
  send(body: string, headers: Headers): Promise<Response>;
  /**
   * Receives what resolves when a streamed answer is judged. What has left is judged even if its
   * reader has gone, so wait for it before you close what plugins and labels need.
   */
  judging?(done: Promise<void>): void;
}

/** Returns the judged answer, or what `pass` returned if nothing is to be judged. */
export type HttpGuard = <Passed = never>(call: HttpCall<Passed>) => Promise<Response | Passed>;

/** The guard of one provider. */
interface Guarded {
  readonly guard: ModelGuard;
  readonly isFor: Route;
}

const passByDefault = ["GET /models", "GET /models/*"];
/** The options that `createHttpGuard` reads. */
const own = ["provider", "pass", "limits"];

/**
 * `name` is the public function that is called, and `others` are the options that it reads itself.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 */
export function createHttpGuard<Extensions, About>(
  manager: AnyHookManager<Extensions>,
  options: HttpGuardOptions<Extensions, About>,
  name: string,
  others: readonly string[],
): HttpGuard {
  const basis = readGuardBasis(manager, options, name, [...own, ...others]);
  const limits = readHttpLimits(ownValue(options, "limits"), name);
  const passes = routeOf(readPass(ownValue(options, "pass"), name));
  const guards = readProviders(ownValue(options, "provider"), name).map(
    (provider): Guarded => ({
      guard: createModelGuard(provider, basis),
      isFor: routeOf(provider.requests),
    }),
  );

  return async (call) => {
    const { method, url, headers, about } = call;
    const signal = call.signal ?? undefined;
    const known = guards.find(({ isFor }) => isFor(method, url.pathname));
    if (known === undefined && passes(method, url.pathname)) return call.pass();
    // An unknown request is refused in the format of the provider that its headers name.
    const named = ({ guard: { provider } }: Guarded) =>
      provider.ownHeaders?.some((header) => headers.has(header));
    const { guard } = known ?? guards.find(named) ?? (guards[0] as Guarded);
    const model = known && guard.provider.modelIn?.(url.pathname);
    const exchange = guard.begin({ about, model, signal });
    const judged = { guard, exchange, limits, signal, judging: call.judging };
    const isJudging = guard.listens("request") || guard.listens("answer");
    let body: string | undefined;
    let response: Response;
    try {
      if (known === undefined) {
        throw new Refused(refusalOf("request_unknown", `${method} ${quoted(url.pathname)}`));
      }
      if (isJudging) {
        body = await judgedBody(await call.body(), judged);
        response = await call.send(body, withBodyHeaders(exchange.withHeaders(headers)));
      } else {
        const passed = await call.pass();
        if (!(passed instanceof Response)) {
          exchange.end();
          return passed;
        }
        response = passed;
      }
    } catch (error) {
      if (!(error instanceof Refused)) {
        const isOfBody = isJudging && body === undefined;
        throw ended(error, judged, isOfBody ? "request_invalid" : undefined);
      }
      exchange.end(error.refusal);
      return refusedResponse(guard.provider, error.refusal);
    }
    return judgeResponse(response, judged);
  };
}

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

/** Headers that describe exactly the bytes that arrived. */
const ofTheBody = [
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "trailer",
  "content-md5",
  "content-digest",
  "digest",
  "repr-digest",
];

/**
 * Makes headers describe the body that is sent, which is JSON in UTF-8. With those of the body that
 * arrived, such as `charset=utf-7`, a server could read other text than plugins did.
 */
function withBodyHeaders(headers: Headers): Headers {
  for (const name of ofTheBody) headers.delete(name);
  const type = mediaTypeOf(headers.get("content-type")) ?? "";
  const isJson = /^application\/([\w.+-]+\+)?json$/.test(type);
  headers.set("content-type", isJson ? type : "application/json");
  return headers;
}

/**
 * Returns the body to send: the judged document or, if only answers are judged, its text as it
 * arrived. Throws `Refused`.
 */
async function judgedBody(
  body: ReadableStream<Uint8Array> | null,
  { guard, exchange, limits, signal }: JudgedExchange,
): Promise<string> {
  const text = await textOf(body, limits.requestBytes, "request", signal);
  const { document, refusal } = await exchange.judgeRequest(jsonIn(text, "request"));
  if (refusal !== undefined) throw new Refused(refusal);
  return guard.listens("request") ? JSON.stringify(document) : text;
}

/** @throws GlassineError `options_invalid` */
function readProviders(given: unknown, name: string): readonly ModelProvider[] {
  const list: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  if (list.length === 0) throw optionsInvalid(`${name} expects a provider, got an empty array.`);
  return list.map((provider) => {
    checkProvider(provider, name);
    if (provider.requests.length > 0) return provider;
    throw optionsInvalid(
      `${name} expects a provider that reads HTTP requests, got ${quoted(provider.name)}, which reads none. Pass it to guardModel; for bedrock there is guardBedrock.`,
    );
  });
}

/** @throws GlassineError `options_invalid` */
function readPass(pass: unknown, name: string): readonly string[] {
  if (pass === undefined) return passByDefault;
  if (!Array.isArray(pass)) {
    throw optionsInvalid(`${name} expects an array as pass, got ${kindOf(pass)}.`);
  }
  for (const route of pass as readonly unknown[]) {
    if (typeof route === "string" && routePattern.test(route)) continue;
    throw optionsInvalid(
      `${name} expects each of pass to be a method and the end of a path, such as "GET /files/*", got ${quotedOrKind(route)}.`,
    );
  }
  return [...(pass as readonly string[])];
}
