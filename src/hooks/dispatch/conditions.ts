/** Conditions: which calls a plugin is for, by glob over names. */
import { compilePattern } from "../../messages/index.ts";

/** Every kind that is listed must match; of its patterns one is enough. `*` stops at `/`. */
export interface Conditions {
  readonly tools?: readonly string[];
  readonly prompts?: readonly string[];
  /** URIs. */
  readonly resources?: readonly string[];
  readonly servers?: readonly string[];
  readonly tenants?: readonly string[];
}

export const conditionKinds = ["tools", "prompts", "resources", "servers", "tenants"] as const;
type Kind = (typeof conditionKinds)[number];

/** Whether a call is one the plugin is for. */
export type ConditionTest = (
  payload: object,
  extensions: object,
  tenant: string | undefined,
) => boolean;

export function compileConditions(conditions: Conditions, isMessage: boolean): ConditionTest {
  const tests = conditionKinds.flatMap((kind) => {
    const patterns = conditions[kind]?.map((pattern) => compilePattern(pattern));
    return patterns === undefined ? [] : [{ kind, patterns }];
  });
  return (payload, extensions, tenant) => {
    const names = namesIn(payload, extensions, tenant, isMessage);
    return tests.every(({ kind, patterns }) =>
      names[kind].some((name) => patterns.some((matches) => matches(name))),
    );
  };
}

type Names = { readonly [K in Kind]: string[] };

/** What a call is about, from its payload and, for the rest, the `mcp` slot the host filled. */
function namesIn(
  payload: object,
  extensions: object,
  tenant: string | undefined,
  isMessage: boolean,
): Names {
  const names: Names = { tools: [], prompts: [], resources: [], servers: [], tenants: [] };
  if (tenant !== undefined) names.tenants.push(tenant);
  // What a server answered on an older hook is data, however much it looks like parts.
  if (isMessage) for (const part of partsOf(payload)) fromPart(part, names);
  else fromOlder(payload as OlderPayload, names);
  const { mcp } = extensions as { readonly mcp?: McpSlot };
  for (const [kind, entity] of [
    ["tools", mcp?.tool],
    ["prompts", mcp?.prompt],
    ["resources", mcp?.resource],
  ] as const) {
    add(names[kind], entity?.name);
    if (kind === "resources") add(names.resources, entity?.uri);
    add(names.servers, entity?.server_id);
  }
  return names;
}

interface Entity {
  readonly name?: string | undefined;
  readonly uri?: string | undefined;
  readonly server_id?: string | undefined;
}
interface McpSlot {
  readonly tool?: Entity;
  readonly prompt?: Entity;
  readonly resource?: Entity;
}
interface OlderPayload {
  readonly name?: unknown;
  readonly prompt_id?: unknown;
  readonly uri?: unknown;
}
interface Part {
  readonly content_type?: unknown;
  readonly content?: unknown;
}

function fromOlder(payload: OlderPayload, names: Names): void {
  add(names.tools, payload.name);
  add(names.prompts, payload.prompt_id);
  add(names.resources, payload.uri);
}

function partsOf(payload: object): readonly Part[] {
  const { content } = payload as { readonly content?: unknown };
  return Array.isArray(content) ? (content as readonly Part[]) : [];
}

function fromPart(part: Part, names: Names): void {
  const content = (part.content ?? {}) as Readonly<Record<string, unknown>>;
  if (part.content_type === "tool_call") add(names.tools, content.name);
  if (part.content_type === "tool_result") add(names.tools, content.tool_name);
  if (part.content_type === "prompt_request") {
    add(names.prompts, content.name);
    add(names.servers, content.server_id);
  }
  if (part.content_type === "prompt_result") add(names.prompts, content.prompt_name);
  if (part.content_type === "resource" || part.content_type === "resource_ref") {
    add(names.resources, content.uri);
  }
}

function add(list: string[], name: unknown): void {
  if (typeof name === "string") list.push(name);
}
