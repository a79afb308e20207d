// A process of its own: it compares the realm with what it was.
import vm from "node:vm";
import { detectTampering } from "glassine";
import { afterEach, describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { changesAfter, later, patch, remove } from "./realm-patches.ts";

const { getOwnPropertyDescriptor } = Reflect;
const replaced = (intrinsic: string) => ({ intrinsic, change: "replaced" });
const added = (intrinsic: string) => ({ intrinsic, change: "added" });
const removed = (intrinsic: string) => ({ intrinsic, change: "removed" });

afterEach(() => expect(detectTampering()).toEqual([]));

describe("tampering", () => {
  it("is not detected if nothing was patched, whatever was used in the meantime", async () => {
    verifies("dispatch:tampering-detected");
    /(a)/.exec("a");
    structuredClone(Buffer.from(new TextEncoder().encode("a")));
    new URL("https://a.example/?b").searchParams.get("b");
    vm.runInNewContext("Object.prototype.then = Array.prototype.push = 1");
    AbortSignal.timeout(1);
    await new Promise((resolve) => setTimeout(resolve, performance.now() % 1));
    new Intl.DateTimeFormat().format(new Date(0));
    expect(detectTampering()).toEqual([]);
  });

  it.each<[string, object, PropertyKey]>([
    ["Array.prototype.push", Array.prototype, "push"],
    ["Array.prototype[Symbol.iterator]", Array.prototype, Symbol.iterator],
    ["%ArrayIteratorPrototype%.next", Object.getPrototypeOf([][Symbol.iterator]()), "next"],
    ["%RegExpStringIteratorPrototype%.next", Object.getPrototypeOf("".matchAll(/a/g)), "next"],
    ["%TypedArray%.prototype.fill", Object.getPrototypeOf(Uint8Array.prototype), "fill"],
    ["%AsyncFunction%.prototype.constructor", Object.getPrototypeOf(async () => {}), "constructor"],
    ["Object.freeze", Object, "freeze"],
    ["Object.prototype.__proto__", Object.prototype, "__proto__"],
    ["Reflect.ownKeys", Reflect, "ownKeys"],
    ["Symbol.prototype.description", Symbol.prototype, "description"],
    ["Promise", globalThis, "Promise"],
    ["setTimeout", globalThis, "setTimeout"],
    ["performance", globalThis, "performance"],
    ["globalThis", globalThis, "globalThis"],
    ["Performance.prototype.now", Object.getPrototypeOf(performance), "now"],
    ["AbortController.prototype.signal", AbortController.prototype, "signal"],
    ["Buffer.from", Buffer, "from"],
  ])("is detected if %s has another value", (name, target, key) => {
    const value = () => undefined;
    const changes = changesAfter(() => patch(target, key, { value, writable: true }));
    expect(changes.map(({ intrinsic }) => intrinsic)).toEqual([name]);
    expect(changes.map(({ change }) => change)).toEqual(["replaced"]);
  });

  it("is detected in getters and setters, and none of them runs", () => {
    let ran = 0;
    const get = () => {
      ran += 1;
    };
    const changes = changesAfter(() => {
      patch(Array.prototype, "push", { get });
      patch(Array.prototype, 0, { get, set: get });
      patch(Set.prototype, "size", { get });
      patch(globalThis, "Map", { get });
    });
    expect(changes).toEqual([
      replaced("Map"),
      replaced("Array.prototype.length"),
      replaced("Array.prototype.push"),
      added('Array.prototype["0"]'),
      replaced("Set.prototype.size"),
    ]);
    expect(ran).toBe(0);
  });

  it("is detected if a property is added, removed or becomes enumerable", () => {
    const changes = changesAfter(() => {
      patch(Object.prototype, ["th", "en"].join(""), { value: 1, writable: true });
      patch(Object.prototype, "toString", { enumerable: true });
      remove(Map.prototype, "forEach");
      remove(globalThis, "WeakRef");
      patch(Error, "prepareStackTrace", { value: 1 });
    });
    expect(changes).toEqual([
      removed("WeakRef"),
      replaced("Object.prototype.toString"),
      added("Object.prototype.then"),
      removed("Map.prototype.forEach"),
      expect.objectContaining({ intrinsic: "Error.prepareStackTrace" }),
    ]);
  });

  it("is detected if a getter becomes a value, even undefined, or only a setter changes", () => {
    const { get } = getOwnPropertyDescriptor(Object.prototype, "__proto__") as PropertyDescriptor;
    const changes = changesAfter(() => {
      patch(Set.prototype, "size", { value: undefined });
      patch(Object.prototype, "__proto__", { get: get as () => unknown, set() {} });
    });
    expect(changes).toEqual([
      replaced("Object.prototype.__proto__"),
      replaced("Set.prototype.size"),
    ]);
  });

  it("is detected if one property replaces another", () => {
    const changes = changesAfter(() => {
      remove(Map.prototype, "forEach");
      patch(Map.prototype, "forAll", { value: 1 });
    });
    expect(changes).toEqual([removed("Map.prototype.forEach"), added("Map.prototype.forAll")]);
  });

  it("is detected if a global changes behind its original getter", () => {
    const before = Buffer;
    const changes = changesAfter(() => {
      later(() => {
        globalThis.Buffer = before;
      });
      globalThis.Buffer = class {} as never;
    });
    expect(changes).toEqual([replaced("Buffer")]);
  });

  it("is detected if a built-in object has another prototype", () => {
    const before = Object.getPrototypeOf(Map.prototype) as object;
    const changes = changesAfter(() => {
      later(() => Object.setPrototypeOf(Map.prototype, before));
      Object.setPrototypeOf(Map.prototype, { stolen: true });
    });
    expect(changes).toEqual([replaced("Map.prototype.[[Prototype]]")]);
  });

  it("is not detected for hardening: a frozen intrinsic is unchanged", () => {
    // It cannot be unfrozen, so this is an intrinsic that no other test patches.
    Object.freeze(WeakRef.prototype);
    expect(detectTampering()).toEqual([]);
  });

  it("is reported in printable characters on one line, whatever the name", () => {
    const keys = ["a b", "", "\n\u202e\u0000", '"\\', "x".repeat(70), Symbol("a\nb"), Symbol()];
    const changes = changesAfter(() => {
      for (const key of keys) patch(Reflect, key, { value: 1 });
    });
    expect(changes.map(({ intrinsic }) => intrinsic)).toEqual([
      'Reflect["a b"]',
      'Reflect[""]',
      'Reflect["\\u{a}\\u{202e}\\u{0}"]',
      'Reflect["\\u{22}\\u{5c}"]',
      `Reflect["${"x".repeat(64)}…"]`,
      'Reflect[Symbol("a\\u{a}b")]',
      "Reflect[Symbol()]",
    ]);
  });

  it.each([
    ["a0", ".a0"],
    ["az9$_AZ", ".az9$_AZ"],
    ["_", "._"],
    ["$", ".$"],
    ["0a", '["0a"]'],
    ["a:", '["a:"]'],
    ["a/", '["a/"]'],
    ["a{", '["a{"]'],
    ["a`", '["a`"]'],
    ["a@", '["a@"]'],
    ["a[", '["a["]'],
    ["~ ", '["~ "]'],
    ["\x7f", '["\\u{7f}"]'],
    ["\x1f", '["\\u{1f}"]'],
    ["\uabcd", '["\uabcd"]'],
    ["\ud800", '["\\u{d800}"]'],
    ["x".repeat(64), `.${"x".repeat(64)}`],
    ["x".repeat(65), `["${"x".repeat(64)}…"]`],
    [" ".repeat(64), `["${" ".repeat(64)}"]`],
  ])("is reported with the name as code spells it: %j", (key, shown) => {
    const changes = changesAfter(() => patch(Reflect, key, { value: 1 }));
    expect(changes).toEqual([added(`Reflect${shown}`)]);
  });

  it("is reported for up to 1000 changes", () => {
    const changes = changesAfter(() => {
      for (let i = 0; i < 1200; i++) patch(Math, `x${i}`, { value: i });
    });
    expect(changes).toHaveLength(1000);
    expect(changes.at(-1)).toEqual(added("Math.x999"));
    const withMore = changesAfter(() => {
      for (let i = 0; i < 1000; i++) patch(Math, `x${i}`, { value: i });
      patch(Object.getPrototypeOf([].values()) as object, "next", { value: 1 });
    });
    expect(withMore).toEqual(changes);
  });

  it("is reported in a frozen list of frozen records", () => {
    const changes = changesAfter(() => patch(Math, "max", { value: 1 }));
    expect(Object.isFrozen(changes)).toBe(true);
    expect(changes.every((change) => Object.isFrozen(change))).toBe(true);
  });
});
