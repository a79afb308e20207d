/**
 * Conditions: which calls a plugin handles, by glob patterns over names.
 *
 * A guard that is skipped guards nothing. So the code that runs for each call uses only captured
 * built-ins and own properties: an earlier plugin may have patched the realm.
 */
import {
  append,
  forEach,
  type List,
  newList,
  none,
  ownValue,
  recordBy,
  some,
} from "../../data/intrinsics.ts";
import { compilePattern } from "../../messages/index.ts";

/** Every kind that is listed must match, by at least one of its patterns. `*` stops at `/`. */
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

/** What the host says about a call, besides the envelope. */
interface Given {
  readonly tenant: string | undefined;
  readonly server: string | undefined;
}

/** Decides whether a plugin handles a call. */
export interface ConditionTest {
  holds(payload: object, extensions: object, given: Given): boolean;
  /** Whether the tenant or the server alone rules the call out, whatever its payload is. */
  isRuledOut(given: Given): boolean;
}

interface Test {
  readonly kind: ConditionKind;
  readonly patterns: readonly ((name: string) => boolean)[];
}

export function compileConditions(conditions: Conditions, isMessage: boolean): ConditionTest {
  const tests = conditionKinds.flatMap((kind): readonly Test[] => {
    const patterns = conditions[kind]?.map((pattern) => compilePattern(pattern));
    return patterns === undefined ? [] : [{ kind, patterns }];
  });
  const isMissed = ({ kind, patterns }: Test, names: Names) =>
    !some(names[kind], (name) => some(patterns, (matches) => matches(name)));
  return {
    holds(payload, extensions, given) {
      const names = namesIn(payload, extensions, given, isMessage);
      return !some(tests, (test) => {
        // A result without a known tool name could be any tool's.
        if (test.kind === "tools" && some(names.tools, (name) => name === "")) return false;
        return isMissed(test, names);
      });
    },
    isRuledOut(given) {
      const names = namesGiven(noNames(), given);
      return some(tests, (test) => {
        // If the host names no server, the message or the `mcp` slot may name one.
        const isKnown =
          test.kind === "tenants" || (test.kind === "servers" && given.server !== undefined);
        return isKnown && isMissed(test, names);
      });
    },
  };
}

type Names = { readonly [K in ConditionKind]: List<string> };

/** Where names are found. `of`: a type of part, a field of the `mcp` slot, or an older payload. */
const places: readonly {
  readonly of: string;
  readonly kind: ConditionKind;
  readonly key: string;
}[] = [
  { of: "tool_call", kind: "tools", key: "name" },
  { of: "tool_result", kind: "tools", key: "tool_name" },
  { of: "prompt_request", kind: "prompts", key: "name" },
  { of: "prompt_request", kind: "servers", key: "server_id" },
  { of: "prompt_result", kind: "prompts", key: "prompt_name" },
  { of: "resource", kind: "resources", key: "uri" },
  { of: "resource_ref", kind: "resources", key: "uri" },
  { of: "mcp.tool", kind: "tools", key: "name" },
  { of: "mcp.tool", kind: "servers", key: "server_id" },
  { of: "mcp.prompt", kind: "prompts", key: "name" },
  { of: "mcp.prompt", kind: "servers", key: "server_id" },
  { of: "mcp.resource", kind: "resources", key: "name" },
  { of: "mcp.resource", kind: "resources", key: "uri" },
  { of: "mcp.resource", kind: "servers", key: "server_id" },
  { of: "older payload", kind: "tools", key: "name" },
  { of: "older payload", kind: "prompts", key: "prompt_id" },
  { of: "older payload", kind: "resources", key: "uri" },
];

const placesOf = recordBy(
  places.map(({ of }) => of),
  (type) => places.filter(({ of }) => of === type),
);

/** Collects the names that a call is about, from its payload and the `mcp` slot. */
function namesIn(payload: object, extensions: object, given: Given, isMessage: boolean): Names {
  const names = noNames();
  const addNamesOf = (of: unknown, value: unknown) => {
    forEach(placesOf[of as string] ?? none, ({ kind, key }) => {
      const name = ownValue(value, key);
      if (typeof name === "string") append(names[kind], name);
    });
  };
  // On an older hook, a server's answer is data, even if it looks like message parts.
  if (isMessage) {
    forEach(ownValue(payload, "content") as readonly unknown[], (part) =>
      addNamesOf(ownValue(part, "content_type"), ownValue(part, "content")),
    );
  } else addNamesOf("older payload", payload);
  const mcp = ownValue(extensions, "mcp");
  addNamesOf("mcp.tool", ownValue(mcp, "tool"));
  addNamesOf("mcp.prompt", ownValue(mcp, "prompt"));
  addNamesOf("mcp.resource", ownValue(mcp, "resource"));
  return namesGiven(names, given);
}

function noNames(): Names {
  return {
    tools: newList(),
    prompts: newList(),
    resources: newList(),
    servers: newList(),
    tenants: newList(),
  };
}

/** Adds the names that the host gave. Its server replaces all others. */
function namesGiven(names: Names, given: Given): Names {
  if (given.tenant !== undefined) append(names.tenants, given.tenant);
  if (given.server === undefined) return names;
  const servers = newList<string>();
  append(servers, given.server);
  return { ...names, servers };
}
