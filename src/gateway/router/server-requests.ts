/**
 * Requests from servers to the caller. Their ids and progress tokens come from `ServerAsks`, which
 * uses each only once, so no two servers have the same. No server learns of tasks that the caller
 * began for another.
 */
import { putNewest } from "../../core/data/index.ts";
import {
  type AnswerMessage,
  beginsTask,
  isMessage,
  type Message,
  type RequestMessage,
} from "../transports/index.ts";

interface ServerRequest {
  readonly server: string;
  readonly method: string;
}

/** How many requests, and how many of the caller's tasks, are remembered. */
const maxKept = 10_000;

export class ServerRequests {
  readonly #asked = new Map<unknown, ServerRequest>();
  /** The server of each progress token, which is the id of its request. */
  readonly #tokens = new Map<unknown, string>();
  /** The caller's tasks, and the server that each was begun for. */
  readonly #tasks = new Map<string, string>();

  add(server: string, { id, method }: RequestMessage): void {
    putNewest(this.#asked, id, { server, method }, maxKept);
    putNewest(this.#tokens, id, server, maxKept);
  }

  /** Returns the server that an answer is for, and what it gets; undefined if it asked nothing. */
  answer(message: AnswerMessage): readonly [string, Message] | undefined {
    const found = this.#asked.get(message.id);
    if (found === undefined) return undefined;
    this.#asked.delete(message.id);
    const { server, method } = found;
    const { result } = message;
    const task = isMessage(result) ? (isMessage(result.task) ? result.task : result) : {};
    if (beginsTask(message) && typeof task.taskId === "string")
      putNewest(this.#tasks, task.taskId, server, maxKept);
    else this.#tokens.delete(message.id);
    const isList = method === "tasks/list" && isMessage(result) && Array.isArray(result.tasks);
    if (!isList) return [server, message];
    const tasks = (result.tasks as unknown[]).filter(
      (each) => isMessage(each) && this.isTaskFor(server, each.taskId),
    );
    return [server, { ...message, result: { ...result, tasks } }];
  }

  /** Returns the server that the caller's progress with this token is for. */
  serverOfToken(token: unknown): string | undefined {
    return this.#tokens.get(token);
  }

  /** Returns the server for which the caller began a task. */
  serverOfTask(task: unknown): string | undefined {
    return typeof task === "string" ? this.#tasks.get(task) : undefined;
  }

  isTaskFor(server: string, task: unknown): boolean {
    return this.serverOfTask(task) === server;
  }

  /** Drops a request that a server cancels. Returns false if it is not open. */
  cancel(server: string, id: unknown): boolean {
    if (this.#asked.get(id)?.server !== server) return false;
    this.#forget(id);
    return true;
  }

  /** Drops all requests of a lost server, and returns their ids. */
  cancelAll(server: string): readonly unknown[] {
    const own = [...this.#asked].flatMap(([id, each]) => (each.server === server ? [id] : []));
    for (const id of own) this.#forget(id);
    return own;
  }

  #forget(id: unknown): void {
    this.#asked.delete(id);
    this.#tokens.delete(id);
  }
}
