/** Calls of tools, whose arguments are text. */
import { isGlassineError } from "../../core/errors/index.ts";
import { type ContentPart, freezePayload } from "../../core/messages/index.ts";
import { parseArguments, writeArguments } from "../rewrite/index.ts";
import { isSameJsonText } from "./json.ts";
import type { ReportLeft } from "./report-fields.ts";

export type ToolCall = Extract<ContentPart, { content_type: "tool_call" }>["content"];
export type ToolResult = Extract<ContentPart, { content_type: "tool_result" }>["content"];
type Arguments = ToolCall["arguments"];

/** The names of calls by their ids, as they come. */
export type CallNames = Map<string, string>;

/** Parses the arguments in a string; returns none, and reports it, if the string is invalid. */
export function readArguments(text: string, path: string, left: ReportLeft): Arguments {
  const { values, isAmbiguous, isExact } = understood(text);
  if (values === undefined) {
    left({ path, kind: "content", reason: "The arguments are not the text of a JSON object." });
    return parseArguments("").arguments;
  }
  if (isAmbiguous) left({ path, kind: "content", reason: "It has a duplicate key." });
  else if (!isExact)
    left({ path, kind: "content", reason: "It has a number that cannot be represented exactly." });
  return values;
}

interface Understood {
  /** Nothing where messages cannot show them. */
  readonly values: Arguments | undefined;
  readonly isAmbiguous: boolean;
  readonly isExact: boolean;
}

function understood(text: string): Understood {
  const { arguments: values, isWhole, ...faith } = parseArguments(text);
  if (!isWhole) return { values: undefined, ...faith };
  try {
    return { values: freezePayload(values), ...faith };
  } catch (error) {
    // Text can say what messages do not hold: half a character, or a depth beyond the limit.
    if (!isGlassineError(error)) throw error;
    return { values: undefined, ...faith };
  }
}

/**
 * The arguments as text, rewritten as they were read if another program may read them differently.
 */
export function textAsRead(text: string): string {
  const { values, isExact } = understood(text);
  return isExact || values === undefined ? text : textOf(values);
}

function textOf(values: Arguments): string {
  return writeArguments(values);
}

/** The arguments as text: the old text if it means the same. */
export function textOfArguments(values: Arguments, old?: string): string {
  if (old !== undefined) {
    const before = readArguments(old, "", () => {});
    if (isSameJsonText(before, values)) return old;
  }
  return textOf(values);
}

/** The text that a custom tool takes, if that is all there is to its arguments. */
export function inputOf(values: Arguments): string | undefined {
  const { input } = values;
  return Object.keys(values).length === 1 && typeof input === "string" ? input : undefined;
}

/** Remembers the name of a call. A result of an id that two calls have is one of the last. */
export function nameCall(
  id: string,
  name: string,
  names: CallNames,
  path: string,
  left: ReportLeft,
): void {
  const other = names.get(id);
  if (other !== undefined && other !== name) {
    left({ path, kind: "content", reason: "A call with another name has the same id." });
  }
  names.set(id, name);
}

/** The name of a result's tool; an unknown one is empty, and reported. */
export function nameOfResult(id: string, names: CallNames, path: string, left: ReportLeft): string {
  const found = names.get(id);
  if (found === undefined) {
    left({ path, kind: "content", reason: "The call of this result is not in the document." });
  }
  return found ?? "";
}
