import type { Subject, TaskRecord } from "./call.ts";
import { otherSubject } from "./others.ts";
import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import type { HookRunner } from "./run-hooks.ts";
import { taskSubjects } from "./tasks.ts";
import { tools } from "./tools.ts";

const guarded: ReadonlyMap<string, Subject> = new Map([
  ["tools/call", tools],
  ["prompts/get", prompts],
  ["resources/read", resources],
]);

/** What is shown of a request to hooks; nothing for a method that passes as it is. */
export function subjectOf(
  method: string,
  task: TaskRecord | "exempt" | "forgotten" | undefined,
  hooks: HookRunner | undefined,
): Subject | undefined {
  const own = guarded.get(method) ?? (task === "exempt" ? undefined : taskSubjects.get(method));
  return own ?? (hooks === undefined ? undefined : otherSubject(method, hooks));
}

export function isGuarded(method: unknown): boolean {
  return typeof method === "string" && subjectOf(method, undefined, undefined) !== undefined;
}
