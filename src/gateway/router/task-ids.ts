/**
 * Rewrites the ids of tasks and elicitations in a message. Two servers may use the same id, so the
 * caller knows it as `server__id`. This needs no state, so it works after a reload and at another
 * gateway.
 */
import { isMessage, type Message } from "../transports/index.ts";
import { joinName, splitName } from "./names.ts";

/** MCP 2025-11-25: messages that belong to a task name it in `_meta`. */
const relatedTaskKey = "io.modelcontextprotocol/related-task";

type Rename = (id: string) => string;

export function toCallerOf(server: string): Rename {
  return (id) => joinName(server, id);
}

/** Leaves other ids as they are: a caller has tasks of its own. */
export function toServer(server: string): Rename {
  return (id) => {
    const found = splitName(id);
    return found?.server === server ? found.name : id;
  };
}

/** MCP 2025-11-25: the error that asks for elicitations first. */
const elicitationRequired = -32042;

/** Rewrites a request or notification. Only those about a task have its id in their params. */
export function inParams(message: Message, rename: Rename): Message {
  const { method, params } = message;
  if (!isMessage(params)) return message;
  const isAbout = /^(?:notifications\/)?tasks(?:\/|$)/.test(String(method));
  const task = isAbout ? renamed(params, rename) : params;
  const isAsking = method === "elicitation/create";
  const isEnd = method === "notifications/elicitation/complete";
  const own = isAsking || isEnd ? elicited(task, rename) : task;
  return { ...message, params: inFields(own, rename) };
}

/** Rewrites the answer to a request with this method. */
export function inAnswer(message: Message, method: string, rename: Rename): Message {
  const { result, error } = message;
  if (isMessage(result)) return { ...message, result: inResult(result, method, rename) };
  return isMessage(error) ? { ...message, error: inError(error, rename) } : message;
}

function inError(error: Message, rename: Rename): Message {
  const { code, data } = error;
  const required = isMessage(data) && code === elicitationRequired ? data.elicitations : undefined;
  if (!isMessage(data) || !Array.isArray(required)) return error;
  const elicitations = (required as unknown[]).map((each) =>
    isMessage(each) ? elicited(each, rename) : each,
  );
  return { ...error, data: { ...data, elicitations } };
}

/** Rewrites the id of an elicitation. */
function elicited(fields: Message, rename: Rename): Message {
  const { elicitationId: id } = fields;
  return typeof id === "string" ? { ...fields, elicitationId: rename(id) } : fields;
}

function inResult(result: Message, method: string, rename: Rename): Message {
  const isTask = method.startsWith("tasks/") || result.resultType === "task";
  const { task } = result;
  const own = {
    ...(isTask ? renamed(result, rename) : result),
    ...(isMessage(task) && { task: inFields(renamed(task, rename), rename) }),
  };
  return inFields(own, rename);
}

/** Rewrites ids in `_meta`: of the message itself, and of the requests or responses inside it. */
function inFields(fields: Message, rename: Rename): Message {
  const { inputRequests, inputResponses } = fields;
  return {
    ...inMeta(fields, rename),
    ...(isMessage(inputRequests) && {
      inputRequests: each(inputRequests, (asked) => inParams(asked, rename)),
    }),
    ...(isMessage(inputResponses) && {
      inputResponses: each(inputResponses, (response) => inMeta(response, rename)),
    }),
  };
}

function inMeta(fields: Message, rename: Rename): Message {
  const { _meta: meta } = fields;
  const related = isMessage(meta) ? meta[relatedTaskKey] : undefined;
  if (!isMessage(meta) || !isMessage(related)) return fields;
  return { ...fields, _meta: { ...meta, [relatedTaskKey]: renamed(related, rename) } };
}

export function renamed(task: Message, rename: Rename): Message {
  return typeof task.taskId === "string" ? { ...task, taskId: rename(task.taskId) } : task;
}

function each(all: Message, change: (one: Message) => Message): Message {
  const changed = Object.entries(all).map(
    ([key, value]) => [key, isMessage(value) ? change(value) : value] as const,
  );
  return Object.fromEntries(changed);
}
