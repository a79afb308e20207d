import type { ContentPart } from "../../core/messages/index.ts";
import {
  type CallNames,
  nameCall,
  nameOfResult,
  readArguments,
  type ToolCall,
  type ToolResult,
} from "./calls.ts";
import { compact, given, isObject, type JsonObject, textAt } from "./json.ts";
import { isEmpty, type ReportLeft, reportFields, under } from "./report-fields.ts";
import { readToolContent } from "./tool-content.ts";
import type { ArgumentsAt, CallKind, ResultKind } from "./tool-items.ts";

/** Known fields of items that are settings. */
export const itemSettings: readonly string[] = [
  "approval_request_id",
  "caller",
  "container_id",
  "created_by",
  "encrypted_content",
  "environment",
  "id",
  "max_output_length",
  "parsed_arguments",
  "status",
];

/** What a model or a person reads in an item; nothing if it is empty. */
const itemChecks = ["pending_safety_checks", "acknowledged_safety_checks"];

function emptyChecks(item: JsonObject): readonly string[] {
  return itemChecks.filter((key) => isEmpty(item[key]));
}

/** What a model reads of the skills of an environment, which is a setting otherwise. */
function reportSkills(item: JsonObject, path: string, left: ReportLeft): void {
  const environment = given(item, "environment");
  if (!isObject(environment) || isEmpty(environment.skills)) return;
  const reason = "Skills that the model may use.";
  left({ path: under(path, "environment", "skills"), kind: "content", reason });
}

/** The call in an item, and its output if that is in the same item. */
export function readCallItem(
  item: JsonObject,
  kind: CallKind,
  path: string,
  names: CallNames,
  usual: readonly string[],
  left: ReportLeft,
): readonly ContentPart[] {
  const id = textAt(item, kind.id) ?? "";
  const name = typeof kind.name === "string" ? kind.name : (textAt(item, kind.name.key) ?? "");
  const namespace = kind.namespace === undefined ? undefined : textAt(item, kind.namespace);
  nameCall(id, name, names, under(path, kind.id), left);
  const call: ToolCall = {
    tool_call_id: id,
    name,
    arguments: argumentsOf(item, kind.arguments, path, left),
    ...(namespace !== undefined && { namespace }),
  };
  if (item.type !== "function_call") {
    left({ path: under(path, "type"), kind: "setting", reason: "A call of a special kind." });
  }
  const result = resultIn(item, kind, call, path, left);
  const shown = [...shownIn(kind), "type", ...emptyChecks(item), ...usual];
  reportFields(item, path, shown, itemSettings, left);
  reportSkills(item, path, left);
  const part: ContentPart = { content_type: "tool_call", content: call };
  return result === undefined ? [part] : [part, { content_type: "tool_result", content: result }];
}

/** The fields of a call that messages show. */
export function shownIn(kind: CallKind): readonly string[] {
  const of = kind.arguments;
  const more = [kind.namespace, kind.output, kind.error].filter((key) => key !== undefined);
  const name = typeof kind.name === "string" ? [] : [kind.name.key];
  return [kind.id, ...name, ...more, ...(of.as === "fields" ? of.keys : [of.key])];
}

function argumentsOf(
  item: JsonObject,
  at: ArgumentsAt,
  path: string,
  left: ReportLeft,
): ToolCall["arguments"] {
  if (at.as === "fields") {
    return compact(at.keys.map((key) => [key, given(item, key)]));
  }
  const value = given(item, at.key);
  if (at.as === "input") return { input: value ?? "" };
  if (at.as === "text") return readArguments(String(value ?? ""), under(path, at.key), left);
  if (isObject(value)) return value;
  if (value !== undefined) {
    left({
      path: under(path, at.key),
      kind: "content",
      reason: "The arguments are not an object.",
    });
  }
  return {};
}

function resultIn(
  item: JsonObject,
  kind: CallKind,
  call: ToolCall,
  path: string,
  left: ReportLeft,
): ToolResult | undefined {
  const output = kind.output === undefined ? undefined : given(item, kind.output);
  const error = kind.error === undefined ? undefined : given(item, kind.error);
  if (output === undefined && error === undefined) return undefined;
  if (output !== undefined && error !== undefined) {
    left({
      path: under(path, kind.error ?? ""),
      kind: "content",
      reason: "An error in addition to a result.",
    });
  }
  const { tool_call_id, name: tool_name } = call;
  const content = output ?? error;
  return { tool_call_id, tool_name, content, is_error: error !== undefined };
}

/** The result that an item holds. */
export function readResultItem(
  item: JsonObject,
  kind: ResultKind,
  path: string,
  names: CallNames,
  usual: readonly string[],
  left: ReportLeft,
): ContentPart {
  const id = textAt(item, kind.id) ?? "";
  const where = under(path, kind.output);
  const output = given(item, kind.output);
  const content = kind.as === "blocks" ? readToolContent(output, where, left) : output;
  if (item.type !== "function_call_output") {
    left({ path: under(path, "type"), kind: "setting", reason: "A result of a special kind." });
  }
  const shown = [kind.id, kind.output, "type", ...emptyChecks(item), ...usual];
  reportFields(item, path, shown, itemSettings, left);
  const tool_name = nameOfResult(id, names, under(path, kind.id), left);
  const is_error = item.type === "apply_patch_call_output" && item.status === "failed";
  return {
    content_type: "tool_result",
    content: { tool_call_id: id, tool_name, is_error, ...(content !== undefined && { content }) },
  };
}
