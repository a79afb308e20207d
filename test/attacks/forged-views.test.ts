/** Tampering with a handler's arguments. */
import vm from "node:vm";
import { filterExtensions, mergeExtensions } from "glassine";
import { freezePayload } from "glassine/messages";
import { expect, it } from "vitest";
import { reach } from "../../property-tests/support/data.ts";
import { hook, manage, plugin, type Run } from "../dispatch/support.ts";
import { attack } from "./attack.ts";
import { everything, extensions } from "./forged.ts";

const view = filterExtensions(extensions, everything);
const payload = freezePayload({ name: "add", args: { list: [1, { deep: 2 }], map: { a: null } } });

/** Runs the attempts on a handler's arguments, and returns whether any had a visible effect. */
async function tampering(attempt: (value: object) => void) {
  const before = [JSON.stringify(extensions), JSON.stringify(payload), JSON.stringify(view)];
  for (const value of [...reach(view), ...reach(payload)]) attempt(value);
  let tried = 0;
  const tampers: Run = (given, context, shown) => {
    for (const value of [...reach(given), ...reach(shown), ...reach(context.plugin)]) {
      tried += 1;
      attempt(value);
    }
  };
  const manager = await manage([plugin("tampers", tampers, { capabilities: everything })]);
  const result = await manager.invoke(hook, payload, { extensions });
  expect(tried).toBeGreaterThan(10);
  expect(result.continueProcessing).toBe(true);
  expect(result.payload).toBe(payload);
  expect(result.extensions).toBe(extensions);
  const after = [JSON.stringify(extensions), JSON.stringify(payload), JSON.stringify(view)];
  expect(after).toEqual(before);
}

attack(
  "A-021",
  "`Set`, `Map`, `Date` and `Array` methods called on what a handler received",
  "throws a `TypeError`; view, payload and envelope are unchanged",
  () => {
    const calls: readonly (readonly [string, (value: object) => unknown])[] = [
      ["Set add", (value) => Set.prototype.add.call(value as Set<unknown>, "forged")],
      ["Set delete", (value) => Set.prototype.delete.call(value as Set<unknown>, "PII")],
      ["Set clear", (value) => Set.prototype.clear.call(value as Set<unknown>)],
      ["Map set", (value) => Map.prototype.set.call(value as Map<unknown, unknown>, "a", 1)],
      ["WeakSet add", (value) => WeakSet.prototype.add.call(value as WeakSet<object>, {})],
      ["Date setTime", (value) => Date.prototype.setTime.call(value as Date, 0)],
      ["RegExp compile", (value) => RegExp.prototype.compile.call(value as RegExp, "x")],
      ["Array push", (value) => Array.prototype.push.call(value, "forged")],
      ["Array unshift", (value) => Array.prototype.unshift.call(value, "forged")],
      ["Array splice", (value) => Array.prototype.splice.call(value as never, 0, 1, "forged")],
      ["TypedArray fill", (value) => Uint8Array.prototype.fill.call(value as Uint8Array, 0)],
    ];
    it.each(calls)("%s", (_name, run) =>
      tampering((value) => expect(() => run(value)).toThrow(TypeError)),
    );

    it.each(["pop", "shift", "reverse", "sort", "fill", "copyWithin"] as const)(
      "Array %s on the arrays of some length",
      (name) =>
        tampering((value) => {
          if (!Array.isArray(value) || value.length < 2) return;
          expect(() => Reflect.apply(Array.prototype[name], value, [0, 0])).toThrow(TypeError);
        }),
    );
  },
);

/** A deprecated member of `Object.prototype`. */
const legacy = (key: string, part: "value" | "set") =>
  Object.getOwnPropertyDescriptor(Object.prototype, key)?.[part] as () => unknown;

attack(
  "A-022",
  "Redefine or delete properties, change prototypes or extend any object that a handler can reach",
  "throws or returns `false`; nothing changes",
  () => {
    it("by reflection", () =>
      tampering((value) => {
        const keys = Reflect.ownKeys(value);
        expect(Reflect.defineProperty(value, "__proto__", { value: {} })).toBe(false);
        for (const key of [...keys, "forged", 0, Symbol("forged")]) {
          expect(Reflect.defineProperty(value, key, { value: 7 })).toBe(false);
          expect(Reflect.defineProperty(value, key, { get: () => "forged" })).toBe(false);
          expect(Reflect.set(value, key, 7)).toBe(false);
        }
        for (const key of keys) expect(Reflect.deleteProperty(value, key)).toBe(false);
        expect(Reflect.setPrototypeOf(value, { forged: true })).toBe(false);
      }));

    it("by statements and methods", () =>
      tampering((value) => {
        const loose = value as Record<string, unknown>;
        const attempts = [
          () => Object.defineProperties(value, { forged: { value: 1 } }),
          () => Object.assign(value, { forged: 1 }),
          () => Object.setPrototypeOf(value, {}),
          () => Reflect.apply(legacy("__defineGetter__", "value"), value, ["forged", () => 1]),
          () => Reflect.apply(legacy("__defineSetter__", "value"), value, ["forged", () => {}]),
          () => Reflect.apply(legacy("__proto__", "set"), value, [{}]),
          () => {
            loose.forged = 1;
          },
        ];
        for (const attempt of attempts) expect(attempt).toThrow(TypeError);
      }));

    it("in sloppy mode, without an error", async () => {
      const sloppy = vm.runInThisContext(
        "(function (value) { value.forged = 1; value[0] = 1; value.length = 0; delete value.a; })",
      ) as (value: object) => void;
      await tampering(sloppy);
      expect(mergeExtensions(extensions, view, everything).extensions).toBe(extensions);
    });
  },
);
