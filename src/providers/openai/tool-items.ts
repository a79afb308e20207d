/**
 * The items of Responses that call a tool or answer a call, as data: where each has its id, its
 * name, its arguments and its output.
 *
 * A tool of the model's own side, as a web search, is shown as a call of a tool of that name.
 */

import { type JsonObject, textAt } from "./json.ts";
import { itemKind } from "./shapes.ts";

/** Where the arguments of a call are. */
export type ArgumentsAt =
  | { readonly as: "text" | "input" | "object"; readonly key: string }
  | { readonly as: "fields"; readonly keys: readonly string[] };

export interface CallKind {
  readonly id: "call_id" | "id";
  /** The name itself, or the field that has it. */
  readonly name: string | { readonly key: string };
  readonly namespace?: string;
  readonly arguments: ArgumentsAt;
  /** Where the call's output is, if it is in the same item. */
  readonly output?: string;
  readonly error?: string;
  /** Whether the caller has to act on it, so that the model stops for it. */
  readonly waits: boolean;
}

export interface ResultKind {
  readonly id: "call_id" | "id";
  readonly output: string;
  /** `blocks`: a string or a list of blocks. `json`: data of any other shape. */
  readonly as: "blocks" | "text" | "json";
}

const text = (key: string): ArgumentsAt => ({ as: "text", key });
const object = (key: string): ArgumentsAt => ({ as: "object", key });
const fields = (...keys: readonly string[]): ArgumentsAt => ({ as: "fields", keys });
const named = { name: { key: "name" } } as const;
const ofServer = { ...named, namespace: "server_label", arguments: text("arguments") } as const;

export const callKinds: { readonly [type: string]: CallKind } = {
  function_call: {
    id: "call_id",
    ...named,
    namespace: "namespace",
    arguments: text("arguments"),
    waits: true,
  },
  custom_tool_call: {
    id: "call_id",
    ...named,
    namespace: "namespace",
    arguments: { as: "input", key: "input" },
    waits: true,
  },
  mcp_call: { id: "id", ...ofServer, output: "output", error: "error", waits: false },
  mcp_approval_request: { id: "id", ...ofServer, waits: true },
  web_search_call: { id: "id", name: "web_search", arguments: object("action"), waits: false },
  file_search_call: {
    id: "id",
    name: "file_search",
    arguments: fields("queries"),
    output: "results",
    waits: false,
  },
  code_interpreter_call: {
    id: "id",
    name: "code_interpreter",
    arguments: fields("code"),
    output: "outputs",
    waits: false,
  },
  computer_call: {
    id: "call_id",
    name: "computer",
    arguments: fields("action", "actions"),
    waits: true,
  },
  local_shell_call: {
    id: "call_id",
    name: "local_shell",
    arguments: object("action"),
    waits: true,
  },
  shell_call: { id: "call_id", name: "shell", arguments: object("action"), waits: true },
  apply_patch_call: {
    id: "call_id",
    name: "apply_patch",
    arguments: object("operation"),
    waits: true,
  },
};

export const resultKinds: { readonly [type: string]: ResultKind } = {
  function_call_output: { id: "call_id", output: "output", as: "blocks" },
  custom_tool_call_output: { id: "call_id", output: "output", as: "blocks" },
  computer_call_output: { id: "call_id", output: "output", as: "json" },
  local_shell_call_output: { id: "id", output: "output", as: "text" },
  shell_call_output: { id: "call_id", output: "output", as: "json" },
  apply_patch_call_output: { id: "call_id", output: "output", as: "text" },
};

/** Of the calls in a document, the type of the item of each, by its id. */
export type KnownCalls = ReadonlyMap<string, string>;

export function kindIn<Kind>(
  kinds: { readonly [type: string]: Kind },
  type: string,
): Kind | undefined {
  return Object.hasOwn(kinds, type) ? kinds[type] : undefined;
}

/** Of all calls among the items, the type of each. */
export function knownCalls(items: readonly JsonObject[]): KnownCalls {
  return new Map(
    items.flatMap((item): [string, string][] => {
      const type = itemKind(item);
      const kind = kindIn(callKinds, type);
      return kind === undefined ? [] : [[textAt(item, kind.id) ?? "", type]];
    }),
  );
}
