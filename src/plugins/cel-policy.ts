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
  /** A CEL expression over `input` that is true for what is allowed. */
  readonly policy: string;
  /**
   * The hooks at which the policy is evaluated. Default `["message_pre_invoke"]`: before
   * everything.
   */
  readonly hooks?: readonly PolicyHook[] | undefined;
  /** The parts of the envelope that it sees. Default `["read_labels", "read_roles"]`. */
  readonly capabilities?: readonly PolicyCapability[] | undefined;
}

export const celPolicyOptions = z.strictObject({
  policy: filled.check(
    z.describe("A CEL expression over `input` that is true for what is allowed."),
  ),
  ...policySettings,
});

/**
 * Allows a message if an expression in the Common Expression Language is true for each of its
 * parts, with `input` as `toPolicyInput` returns it. An error, such as a missing field, and any
 * other value deny the message: test `has(input.name)` first.
 *
 * It sees the parts of messages, and the parts of the envelope that `capabilities` open. It changes
 * nothing. It needs the package `@marcbachmann/cel-js`, which is loaded when the plugin is made.
 * `matches` in an expression is a regular expression, which can take arbitrarily long.
 *
 * @throws GlassineError (as a rejection) `options_invalid`, also for an invalid expression;
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
    description: "Allows what a CEL expression allows.",
    hooks,
    capabilities,
    allows: (input) => evaluate({ input }) === true,
  });
}

/** Inside `try`, bundlers leave the import of a package that they do not find as it is. */
async function loadCel() {
  try {
    return await import("@marcbachmann/cel-js");
  } catch (error) {
    throw peerMissing("celPolicy", "@marcbachmann/cel-js", "8", error);
  }
}
