import { intrinsics } from "../../core/data/index.ts";
import type { DataEntity } from "../../core/labels/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { ResourceNames } from "./resource-names.ts";

const { ownValue } = intrinsics;

/**
 * Whose data an outcome is: that of the name or URI by which the call was sent.
 *
 * The server's word counts beside it, never instead of it: the contents of a resource that go by
 * the name or URI of another are also that one's, and so are those that are embedded in the result
 * of a tool, a message of a prompt, a task or what a result asks for. So a spelling that the server
 * resolves, a folder that holds the other, or a tool that hands it out, is no way around a policy. A
 * link carries no data, and counts for nothing: what it leads to is judged when it is read. A tool
 * that is not known has no name.
 */
export function entitiesOf(
  call: Call,
  outcome: JsonObject,
  names: ResourceNames,
): readonly DataEntity[] {
  const { result } = outcome;
  const contents = call.subject.isTool ? [] : listIn(result, "contents");
  const said = listIn(result, "messages").flatMap(({ content }) => content);
  const direct = [...listIn(result, "content"), ...said].filter(isObject);
  const blocks = [...direct, ...blocksIn(outcome).embedded].map(({ resource }) => resource);
  const found = [...contents, ...blocks].filter(isObject);
  const embedded = [...namesByUri(found)].flatMap(([uri, ownNames]) =>
    resourcesOf(call, uri, ownNames, names),
  );
  return [...new Set([...askedFor(call, names), ...embedded])];
}

/** The names that each URI is told by. The same one may be told of any number of times. */
function namesByUri(found: readonly JsonObject[]): ReadonlyMap<unknown, ReadonlySet<unknown>> {
  const names = new Map<unknown, Set<unknown>>();
  for (const { name, uri } of found) {
    const known = names.get(uri);
    if (known === undefined) names.set(uri, new Set([name]));
    else known.add(name);
  }
  return names;
}

/** A resource that may be any. */
const anyResource: DataEntity = { kind: "resource" };

function askedFor(call: Call, names: ResourceNames): readonly DataEntity[] {
  const { params, subject, method } = call;
  if (subject.isOther) return [];
  if (subject.isTool) {
    return [{ kind: "tool", name: subject.isTask ? call.taskTool : textOf(params.name) }];
  }
  // By the method: the params of a prompt may have a field of any name.
  if (method === "prompts/get") return [{ kind: "prompt", name: textOf(params.name) }];
  const slot = ownValue(ownValue(call.extensions, "mcp"), "resource");
  const ownNames = new Set([ownValue(slot, "name")]);
  const asked = resourcesOf(call, params.uri, ownNames, names);
  return asked.length > 0 ? asked : [anyResource];
}

/** A resource under its URI and each of its names: those that were told, and those it was listed by. */
function resourcesOf(
  { direction }: Call,
  of: unknown,
  ownNames: ReadonlySet<unknown>,
  names: ResourceNames,
): readonly DataEntity[] {
  const uri = textOf(of);
  const listed = uri === undefined ? [] : names.of(direction, uri);
  const all = new Set(
    [...ownNames, ...(listed ?? [])].map(textOf).filter((name) => name !== undefined),
  );
  if (all.size === 0 && uri === undefined) return [];
  const named = [...all].map((name) => ({ kind: "resource", name, uri }) as const);
  const bare = named.length === 0 ? [{ kind: "resource", uri } as const] : named;
  // One of any name is under the policies of each.
  return listed === undefined ? [...bare, anyResource] : bare;
}

/** The blocks of MCP in an outcome, however deep, that hold a resource, and those that lead to one. */
export function blocksIn(outcome: JsonObject): {
  readonly embedded: readonly JsonObject[];
  readonly links: readonly JsonObject[];
} {
  const embedded: JsonObject[] = [];
  const links: JsonObject[] = [];
  // With a list to do, because data may nest deep.
  const open: unknown[] = [outcome];
  for (let next = open.pop(); open.length > 0 || next !== undefined; next = open.pop()) {
    if (typeof next !== "object" || next === null) continue;
    if (isObject(next)) {
      if (next.type === "resource") embedded.push(next);
      if (next.type === "resource_link") links.push(next);
    }
    for (const inner of Object.values(next)) open.push(inner);
  }
  return { embedded, links };
}

/** The objects of a list in a result. One that is no list is refused before it is shown. */
function listIn(result: unknown, key: string): readonly JsonObject[] {
  const list = isObject(result) ? result[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
