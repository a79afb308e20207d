import { ownValue } from "../../core/data/intrinsics.ts";
import type { DataEntity } from "../../core/labels/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { ResourceNames } from "./resource-names.ts";

/**
 * Returns the entities whose data is in an outcome: the one whose name or URI the call was sent
 * with, and those that the server names.
 *
 * What the server says only adds entities. Contents under another resource's name or URI belong to
 * that resource too, and so do those embedded in a tool's result, a prompt's message, a task or an
 * input that a result asks for. So a different spelling that the server resolves, a folder that
 * contains the resource, or a tool that returns it cannot bypass a policy. A link carries no data,
 * so it does not count: its target is judged when it is read. An unknown tool has no name.
 */
export function entitiesOf(
  call: Call,
  { result }: JsonObject,
  embedded: readonly JsonObject[],
  names: ResourceNames,
): readonly DataEntity[] {
  const contents = call.subject.isTool ? [] : listIn(result, "contents");
  const said = listIn(result, "messages").flatMap(({ content }) => content);
  const direct = [...listIn(result, "content"), ...said].filter(isObject);
  const blocks = [...direct, ...embedded].map(({ resource }) => resource);
  const found = [...contents, ...blocks].filter(isObject);
  const contained = [...namesByUri(found)].flatMap(([uri, ownNames]) =>
    resourcesOf(call, uri, ownNames, names),
  );
  return [...new Set([...askedFor(call, names), ...contained])];
}

/** The names for each URI, which may appear any number of times. */
function namesByUri(found: readonly JsonObject[]): ReadonlyMap<unknown, ReadonlySet<unknown>> {
  const names = new Map<unknown, Set<unknown>>();
  for (const { name, uri } of found) {
    const known = names.get(uri);
    if (known === undefined) names.set(uri, new Set([name]));
    else known.add(name);
  }
  return names;
}

/** Stands for any resource at all. */
const anyResource: DataEntity = { kind: "resource" };

function askedFor(call: Call, names: ResourceNames): readonly DataEntity[] {
  const { params, subject, method } = call;
  if (subject.isOther) return [];
  if (subject.isTool) {
    return [{ kind: "tool", name: subject.isTask ? call.taskTool : textOf(params.name) }];
  }
  // The method decides, because the params of a prompt may have a field of any name.
  if (method === "prompts/get") return [{ kind: "prompt", name: textOf(params.name) }];
  const slot = ownValue(ownValue(call.extensions, "mcp"), "resource");
  const ownNames = new Set([ownValue(slot, "name")]);
  const asked = resourcesOf(call, params.uri, ownNames, names);
  return asked.length > 0 ? asked : [anyResource];
}

/** A resource under its URI and each of its names: the given ones and the listed ones. */
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
  // A resource that may have any name falls under the policies of all resources.
  return listed === undefined ? [...bare, anyResource] : bare;
}

/** The blocks in an outcome that embed a resource, and those that link to one. */
interface ResourceBlocks {
  readonly embedded: JsonObject[];
  readonly links: JsonObject[];
}

/**
 * Finds the resource blocks in an outcome, at any depth.
 *
 * @throws RangeError when the outcome is nested deeper than the stack, or contains itself
 */
export function blocksIn(outcome: JsonObject): ResourceBlocks {
  const found: ResourceBlocks = { embedded: [], links: [] };
  collectBlocks(outcome, found);
  return found;
}

function collectBlocks(value: object, found: ResourceBlocks): void {
  if (Array.isArray(value)) {
    for (const item of value)
      if (typeof item === "object" && item !== null) collectBlocks(item, found);
    return;
  }
  const block = value as JsonObject;
  if (block.type === "resource") found.embedded.push(block);
  else if (block.type === "resource_link") found.links.push(block);
  for (const key in block) {
    const field = block[key];
    if (typeof field === "object" && field !== null) collectBlocks(field, found);
  }
}

/** The objects of a list in a result. Anything but a list is refused when hooks are to see it. */
function listIn(result: unknown, key: string): readonly JsonObject[] {
  const list = isObject(result) ? result[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
