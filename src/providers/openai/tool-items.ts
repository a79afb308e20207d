/**
 * The items of Responses that call a tool or answer a call, as data: where each has its id, its
 * name, its arguments and its output.
 *
 * A tool that runs on the model's side, such as a web search, is shown as a call of that name.
 */
import type { Json } from "../../core/data/index.ts";
import {
  type BlockKind,
  type Collector,
  chosen,
  type FieldRule,
  isJsonObject,
  type JsonObject,
  keptField,
  type Lost,
  objectIn,
  pathOf,
  removedItem,
  textArguments,
  unwritable,
} from "../rewrite/index.ts";
import { customInput, keptById, repeatedNames, toolOutput } from "./blocks.ts";
import { fitsShape, given, isEmpty, stringAt, withFields } from "./json.ts";

/** Known fields of items that are settings. */
export const itemSettings: readonly string[] = [
  "approval_request_id",
  "async",
  "caller",
  "container_id",
  "created_by",
  "encrypted_content",
  "environment",
  "fingerprint",
  "id",
  "max_output_length",
  "parsed_arguments",
  "status",
];

interface CallItem {
  readonly id: "call_id" | "id";
  /** The name itself, or the field that has it. */
  readonly name: string | { readonly key: string };
  readonly namespace?: string;
  readonly arguments: FieldRule;
  /** Where the call's output is, if it is in the same item. */
  readonly output?: string;
  readonly error?: string;
  /** Whether the caller has to act on it, so that the model stops for it. */
  readonly waits: boolean;
}

interface ResultItem {
  readonly id: "call_id" | "id";
  readonly output: FieldRule;
}

/** Arguments that are an object. They are only written in the shape that they had. */
const asObject = (at: string): FieldRule => ({
  at,
  read(value, path, { left }) {
    if (isJsonObject(value)) return value;
    if ((value ?? undefined) !== undefined) {
      const reason = "The arguments are not an object.";
      left.add({ path: pathOf(...path), kind: "content", reason });
    }
    return {};
  },
  write: (value, old) =>
    old !== undefined && value !== undefined && fitsShape(old.value ?? {}, value)
      ? value
      : unwritable,
});

/** Arguments that are fields of the item. */
function inFields(...keys: readonly string[]): FieldRule {
  const valuesIn = (item: JsonObject) =>
    chosen(
      item,
      keys.filter((key) => given(item, key) !== undefined),
    );
  return {
    at: "",
    shows: keys,
    read: (item) => valuesIn(objectIn(item)),
    write(value, _old, _path, _writing, block) {
      const item = objectIn(block.item);
      if (!fitsShape(valuesIn(item), value ?? null)) return unwritable;
      return withFields(item, objectIn(value));
    },
  };
}

const asText = textArguments("arguments", "parsed_arguments");
/** The text itself is what is approved, so it is not written anew. */
const asApproved: FieldRule = {
  ...asText,
  read: (value, path, reading, block) =>
    asText.read(value, path, { ...reading, ambiguousValues: [] }, block),
};
const named = { key: "name" };
const ofServer = { namespace: "server_label" };

type Call = (name: CallItem["name"], rule: FieldRule) => CallItem;
/** A call that the caller runs, whose result is a separate item. */
const forCaller: Call = (name, rule) => ({ id: "call_id", name, arguments: rule, waits: true });
/** A call that runs on the model's side. */
const ofModel: Call = (name, rule) => ({ id: "id", name, arguments: rule, waits: false });

export const callItems: { readonly [type: string]: CallItem } = {
  function_call: { ...forCaller(named, asText), namespace: "namespace" },
  custom_tool_call: { ...forCaller(named, customInput("input")), namespace: "namespace" },
  mcp_call: { ...ofModel(named, asText), ...ofServer, output: "output", error: "error" },
  mcp_approval_request: { ...ofModel(named, asApproved), ...ofServer, waits: true },
  web_search_call: ofModel("web_search", asObject("action")),
  file_search_call: { ...ofModel("file_search", inFields("queries")), output: "results" },
  code_interpreter_call: { ...ofModel("code_interpreter", inFields("code")), output: "outputs" },
  computer_call: forCaller("computer", inFields("action", "actions")),
  local_shell_call: forCaller("local_shell", asObject("action")),
  shell_call: forCaller("shell", asObject("action")),
  apply_patch_call: forCaller("apply_patch", asObject("operation")),
};

/** Data of a tool, which is only written in the shape that it had, or as text if `isText`. */
function ownShape(isText: boolean): FieldRule {
  return {
    at: "output",
    read: (value) => value ?? undefined,
    write(value, old) {
      if (isText && typeof value === "string") return value;
      const before = old?.value ?? undefined;
      const fits = value !== undefined && before !== undefined && fitsShape(before, value);
      return fits ? value : unwritable;
    },
  };
}

export const resultItems: { readonly [type: string]: ResultItem } = {
  function_call_output: { id: "call_id", output: toolOutput("output", true) },
  custom_tool_call_output: { id: "call_id", output: toolOutput("output", true) },
  computer_call_output: { id: "call_id", output: ownShape(false) },
  local_shell_call_output: { id: "id", output: ownShape(true) },
  shell_call_output: { id: "call_id", output: ownShape(false) },
  apply_patch_call_output: { id: "call_id", output: ownShape(true) },
};

/** Reports each old call that may run because `now` approves it, and that `now` has changed. */
export function reportApproved(
  old: readonly JsonObject[],
  now: readonly JsonObject[],
  lost: Collector<Lost>,
): void {
  const namedBy = (items: readonly JsonObject[]) =>
    new Set(items.map((item) => stringAt(item, "approval_request_id")));
  const approved = namedBy(
    now.filter(({ type, approve }) => type === "mcp_approval_response" && approve !== false),
  );
  const ran = namedBy(now.filter(({ type }) => type === "mcp_call"));
  const requests = now.filter(({ type }) => type === "mcp_approval_request");
  const written = new Set(requests.map((request) => JSON.stringify(request)));
  for (const [at, call] of old.entries()) {
    const id = stringAt(call, "id");
    if (call.type !== "mcp_approval_request" || !approved.has(id) || ran.has(id)) continue;
    if (written.has(JSON.stringify(call))) continue;
    lost.add({ ...removedItem(pathOf("input", at)), ...keptById });
  }
}

export function itemIn<Item>(
  items: { readonly [type: string]: Item },
  type: string,
): Item | undefined {
  return Object.hasOwn(items, type) ? items[type] : undefined;
}

/** The fields of a call that messages show. */
export function shownIn({ id, name, namespace, arguments: of, output, error }: CallItem) {
  const own = typeof name === "string" ? [] : [name.key];
  const more = [namespace, output, error].filter((key) => key !== undefined);
  return [id, ...own, ...more, ...(of.at ? [of.at] : (of.shows ?? []))];
}

/** Reports the skills of an environment, which a model reads. The rest of it is a setting. */
const skills: FieldRule = {
  read(_value, path, { left }, item) {
    if (!isEmpty(objectIn(item.environment).skills)) {
      const reason = "Skills that the model may use.";
      left.add({ path: pathOf(...path, "environment", "skills"), kind: "content", reason });
    }
    return undefined;
  },
};

const ofItem: Pick<BlockKind, "settings" | "defaults"> = {
  settings: itemSettings,
  // Reported unless they are empty, because a model or a person reads them.
  defaults: { pending_safety_checks: [], acknowledged_safety_checks: [] },
};

function callKind(type: string, call: CallItem): BlockKind {
  const { id, name, namespace, output, error, waits } = call;
  const isFunction = type === "function_call";
  // Whoever approves names the request by its id, and OpenAI runs the call that it kept.
  const isKept = type === "mcp_approval_request";
  // The item of a server must keep the server's name.
  const space = namespace === "server_label" ? keptField(namespace) : namespace;
  return {
    ...ofItem,
    part: "tool_call",
    turnField: "item",
    matches: { type },
    fields: {
      tool_call_id: id,
      name: typeof name === "string" ? { read: () => name } : name.key,
      // What the SDK parsed from the old arguments is dropped with them.
      arguments: { ...call.arguments, dropOnEdit: "parsed_arguments" },
      ...(space !== undefined && { namespace: space }),
      skills: {
        ...skills,
        shows: [output, error].filter((key) => key !== undefined),
      },
    },
    ofCall: type,
    isRunByProvider: !waits,
    ...(isKept && { readOnlyIn: ["answer"] }),
    reason: isKept
      ? "An approval approves the call that the model made."
      : `A ${type} cannot take these arguments.`,
    ...(!isFunction && { note: "A call of a special kind." }),
  };
}

/** The result that is in the same item as its call. */
function outputKind(type: string, { id, name, output = "", error = "" }: CallItem): BlockKind {
  const resultsIn = (item: JsonObject) => [given(item, output), given(item, error)];
  return {
    part: "tool_result",
    turnField: "output",
    matches: { type },
    fields: {
      tool_call_id: { read: (_value, _path, _reading, item) => stringAt(item, id) ?? "" },
      tool_name: {
        // Written with the call, which comes first in the same item.
        reportsLoss: true,
        read(_value, _path, { calls }, item) {
          const own = typeof name === "string" ? name : (stringAt(item, name.key) ?? "");
          return stringAt(calls.get(stringAt(item, id) ?? ""), "name") ?? own;
        },
      },
      content: {
        at: "",
        read(value, path, { left }) {
          const [result, failure] = resultsIn(objectIn(value));
          if (result !== undefined && failure !== undefined) {
            const reason = "An error in addition to a result.";
            left.add({ path: pathOf(...path.slice(0, -1), error), kind: "content", reason });
          }
          return result ?? failure;
        },
        write(value, _old, path, { lost }, block) {
          const item = objectIn(block.item);
          const [result, failure] = resultsIn(item);
          if (result !== undefined && failure !== undefined) {
            const reason = "The error belongs to the old result and is dropped.";
            lost.add({ path: pathOf(...path.slice(0, -2)), reason });
          }
          const before: Json = result ?? failure ?? "";
          if (value === undefined || !fitsShape(before, value)) return unwritable;
          if (result === undefined && error !== "") return withFields(item, { [error]: value });
          return withFields(item, {
            [output]: value,
            ...(failure !== undefined && { [error]: null }),
          });
        },
      },
      is_error: {
        read: (_value, _path, _reading, item) => given(item, error) !== undefined,
      },
    },
    showsAll: true,
    reason: `The result does not have the shape that a ${type} returns.`,
  };
}

function resultKind(type: string, { id, output }: ResultItem): BlockKind {
  const isCustom = type === "custom_tool_call_output";
  const isFunction = type === "function_call_output";
  return {
    ...ofItem,
    part: "tool_result",
    turnField: "item",
    matches: { type },
    fields: {
      tool_call_id: id,
      content: output,
      is_error: {
        read: (_value, _path, _reading, item) =>
          type === "apply_patch_call_output" && item.status === "failed",
      },
      ...(isFunction && { repeatedNames: repeatedNames("call_id", ["name", "namespace"]) }),
    },
    ...(isFunction && { resetOnEdit: { name: undefined, namespace: undefined } }),
    reason: `The result does not have the shape that a ${type} has.`,
    ...(isCustom && { ofCall: "custom_tool_call" }),
    ...(!isFunction && { note: "A result of a special kind." }),
  };
}

/** The output of a function without the id of a call. Only the item itself can name the tool. */
const uncalled: Pick<BlockKind, "condition" | "fields" | "resetOnEdit"> = {
  condition: (item) => given(item, "call_id") === undefined,
  fields: {
    tool_call_id: { at: "call_id", read: () => "" },
    tool_name: {
      at: "name",
      read(name, path, { left }) {
        if (typeof name === "string") return name;
        const reason = "No call and no name, so the tool is unknown.";
        left.add({ path: pathOf(...path.slice(0, -1)), kind: "content", reason });
        return "";
      },
      write: (name, old) => (name === "" ? old?.value : name),
    },
    content: toolOutput("output", true),
  },
  resetOnEdit: {},
};

/** The block kinds of these items, and of the results that are in the items of calls. */
export const toolKinds: { readonly [name: string]: BlockKind } = /* @__PURE__ */ (() =>
  Object.fromEntries([
    ...Object.entries(callItems).map(([type, call]) => [type, callKind(type, call)]),
    ...Object.entries(callItems)
      .filter(([, { output }]) => output !== undefined)
      .map(([type, call]) => [`${type} output`, outputKind(type, call)]),
    ...Object.entries(resultItems).flatMap(([type, result]) => {
      const kind = resultKind(type, result);
      const isFunction = type === "function_call_output";
      return [...(isFunction ? [["uncalled", { ...kind, ...uncalled }]] : []), [type, kind]];
    }),
  ]))();
