import * as z from "zod/mini";
import { definePlugin, deny, hasLabel, type Plugin } from "../index.ts";
import { label, patterns } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import {
  allowedUris,
  nameMatcher,
  refusedUris,
  requestPoints,
  type Target,
  type TargetKind,
  targetsOf,
} from "./targets.ts";

/** Destinations of requests, as patterns. A request goes there if any pattern matches. */
export interface EgressTargets {
  /** Tool names. */
  readonly tools?: readonly string[] | undefined;
  /** Prompt names. */
  readonly prompts?: readonly string[] | undefined;
  /** Resource URIs. */
  readonly resources?: readonly string[] | undefined;
  /** Other MCP methods, such as `completion/complete`. */
  readonly methods?: readonly string[] | undefined;
  /** Model ids. */
  readonly models?: readonly string[] | undefined;
  /** Server ids, whatever is requested of the server. */
  readonly servers?: readonly string[] | undefined;
}

/** Options of `egressGuard`: `allow`, `refuse`, or neither, so that nothing may leave. */
export interface EgressGuardOptions {
  /** The data of an envelope that has one of these labels must not leave. */
  readonly labels: readonly string[];
  /** Where such data may still go. Everything else is refused. */
  readonly allow?: EgressTargets | undefined;
  /** Where such data must not go. Everything else is allowed. */
  readonly refuse?: EgressTargets | undefined;
}

const targets = z.strictObject({
  tools: z.optional(patterns),
  prompts: z.optional(patterns),
  resources: z.optional(patterns),
  methods: z.optional(patterns),
  models: z.optional(patterns),
  servers: z.optional(patterns),
});

export const egressGuardOptions = z
  .strictObject({
    labels: z
      .array(label)
      .check(
        z.minLength(1),
        z.describe("The data of an envelope that has one of these labels must not leave."),
      ),
    allow: z
      .optional(targets)
      .check(z.describe("Where such data may still go, as patterns. Everything else is refused.")),
    refuse: z
      .optional(targets)
      .check(z.describe("Where such data must not go, as patterns. Everything else is allowed.")),
  })
  .check(
    z.refine(
      ({ allow, refuse }) => allow === undefined || refuse === undefined,
      "must have allow or refuse, not both",
    ),
  );

/**
 * Keeps labelled data in: while the envelope has one of `labels`, refuses calls of tools, prompts,
 * resources and other methods, and model input. With neither `allow` nor `refuse`, it refuses all
 * of them. A server or name that a request does not state counts as refused.
 *
 * It sees labels and what requests name. It changes nothing. It checks only requests; an answer to
 * a server's own request is not one.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { egressGuard } from "glassine/plugins";
 *
 * const guard = egressGuard({ labels: ["SECRET"], allow: { tools: ["search_*"] } });
 * console.log(guard.capabilities); // [ 'read_labels' ]
 * ```
 */
export function egressGuard(options: EgressGuardOptions): Plugin<"read_labels"> {
  const { labels, allow, refuse } = readOptions("egressGuard", egressGuardOptions, options);
  // With either list, a target that the request does not name is refused.
  const refuses = refuse !== undefined;
  const isListed = matcherOf(refuse ?? allow ?? {}, refuses);
  const isRefused = (target: Target) => isListed(target) === refuses;
  return definePlugin({
    name: "egress-guard",
    version: "1.0.0",
    description: "Keeps labelled data from leaving through calls and model input.",
    capabilities: ["read_labels"],
    hooks: {
      message_pre_invoke: {
        priority: 200,
        handler(message, context, extensions) {
          if (!labels.some((each) => hasLabel(extensions, each))) return undefined;
          const point = requestPoints.find((each) => each === context.hook);
          const isKept =
            point === undefined || targetsOf(message, point, extensions).some(isRefused);
          if (!isKept) return undefined;
          return deny({ code: "egress_denied", reason: "Labelled data may not go there" });
        },
      },
    },
  });
}

/** Tests whether a target is in `lists`; a name that is not stated is in lists of refusals. */
function matcherOf(lists: z.output<typeof targets>, refuses: boolean): (target: Target) => boolean {
  const among = (list: readonly string[] = [], matcher = nameMatcher) => {
    const matches = matcher(list);
    return (name: string | undefined) =>
      list.length > 0 && (name === undefined ? refuses : matches(name));
  };
  const isNamed: Record<TargetKind, (name: string | undefined) => boolean> = {
    tool: among(lists.tools),
    prompt: among(lists.prompts),
    resource: among(lists.resources, refuses ? refusedUris : allowedUris),
    method: among(lists.methods),
    model: among(lists.models),
  };
  const isOnServer = among(lists.servers);
  return ({ kind, name, server }) =>
    isNamed[kind](name) || (kind !== "model" && isOnServer(server));
}
