import type { Left } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";
import { holdsText, isTokenOfCall } from "./methods.ts";
import { payloadFault } from "./payload.ts";
import { leftOf, settingsOf } from "./report.ts";

/** Fields about a task's state that a person or a model reads, or that ask for input. */
const texts: readonly string[] = ["statusMessage", "inputRequests"];

export function isDone(task: JsonObject): boolean {
  return task.result !== undefined || task.error !== undefined;
}

/** The objects that were read as tasks. An answer that is itself an outcome is not among them. */
const tasks = new WeakSet<object>();

/** Returns the task if it holds anything to check: its outcome, or text apart from it. */
export function outcomeInTask(task: JsonObject, passesTokens: boolean): JsonObject | undefined {
  tasks.add(task);
  const isText = ({ kind, path }: Left) =>
    kind !== "setting" ||
    (holdsText(task[path]) && !(passesTokens && isTokenOfCall(path, task[path])));
  return isDone(task) || hasState(task) || leftIn(task).some(isText) ? task : undefined;
}

export function hasState(task: JsonObject): boolean {
  return Object.keys(stateOf(task)).length > 0;
}

/** What a task holds apart from its outcome and the `texts` about its state. */
export function leftIn(task: JsonObject): readonly Left[] {
  return tasks.has(task) ? leftOf(task, ["result", "error", ...texts], settingsOf.task) : [];
}

/** What a task may say after a denial: ids, times, numbers and words that MCP defines. */
const safe: readonly string[] = settingsOf.task.filter(
  (key) => key !== "_meta" && key !== "requestState",
);

/** Removes everything else from a task, whether plugins saw it or not. */
export function keepSafe(task: JsonObject): void {
  for (const key of Object.keys(task)) {
    if (!safe.includes(key) || !isTokenOfCall(key, task[key])) delete task[key];
  }
}

/** The fields of a task that `texts` names. */
export function stateOf(task: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(task).filter(
      ([key, value]) => texts.includes(key) && value !== undefined && value !== null,
    ),
  );
}

/** Removes the fields about the state from a task and returns them. */
export function extractState(task: JsonObject = {}): JsonObject {
  const state = stateOf(task);
  for (const key of Object.keys(state)) delete task[key];
  return state;
}

/** Writes a changed state back. */
export function writeState(task: JsonObject, given: JsonObject): void {
  const { content, ...rest } = given;
  // A plugin that maps over result blocks returns an empty list if there are none.
  const state = Array.isArray(content) && content.length === 0 ? rest : given;
  if (Object.keys(state).some((key) => !texts.includes(key))) {
    throw payloadFault(`only ${texts.join(" and ")} as fields of a task`);
  }
  extractState(task);
  Object.assign(task, state);
}
