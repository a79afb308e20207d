/** How what authors and hosts wrote is read: each property once, running none of their code. */

import { runInNewContext } from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { readPlainArray, readPlainObject } from "../../../src/core/schema/index.ts";

function read(value: unknown) {
  const report = vi.fn();
  return { values: readPlainObject(value, "options", report), problems: report.mock.calls };
}

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();

describe("a plain object", () => {
  it.each([
    ["an object", { a: 1, b: undefined }],
    ["an object without a prototype", Object.assign(Object.create(null), { a: 1, b: undefined })],
  ])("is read onto a record without a prototype: %s", (_, value) => {
    const { values, problems } = read(value);
    expect(Object.getPrototypeOf(values)).toBeNull();
    expect(values).toEqual({ __proto__: null, a: 1, b: undefined });
    expect(problems).toEqual([]);
  });

  it.each([
    ["null", null, "null"],
    ["nothing", undefined, "undefined"],
    ["a string", "secret", "string"],
    ["a function", () => 1, "function"],
    ["an array", [], "array"],
    ["an instance of a class", new Map(), "an object of a class"],
    ["a promise", Promise.resolve({}), "a promise"],
    ["an object of another realm", runInNewContext("({})"), "an object of a class"],
    ["a proxy", new Proxy({}, {}), "an object of a class"],
    ["a revoked proxy", revoked, "an object of a class"],
  ])("is not %s", (_, value, got) => {
    const message = `options must be a plain object, got ${got}`;
    expect(read(value)).toEqual({ values: undefined, problems: [["options", message]] });
  });

  it("keeps its values without its getters and symbols, which are reported", () => {
    const getter = vi.fn();
    const value = Object.defineProperty({ a: 1, [Symbol("s")]: 2 }, "b", {
      get: getter,
      enumerable: true,
    });
    const { values, problems } = read(value);
    expect(Object.keys(values ?? {})).toEqual(["a"]);
    expect(problems).toEqual([
      ["options", "options has a symbol as key"],
      ["b", "'b' must be a value, not a getter"],
    ]);
    expect(getter).not.toHaveBeenCalled();
  });
});

describe("a plain array", () => {
  it("is copied, up to the given number of elements", () => {
    const list = [1, "two", null];
    expect(readPlainArray(list)).toEqual(list);
    expect(readPlainArray(list)).not.toBe(list);
    expect(readPlainArray(list, 3)).toEqual(list);
    expect(readPlainArray(list, 2)).toBeUndefined();
    expect(readPlainArray(new Array(1000).fill(0))).toHaveLength(1000);
    expect(readPlainArray(new Array(1001).fill(0))).toBeUndefined();
  });

  it.each([
    ["an array with a hole", new Array(1)],
    ["an array with a getter", Object.defineProperty([1], 0, { get: () => 1 })],
    ["an instance of a class", new (class extends Array {})()],
    ["an array of another realm", runInNewContext("[1]")],
    ["a proxy", new Proxy([], {})],
    ["an object with a length", { length: 0 }],
    ["a string", "list"],
    ["null", null],
  ])("is not %s", (_, value) => {
    expect(readPlainArray(value)).toBeUndefined();
  });
});
