import type { HookRunner, Subject } from "./call.ts";
import { otherSubject } from "./others.ts";
import { prompts } from "./prompts.ts";
import { resources } from "./resources.ts";
import { isAskedMethod, type TaskMemory } from "./task-memory.ts";
import { taskSubjects } from "./tasks.ts";
import { tools } from "./tools.ts";

const guarded: ReadonlyMap<string, Subject> = new Map([
  ["tools/call", tools],
  ["prompts/get", prompts],
  ["resources/read", resources],
]);

/** How hooks see a request; `undefined` for a method that passes unchecked. */
export function subjectOf(
  method: string,
  task: ReturnType<TaskMemory["find"]>,
  hooks: HookRunner | undefined,
): Subject | undefined {
  const asked = isAskedMethod(task) && method.startsWith("tasks/") ? task : undefined;
  const own = guarded.get(method) ?? (asked === undefined ? taskSubjects.get(method) : undefined);
  return own ?? (hooks === undefined ? undefined : otherSubject(hooks, asked));
}

export function isGuarded(method: unknown): boolean {
  return typeof method === "string" && subjectOf(method, undefined, undefined) !== undefined;
}
