import * as z from "zod/mini";
import { definePlugin, deny, type Json, type Plugin } from "../index.ts";
import { type ContentPart, matchesPattern } from "../messages.ts";
import { objectSchema, schemaTest } from "./json-schema.ts";
import { filled, patterns } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import { allowedUris, nameMatcher, type RequestPoint, targetsOf } from "./targets.ts";

/** The rule for a listed tool's arguments. If both fields are given, both must hold. */
export interface ToolRule {
  /** By argument: patterns, one of which its string must match. Other arguments are refused. */
  readonly arguments?: { readonly [name: string]: readonly string[] } | undefined;
  /**
   * A JSON Schema of all arguments, of type `object` and without regular expressions. Each schema
   * in it that is not empty needs `type`, `const`, `enum`, `anyOf`, `oneOf` or `allOf`.
   */
  readonly schema?: { readonly [keyword: string]: Json } | undefined;
}

/** Options of `allowList`. */
export interface AllowListOptions {
  /** By tool name or pattern: the rule for its arguments, `{}` for none. Default: no tools. */
  readonly tools?: { readonly [pattern: string]: ToolRule } | undefined;
  /** Prompt names or patterns. Default: none. */
  readonly prompts?: readonly string[] | undefined;
  /** Resource URIs or patterns. Default: none. */
  readonly resources?: readonly string[] | undefined;
}

const toolRule = z.strictObject({
  arguments: z.optional(z.record(filled, z.array(filled))),
  schema: z.optional(objectSchema),
});

export const allowListOptions = z.strictObject({
  tools: z
    ._default(z.record(filled, toolRule), {})
    .check(z.describe("By tool name or pattern: the rule for its arguments, `{}` for none.")),
  prompts: z._default(patterns, []).check(z.describe("Prompt names or patterns.")),
  resources: z._default(patterns, []).check(z.describe("Resource URIs or patterns.")),
});

/** The key that identifies an item of a list, and what it is. */
interface Listed {
  readonly key: "name" | "uri";
  readonly kind: "tools" | "prompts" | "resources";
}

/** MCP's list methods, and the field that has the items. */
const lists: readonly (Listed & {
  readonly method: string;
  readonly field: string;
  /** Whether the field is the item itself, not a list. */
  readonly isOne?: true;
  /** Whether items list files of their own. */
  readonly hasFiles?: true;
})[] = [
  { method: "tools/list", field: "tools", key: "name", kind: "tools" },
  { method: "prompts/list", field: "prompts", key: "name", kind: "prompts" },
  { method: "resources/list", field: "resources", key: "uri", kind: "resources" },
  // The skills extension, SEP-2640: files are resources, and so is a skill, by its SKILL.md.
  { method: "resources/directory/read", field: "resources", key: "uri", kind: "resources" },
  { method: "skills/list", field: "skills", key: "uri", kind: "resources", hasFiles: true },
  {
    method: "skills/get",
    field: "skill",
    key: "uri",
    kind: "resources",
    isOne: true,
    hasFiles: true,
  },
];

type Fields = { readonly [field: string]: Json };
type Named = readonly (readonly [kind: "prompts" | "resources", name: Json | undefined])[];

/** By method: the prompts and resources that a request without a hook of its own names. */
const requests: { readonly [method: string]: (params: Fields) => Named } = {
  "completion/complete"(params) {
    const { name, uri } = fieldsOf(params.ref);
    const resources: Named = uri === undefined ? [] : [["resources", uri]];
    // A reference without either is nameless.
    return name === undefined && uri !== undefined ? resources : [["prompts", name], ...resources];
  },
  "resources/subscribe": ({ uri }) => [["resources", uri]],
  "subscriptions/listen"(params) {
    const uris = fieldsOf(params.notifications).resourceSubscriptions;
    if (uris === undefined) return [];
    if (!Array.isArray(uris)) return [["resources", undefined]];
    return uris.map((uri) => ["resources", uri] as const);
  },
};

/**
 * Refuses every tool, prompt and resource that is not listed, and hides them from the lists that
 * servers send. If several patterns match a tool, all of their rules apply, so the order of the
 * patterns does not matter.
 *
 * It sees calls with their arguments, what completions and subscriptions name, and lists, which it
 * shortens. A list that it cannot read is refused. Lists of resource templates pass unchanged,
 * because reading a resource through a template is checked.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { allowList } from "glassine/plugins";
 *
 * const list = allowList({
 *   tools: { "read_*": {}, send_mail: { arguments: { to: ["*@example.org"], text: ["**"] } } },
 * });
 * console.log(list.capabilities); // []
 * ```
 */
export function allowList(options: AllowListOptions = {}): Plugin<never> {
  const read = readOptions("allowList", allowListOptions, options);
  const rules = Object.entries(read.tools).map(([pattern, rule]) => ({
    pattern,
    accepts: ruleTest(rule),
  }));
  const isListed = {
    tools: nameMatcher(Object.keys(read.tools)),
    prompts: nameMatcher(read.prompts),
    resources: allowedUris(read.resources),
  };

  const isNamed = (kind: keyof typeof isListed, name: Json | undefined) =>
    typeof name === "string" && isListed[kind](name);

  /** Denies a message unless all of its targets are listed. A nameless one never is. */
  function judge(
    message: { readonly content: readonly ContentPart[] },
    point: RequestPoint,
    kind: keyof typeof isListed,
  ) {
    const isAllowed = targetsOf(message, point, {}).every(({ name }) => isNamed(kind, name));
    return isAllowed ? undefined : notListed();
  }

  function isShown(item: Json, { key, kind }: Listed): boolean {
    return isNamed(kind, fieldsOf(item)[key]);
  }

  /** Returns a skill without those of its files that are not listed; `undefined` if unreadable. */
  function withListedFiles(skill: Json): Json | undefined {
    if (!isRecord(skill)) return undefined;
    if (skill.resources === undefined || skill.resources === "dynamic") return skill;
    if (!Array.isArray(skill.resources)) return undefined;
    const resources = skill.resources.filter((file) =>
      isShown(file, { key: "uri", kind: "resources" }),
    );
    return resources.length === skill.resources.length ? skill : { ...skill, resources };
  }

  return definePlugin({
    name: "allow-list",
    version: "1.0.0",
    description: "Refuses and hides tools, prompts and resources that are not listed.",
    capabilities: [],
    hooks: {
      "cmf.tool_pre_invoke": {
        priority: 200,
        handler(message) {
          const denial = judge(message, "cmf.tool_pre_invoke", "tools");
          if (denial !== undefined) return denial;
          const isAccepted = message.content.every(
            (part) =>
              part.content_type !== "tool_call" ||
              rules.every(
                ({ pattern, accepts }) =>
                  !matchesPattern(pattern, part.content.name) || accepts(part.content.arguments),
              ),
          );
          if (isAccepted) return undefined;
          return deny({
            code: "arguments_not_listed",
            reason: "These arguments are not allowed for this tool",
          });
        },
      },
      "cmf.prompt_pre_fetch": {
        priority: 200,
        handler: (message) => judge(message, "cmf.prompt_pre_fetch", "prompts"),
      },
      "cmf.resource_pre_fetch": {
        priority: 200,
        handler: (message) => judge(message, "cmf.resource_pre_fetch", "resources"),
      },
      "cmf.mcp_request": {
        priority: 200,
        // Without these, what no other plugin is shown of any request would count as seen.
        conditions: { tools: Object.keys(requests) },
        handler(message) {
          const isAllowed = message.content.every((part) => {
            if (part.content_type !== "tool_call") return true;
            const { name: method, arguments: params } = part.content;
            const named = Object.hasOwn(requests, method) ? requests[method]?.(params) : undefined;
            return named?.every(([kind, name]) => isNamed(kind, name)) ?? true;
          });
          return isAllowed ? undefined : notListed();
        },
      },
      "cmf.mcp_response"(message) {
        const [part, ...others] = message.content;
        if (part?.content_type !== "tool_result" || part.content.is_error) return undefined;
        const { tool_name: method, content: list } = part.content;
        const shown = lists.find((each) => each.method === method);
        if (shown === undefined) return undefined;
        const items = isRecord(list) ? list[shown.field] : undefined;
        // A response without this field lists no items.
        if (items === undefined && isRecord(list)) return undefined;
        const { isOne = false, hasFiles = false } = shown;
        const all = isOne && items !== undefined ? [items] : items;
        if (others.length > 0 || !Array.isArray(all) || !isRecord(list)) return unreadable();
        const visible = all.filter((item) => isShown(item, shown));
        if (isOne && visible.length === 0) return notListed();
        const kept = hasFiles ? visible.map(withListedFiles) : visible;
        if (kept.includes(undefined)) return unreadable();
        if (kept.length === all.length && kept.every((item, at) => item === all[at]))
          return undefined;
        const left = isOne ? kept[0] : kept;
        const content = { ...part.content, content: { ...list, [shown.field]: left } };
        return { modifiedPayload: { ...message, content: [{ ...part, content }] } };
      },
    },
  });
}

const unreadable = () => deny({ code: "list_unreadable", reason: "The list cannot be read" });
const notListed = () => deny({ code: "not_listed", reason: "This is not on the allow list" });

function ruleTest({ arguments: named, schema }: z.output<typeof toolRule>) {
  const byName =
    named && new Map(Object.entries(named).map(([key, list]) => [key, nameMatcher(list)]));
  const fits = schema === undefined ? undefined : schemaTest(schema);
  return (given: { readonly [name: string]: Json }): boolean =>
    (fits?.(given) ?? true) &&
    (byName === undefined ||
      Object.entries(given).every(
        ([name, value]) => typeof value === "string" && byName.get(name)?.(value) === true,
      ));
}

/** The fields of a value; none if it is not an object. */
function fieldsOf(value: Json | undefined): Fields {
  return isRecord(value) ? value : {};
}

function isRecord(value: Json | undefined): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
