import { putNewest } from "../../core/data/index.ts";
import type { StartedCall } from "./call.ts";
import { isObject, type JsonObject } from "./json.ts";
import type { Direction } from "./transport.ts";

const maxTasks = 8192;
const maxIdUnits = 1024;

/** Where a message about a task came from. */
export interface TaskScope {
  readonly direction: Direction;
  readonly session: TaskSession;
}

export interface TaskSession {
  /** Absent for the session of a single transport. */
  readonly name: string | undefined;
  /** Its own tasks, which are dropped when it is over. */
  tasks?: Tasks<KnownTask>;
}

/** Methods other than tool calls whose answer can be a task. */
export type AskedMethod = "sampling/createMessage" | "elicitation/create";

type KnownTask = StartedCall | AskedMethod;
type FoundTask = KnownTask | "forgotten" | undefined;

/**
 * Remembers the tool calls whose result arrives later, with another request.
 *
 * In MCP 2025-11-25 the tool's result is the answer to `tasks/result`; in the tasks extension
 * (SEP-2663) `tasks/get` and `notifications/tasks` hold it. A task of a sampling or elicitation
 * request is remembered by its method, because its result does not come from a tool.
 *
 * A session knows its own tasks. If each exchange has its own transport, a task of another
 * exchange is found too, unless several have the same id. A task that is not known for certain,
 * or was dropped to make room, is `forgotten`: its labels are unknown.
 */
export class TaskMemory {
  /** The tasks of unnamed sessions. */
  readonly #shared = new Tasks<StartedCall>();
  #hasForgotten = false;

  /** Remembers the task that an answer creates. `startedBy` is called only if there is one. */
  learn({ direction, session }: TaskScope, answer: JsonObject, startedBy: () => KnownTask): void {
    for (const taskId of createdTasks(answer.result)) {
      const found = startedBy();
      session.tasks ??= new Tasks();
      session.tasks.keep(direction, taskId, found);
      if (session.name !== undefined || typeof found === "string") continue;
      const isKnown = this.#shared.get(direction, taskId) !== undefined;
      this.#shared.keep(direction, taskId, isKnown ? "forgotten" : found);
    }
  }

  find({ direction, session }: TaskScope, params: unknown): FoundTask {
    const taskId = isObject(params) ? params.taskId : undefined;
    if (typeof taskId !== "string") return undefined;
    const known = [session.tasks, session.name === undefined ? this.#shared : undefined];
    const found = known.map((tasks) => tasks?.get(direction, taskId));
    const hasForgotten = this.#hasForgotten || known.some((tasks) => tasks?.hasForgotten);
    return found[0] ?? found[1] ?? (hasForgotten ? "forgotten" : undefined);
  }

  /** Adds all tasks of unnamed sessions that another memory has. */
  addAll(other: TaskMemory): void {
    this.#hasForgotten ||= other.#hasForgotten;
    this.#shared.addAll(other.#shared);
  }

  /** Adds the tasks of one session to those of another. */
  join(session: TaskSession, other: TaskSession): void {
    session.tasks ??= new Tasks();
    if (other.tasks !== undefined) session.tasks.addAll(other.tasks);
  }

  /** Notes that whole sessions were forgotten: from now on an unknown task may be theirs. */
  forgotSome(): void {
    this.#hasForgotten = true;
  }
}

class Tasks<Found> {
  readonly #byKey = new Map<string, Found | "forgotten">();
  /** Whether an unknown task may be one that was dropped. */
  hasForgotten = false;

  get(direction: Direction, taskId: string): Found | "forgotten" | undefined {
    return this.#byKey.get(`${direction} ${taskId}`);
  }

  keep(direction: Direction, taskId: string, found: Found | "forgotten"): void {
    if (taskId.length > maxIdUnits) this.hasForgotten = true;
    else this.#put(`${direction} ${taskId}`, found);
  }

  /** Adds all tasks of `other`. An id that both have is not known for certain. */
  addAll(other: Tasks<Found>): void {
    this.hasForgotten ||= other.hasForgotten;
    for (const [key, found] of other.#byKey) {
      this.#put(key, this.#byKey.has(key) ? "forgotten" : found);
    }
  }

  #put(key: string, found: Found | "forgotten"): void {
    if (putNewest(this.#byKey, key, found, maxTasks) !== undefined) this.hasForgotten = true;
  }
}

/** The ids that a result gives to the task it creates: the client may go by either. */
function createdTasks(result: unknown): ReadonlySet<string> {
  if (!isObject(result)) return new Set();
  // `task` in 2025-11-25; in SEP-2663 the result is the task itself.
  const tasks = [result.task, result.resultType === "task" ? result : undefined];
  const ids = tasks.filter(isObject).map(({ taskId }) => taskId);
  return new Set(ids.filter((id) => typeof id === "string"));
}

export function isAskedMethod(method: unknown): method is AskedMethod {
  return method === "sampling/createMessage" || method === "elicitation/create";
}
