/**
 * Requests from servers to the caller. Two servers may use the same ids and progress tokens, so the
 * router replaces them with its own. No server learns of tasks that the caller began for another.
 */
import { putNewest } from "../../core/data/index.ts";
import {
  type AnswerMessage,
  beginsTask,
  isMessage,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
  type RequestMessage,
} from "../transports/index.ts";

interface ServerRequest {
  readonly server: string;
  readonly id: RequestId;
  readonly method: string;
}

interface Token {
  readonly server: string;
  readonly token: unknown;
}

/** How many of the caller's tasks, and how many progress tokens, are remembered. */
const maxKept = 10_000;

export class ServerRequests {
  readonly #asked = new Map<string, ServerRequest>();
  readonly #tokens = new Map<string, Token>();
  /** The caller's tasks, and the server that each was begun for. */
  readonly #tasks = new Map<string, string>();
  #count = 0;

  /** Returns the request as the caller gets it. */
  add(server: string, message: RequestMessage): Message {
    this.#count += 1;
    const id = `${server}-${this.#count}`;
    this.#asked.set(id, { server, id: message.id, method: message.method });
    const meta = metaOf(message);
    const { progressToken: token } = meta;
    if (token === undefined) return { ...message, id };
    putNewest(this.#tokens, id, { server, token }, maxKept);
    const params = { ...paramsOf(message), _meta: { ...meta, progressToken: id } };
    return { ...message, id, params };
  }

  /** Returns the answer as the server gets it, or undefined if it answers no open request. */
  answer(message: AnswerMessage): readonly [string, Message] | undefined {
    const found = this.#asked.get(String(message.id));
    if (found === undefined || typeof message.id !== "string") return undefined;
    this.#asked.delete(message.id);
    const { server, id, method } = found;
    const { result } = message;
    const task = isMessage(result) ? (isMessage(result.task) ? result.task : result) : {};
    if (beginsTask(message) && typeof task.taskId === "string")
      putNewest(this.#tasks, task.taskId, server, maxKept);
    else this.#tokens.delete(message.id);
    const isList = method === "tasks/list" && isMessage(result) && Array.isArray(result.tasks);
    if (!isList) return [server, { ...message, id }];
    const tasks = (result.tasks as unknown[]).filter(
      (each) => isMessage(each) && this.isTaskFor(server, each.taskId),
    );
    return [server, { ...message, id, result: { ...result, tasks } }];
  }

  /** Returns the caller's progress notification as the server gets it. */
  progress(message: Message): readonly [string, Message] | undefined {
    const params = paramsOf(message);
    const found = this.#tokens.get(String(params.progressToken));
    if (found === undefined) return undefined;
    const { server, token } = found;
    return [server, { ...message, params: { ...params, progressToken: token } }];
  }

  /** Returns the server for which the caller began a task. */
  serverOfTask(task: unknown): string | undefined {
    return typeof task === "string" ? this.#tasks.get(task) : undefined;
  }

  isTaskFor(server: string, task: unknown): boolean {
    return this.serverOfTask(task) === server;
  }

  /** Drops a request that a server cancels. Returns the id by which the caller knows it. */
  cancel(server: string, id: unknown): string | undefined {
    const isOf = ({ server: of, id: own }: ServerRequest) =>
      of === server && isRequestId(id) && keyOf(own) === keyOf(id);
    const [found] = [...this.#asked].find(([, each]) => isOf(each)) ?? [];
    if (found !== undefined) this.#forget(found);
    return found;
  }

  /** Drops all requests of a lost server. Returns the ids by which the caller knows them. */
  cancelAll(server: string): readonly string[] {
    const own = [...this.#asked].flatMap(([id, each]) => (each.server === server ? [id] : []));
    for (const id of own) this.#forget(id);
    return own;
  }

  #forget(id: string): void {
    this.#asked.delete(id);
    this.#tokens.delete(id);
  }
}
