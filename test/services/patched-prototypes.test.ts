// Its process is only for files that patch the realm.
/** A plugin that patches every method of the common prototypes gets to see no service. */
import { expect, it } from "vitest";
import { health } from "../../src/audit.ts";
import { allow, deny } from "../../src/index.ts";
import { createPluginManager, definePlugin } from "../../src/memory-node/index.ts";
import { verifies } from "../support/verifies.ts";

const { apply, construct, defineProperty, getOwnPropertyDescriptor, ownKeys } = Reflect;
const { add, has } = Set.prototype;
const SetAtLoad = Set;

const handle = { iam: "the handle" };

/** Returns how a value's data leads to the handle, or `undefined` if it does not. */
function leadsToHandle(root: unknown): string | undefined {
  const seen = new SetAtLoad();
  const queue: [value: unknown, depth: number][] = [[root, 0]];
  for (let at = 0; at < queue.length && at < 4_000; at++) {
    const [value, depth] = queue[at] as [unknown, number];
    if (value === handle) return "the handle";
    if ((typeof value !== "object" && typeof value !== "function") || value === null) continue;
    if (depth > 6 || apply(has, seen, [value])) continue;
    apply(add, seen, [value]);
    // Calls accessors like an attacker: the manager's own record has functions that return handles.
    const accessor: unknown = getOwnPropertyDescriptor(value, "getFactsReader")?.value;
    if (typeof accessor === "function" && givesHandle(accessor as () => unknown))
      return "a way to the handle";
    const keys = ownKeys(value);
    for (let i = 0; i < keys.length && i < 200; i++) {
      const found = getOwnPropertyDescriptor(value, keys[i] as string);
      if (found !== undefined && "value" in found) queue[queue.length] = [found.value, depth + 1];
    }
  }
  return undefined;
}

function givesHandle(accessor: () => unknown): boolean {
  try {
    return accessor() === handle;
  } catch {
    return false;
  }
}

/** Patches every method of an object to pass its arguments and result to `look`. */
function spyOn(name: string, object: object, look: (where: string, value: unknown) => void) {
  const undo: (() => void)[] = [];
  for (const key of ownKeys(object)) {
    const found = getOwnPropertyDescriptor(object, key) as PropertyDescriptor;
    const { value: original } = found;
    const isKept = ["constructor", "bind", "toString", "valueOf"].includes(String(key));
    if (typeof original !== "function" || isKept || found.configurable !== true) continue;
    const spy = function (this: unknown, ...given: unknown[]): unknown {
      if (new.target !== undefined) return construct(original, given, new.target);
      const result: unknown = apply(original, this, given);
      look(`${name}.${String(key)}`, [this, given, result]);
      return result;
    };
    defineProperty(object, key, { ...found, value: spy });
    undo[undo.length] = () => defineProperty(object, key, found);
  }
  return undo;
}

/** Returns a function that adds to `found` where a value leads to the handle. */
function reportTo(found: string[]): (where: string, value: unknown) => void {
  let isLooking = false;
  return (where, value) => {
    if (isLooking) return;
    isLooking = true;
    const what = leadsToHandle(value);
    if (what !== undefined) found[found.length] = `${where}: ${what}`;
    isLooking = false;
  };
}

const patched: readonly (readonly [string, object])[] = [
  ["Map", Map.prototype],
  ["Set", Set.prototype],
  ["WeakMap", WeakMap.prototype],
  ["Array", Array.prototype],
  ["Array (static)", Array],
  ["Promise", Promise.prototype],
  ["Promise (static)", Promise],
  ["Function", Function.prototype],
  ["Object", Object],
  ["String", String.prototype],
  ["RegExp", RegExp.prototype],
  ["JSON", JSON],
  ["AbortController", AbortController.prototype],
  ["Iterator", Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))],
];

it("no patched method receives a service", async () => {
  verifies("plugins:service-unreachable");
  const bare = { version: "1.0.0" };
  const other = definePlugin({
    ...bare,
    name: "other",
    capabilities: ["facts.read", "facts.write"],
    asyncSafe: false,
    healthCheck: () => health("healthy", "fine"),
    hooks: {
      pre_assert_authorize: async (_facts, context) => {
        context.getFactsReader();
        context.getFactsWriter();
        return allow();
      },
      pre_assert_validate: (_facts, context) => {
        context.getFactsReader();
        return deny("no");
      },
      pre_assert_transform: (given) => ({ ...given }),
      recall_rank: (_scored) => ({ a: 1 }),
      post_assert_persist: async (_facts, { state, signal }) => {
        throw new Error(`${state.size} ${signal.aborted}`);
      },
      audit_emit: (_facts) => undefined,
    },
  });
  const thief = definePlugin({
    ...bare,
    name: "a-thief",
    hooks: { pre_recall_authorize: (_facts) => allow(), audit_emit: (_facts) => undefined },
  });
  const manager = await createPluginManager({
    plugins: [thief, other],
    services: {
      factsReader: handle as never,
      get factsWriter() {
        return {} as never;
      },
    },
    logger: {},
    env: {},
    audit: { strict: true, sink: async () => {} },
  });
  const caller = {
    identity: {},
    tenant: { tenantId: "default", metadata: {} },
    requestId: "0c9f1a0e-7f3b-4c6d-8f0a-2f6a1f1f5a11",
  };
  const req = { entity: "e", relation: "r", value: 1, source: "s" };
  const acts: readonly (() => unknown)[] = [
    () => manager.invoke("pre_assert_authorize", { req, ...caller }),
    () => manager.invoke("pre_assert_validate", { req, ...caller }),
    () => manager.invoke("pre_assert_transform", req, { operation: caller }),
    () => manager.invoke("recall_rank", [], { operation: caller }),
    () => manager.invoke("post_assert_persist", { fact: { id: "f", ...req }, ...caller }),
    () => manager.handlersFor("pre_assert_authorize"),
    () => manager.capabilityReport(),
    () => manager.checkHealth(),
    () => manager.plugins,
    () => manager.counts(),
    () => manager.close(),
  ];
  const found: string[] = [];
  const look = reportTo(found);
  const undo: (() => void)[] = [];
  let acted = 0;
  try {
    for (const [name, object] of patched) {
      for (const each of spyOn(name, object, look)) undo[undo.length] = each;
    }
    for (const act of acts) {
      await act();
      acted += 1;
    }
  } finally {
    for (let i = undo.length - 1; i >= 0; i--) undo[i]?.();
  }
  expect(found).toEqual([]);
  expect(acted).toBe(acts.length);
  // The search does find a handle that is there.
  expect(leadsToHandle([{ a: { getFactsReader: () => handle } }])).toBe("a way to the handle");
});

it("no patched method of arrays receives a service while the manager is made", async () => {
  verifies("plugins:service-unreachable");
  const found: string[] = [];
  const undo = spyOn("Array", Array.prototype, reportTo(found));
  try {
    await createPluginManager({
      plugins: [],
      services: { factsReader: handle as never },
      logger: {},
      env: {},
    });
  } finally {
    for (let i = undo.length - 1; i >= 0; i--) undo[i]?.();
  }
  expect(found).toEqual([]);
});
