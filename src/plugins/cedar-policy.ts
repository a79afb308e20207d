import * as z from "zod/mini";
import type { Json, Plugin } from "../index.ts";
import type { SerializedPart } from "../messages.ts";
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

/** Options of `cedarPolicy`. */
export interface CedarPolicyOptions {
  /** Policies in the Cedar language. */
  readonly policies: string;
  /** Entities in addition to the caller, in Cedar's JSON format. Default: none. */
  readonly entities?: readonly { readonly [field: string]: Json }[] | undefined;
  /**
   * The hooks at which the policies are evaluated. Default `["message_pre_invoke"]`: before
   * everything.
   */
  readonly hooks?: readonly PolicyHook[] | undefined;
  /** The parts of the envelope that they see. Default `["read_labels", "read_roles"]`. */
  readonly capabilities?: readonly PolicyCapability[] | undefined;
}

export const cedarPolicyOptions = z.strictObject({
  policies: filled.check(z.describe("Policies in the Cedar language.")),
  entities: z
    ._default(z.array(z.record(z.string(), z.json())), [])
    .check(z.describe("Entities in addition to the caller, in Cedar's JSON format.")),
  ...policySettings,
});

type Cedar = typeof import("@cedar-policy/cedar-wasm/nodejs");
type Request = Omit<Parameters<Cedar["isAuthorized"]>[0], "policies">;

/**
 * Allows a message if Cedar policies permit each of its parts. The principal is the subject, such
 * as `User::"ada"`, with its roles and teams as parents, such as `Role::"admin"` and `Team::"eu"`.
 * The action is the part's, such as `Action::"execute"`. The resource is `Tool`, `Prompt` or
 * `Resource` by name or URI, or `Message` by kind. The context is the rest of what `toPolicyInput`
 * returns.
 *
 * It sees the parts of messages, and the parts of the envelope that `capabilities` open. It changes
 * nothing. Any error denies the message, even in one policy of several, which Cedar would skip. It
 * needs Node and the package `@cedar-policy/cedar-wasm`, which is loaded when the plugin is made.
 *
 * @throws GlassineError (as a rejection) `options_invalid`, also for policies and entities that
 *   Cedar cannot read; `setting_invalid` if the package cannot be loaded
 * @example
 * ```ts
 * import { cedarPolicy } from "glassine/plugins";
 *
 * const policy = await cedarPolicy({
 *   policies: 'permit(principal in Role::"admin", action, resource == Tool::"wipe");',
 *   hooks: ["cmf.tool_pre_invoke"],
 * });
 * console.log(policy.name); // cedar
 * ```
 */
export async function cedarPolicy(options: CedarPolicyOptions): Promise<Plugin> {
  const read = readOptions("cedarPolicy", cedarPolicyOptions, options);
  const cedar = await loadCedar();
  const policies = { staticPolicies: read.policies };
  // Cedar itself checks their form below.
  const entities = read.entities as unknown as Request["entities"];
  for (const [option, answer] of [
    ["policies", cedar.checkParsePolicySet(policies)],
    ["entities", cedar.checkParseEntities({ entities })],
  ] as const) {
    if (answer.type === "success") continue;
    throw policyInvalid("cedarPolicy", option, answer.errors[0]?.message ?? "it has errors");
  }
  return policyPlugin({
    name: "cedar",
    description: "Allows what Cedar policies permit.",
    hooks: read.hooks,
    capabilities: read.capabilities,
    allows(input) {
      const request = requestOf(input);
      const answer = cedar.isAuthorized({
        ...request,
        policies,
        entities: withCaller(entities, request.entities),
      });
      if (answer.type !== "success") throw new Error("Cedar did not decide");
      const { decision, diagnostics } = answer.response;
      // Cedar skips a policy that has an error, which could be the one that forbids.
      if (diagnostics.errors.length > 0) throw new Error("A policy had an error");
      return decision === "allow";
    },
  });
}

type Entities = Request["entities"];

/**
 * Adds the caller. Cedar accepts an entity only once, so what the operator says of the caller is
 * combined with what the envelope says; an attribute of both is the envelope's.
 */
function withCaller(entities: Entities, [caller]: Entities): Entities {
  if (caller === undefined) return entities;
  const isCaller = ({ uid }: Entities[number]) => nameOf(uid) === nameOf(caller.uid);
  const known = entities.find(isCaller);
  if (known === undefined) return [...entities, caller];
  const attrs = { ...known.attrs, ...caller.attrs };
  const parents = [...(known.parents ?? []), ...caller.parents];
  return [...entities.filter((each) => !isCaller(each)), { ...known, attrs, parents }];
}

/** Cedar also accepts the longer form. */
function nameOf(uid: Entities[number]["uid"]): string {
  const { type, id } = "__entity" in uid ? uid.__entity : uid;
  return JSON.stringify([type, id]);
}

const principalTypes = { user: "User", agent: "Agent", service: "Service", system: "System" };

function requestOf(input: SerializedPart): Request {
  const { action, extensions: { subject, ...extensions } = {}, ...part } = input;
  const type = subject?.type === undefined ? "Unknown" : principalTypes[subject.type];
  const principal = { type, id: subject?.id ?? "" };
  const { roles = [], teams = [], permissions = [] } = subject ?? {};
  const parents = [
    ...roles.map((id) => ({ type: "Role", id })),
    ...teams.map((id) => ({ type: "Team", id })),
  ];
  const attrs = { roles: [...roles], teams: [...teams], permissions: [...permissions] };
  return {
    principal,
    action: { type: "Action", id: action },
    resource: resourceOf(part),
    context: recordOf({ ...part, ...extensions }),
    entities: [{ uid: principal, attrs, parents }],
  };
}

function resourceOf({ kind, name, uri }: Omit<SerializedPart, "action" | "extensions">) {
  switch (kind) {
    case "tool_call":
    case "tool_result":
      return { type: "Tool", id: name ?? "" };
    case "prompt_request":
    case "prompt_result":
      return { type: "Prompt", id: name ?? "" };
    case "resource":
    case "resource_ref":
      return { type: "Resource", id: uri ?? "" };
    default:
      return { type: "Message", id: kind };
  }
}

type Value = Request["context"][string];

/**
 * Converts JSON to Cedar's data, which has no null and only whole numbers. Null becomes an empty
 * record, so that `has` is true for it, and any other number becomes a string.
 *
 * Rule: only policies may use the keys with which Cedar's JSON names entities and functions. A
 * caller's arguments that have one are an error.
 */
function valueOfJson(value: unknown): Value {
  if (typeof value === "string" || typeof value === "boolean") return value;
  if (typeof value === "number") return Number.isSafeInteger(value) ? value : String(value);
  if (Array.isArray(value)) return value.map(valueOfJson);
  return typeof value === "object" && value !== null ? recordOf(value) : {};
}

function recordOf(record: object): Record<string, Value> {
  const entries = Object.entries(record).flatMap(([key, value]) => {
    if (key.startsWith("__")) throw new Error("A key is one of Cedar's own");
    return value === undefined ? [] : [[key, valueOfJson(value)] as const];
  });
  return Object.fromEntries(entries);
}

/** Inside `try`, bundlers leave the import of a package that they do not find as it is. */
async function loadCedar(): Promise<Cedar> {
  try {
    return await import("@cedar-policy/cedar-wasm/nodejs");
  } catch (error) {
    throw peerMissing("cedarPolicy", "@cedar-policy/cedar-wasm", "4", error);
  }
}
