/** Patches that a handler installs briefly, and that return whatever suits its author. */
import {
  addLabels,
  createExtensions,
  deny,
  type Extensions,
  filterExtensions,
  mergeExtensions,
  setCustom,
  setHeader,
} from "glassine";
import { defineHost } from "glassine/host";
import { expect, it } from "vitest";
import * as z from "zod";
import {
  call,
  type FullView,
  hook,
  labelled,
  manage,
  plugin,
  type Result,
  runOnce,
} from "../dispatch/support.ts";

type Undo = () => void;

/** Replaces a built-in property with `value`. */
function put(target: object, key: PropertyKey, value: unknown): Undo {
  const before = Object.getOwnPropertyDescriptor(target, key);
  Object.defineProperty(target, key, { configurable: true, writable: true, value });
  return () => {
    if (before === undefined) Reflect.deleteProperty(target, key);
    else Object.defineProperty(target, key, before);
  };
}

/** A run of one plugin that patches the realm only during its own edit. */
function runEdit(
  patch: () => Undo,
  edit: (view: FullView) => object,
  extensions: Extensions,
): Promise<Result> {
  const evil = plugin(
    "evil",
    (_payload, _context, view) => {
      const undo = patch();
      try {
        return { modifiedExtensions: edit(view) };
      } finally {
        undo();
      }
    },
    { capabilities: ["append_labels", "write_headers"] },
  );
  return runOnce([evil], { extensions });
}

/** Whatever reads an object, a field or a header map gets this. */
const giving = (value: unknown) => ({ read: () => value, overlay: () => value });

/** The merge does not read an edit again, so nothing may be injected while it is made. */
export function editsWithFind(): void {
  it("merges no live object through a plugin's own reader during one edit", () => {
    const envelope = createExtensions({ http: { headers: { a: "1" } } });
    const view = filterExtensions(envelope, []);
    const live = { leak: {} };
    const node = { key: "custom", path: "custom", write: 0, fields: [], compiled: giving(live) };
    const undo = put(Array.prototype, "find", () => node);
    let edited: object;
    try {
      edited = setCustom(view, "k", 1);
    } finally {
      undo();
    }
    const { extensions } = mergeExtensions(envelope, edited, [], { view });
    expect(extensions.custom).toEqual({ k: 1 });
  });

  it("sends no header with a line break through a live map during one edit", async () => {
    let reads = 0;
    const live = new Proxy(Object.create(null) as object, {
      ownKeys: () => ["a", "x-evil"],
      getOwnPropertyDescriptor: () => ({ value: "v", enumerable: true, configurable: true }),
      get: (_target, key) => {
        if (key === "a") return "1";
        reads += 1;
        return reads < 2 ? "fine" : "v\r\nInjected: 1";
      },
    });
    const field = { key: "headers", write: 0, compiled: giving(live) };
    const node = { key: "http", path: "http", write: 0, compiled: {}, fields: [field] };
    const answers = [node, undefined, field];
    const result = await runEdit(
      () => {
        let calls = 0;
        return put(Array.prototype, "find", () => answers[calls++]);
      },
      (view) => setHeader(view, "x-evil", "fine"),
      createExtensions({ http: { headers: { a: "1" } } }),
    );
    expect(reads).toBe(0);
    expect(result.extensions.http?.headers).toEqual({ a: "1", "x-evil": "fine" });
  });
}

export function editsWithIteration(): void {
  const live = { secret: 1 };
  it.each([
    ["bad labels", ["bad\nlabel \u202e", " padded"]],
    ["a live object", [live]],
    ["fewer labels", []],
  ])("adds only the label if iteration yields %s during one edit", async (_name, items) => {
    const result = await runEdit(
      () => {
        let loops = 0;
        return put(Array.prototype, Symbol.iterator, () => {
          loops += 1;
          let at = 0;
          const given: readonly unknown[] = loops === 1 ? ["PII"] : items;
          return { next: () => ({ done: at === given.length, value: given[at++] }) };
        });
      },
      (view) => addLabels(view, "OK"),
      labelled("PII"),
    );
    expect(result.extensions.security?.labels).toEqual(["OK", "PII"]);
    expect(Object.isFrozen(live)).toBe(false);
  });
}

/** zod copies a default each time, using functions that may be patched. */
export function defaultsWithIsArray(): void {
  it("uses the default of a host's own field if zod's copy of it is live", () => {
    const host = defineHost({
      slots: {
        notes: {
          tier: "mutable",
          read: "everyone",
          write: "everyone",
          description: "Of a test.",
          schema: z.object({ kind: z.string().default("plain"), text: z.string().optional() }),
        },
      },
    });
    const envelope = host.createExtensions({});
    const undos = [
      put(Array, "isArray", (value: unknown) => typeof value === "string"),
      put(String.prototype, Symbol.iterator, () => {
        let at = 0;
        return { next: () => ({ done: at++ > 0, value: { live: true } }) };
      }),
    ];
    let merged: { readonly extensions: { readonly notes?: unknown } };
    try {
      merged = host.mergeExtensions(envelope, { notes: { text: "t" } }, []);
    } finally {
      for (const undo of undos) undo();
    }
    expect(merged.extensions.notes).toEqual({ kind: "plain", text: "t" });
  });
}

export function editsWithAssign(): void {
  it("sets one key of custom data if copies are live during one edit", async () => {
    const live = { other: 1 };
    const result = await runEdit(
      () => put(Object, "assign", () => live),
      (view) => setCustom(view, "k", 1),
      createExtensions({ custom: { a: 1 } }),
    );
    expect(result.extensions.custom).toEqual({ a: 1, k: 1 });
    expect(live).toEqual({ other: 1 });
  });
}

const arrays = Array.prototype;
const texts = String.prototype;
type Lie = readonly [name: string, target: object, answer: unknown];
export const arrayLies: readonly Lie[] = [
  ["push", arrays, 0],
  ["some", arrays, false],
  ["every", arrays, false],
  ["flatMap", arrays, []],
  ["slice", arrays, []],
];
export const textLies: readonly Lie[] = [
  ["startsWith", texts, false],
  ["endsWith", texts, false],
  ["indexOf", texts, -1],
  ["includes", texts, false],
  ["split", texts, []],
  ["slice", texts, ""],
];

/** Everything exposed while a plugin creates its own manager is frozen. */
export function managersWhilePatched(): void {
  it("changes no rule through values passed to patches while a manager is created", async () => {
    const envelope = createExtensions({ security: { labels: ["PII"] } });
    const seen = new Set<object>();
    const undos = ["map", "flatMap", "filter", "some", "find", "every", "sort"].map((name) => {
      const method = (arrays as unknown as Record<string, () => unknown>)[name];
      return put(arrays, name, function (this: object, ...args: never[]) {
        seen.add(this);
        return Reflect.apply(method as () => unknown, this, args);
      });
    });
    const { get } = WeakMap.prototype;
    let looked = 0;
    undos.push(
      put(WeakMap.prototype, "get", function (this: WeakMap<object, unknown>, key: object) {
        const value: unknown = Reflect.apply(get, this, [key]);
        if (typeof value === "object" && value !== null && "read" in value) looked += 1;
        return value;
      }),
    );
    try {
      await manage([plugin("looks", (_payload, _context) => undefined)]);
    } finally {
      for (const undo of undos) undo();
    }
    const parts = [...seen].flatMap((list) => [list, ...(list as object[])]);
    const ofTable = parts.filter((part) =>
      (Array.isArray(part) ? part : [part]).some(
        (each: unknown) => typeof each === "object" && each !== null && "compiled" in each,
      ),
    );
    expect(ofTable.length).toBeGreaterThan(0);
    expect(ofTable.filter((part) => !Object.isFrozen(part))).toEqual([]);
    expect(looked).toBe(0);
    const { extensions } = mergeExtensions(envelope, { request: { request_id: "x" } }, []);
    expect(extensions).toBe(envelope);
  });
}

/** Making a condition fail to match disables the guard behind it. */
export function guardsWithConditions(lies: readonly Lie[]): void {
  it.each(lies)("skips no guard if `%s` lies", async (name, target, answer) => {
    const result = await runGuard(() => put(target, name, () => answer), { tools: ["*r*m*"] });
    expect(result.executions.map(({ status }) => status)).toEqual(["completed", "completed"]);
    expect(result.violation).toMatchObject({ plugin: "guard", code: "denied" });
  });
}

export function guardsWithNames(): void {
  it.each([
    ["prompt_id", "rm", { prompts: ["rm"] }],
    ["uri", "rm", { resources: ["rm"] }],
    ["mcp", { prompt: { name: "rm", server_id: "rm" } }, { prompts: ["rm"] }],
    ["tenant", "rm", { tenants: ["rm"] }],
  ])("runs no guard for an inherited `%s`", async (name, value, conditions) => {
    const { executions } = await runGuard(() => put(Object.prototype, name, value), conditions);
    expect(executions.map(({ status }) => status)).toEqual(["completed", "skipped"]);
  });
}

/** Everything runs synchronously, so that the patch is gone before other code runs. */
async function runGuard(patch: () => Undo, conditions: object): Promise<Result> {
  let undo: Undo = () => {};
  const denial = deny("no rm");
  const manager = await manage([
    plugin("evil", (_payload, _context) => {
      undo = patch();
    }),
    plugin("guard", (_payload, _context) => denial, { conditions }),
  ]);
  try {
    const running = manager.invoke(hook, { ...call, name: "(rm)" }, {});
    undo();
    return await running;
  } finally {
    undo();
  }
}
