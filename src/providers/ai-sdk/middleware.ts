import { isRecord } from "../../core/data/index.ts";
import { type AnyHookManager, readStreamLimits, streamOptions } from "../guard/index.ts";
import {
  createModelGuard,
  type ModelCall,
  type ModelExchange,
  type ModelGuard,
  type ModelGuardOptions,
  readGuardBasis,
} from "../model/index.ts";
import { type StreamLimits, valuedKeys } from "../rewrite/index.ts";
import { type Fields, isList, signalIn, unfrozen } from "./host-values.ts";
import { endRefused, judgedStream, type OpenExchange } from "./judged-stream.ts";
import { providers } from "./tables.ts";
import type { SpecificationVersion } from "./types.ts";
import { givenVersion } from "./versions.ts";

/** A model call that is about to be checked, as the host sees it. */
export interface AiCall extends ModelCall {
  readonly about: {
    readonly type: "generate" | "stream";
    /** The names that the model gives its provider and itself. */
    readonly provider: string | undefined;
    readonly modelId: string | undefined;
    /** `providerOptions.glassine` of the call. It is not sent to the provider. */
    readonly options: { readonly [name: string]: unknown } | undefined;
    /** The headers of the call that begin with `x-glassine-`, in lower case. They are not sent. */
    readonly headers: { readonly [name: string]: unknown };
  };
}

/** Options of `aiMiddleware`. */
export interface AiMiddlewareOptions<
  Extensions = unknown,
  Version extends SpecificationVersion = SpecificationVersion,
> extends ModelGuardOptions<Extensions, AiCall>,
    Pick<StreamLimits, "maxEvents" | "textUnits"> {
  /** `v4` for `ai` 7, `v3` for `ai` 6, `v2` for `ai` 5. */
  readonly specificationVersion: Version;
  /**
   * What may pass although no plugin sees it, as for `guardModel`. By default, this is what the
   * program that uses the SDK sets or reads itself: tools, the format of the answer, and options
   * and metadata of the provider.
   */
  readonly allow?: readonly string[];
}

/** A middleware for `wrapLanguageModel` of `ai` 5, 6 and 7. */
export interface AiMiddleware<Version extends SpecificationVersion = SpecificationVersion> {
  readonly specificationVersion: Version;
  transformParams<Params extends object>(call: {
    readonly type: "generate" | "stream";
    readonly params: Params;
    readonly model: object;
  }): Promise<Params>;
  wrapGenerate<Result extends object>(call: {
    readonly doGenerate: () => PromiseLike<Result>;
    readonly params: object;
    readonly model: object;
  }): Promise<Result>;
  wrapStream<Result extends { readonly stream: object }>(call: {
    readonly doStream: () => PromiseLike<Result>;
    readonly params: object;
    readonly model: object;
  }): Promise<Result>;
}

/** The default of `allow`. @internal */
export const setByTheProgram: readonly string[] = [
  "tools",
  "content responseFormat",
  "content providerOptions",
  "content prompt[*].providerOptions",
  "content prompt[*].content[*].providerOptions",
  "content providerMetadata",
  "content content[*].providerMetadata",
];

/**
 * A middleware that puts hooks around a model of the AI SDK.
 *
 * Each message of the prompt goes through `cmf.llm_input`, the answer through `cmf.llm_output`, and
 * each tool call in it, on its own, through `cmf.tool_pre_invoke` unless `toolCalls` is false. A
 * streamed answer is forwarded once plugins have judged it, its text in pieces if plugins allow
 * that. A refused call throws an `APICallError`, which the SDK does not retry; a stream ends with
 * that error. An error of the model itself is thrown unchanged.
 *
 * @throws GlassineError `options_invalid`; `session_invalid` for an invalid session
 * @example
 * ```ts
 * import { generateText, wrapLanguageModel } from "ai";
 * import { MockLanguageModelV3 } from "ai/test";
 * import { createPluginManager, definePlugin, deny } from "glassine";
 * import { aiMiddleware } from "glassine/ai-sdk";
 *
 * const closed = definePlugin({
 *   name: "closed",
 *   version: "1.0.0",
 *   hooks: { "cmf.llm_input": (_message, _context) => deny("Closed today") },
 * });
 * const manager = await createPluginManager({ plugins: [closed] });
 * const model = wrapLanguageModel({
 *   model: new MockLanguageModelV3(),
 *   middleware: aiMiddleware(manager, { specificationVersion: "v3" }),
 * });
 * await generateText({ model, prompt: "Ahoy" }).catch((error) => console.log(error.message)); // Closed today
 * ```
 */
export function aiMiddleware<Version extends SpecificationVersion, Extensions = unknown>(
  manager: AnyHookManager<Extensions>,
  options: AiMiddlewareOptions<Extensions, Version>,
): AiMiddleware<Version> {
  const own = ["specificationVersion", ...streamOptions];
  const basis = readGuardBasis(manager, options, "aiMiddleware", own);
  const version = givenVersion(options.specificationVersion);
  const limits = readStreamLimits(options);
  const guard = createModelGuard(providers[version], {
    ...basis,
    options: { allow: setByTheProgram, ...basis.options },
  });
  /** By the params that `transformParams` returned. */
  const begun = new WeakMap<object, ModelExchange>();
  const exchangeOf = (params: object): OpenExchange => {
    const signal = signalIn(params);
    return { exchange: begun.get(params) ?? guard.begin({ signal }), signal };
  };
  return Object.freeze<AiMiddleware<Version>>({
    specificationVersion: version as Version,
    async transformParams(call) {
      const { params, exchange } = await judgedCall(guard, call);
      begun.set(params, exchange);
      return params as typeof call.params;
    },
    async wrapGenerate({ doGenerate, params }) {
      const open = exchangeOf(params);
      const result = await unlessFailed(open, doGenerate);
      const { document, refusal } = await open.exchange.judgeAnswer(result);
      if (refusal !== undefined) throw endRefused(open, refusal);
      open.exchange.end();
      return unfrozen(document) as typeof result;
    },
    wrapStream({ doStream, params }) {
      const open = exchangeOf(params);
      return unlessFailed(open, async () => {
        const result = await doStream();
        const isJudged = guard.listens("answer");
        return { ...result, stream: judgedStream(open, result.stream, { limits, isJudged }) };
      });
    },
  });
}

interface Call {
  readonly type: "generate" | "stream";
  readonly params: object;
  readonly model: object;
}

/** Judges a call and returns its params as plugins left them, without what only the guard reads. */
async function judgedCall(guard: ModelGuard, { type, params: given, model }: Call) {
  const { headers, providerOptions, ...params } = given as Fields;
  const signal = signalIn(given);
  const { glassine, ...options } = isRecord(providerOptions) ? providerOptions : {};
  const isOurs = ([name]: readonly [string, unknown]) => /^x-glassine-/i.test(name);
  const all = Object.entries(isRecord(headers) ? headers : {});
  const modelId = nameIn(model, "modelId");
  const about: AiCall["about"] = Object.freeze({
    type,
    provider: nameIn(model, "provider"),
    modelId,
    options: glassine as AiCall["about"]["options"],
    headers: Object.freeze(
      Object.fromEntries(all.filter(isOurs).map(([name, value]) => [name.toLowerCase(), value])),
    ),
  });
  const exchange = guard.begin({ about, signal });
  const kept = all.filter((header) => !isOurs(header));
  const { document, refusal } = await exchange.judgeRequest({
    ...params,
    ...(guard.listens("request") && { prompt: withoutRepeats(params.prompt) }),
    ...(headers !== undefined && { headers: Object.fromEntries(kept) }),
    ...(valuedKeys(options).length > 0 && { providerOptions: options }),
    modelId,
  });
  if (refusal !== undefined) throw endRefused({ exchange, signal }, refusal);
  const { modelId: _, ...judged } = document as Fields;
  return { params: { ...judged, prompt: unfrozen(judged.prompt) }, exchange };
}

/** Mastra repeats the input of a call in its result, where no provider reads it. */
function withoutRepeats(prompt: unknown): unknown {
  const kept = (part: unknown) => {
    if (!isRecord(part) || part.type !== "tool-result") return part;
    const { input: _, ...result } = part;
    return result;
  };
  if (!isList(prompt)) return prompt;
  return prompt.map((message: unknown) =>
    isRecord(message) && isList(message.content)
      ? { ...message, content: message.content.map(kept) }
      : message,
  );
}

/** Ends the exchange if the model fails or returns no stream, and throws the error unchanged. */
async function unlessFailed<Result>(
  { exchange, signal }: OpenExchange,
  act: () => PromiseLike<Result>,
): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    exchange.end(undefined, signal?.aborted ? "aborted" : "errored");
    throw error;
  }
}

/** Not limited to own fields, because models are class instances with getters. */
function nameIn(model: object, field: "modelId" | "provider"): string | undefined {
  const name = (model as Fields)[field];
  return typeof name === "string" ? name : undefined;
}
