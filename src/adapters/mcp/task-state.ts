import { isObject, type JsonObject } from "./json.ts";
import { unfit } from "./payload.ts";

/** What a task says of its state that somebody reads, or that asks for something. */
const texts: readonly string[] = ["statusMessage", "inputRequests"];

export function isDone(task: JsonObject): boolean {
  return task.result !== undefined || task.error !== undefined;
}

/** A task with something to check: the outcome that it holds, or what it says of its state. */
export function outcomeInTask(task: unknown): JsonObject | undefined {
  if (!isObject(task)) return undefined;
  return isDone(task) || saysMore(task) ? task : undefined;
}

export function saysMore(task: JsonObject): boolean {
  return Object.keys(stateOf(task)).length > 0;
}

/** Of a task, what `texts` names. */
export function stateOf(task: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(task).filter(
      ([key, value]) => texts.includes(key) && value !== undefined && value !== null,
    ),
  );
}

/** What a task says of its state, taken out of it. */
export function takeState(task: JsonObject = {}): JsonObject {
  const state = stateOf(task);
  for (const key of Object.keys(state)) delete task[key];
  return state;
}

/** Takes over a changed state. */
export function writeState(task: JsonObject, state: JsonObject): void {
  if (Object.keys(state).some((key) => !texts.includes(key))) {
    throw unfit(`no other fields than ${texts.join(" and ")} of a task`);
  }
  takeState(task);
  Object.assign(task, state);
}
