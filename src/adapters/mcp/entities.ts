import type { DataEntity } from "../../labels/index.ts";
import type { Call } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";

/**
 * Whose data an outcome is: that of the name or URI by which the call was sent.
 *
 * The server's word counts beside it, never instead of it: the contents of a resource that go by
 * the name or URI of another are also that one's. So a spelling that the server resolves, or a
 * folder that holds the other, is no way around a policy. A tool that is not known has no name.
 */
export function entitiesOf(call: Call, outcome: JsonObject): readonly DataEntity[] {
  const { params, subject } = call;
  if (subject.isTask) return [{ kind: "tool", name: call.taskTool }];
  if (subject.isTool) return [{ kind: "tool", name: textOf(params.name) }];
  if (params.uri === undefined) return [{ kind: "prompt", name: textOf(params.name) }];
  return [{ kind: "resource", uri: textOf(params.uri) }, ...contentsOf(outcome)];
}

function contentsOf({ result }: JsonObject): readonly DataEntity[] {
  const contents = isObject(result) && Array.isArray(result.contents) ? result.contents : [];
  return contents
    .filter(isObject)
    .map(({ name, uri }) => ({ kind: "resource", name: textOf(name), uri: textOf(uri) }) as const)
    .filter(({ name, uri }) => name !== undefined || uri !== undefined);
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
