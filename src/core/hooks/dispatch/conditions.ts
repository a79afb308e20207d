/**
 * Conditions: which calls a plugin is for, by glob over names.
 *
 * A plugin that is passed over guards nothing. So what runs for a call goes by captured calls and
 * own properties alone: an earlier plugin may have patched the realm.
 */
import { intrinsics } from "../../data/index.ts";
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
type ConditionKind = (typeof conditionKinds)[number];

/** What the host says of a call beside its envelope. */
interface Given {
  readonly tenant: string | undefined;
  readonly server: string | undefined;
}

/** Whether a call is one the plugin is for. */
export type ConditionTest = (payload: object, extensions: object, given: Given) => boolean;

interface Test {
  readonly kind: ConditionKind;
  readonly patterns: readonly ((name: string) => boolean)[];
}

export function compileConditions(conditions: Conditions, isMessage: boolean): ConditionTest {
  const tests = conditionKinds.flatMap((kind): readonly Test[] => {
    const patterns = conditions[kind]?.map((pattern) => compilePattern(pattern));
    return patterns === undefined ? [] : [{ kind, patterns }];
  });
  return (payload, extensions, given) => {
    const names = namesIn(payload, extensions, given, isMessage);
    for (let i = 0; i < tests.length; i++) {
      const { kind, patterns } = tests[i] as Test;
      if (kind === "tools" && isUnknownTool(names.tools)) continue;
      if (!isAnyMatched(names[kind], patterns)) return false;
    }
    return true;
  };
}

/** The result of a tool whose name the host does not know may be any tool's. */
function isUnknownTool(tools: Names["tools"]): boolean {
  for (let i = 0; i < tools.length; i++) if (tools[i] === "") return true;
  return false;
}

function isAnyMatched(names: Names[ConditionKind], patterns: Test["patterns"]): boolean {
  for (let i = 0; i < names.length; i++) {
    for (let j = 0; j < patterns.length; j++) {
      const matches = patterns[j] as Test["patterns"][number];
      if (matches(names[i] as string)) return true;
    }
  }
  return false;
}

const { append, newList, ownValue } = intrinsics;
type Names = { readonly [K in ConditionKind]: intrinsics.List<string> };

/** What a call is about, from its payload and, for the rest, the `mcp` slot the host filled. */
function namesIn(
  payload: object,
  extensions: object,
  { tenant, server }: Given,
  isMessage: boolean,
): Names {
  const names: Names = {
    tools: newList(),
    prompts: newList(),
    resources: newList(),
    servers: newList(),
    tenants: newList(),
  };
  if (tenant !== undefined) append(names.tenants, tenant);
  // What a server answered on an older hook is data, however much it looks like parts.
  if (isMessage) fromParts(ownValue(payload, "content") as readonly unknown[], names);
  else fromOlder(payload, names);
  const mcp = ownValue(extensions, "mcp");
  fromEntity(ownValue(mcp, "tool"), names.tools, names.servers);
  fromEntity(ownValue(mcp, "prompt"), names.prompts, names.servers);
  const resource = ownValue(mcp, "resource");
  fromEntity(resource, names.resources, names.servers);
  add(names.resources, ownValue(resource, "uri"));
  if (server === undefined) return names;
  const servers = newList<string>();
  append(servers, server);
  return { ...names, servers };
}

function fromEntity(entity: unknown, list: Names[ConditionKind], servers: Names["servers"]): void {
  add(list, ownValue(entity, "name"));
  add(servers, ownValue(entity, "server_id"));
}

function fromOlder(payload: object, names: Names): void {
  add(names.tools, ownValue(payload, "name"));
  add(names.prompts, ownValue(payload, "prompt_id"));
  add(names.resources, ownValue(payload, "uri"));
}

function fromParts(parts: readonly unknown[], names: Names): void {
  for (let i = 0; i < parts.length; i++) fromPart(parts[i], names);
}

function fromPart(part: unknown, names: Names): void {
  const content = ownValue(part, "content");
  switch (ownValue(part, "content_type")) {
    case "tool_call":
      add(names.tools, ownValue(content, "name"));
      break;
    case "tool_result":
      add(names.tools, ownValue(content, "tool_name"));
      break;
    case "prompt_request":
      add(names.servers, ownValue(content, "server_id"));
      add(names.prompts, ownValue(content, "name"));
      break;
    case "prompt_result":
      add(names.prompts, ownValue(content, "prompt_name"));
      break;
    case "resource":
    case "resource_ref":
      add(names.resources, ownValue(content, "uri"));
  }
}

function add(list: Names[ConditionKind], name: unknown): void {
  if (typeof name === "string") append(list, name);
}
