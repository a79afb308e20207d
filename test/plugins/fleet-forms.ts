/** Ways to write a handler that takes payload and context. */
import { promisify } from "node:util";
import type { PluginContext } from "glassine";
import { vi } from "vitest";
import { type Payload, subjectOf } from "./fleet-calls.ts";
import { type AnyFunction, found, type Shape, shape } from "./fleet-shape.ts";

export const forms: readonly Shape[] = [
  shape("a function declaration", () => {
    function handle(payload: Payload, context: PluginContext) {
      return found(payload, context);
    }
    return handle;
  }),
  shape(
    "a function expression",
    () => (payload: Payload, context: PluginContext) => found(payload, context),
  ),
  shape(
    "an arrow function",
    () => (payload: Payload, context: PluginContext) => found(payload, context),
  ),
  shape("a handler with one parameter", () => (payload: Payload) => ({
    metadata: { fields: Object.keys(payload) },
  })),
  shape(
    "a destructured payload",
    () =>
      ({ name, uri, ...rest }: Payload, { hook }: PluginContext) => ({
        metadata: { name: name ?? uri ?? null, rest: Object.keys(rest), hook },
      }),
  ),
  shape(
    "a default second parameter",
    () =>
      (payload: Payload, context = {} as PluginContext) =>
        found(payload, context),
  ),
  shape("a default first parameter, which hides the arity", () => ({
    handler: (payload: Payload = {}) => ({ metadata: { fields: Object.keys(payload) } }),
    extensions: false,
  })),
  shape("rest parameters, which hide the arity", () => ({
    handler: (...args: [Payload, PluginContext]) => ({ metadata: { count: args.length } }),
    extensions: false,
  })),
  shape(
    "rest parameters after the two",
    () =>
      (payload: Payload, context: PluginContext, ...rest: unknown[]) => ({
        metadata: { ...found(payload, context).metadata, rest: rest.length },
      }),
  ),
  shape(
    "an object's method",
    () =>
      ({
        handle(payload: Payload, context: PluginContext) {
          return found(payload, context);
        },
      }).handle,
  ),
  shape("a bound method of an instance", () => {
    class Counter {
      count = 0;
      handle(payload: Payload, context: PluginContext) {
        this.count += 1;
        return { metadata: { ...found(payload, context).metadata, count: this.count } };
      }
    }
    const counter = new Counter();
    return counter.handle.bind(counter);
  }),
  shape("a class field", () => {
    class Logger {
      readonly lines: unknown[] = [];
      handle = (payload: Payload, _context: PluginContext) => {
        this.lines.push(subjectOf(payload));
        return { metadata: { lines: this.lines.length } };
      };
    }
    return new Logger().handle;
  }),
  shape("a static method", () => {
    class Reader {
      readonly kind = "reader";
      static handle(payload: Payload, context: PluginContext) {
        return found(payload, context);
      }
    }
    return Reader.handle;
  }),
  shape("a closure with a counter", () => {
    let calls = 0;
    return (_payload: Payload, _context: PluginContext) => {
      calls += 1;
      return { metadata: { calls } };
    };
  }),
  shape(
    "an async function",
    () => async (payload: Payload, context: PluginContext) => found(payload, context),
  ),
  shape("an async function that waits", () => async (payload: Payload, context: PluginContext) => {
    await new Promise((resolve) => setTimeout(resolve, 1));
    return found(payload, context);
  }),
  shape(
    "a function that returns a promise",
    () => (payload: Payload, context: PluginContext) => Promise.resolve(found(payload, context)),
  ),
  shape("a function that returns a thenable", () => (payload: Payload, context: PluginContext) => ({
    // biome-ignore lint/suspicious/noThenProperty: Older libraries have their own promises.
    then: (resolve: (value: unknown) => void) => resolve(found(payload, context)),
  })),
  shape("a callback made a promise", () => {
    const old = (
      payload: Payload,
      context: PluginContext,
      done: (error: null, value: unknown) => void,
    ) => done(null, found(payload, context));
    return { handler: promisify(old), extensions: false };
  }),
  shape("a bound function with a setting", () => {
    function handle(setting: string, payload: Payload, context: PluginContext) {
      return { metadata: { ...found(payload, context).metadata, setting } };
    }
    return handle.bind(null, "strict");
  }),
  shape("a curried function", () => {
    const curried = (prefix: string) => (payload: Payload, _context: PluginContext) => ({
      metadata: { text: `${prefix}:${String(subjectOf(payload))}` },
    });
    return curried("log");
  }),
  shape("a memoised function", () => {
    const known = new WeakMap<object, object>();
    return (payload: Payload, context: PluginContext) => {
      const result = known.get(payload) ?? found(payload, context);
      known.set(payload, result);
      return result;
    };
  }),
  shape("a function that runs once", () => {
    let result: object | undefined;
    return (payload: Payload, context: PluginContext) => {
      result ??= found(payload, context);
      return result;
    };
  }),
  shape("a function wrapped by a logger", () => {
    const lines: string[] = [];
    const logged = (inner: AnyFunction) => (payload: Payload, context: PluginContext) => {
      lines.push(`${context.plugin.name} ${context.hook}`);
      return inner(payload as never, context as never);
    };
    return logged((payload: Payload, context: PluginContext) => found(payload, context));
  }),
  shape("a function wrapped by a timer", () => {
    const timed = (inner: AnyFunction) => async (payload: Payload, context: PluginContext) => {
      const started = performance.now();
      const result = await inner(payload as never, context as never);
      return performance.now() >= started ? result : undefined;
    };
    return timed(async (payload: Payload, context: PluginContext) => found(payload, context));
  }),
  shape("a function that hands on its arguments", () => {
    const inner = (...args: unknown[]) => ({ metadata: { count: args.length } });
    return function (_payload: Payload, _context: PluginContext) {
      // biome-ignore lint/complexity/noArguments: Older wrappers forward their arguments this way.
      return Reflect.apply(inner, undefined, arguments);
    };
  }),
  shape("a mock", () => ({ handler: vi.fn(), extensions: false })),
  shape("a mock of a function", () => ({
    handler: vi.fn((payload: Payload, context: PluginContext) => found(payload, context)),
    extensions: false,
  })),
  shape("a mock of a promise", () => ({
    handler: vi.fn().mockResolvedValue({ metadata: { mocked: true } }),
    extensions: false,
  })),
  shape("a frozen arrow function", () =>
    Object.freeze((payload: Payload, context: PluginContext) => found(payload, context)),
  ),
  shape("a frozen function", () =>
    Object.freeze((payload: Payload, context: PluginContext) => found(payload, context)),
  ),
  shape("a function with properties", () =>
    Object.assign((payload: Payload, context: PluginContext) => found(payload, context), {
      version: 2,
      settings: { deep: true },
    }),
  ),
];
