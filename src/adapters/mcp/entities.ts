import type { DataEntity } from "../../labels/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * Whose data an outcome is: that of the name or URI by which the call was sent.
 *
 * The server's word counts beside it, never instead of it: the contents of a resource that go by
 * the name or URI of another are also that one's, and so are those that the result of a tool or a
 * message of a prompt embeds. So a spelling that the server resolves, a folder that holds the other,
 * or a tool that hands it out, is no way around a policy. A link carries no data, and counts for
 * nothing: what it leads to is judged when it is read. A tool that is not known has no name.
 */
export function entitiesOf(call: Call, outcome: JsonObject): readonly DataEntity[] {
  const { params, subject, method } = call;
  if (subject.isTool) {
    const name = subject.isTask ? call.taskTool : textOf(params.name);
    return [{ kind: "tool", name }, ...resourcesIn(embeddedIn(listIn(outcome, "content")))];
  }
  // By the method: the params of a prompt may have a field of any name.
  if (method === "prompts/get") {
    const blocks = listIn(outcome, "messages").flatMap(({ content }) => content);
    const prompt = { kind: "prompt", name: textOf(params.name) } as const;
    return [prompt, ...resourcesIn(embeddedIn(blocks.filter(isObject)))];
  }
  return [
    { kind: "resource", uri: textOf(params.uri) },
    ...resourcesIn(listIn(outcome, "contents")),
  ];
}

/** The objects of a list in a result. One that is no list is refused before it is shown. */
function listIn({ result }: JsonObject, key: string): readonly JsonObject[] {
  const list = isObject(result) ? result[key] : undefined;
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function embeddedIn(blocks: readonly JsonObject[]): readonly JsonObject[] {
  return blocks.map(({ resource }) => resource).filter(isObject);
}

function resourcesIn(items: readonly JsonObject[]): readonly DataEntity[] {
  return items
    .map(({ name, uri }) => ({ kind: "resource", name: textOf(name), uri: textOf(uri) }) as const)
    .filter(({ name, uri }) => name !== undefined || uri !== undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
