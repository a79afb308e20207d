import * as z from "zod/mini";
import { definePlugin, deny, hasLabel, type Plugin } from "../index.ts";
import { label, patterns } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import { nameMatcher, requestPoints, type Target, type TargetKind, targetsOf } from "./targets.ts";

/** Where requests go, by patterns. A request goes there if any one of them fits. */
export interface EgressTargets {
  /** Names of tools. */
  readonly tools?: readonly string[];
  /** Names of prompts. */
  readonly prompts?: readonly string[];
  /** URIs of resources. */
  readonly resources?: readonly string[];
  /** Other methods of MCP, such as `completion/complete`. */
  readonly methods?: readonly string[];
  /** Ids of models. */
  readonly models?: readonly string[];
  /** Ids of servers, whatever is asked of them. */
  readonly servers?: readonly string[];
}

/** Options of `egressGuard`: `allow` or `refuse`, or neither for nothing to leave. */
export interface EgressGuardOptions {
  /** Labels of which an envelope has one if its data may not leave. */
  readonly labels: readonly string[];
  /** Where such data may go all the same. Everything else is refused. */
  readonly allow?: EgressTargets;
  /** Where such data may not go. Everything else is allowed. */
  readonly refuse?: EgressTargets;
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
        z.describe("Labels of which an envelope has one if its data may not leave."),
      ),
    allow: z
      .optional(targets)
      .check(
        z.describe("Where such data may go all the same, by patterns. Everything else is refused."),
      ),
    refuse: z
      .optional(targets)
      .check(z.describe("Where such data may not go, by patterns. Everything else is allowed.")),
  })
  .check(
    z.refine(
      ({ allow, refuse }) => allow === undefined || refuse === undefined,
      "must have allow or refuse, not both",
    ),
  );

/**
 * Keeps labelled data in: refuses calls of tools, prompts, resources and other methods, and input of
 * models, while the envelope has one of `labels`. With neither `allow` nor `refuse` it refuses all
 * of them. A server or name that a request does not say counts as refused.
 *
 * It sees labels, and what requests name. It changes nothing. It judges requests alone: an answer to
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
    description: "Keeps labelled data from leaving by calls and by input of models.",
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

/** Whether a target is among these; `unknown` where the request does not say what they ask for. */
function matcherOf(lists: z.output<typeof targets>, unknown: boolean): (target: Target) => boolean {
  const among = (list: readonly string[] = []) => {
    const matches = nameMatcher(list);
    return (name: string | undefined) =>
      list.length > 0 && (name === undefined ? unknown : matches(name));
  };
  const isNamed: Record<TargetKind, (name: string | undefined) => boolean> = {
    tool: among(lists.tools),
    prompt: among(lists.prompts),
    resource: among(lists.resources),
    method: among(lists.methods),
    model: among(lists.models),
  };
  const isOnServer = among(lists.servers);
  return ({ kind, name, server }) =>
    isNamed[kind](name) || (kind !== "model" && isOnServer(server));
}
