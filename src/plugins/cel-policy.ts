import * as z from "zod/mini";
import type { Plugin } from "../index.ts";
import { filled } from "./option-types.ts";
import {
  type PolicyCapability,
  type PolicyHook,
  peerMissing,
  policyInvalid,
  policyPlugin,
  policySettings,
} from "./policy-plugin.ts";
import { readOptions } from "./read-options.ts";

/** Options of `celPolicy`. */
export interface CelPolicyOptions {
  /** An expression of CEL over `input` that is true for what is allowed. */
  readonly policy: string;
  /** At which hooks it is asked. Default `["message_pre_invoke"]`: before everything. */
  readonly hooks?: readonly PolicyHook[];
  /** What of the envelope it is shown. Default `["read_labels", "read_roles"]`. */
  readonly capabilities?: readonly PolicyCapability[];
}

export const celPolicyOptions = z.strictObject({
  policy: filled.check(
    z.describe("An expression of CEL over `input` that is true for what is allowed."),
  ),
  ...policySettings,
});

/**
 * Allows what an expression of the Common Expression Language says. It is evaluated for each part of
 * a message, with `input` as `toPolicyInput` returns it; all of them have to be true. An error, such
 * as a field that is not there, and any other value deny the message: ask `has(input.name)` first.
 *
 * It sees the parts of messages, and of the envelope what `capabilities` open. It changes nothing.
 * It needs the package `@marcbachmann/cel-js`, which is loaded when the plugin is made. `matches` in
 * an expression is a regular expression, which can take any time.
 *
 * @throws GlassineError (as a rejection) `options_invalid`, also for an expression that is not one;
 *   `setting_invalid` if the package cannot be loaded
 * @example
 * ```ts
 * import { celPolicy } from "glassine/plugins";
 *
 * const policy = await celPolicy({
 *   policy: 'input.name != "wipe" || "admin" in input.extensions.subject.roles',
 *   hooks: ["cmf.tool_pre_invoke"],
 * });
 * console.log(policy.capabilities); // [ 'read_labels', 'read_roles' ]
 * ```
 */
export async function celPolicy(options: CelPolicyOptions): Promise<Plugin> {
  const { policy, hooks, capabilities } = readOptions("celPolicy", celPolicyOptions, options);
  const { Environment } = await loadCel();
  const environment = new Environment().registerVariable("input", "map");
  const checked = environment.check(policy);
  const mayDecide = checked.valid && (checked.type === "bool" || checked.type === "dyn");
  if (!mayDecide) {
    const why = checked.error?.message ?? `it is of the type ${checked.type}, not bool`;
    throw policyInvalid("celPolicy", "policy", why);
  }
  const evaluate = environment.parse(policy);
  return policyPlugin({
    name: "cel",
    description: "Allows what an expression of CEL says.",
    hooks,
    capabilities,
    allows: (input) => evaluate({ input }) === true,
  });
}

/** Bundlers that do not find the package leave an import in `try` as it is. */
async function loadCel() {
  try {
    return await import("@marcbachmann/cel-js");
  } catch (error) {
    throw peerMissing("celPolicy", "@marcbachmann/cel-js", "8", error);
  }
}
