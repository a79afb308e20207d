/**
 * Runs the turns of a plugin inside QuickJS. The source text of `guestTurns` is evaluated there,
 * like that of `guestLibrary`.
 */
import type { guestLibrary } from "./guest-library.ts";
import type { Question, Settings } from "./questions.ts";

type GuestKit = ReturnType<typeof guestLibrary>["kit"];

export function guestTurns(kit: GuestKit): object {
  type Data = Record<string, unknown>;
  type Fn = (...args: unknown[]) => unknown;

  const { allowed, denials, healths, manifests, views } = kit;
  const { noted, note, isObject, frozen, write, put, codeOf } = kit;
  const { parse } = JSON;
  const { freeze, getPrototypeOf, keys, hasOwn } = Object;
  const { apply } = Reflect;
  const { isInteger } = Number;
  const { get: mapGet, set: mapSet, delete: mapDelete, keys: mapKeys } = Map.prototype;
  const { next } = getPrototypeOf(new Map().keys()) as { next: () => { value?: unknown } };
  const MapAtLoad = Map;
  const PromiseAtLoad = Promise;
  const BytesAtLoad = Uint8Array;
  const { then } = Promise.prototype;
  // A class of this engine, which the types of JavaScript do not have.
  const { InternalError } = globalThis as unknown as { InternalError: ErrorConstructor };
  const internalError = InternalError.prototype;

  const maxRequests = 1_000;
  /** Many times what a job takes. */
  const spareBytes = 65_536;
  const states = new MapAtLoad<string, Map<unknown, unknown>>();
  function stateOf(request: string): Map<unknown, unknown> {
    const found = apply(mapGet, states, [request]) as Map<unknown, unknown> | undefined;
    const state = found ?? new MapAtLoad<unknown, unknown>();
    apply(mapDelete, states, [request]);
    apply(mapSet, states, [request, state]);
    if (states.size > maxRequests)
      apply(mapDelete, states, [apply(next, apply(mapKeys, states, []), []).value]);
    return state;
  }

  const signal = freeze({
    aborted: false,
    reason: undefined,
    throwIfAborted() {},
    addEventListener() {},
    removeEventListener() {},
  });

  let carried: Data = {};
  let settings: Settings | undefined;

  function begin(question: Question, exported: Data): unknown {
    if (question.do === "describe") return described(exported, question.exportName);
    if (question.do === "config") return schemaAnswer(question.value);
    if (question.settings !== undefined) settings = frozen(question.settings);
    const { plugin, capabilities, config } = settings as Settings;
    if (question.do === "health")
      return (carried.healthCheck as Fn)(freeze({ plugin, capabilities, config, signal }));
    const { entry, hook, request, operation, stream, payload, extensions } = question;
    const found = (carried.hooks as Data)[entry];
    const handler = (typeof found === "function" ? found : (found as Data).handler) as Fn;
    if (operation !== undefined) frozen(operation);
    if (stream !== undefined) frozen(stream);
    const context = freeze({
      plugin,
      hook,
      capabilities,
      config,
      operation,
      stream,
      request,
      signal,
      get state() {
        return stateOf(request);
      },
    });
    frozen(payload);
    if (extensions === undefined) return apply(handler, undefined, [payload, context]);
    note(views, frozen(extensions), capabilities);
    return apply(handler, undefined, [payload, context, extensions]);
  }

  /** Describes the manifest, with functions represented by their arity. */
  function described(exported: Data, exportName: string): unknown {
    const found = hasOwn(exported, exportName) ? exported[exportName] : undefined;
    const made = typeof found === "function" ? (found as Fn)() : found;
    const take = (plugin: unknown) => {
      const manifest = noted(manifests, plugin);
      if (found === undefined)
        throw new Error(`the file has no export "${exportName}": export a plugin under that name`);
      if (manifest === undefined)
        throw new Error(`the export "${exportName}" is not a plugin: write \`definePlugin(…)\``);
      carried = manifest;
      const { hooks, healthCheck, configSchema, ...fields } = manifest;
      const entries: Data = {};
      const hookList = isObject(hooks) ? keys(hooks) : [];
      for (let i = 0; i < hookList.length; i++) {
        const hook = hookList[i] as string;
        const entry = (hooks as Data)[hook];
        put(
          entries,
          hook,
          typeof entry === "function"
            ? { handler: saidOf(entry) }
            : isObject(entry)
              ? { ...entry, handler: saidOf(entry.handler) }
              : { handler: null },
        );
      }
      const method = isObject(configSchema)
        ? typeof configSchema.safeParse === "function"
          ? "safeParse"
          : "parse"
        : undefined;
      return { fields, hooks: entries, healthCheck: saidOf(healthCheck), configSchema: method };
    };
    return isThenable(made) ? (async () => take(await made))() : take(made);
  }
  const saidOf = (value: unknown) =>
    typeof value === "function" ? { arity: isInteger(value.length) ? value.length : 0 } : null;

  function schemaAnswer(value: unknown): unknown {
    const schema = carried.configSchema as Data;
    if (typeof schema.safeParse !== "function") return { data: (schema.parse as Fn)(value) };
    const answer = (schema.safeParse as Fn)(value) as Data;
    if (answer.success === true) return { data: answer.data };
    const { error } = answer;
    throw isObject(error) ? error : new Error(`${error}`);
  }

  const isThenable = (value: unknown): value is PromiseLike<unknown> =>
    isObject(value) && typeof value.then === "function";

  // What the worker calls.

  /** The answer without memory: it takes none. */
  const spent = "spent";
  let pending = "";
  let current: Question | undefined;

  function answerOf(question: Question, value: unknown): string {
    if (question.do === "health") {
      const found = noted(healths, value);
      if (found === undefined) throw new Error("The health check did not return `health(…)`.");
      return write({ is: "health", ...found }, "the answer");
    }
    if (question.do === "turn") {
      if (value === undefined || value === null) return '{"is":"nothing"}';
      if (value === allowed) return '{"is":"allow"}';
      const denial = noted(denials, value);
      if (denial !== undefined) return `{"is":"denial","denial":${write(denial, "a denial")}}`;
    }
    return `{"is":"value","value":${write(value, "what it returned")}}`;
  }
  /** What the engine throws without memory: an error, or null if there is none even for that. */
  const isOutOfMemory = (thrown: unknown) =>
    thrown === null ||
    (isObject(thrown) &&
      getPrototypeOf(thrown) === internalError &&
      (thrown.message === "out of memory" || thrown.message === ""));
  function errorOf(thrown: unknown): string {
    let message = "";
    try {
      if (isOutOfMemory(thrown)) return spent;
      if (typeof thrown === "string") message = thrown;
      else if (isObject(thrown) && hasOwn(thrown, "message") && typeof thrown.message === "string")
        message = thrown.message;
    } catch {
      // A proxy that throws has no message.
    }
    return write({ is: "error", message, code: codeOf(thrown) }, "an error");
  }

  /** Returns the answer, `spent`, or an empty string if one of them will be in `answered`. */
  function ask(line: string, exported: Data): string {
    pending = "";
    try {
      const question = parse(line) as Question;
      current = question;
      const value = begin(question, exported);
      if (!isThenable(value)) return answerOf(question, value);
      const settle = (make: () => string) => {
        // A promise of an earlier turn, which has failed, must not answer this one.
        if (current !== question) return;
        pending = spent;
        try {
          pending = make();
        } catch (thrown) {
          pending = errorOf(thrown);
        }
      };
      const whole = new PromiseAtLoad((resolve) => resolve(value));
      apply(then, whole, [
        (result: unknown) => settle(() => answerOf(question, result)),
        (thrown: unknown) => settle(() => errorOf(thrown)),
      ]);
      return "";
    } catch (thrown) {
      return errorOf(thrown);
    }
  }
  /** Without memory, the engine drops the job that would have settled the turn. */
  function answered(): string {
    if (pending !== "") return pending;
    try {
      new BytesAtLoad(spareBytes);
      return "";
    } catch {
      return spent;
    }
  }
  return { ask, answered };
}
