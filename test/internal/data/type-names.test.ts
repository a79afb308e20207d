/** What error messages say in place of a value that they must not quote. */

import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  isPlain,
  kindNamed,
  kindOf,
  otherThanPlain,
  quotedOrKind,
  typeName,
} from "../../../src/core/data/index.ts";

class Account {}

const { proxy: revoked, revoke } = Proxy.revocable({}, {});
revoke();
const revokedFunction = Proxy.revocable(() => 1, {});
revokedFunction.revoke();

/** Throws if anything about it is asked, as code of a plugin could. */
const trapped = new Proxy(
  {},
  {
    getPrototypeOf: () => {
      throw new Error("asked");
    },
  },
);

const values = [
  ["null", null, "null"],
  ["undefined", undefined, "nothing"],
  ["a boolean", false, "a boolean"],
  ["a number", 1.5, "a number"],
  ["a bigint", 1n, "a bigint"],
  ["a string", "secret", "a string"],
  ["a symbol", Symbol("secret"), "a symbol"],
  ["a function", () => 1, "a function"],
  ["an array", ["secret"], "an array"],
  ["an object", { key: "secret" }, "an object"],
  ["an instance of a class", new Account(), "an object"],
  ["a promise", Promise.resolve("secret"), "a promise"],
  ["a proxy", new Proxy([], {}), "a proxy"],
  ["a revoked proxy", revoked, "a proxy"],
  ["a revoked proxy of a function", revokedFunction.proxy, "a proxy"],
] as const;

it("the type of a revoked proxy is named without inspecting it", () => {
  expect([typeName([]), typeName({}), typeName(revoked)]).toEqual(["array", "object", "object"]);
});

describe.each(values)("%s", (_, value, kind) => {
  it("is named by its kind", () => {
    expect(kindOf(value)).toBe(kind);
  });

  it("is quoted only if it is a string", () => {
    expect(quotedOrKind(value)).toBe(value === "secret" ? '"secret"' : kind);
  });
});

it.each([
  ["int", "a whole number"],
  ["record", "an object"],
  ["null", "null"],
  ["date", "a value of type date"],
  ["toString", "a value of type toString"],
])("names zod's type %s", (type, name) => {
  expect(kindNamed(type)).toBe(name);
});

it.each([
  ["an object", {}, undefined],
  ["an object without a prototype", Object.create(null), undefined],
  ["an object of another realm", runInNewContext("({})"), undefined],
  ["an instance of a class", new Account(), "an instance of a class"],
  ["a map", new Map(), "an instance of a class"],
  ["an object that inherits from a plain one", Object.create({}), "an instance of a class"],
  [
    "an object that inherits from one with isPrototypeOf",
    Object.create({ isPrototypeOf: () => true }),
    "an instance of a class",
  ],
  [
    "an object that inherits from one without a prototype",
    Object.create(Object.create(null)),
    "an instance of a class",
  ],
  ["an object that inherits from a proxy", Object.create(trapped), "an instance of a class"],
  ["a promise", Promise.resolve(1), "a promise"],
  ["an array", [], "array"],
  ["null", null, "null"],
  ["nothing", undefined, "undefined"],
  ["a function", () => 1, "function"],
])("says what came in place of a plain object: %s", (_, value, other) => {
  expect(otherThanPlain(value)).toBe(other);
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    expect(isPlain(value)).toBe(other === undefined);
  }
});
