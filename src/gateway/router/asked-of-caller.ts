/**
 * What servers ask of the caller. Two of them may use the same ids and progress tokens, so the caller
 * knows each by one of the router's; and no server learns of tasks that the caller began for another.
 */
import {
  isMessage,
  isRequestId,
  keyOf,
  type Message,
  metaOf,
  paramsOf,
  type RequestId,
} from "../ends/index.ts";

type Request = Message & { readonly id: RequestId; readonly method: string };

interface Asked {
  readonly server: string;
  readonly id: RequestId;
  readonly method: string;
}

interface Token {
  readonly server: string;
  readonly token: unknown;
}

/** How many tasks of the caller, and tokens of requests that became one, are remembered. */
const maxKept = 10_000;

export class AskedOfCaller {
  readonly #asked = new Map<string, Asked>();
  readonly #tokens = new Map<string, Token>();
  /** The tasks of the caller, and for which server it began them. */
  readonly #tasks = new Map<string, string>();
  #count = 0;

  /** The request as the caller gets it. */
  add(server: string, message: Request): Message {
    this.#count += 1;
    const id = `${server}-${this.#count}`;
    this.#asked.set(id, { server, id: message.id, method: message.method });
    const meta = metaOf(message);
    const { progressToken: token } = meta;
    if (token === undefined) return { ...message, id };
    put(this.#tokens, id, { server, token });
    const params = { ...paramsOf(message), _meta: { ...meta, progressToken: id } };
    return { ...message, id, params };
  }

  /** The answer as the server gets it; undefined for one to nothing that is open. */
  answer(message: Message & { readonly id: RequestId }): readonly [string, Message] | undefined {
    const found = this.#asked.get(String(message.id));
    if (found === undefined || typeof message.id !== "string") return undefined;
    this.#asked.delete(message.id);
    const { server, id, method } = found;
    const { result } = message;
    const task = isMessage(result) ? (isMessage(result.task) ? result.task : result) : {};
    const isTask = isMessage(result) && (isMessage(result.task) || result.resultType === "task");
    if (isTask && typeof task.taskId === "string") put(this.#tasks, task.taskId, server);
    else this.#tokens.delete(message.id);
    const isList = method === "tasks/list" && isMessage(result) && Array.isArray(result.tasks);
    if (!isList) return [server, { ...message, id }];
    const tasks = (result.tasks as unknown[]).filter(
      (each) => isMessage(each) && this.isTaskFor(server, each.taskId),
    );
    return [server, { ...message, id, result: { ...result, tasks } }];
  }

  /** The progress that a caller reports, as the server gets it. */
  progress(message: Message): readonly [string, Message] | undefined {
    const params = paramsOf(message);
    const found = this.#tokens.get(String(params.progressToken));
    if (found === undefined) return undefined;
    const { server, token } = found;
    return [server, { ...message, params: { ...params, progressToken: token } }];
  }

  /** The server for which the caller began a task. */
  serverOfTask(task: unknown): string | undefined {
    return typeof task === "string" ? this.#tasks.get(task) : undefined;
  }

  isTaskFor(server: string, task: unknown): boolean {
    return this.serverOfTask(task) === server;
  }

  /** A server takes back a request. Returns the id that the caller knows it by. */
  cancel(server: string, id: unknown): string | undefined {
    const isOf = ({ server: of, id: own }: Asked) =>
      of === server && isRequestId(id) && keyOf(own) === keyOf(id);
    const [found] = [...this.#asked].find(([, each]) => isOf(each)) ?? [];
    if (found !== undefined) this.#forget(found);
    return found;
  }

  /** A server is gone. Returns the ids of what nobody waits for any longer. */
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

function put<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > maxKept && oldest !== undefined) map.delete(oldest);
}
