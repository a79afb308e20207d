import { expectOptions } from "../../core/data/index.ts";
import type { AnyHookManager } from "../guard/index.ts";
import { type ModelProvider, readAllow } from "../rewrite/index.ts";
import { Exchange, listensTo } from "./exchange.ts";
import type { ModelGuard, ModelGuardOptions } from "./options.ts";
import { checkProvider, type GuardBasis, readGuardBasis } from "./read-options.ts";

/**
 * Creates a guard for one API of a provider.
 *
 * Each message of a request goes through `cmf.llm_input`, each message of an answer through
 * `cmf.llm_output`, and then each tool call in it, on its own, through `cmf.tool_pre_invoke`.
 * Envelope and context pass from hook to hook. What plugins do not change stays as it is. What
 * cannot be checked, and content that plugins cannot see, is refused.
 *
 * @throws GlassineError `options_invalid`; `session_invalid`
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { guardModel } from "glassine/http";
 * import { chatCompletions } from "glassine/openai";
 *
 * const manager = await createPluginManager({ plugins: [] });
 * const exchange = guardModel(chatCompletions, manager).begin();
 * const request = { model: "gpt-4.1", messages: [{ role: "user", content: "Ahoy" }] };
 * const { document, refusal } = await exchange.judgeRequest(request);
 * console.log(document === request, refusal); // true undefined
 * ```
 */
export function guardModel<Extensions = unknown>(
  provider: ModelProvider,
  manager: AnyHookManager<Extensions>,
  options: ModelGuardOptions<Extensions> = {},
): ModelGuard {
  checkProvider(provider, "guardModel");
  return createModelGuard(provider, readGuardBasis(manager, options, "guardModel"));
}

/** The same as `guardModel`, for arguments that were already checked. */
export function createModelGuard(
  provider: ModelProvider,
  { manager, options, labels }: GuardBasis,
): ModelGuard {
  const unseenIn = readAllow(["setting", ...(options.allow ?? [])]);
  return Object.freeze<ModelGuard>({
    provider,
    listens: (part) => listensTo(part, manager, options),
    begin: (begun = {}) => {
      expectOptions(begun, ["about", "model", "signal"], "begin");
      return new Exchange({ provider, manager, options, labels, unseenIn }, begun);
    },
  });
}
