/**
 * The code that one side of a comparison runs: loops, baseline and handlers.
 *
 * `newLane` loads this module afresh each time, so that each side gets its own functions. Shared
 * functions would be compiled for the shapes of all sides, and one case would slow another down.
 */
import { addLabels, type Extensions, type Manager, type View } from "glassine";

/** The hook that all dispatch workloads run on. */
export const hook = "tool_pre_invoke";

/** Its payload. */
export interface Payload {
  readonly name: string;
  readonly args: { readonly id: number };
}

/** A handler as plugins and the baseline take it. */
export type Handler = (payload: object, context: object) => void | Promise<void>;
/** A handler that takes extensions. */
export type Handler3 = (
  payload: object,
  context: object,
  extensions: WithHttp,
) => void | Promise<void>;

/** A handler that adds a label of its own. */
type Labeller = (
  payload: object,
  context: object,
  extensions: View<"read_roles" | "read_headers" | "append_labels">,
) => Promise<{ readonly modifiedExtensions: object }>;

/** What blocked handlers wait for. */
export interface Gate {
  opened: Promise<void>;
}

interface WithHttp {
  readonly http?: object | undefined;
}

export interface Lane {
  /** How often handlers of this lane have run. */
  calls(): number;
  /** The baseline: no context, no error handling, no result, no deadline. */
  readonly bare: (handlers: readonly Handler[], payload: object, context: object) => Promise<void>;
  /** The loop with a deadline on each handler, as one would write it by hand. */
  readonly raced: (handlers: readonly Handler[], payload: object) => Promise<void>;
  /** Runs all handlers at once. */
  readonly together: (
    handlers: readonly Handler[],
    payload: object,
    context: object,
  ) => Promise<unknown>;
  /** A middleware, as koa-compose takes it. */
  readonly middleware: () => (context: object, next: () => Promise<void>) => Promise<void>;
  /** Each call makes a new closure. */
  readonly sync: () => Handler;
  readonly async: () => Handler;
  readonly sync3: () => Handler3;
  readonly async3: () => Handler3;
  /** Handlers that wait at a gate. */
  readonly gated: (gate: Gate) => Handler;
  readonly gated3: (gate: Gate) => Handler3;
  /** A handler that awaits once. */
  readonly waiting: () => Handler;
  readonly labeller: (label: string) => Labeller;
  /** Calls a manager without an envelope, with always the same one, or with a new one each time. */
  readonly invoke: (manager: Manager, payload: Payload) => () => Promise<unknown>;
  readonly invokeWith: (
    manager: Manager,
    payload: Payload,
    extensions: Extensions,
  ) => () => Promise<unknown>;
  readonly invokeFresh: (
    manager: Manager,
    payload: Payload,
    fresh: () => Extensions,
  ) => () => Promise<unknown>;
  /** Starts `operation` that many times, then awaits each; returns what the last returned. */
  readonly inFlight: (times: number, operation: () => Promise<unknown>) => () => Promise<unknown>;
  /** Runs `operation` that many times, each awaited before the next; returns the last result. */
  readonly awaitEach: (times: number, operation: () => Promise<unknown>) => Promise<unknown>;
  /** Runs `operation` that many times without awaiting it; returns the last result. */
  readonly callEach: (times: number, operation: () => unknown) => unknown;
}

export function createLane(): Lane {
  let count = 0;
  return {
    calls: () => count,
    bare: async (handlers, payload, context) => {
      for (const handler of handlers) await handler(payload, context);
    },
    raced: async (handlers, payload) => {
      for (const handler of handlers) {
        const controller = new AbortController();
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise<never>((_, reject) => {
          timer = setTimeout(() => {
            controller.abort();
            reject(new Error("The handler is late."));
          }, 30_000);
        });
        try {
          await Promise.race([handler(payload, { signal: controller.signal }), late]);
        } finally {
          clearTimeout(timer);
        }
      }
    },
    together: (handlers, payload, context) =>
      Promise.all(handlers.map((handler) => handler(payload, context))),
    middleware: () => async (_context, next) => {
      count += 1;
      await next();
    },
    sync: () => (_payload, _context) => {
      count += 1;
    },
    async: () => async (_payload, _context) => {
      count += 1;
    },
    // Counts only runs in which the handler can see the headers.
    sync3: () => (_payload, _context, extensions) => {
      if (extensions.http !== undefined) count += 1;
    },
    async3: () => async (_payload, _context, extensions) => {
      if (extensions.http !== undefined) count += 1;
    },
    labeller: (label) => async (_payload, _context, extensions) => {
      count += 1;
      return { modifiedExtensions: addLabels(extensions, label) };
    },
    gated: (gate) => async (_payload, _context) => {
      await gate.opened;
      count += 1;
    },
    gated3: (gate) => async (_payload, _context, extensions) => {
      await gate.opened;
      if (extensions.http !== undefined) count += 1;
    },
    waiting: () => async (_payload, _context) => {
      await undefined;
      count += 1;
    },
    invoke: (manager, payload) => () => manager.invoke(hook, payload),
    invokeWith: (manager, payload, extensions) => () =>
      manager.invoke(hook, payload, { extensions }),
    invokeFresh: (manager, payload, fresh) => () =>
      manager.invoke(hook, payload, { extensions: fresh() }),
    inFlight: (times, operation) => async () => {
      const started: Promise<unknown>[] = [];
      for (let i = 0; i < times; i += 1) started.push(operation());
      let last: unknown;
      for (const each of started) last = await each;
      return last;
    },
    awaitEach: async (times, operation) => {
      let last: unknown;
      for (let i = 0; i < times; i += 1) last = await operation();
      return last;
    },
    callEach: (times, operation) => {
      let last: unknown;
      for (let i = 0; i < times; i += 1) last = operation();
      return last;
    },
  };
}
