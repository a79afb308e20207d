import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import {
  adds,
  call,
  hook,
  labelled,
  manage,
  never,
  plugin,
  type Result,
  type Run,
  runOnce,
  tagger,
} from "./support.ts";

/** Every object that can be reached from `root`, with its path. */
function reachable(root: object): ReadonlyMap<object, string> {
  const seen = new Map<object, string>([[root, "result"]]);
  for (const [object, path] of seen) {
    for (const key of Reflect.ownKeys(object)) {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      const value: unknown = descriptor?.value;
      if (typeof value !== "object" || value === null || seen.has(value)) continue;
      // Opaque: all its data is private, and nothing reads properties that others add to it.
      if (object === root && key === "context") continue;
      seen.set(value, `${path}.${String(key)}`);
    }
  }
  return seen;
}

function faultsOf(result: Result): readonly string[] {
  return [...reachable(result)].flatMap(([object, path]) => [
    ...(Object.isFrozen(object) ? [] : [`${path} is not frozen`]),
    ...Reflect.ownKeys(object).flatMap((key) => {
      const descriptor = Object.getOwnPropertyDescriptor(object, key);
      return descriptor !== undefined && "value" in descriptor
        ? []
        : [`${path}.${String(key)} is an accessor`];
    }),
  ]);
}

const busy: Run = (payload, context, extensions) => ({
  ...(adds("added")(payload, context, extensions) as object),
  modifiedPayload: { name: "changed", args: { list: [{ deep: 1 }] } },
  metadata: { list: [{ deep: 1 }], map: { a: 1 } },
});
const forger: Run = (_p, _c) => ({
  modifiedExtensions: { request: { request_id: "x" }, custom: { list: [{ a: 1 }] } },
});

const runs: Record<string, () => Promise<Result>> = {
  "nobody touched": () => runOnce([]),
  "nobody changed": () => runOnce([plugin("looks", (_p, _c) => undefined)]),
  "was changed": () => runOnce([plugin("busy", busy), plugin("forger", forger)]),
  "was denied": () =>
    runOnce([
      plugin("busy", busy),
      plugin("guard", (_p, _c) =>
        deny({ code: "no", reason: "no", description: "no", details: { list: [{ deep: 1 }] } }),
      ),
      tagger("skipped"),
    ]),
  failed: () => runOnce([plugin("bad", (_p, _c) => 5)]),
  "timed out": () => runOnce([plugin("hangs", (_p, _c) => never(), { timeoutMs: 10 })]),
  "was aborted": () => runOnce([tagger("tags")], { signal: AbortSignal.abort() }),
  "was concurrent": () => runOnce([plugin("busy", busy, { mode: "concurrent" })]),
  "had a payload of the host": async () => {
    const manager = await manage([plugin("busy", busy, { mode: "audit" })]);
    const extensions = { custom: { list: [{ a: 1 }] } };
    return manager.invoke(hook, { name: "add", args: { list: [{ a: 1 }] } }, { extensions });
  },
  "asked for timings": () =>
    runOnce([plugin("busy", busy), plugin("waits", async (_p, _c) => null)], {}, { timings: true }),
};

describe("the result of a run that", () => {
  it.each(Object.entries(runs))("%s is deeply frozen", async (_what, run) => {
    expect(faultsOf(await run())).toEqual([]);
  });

  it.each(Object.entries(runs))("%s has its own `then`, which is undefined", async (_w, run) => {
    const descriptor = Object.getOwnPropertyDescriptor(await run(), "then");
    expect(descriptor).toMatchObject({ value: undefined, writable: false });
  });

  it.each(Object.entries(runs))("%s has the same keys in the same order", async (_what, run) => {
    expect(Reflect.ownKeys(await run())).toEqual(Reflect.ownKeys(await runOnce([])));
  });
});

describe("what other promises of the manager resolve to", () => {
  it("has its own `then`, which is undefined, too", async () => {
    const manager = await manage([tagger("tags")]);
    await manager.invoke(hook, call, { extensions: labelled("PII") });
    const report = await manager.close();
    for (const given of [manager, report]) {
      const descriptor = Object.getOwnPropertyDescriptor(given, "then");
      expect(descriptor).toMatchObject({ value: undefined, writable: false });
      expect(Object.isFrozen(given)).toBe(true);
    }
    expect(Object.isFrozen(report.background)).toBe(true);
  });
});
