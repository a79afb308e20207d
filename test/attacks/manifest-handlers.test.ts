/** Capability and manifest escalation: handlers and contexts. */
import { createPluginManager } from "glassine";
import { expect, it, vi } from "vitest";
import {
  call,
  type FullView,
  hook,
  labelled,
  labelsOf,
  manage,
  type PluginContext,
  plugin,
  type Run,
  runOnce,
  tagger,
} from "../dispatch/support.ts";
import { define, manifest, problemsOf, withHandler } from "../plugins/support.ts";
import { verifies } from "../support/verifies.ts";
import { attack } from "./attack.ts";

const secrets = labelled("SECRET");

/** What a handler of some shape receives from its own manager. */
async function handed(handler: unknown, extensions?: boolean): Promise<readonly unknown[]> {
  given.length = 0;
  const entry = extensions === undefined ? handler : { handler, extensions };
  const manager = await createPluginManager({ plugins: [define(withHandler(entry))] });
  const { executions, errors } = await manager.invoke(hook, call, { extensions: secrets });
  expect(errors).toEqual([]);
  expect(given).toHaveLength(1);
  expect(executions[0]?.extensions).toBe(given[0]?.length === 3);
  return given[0] ?? [];
}

const given: (readonly unknown[])[] = [];
const take = (...args: unknown[]): void => void given.push(args);
const long = (length: PropertyDescriptor) =>
  Object.defineProperty(
    (payload: unknown, ...more: unknown[]) => take(payload, ...more),
    "length",
    length,
  );

attack(
  "A-100",
  "Lie about the handler's arity, or hide it",
  "the arity is read once, at definition; either way the handler gets only the filtered view",
  () => {
    it.each<[string, unknown, boolean | undefined, number]>([
      ["an own length of three", long({ value: 3 }), undefined, 3],
      ["an own length of a million", long({ value: 1e6 }), undefined, 3],
      ["an own length of two", long({ value: 2 }), undefined, 2],
      ["an own length of two and a half", long({ value: 2.5 }), undefined, 2],
      ["rest parameters", take, true, 3],
      ["rest parameters, and says it takes none", take, false, 2],
      ["a length that is a getter, and says so", long({ get: () => 0 }), true, 3],
      [
        "a third parameter with a default",
        (p: unknown, c: unknown, e: unknown = secrets) =>
          e === secrets ? take(p, c) : take(p, c, e),
        undefined,
        2,
      ],
      [
        "arguments",
        function (_p: unknown) {
          // biome-ignore lint/complexity/noArguments: its content is under test.
          take(...arguments);
        },
        undefined,
        2,
      ],
      [
        "a bound function",
        ((p: unknown, c: unknown, e: unknown) => take(p, c, e)).bind({}),
        undefined,
        3,
      ],
      [
        "a toString that shows three parameters",
        Object.assign((p: unknown, c: unknown, ...more: unknown[]) => take(p, c, ...more), {
          toString: () => "(payload, context, extensions) => {}",
        }),
        undefined,
        2,
      ],
    ])("%s", async (_what, handler, extensions, count) => {
      const args = await handed(handler, extensions);
      expect(args).toHaveLength(count);
      expect(args[0]).toBe(call);
      // The plugin has no capability, so it sees no labels.
      if (count === 3) expect((args[2] as FullView).security?.labels).toBeUndefined();
      expect(args).not.toContain(secrets);
    });

    it.each([
      ["a getter", { get: vi.fn(() => 3) }],
      ["a string", { value: "3" }],
      ["an object that converts", { value: { valueOf: vi.fn(() => 3) } }],
      ["zero", { value: 0 }],
      ["a negative number", { value: -3 }],
      ["not a number", { value: Number.NaN }],
    ])("no extensions if the length is %s and the entry does not say", async (_what, length) => {
      expect(await handed(long(length), undefined)).toHaveLength(2);
      if ("get" in length) expect(length.get).not.toHaveBeenCalled();
    });
  },
);

attack(
  "A-101",
  "Replace the handler, its length or the hooks after the plugin is defined",
  "no effect: the captured function runs, with the number of arguments decided at definition",
  () => {
    it("as a function and in an entry", async () => {
      verifies("dispatch:arity", "dispatch:registered-once");
      const turns: unknown[] = [];
      const original = (...args: unknown[]) => void turns.push(args.length);
      Object.defineProperty(original, "length", { value: 2 });
      const replaced = (_p: unknown, _c: unknown, _e: unknown) => void turns.push("replaced");
      const entry: Record<string, unknown> = { handler: original, extensions: false };
      for (const first of [original, entry]) {
        const hooks: Record<string, unknown> = { [hook]: first };
        const plugin = define(manifest({ hooks }));
        const manager = await createPluginManager({ plugins: [plugin] });
        hooks[hook] = replaced;
        hooks.evaluate = replaced;
        Object.assign(entry, { handler: replaced, extensions: true });
        Object.defineProperty(original, "length", { value: 3 });
        expect(Reflect.set(plugin.hooks, 0, "evaluate")).toBe(false);
        expect(Reflect.set(plugin, "handler", replaced)).toBe(false);
        const { executions } = await manager.invoke(hook, call);
        expect(executions).toMatchObject([{ extensions: false, saw: [] }]);
        expect((await manager.invoke("evaluate", { role: "user" })).executions).toEqual([]);
        Object.assign(entry, { handler: original, extensions: false });
      }
      expect(turns).toEqual([2, 2]);
    });
  },
);

function* generator(payload: unknown) {
  yield payload;
}
async function* asyncGenerator(payload: unknown) {
  yield payload;
}
class Klass {
  handle(payload: unknown) {
    return payload;
  }
}

attack(
  "A-102",
  "Register a class, a generator or a proxy as a handler",
  "refused with `manifest_invalid`; one that hides what it is fails when called",
  () => {
    it.each([
      ["a class", Klass, "a class"],
      ["a class that extends", class extends Klass {}, "a class"],
      ["a frozen class", Object.freeze(class Frozen {}), "a class"],
      ["a class of the language", Map, "a class"],
      ["a generator", generator, "a generator"],
      ["a frozen generator", Object.freeze(generator), "a generator"],
      ["an async generator", asyncGenerator, "a generator"],
      [
        "a generator method",
        {
          *handle(payload: unknown) {
            yield payload;
          },
        }.handle,
        "a generator",
      ],
      ["a bound generator", generator.bind(null), "a generator"],
      ["a proxied function", new Proxy((payload: unknown) => void payload, {}), "a proxy"],
    ])("%s, as itself or in an entry", (_what, handler, what) => {
      verifies("dispatch:handler-kinds");
      const text = expect.stringMatching(
        new RegExp(`^handler for hook 'tool_pre_invoke' is ${what};`),
      ) as unknown;
      for (const entry of [
        handler,
        { handler, extensions: true },
        { handler, extensions: false },
      ]) {
        expect(problemsOf(withHandler(entry)).map(({ message }) => message)).toEqual([text]);
      }
    });

    it("runs no code of what it refuses", () => {
      const trap = vi.fn(() => undefined);
      const traps = { get: trap, apply: trap, getPrototypeOf: trap as never };
      const handler = new Proxy((payload: unknown) => void payload, traps);
      expect(problemsOf(withHandler(handler))).toHaveLength(1);
      expect(trap).not.toHaveBeenCalled();
    });

    it("accepts a bound function", async () => {
      const seen: unknown[] = [];
      const bound = function (this: unknown, ...args: unknown[]) {
        seen.push(this, ...args);
      }.bind("self");
      await runOnce([define(withHandler({ handler: bound, extensions: false }))]);
      expect(seen).toEqual(["self", call, expect.anything()]);
    });

    const hidden = Object.setPrototypeOf(function* (payload: unknown) {
      yield payload;
    }, Function.prototype) as unknown;
    it.each<[string, unknown, string]>([
      ["a generator of another prototype", hidden, "snapshot_prototype"],
      ["a bound class", Klass.bind(null), "handler_error"],
    ])("%s", async (_what, handler, code) => {
      const plugin = define(withHandler({ handler, extensions: false }));
      const manager = await createPluginManager({ plugins: [plugin] });
      const { violation, errors } = await manager.invoke(hook, call);
      expect(violation?.code).toBe(code);
      expect(errors).toMatchObject([{ plugin: "plugin", code }]);
    });
  },
);

attack(
  "A-103",
  "Change the context, or use another plugin's",
  "throws; nobody reads what a handler puts on its own context, and no context grants a capability",
  () => {
    it("assignments throw", async () => {
      verifies("dispatch:context");
      const failures: string[] = [];
      const changes: Record<string, (context: Record<string, unknown>) => unknown> = {
        capabilities: (context) => Object.assign(context, { capabilities: ["read_labels"] }),
        "a capability": (context) => (context.capabilities as string[]).push("read_labels"),
        plugin: (context) => Object.assign(context, { plugin: { name: "other" } }),
        name: (context) => Object.assign(context.plugin as object, { name: "other" }),
        hook: (context) => Object.assign(context, { hook: "evaluate" }),
        request: (context) => Object.assign(context, { request: "other" }),
        signal: (context) => Object.assign(context, { signal: AbortSignal.abort() }),
        prototype: (context) =>
          Object.assign(Object.getPrototypeOf(context) as object, { capabilities: [] }),
      };
      const tampers: Run = (_p, context) => {
        for (const [what, change] of Object.entries(changes)) {
          try {
            change(context as never);
            failures.push(what);
          } catch (error) {
            if (!(error instanceof TypeError)) throw error;
          }
        }
      };
      const result = await runOnce([plugin("tampers", tampers, { capabilities: [] })]);
      expect(failures).toEqual([]);
      expect(result.violation).toBeUndefined();
    });

    it("a context that claims more grants only what its plugin has", async () => {
      const views: FullView[] = [];
      const inner = await manage([tagger("inner", { capabilities: [] })]);
      const claims: Run = async (payload, context, view) => {
        views.push(view);
        Object.defineProperty(context, "capabilities", { value: ["append_labels"] });
        await inner.invoke(hook, payload, { parent: context });
        return { modifiedExtensions: { security: { labels: ["forged"] } } };
      };
      const result = await runOnce([plugin("claims", claims, { capabilities: [] })], {
        extensions: secrets,
      });
      expect(views[0]?.security?.labels).toBeUndefined();
      expect(result.rejections).toMatchObject([
        { path: "security.labels", code: "capability_missing" },
      ]);
      expect(labelsOf(result)).toEqual(["SECRET"]);
    });

    it("another plugin's context adds nothing to a result", async () => {
      let stolen: PluginContext | undefined;
      const rich: Run = (_p, context) => {
        stolen = context;
      };
      const poor: Run = (_p, context) => {
        Object.setPrototypeOf(context, stolen as object);
        return { modifiedExtensions: { security: { labels: ["forged"] } } };
      };
      const result = await runOnce(
        [plugin("rich", rich), plugin("poor", poor, { capabilities: [] })],
        { extensions: secrets },
      );
      expect(result.rejections).toMatchObject([{ plugin: "poor", code: "capability_missing" }]);
      expect(labelsOf(result)).toEqual(["SECRET"]);
    });
  },
);
