/** A plugin that evaluates a policy for each part of a message. */
import * as z from "zod/mini";
import { type Capability, definePlugin, deny, GlassineError, type Plugin } from "../index.ts";
import {
  type Message,
  type PartExtensions,
  partsOf,
  type SerializedPart,
  text,
  toPolicyInput,
} from "../messages.ts";

/** The hooks at which a policy can be evaluated. */
const hooks = [
  "evaluate",
  "message_pre_invoke",
  "message_post_invoke",
  "cmf.llm_input",
  "cmf.llm_output",
  "cmf.tool_pre_invoke",
  "cmf.tool_post_invoke",
  "cmf.prompt_pre_fetch",
  "cmf.prompt_post_fetch",
  "cmf.resource_pre_fetch",
  "cmf.resource_post_fetch",
  "cmf.mcp_request",
  "cmf.mcp_response",
  "cmf.mcp_notification",
] as const;

/** The capabilities for the parts of an envelope that a policy's input can have. */
const capabilities = [
  "read_agent",
  "read_headers",
  "read_labels",
  "read_permissions",
  "read_roles",
  "read_subject",
  "read_teams",
] as const satisfies readonly Capability[];

/** A hook at which a policy can be evaluated. */
export type PolicyHook = (typeof hooks)[number];
/** A capability that opens a part of a policy's input. */
export type PolicyCapability = (typeof capabilities)[number];

export const policySettings = {
  hooks: z
    ._default(z.array(z.enum(hooks)).check(z.minLength(1)), ["message_pre_invoke"])
    .check(z.describe("The hooks at which the policy is evaluated, of those that take messages.")),
  capabilities: z
    ._default(z.array(z.enum(capabilities)), ["read_labels", "read_roles"])
    .check(
      z.describe(
        `What the policy sees of the envelope: some of ${capabilities.map((each) => `\`${each}\``).join(", ")}.`,
      ),
    ),
};

interface Policy {
  readonly name: string;
  readonly description: string;
  readonly hooks: readonly PolicyHook[];
  readonly capabilities: readonly PolicyCapability[];
  /** Returns whether the policy allows a part. If it throws, the message is refused. */
  readonly allows: (input: SerializedPart) => boolean;
}

/**
 * Makes the plugin. A message without parts is judged as one with an empty text. An engine's error
 * message is not passed on, because it can quote values.
 */
export function policyPlugin({ name, description, hooks, capabilities, allows }: Policy): Plugin {
  function handler(message: Message, context: { readonly hook: string }, extensions: object) {
    // Without this, a message without parts would pass a policy that allows nothing.
    const judged = message.content.length > 0 ? message : { ...message, content: [text("")] };
    for (const part of partsOf(judged, {
      extensions: extensions as PartExtensions,
      hook: context.hook,
    })) {
      try {
        if (allows(toPolicyInput(part).input)) continue;
      } catch {
        const reason = "The policy could not be evaluated";
        return deny({ code: "policy_failed", reason });
      }
      return deny({ code: "policy_denied", reason: "The policy does not allow this" });
    }
    return undefined;
  }
  return definePlugin({
    name,
    version: "1.0.0",
    description,
    capabilities,
    hooks: Object.fromEntries(hooks.map((hook) => [hook, { priority: 200, handler }])),
  });
}

/** The error for a policy that its engine cannot read. It may quote the operator's own policy. */
export function policyInvalid(call: string, option: string, why: string): GlassineError {
  const line = why.split("\n", 1)[0] ?? "";
  const text = `${call}: "${option}" cannot be read: ${line}`;
  return new GlassineError("options_invalid", text, { option });
}

/** The error for a peer dependency that `import` did not load. */
export function peerMissing(
  call: string,
  name: string,
  version: string,
  cause: unknown,
): GlassineError {
  const text = `${call} uses the package ${name}, which cannot be loaded. Run \`npm install ${name}@${version}\`.`;
  return new GlassineError("setting_invalid", text, {}, cause);
}
