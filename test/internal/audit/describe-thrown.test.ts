import vm from "node:vm";
import { deny } from "glassine";
import { describe, expect, it } from "vitest";
import { GlassineError } from "../../../src/core/errors/index.ts";
import { describeThrown } from "../../../src/core/observe/index.ts";
import { verifies } from "../../support/verifies.ts";

const noText = "What was thrown has no readable message.";

class DiskFull extends Error {}
class Named extends Error {
  override readonly name = "NamedByField";
}
class Plain {
  message = "not an error";
}

describe("what somebody threw", () => {
  it.each<[string, unknown, string, string]>([
    ["an error", new Error("a"), "Error", "a"],
    ["a built-in one", new TypeError("b"), "TypeError", "b"],
    ["an aggregate", new AggregateError([], "c"), "AggregateError", "c"],
    ["one of a class", new DiskFull("d"), "DiskFull", "d"],
    ["one with a name", new Named("e"), "NamedByField", "e"],
    ["one of this library", new GlassineError("aborted", "f"), "GlassineError", "f"],
    ["one of the platform", new DOMException("g", "AbortError"), "AbortError", "g"],
    ["an aborted signal's", AbortSignal.abort().reason, "AbortError", "This operation was aborted"],
    ["one without a message", new Error(), "Error", noText],
    ["one of another realm", vm.runInNewContext("new RangeError('h')"), "RangeError", "h"],
    [
      "a denial",
      deny("no"),
      "Denial",
      "What deny returned was thrown: return it, or throw a RejectError.",
    ],
    ["an object", { message: "i" }, "Object", "i"],
    ["an object of a class", new Plain(), "Plain", "not an error"],
    ["an object without a prototype", { __proto__: null, message: "j" }, "Object", "j"],
    ["an array", [1], "Array", noText],
    ["a text", "k", "string", "k"],
    ["a number", 1.5, "number", "1.5"],
    ["a bigint", 10n, "bigint", "10"],
    ["a boolean", false, "boolean", "false"],
    ["nothing", undefined, "undefined", "undefined"],
    ["null", null, "null", "null"],
    ["a symbol", Symbol("l"), "symbol", "Symbol(l)"],
    ["a symbol without a name", Symbol(), "symbol", "Symbol()"],
    ["a function", () => 1, "function", "A function was thrown."],
  ])("is described by its class and its message: %s", (_what, thrown, type, text) => {
    verifies("audit:thrown");
    expect(describeThrown(thrown)).toEqual({ type, text });
  });

  it("runs no code: no getter, no trap, no conversion", () => {
    const never = () => {
      throw new Error("ran");
    };
    const trap = new Proxy(
      {},
      { get: never, getPrototypeOf: never, getOwnPropertyDescriptor: never },
    );
    const behindProxy = Object.create(trap);
    const getters = Object.defineProperties(new Error("hidden"), {
      message: { get: never },
      name: { get: never },
      toString: { value: never },
      [Symbol.toPrimitive]: { value: never },
    });
    const odd = Object.assign(new Error("a"), {
      message: { toString: never },
      name: { toString: never },
    });
    expect(describeThrown(trap)).toEqual({ type: "Proxy", text: "A proxy was thrown." });
    expect(describeThrown(new Proxy(() => 1, { get: never })).type).toBe("function");
    expect(describeThrown(behindProxy)).toEqual({ type: "Object", text: noText });
    expect(describeThrown(getters)).toEqual({ type: "Error", text: noText });
    expect(describeThrown(odd)).toEqual({ type: "Error", text: noText });
    expect(
      describeThrown(Object.create(Error.prototype, { constructor: { get: never } })).type,
    ).toBe("Error");
    expect(describeThrown(Object.create({ constructor: trap })).type).toBe("Object");
    expect(describeThrown(Object.create(DOMException.prototype)).text).toBe(noText);
  });

  it("ends on an endless chain of prototypes", () => {
    let chain: object = { message: "too far up" };
    for (let i = 0; i < 1000; i++) chain = Object.create(chain);
    expect(describeThrown(chain)).toEqual({ type: "Object", text: noText });
  });

  it.each(["a b", "a\nb", "", "x".repeat(65), "1a", "<b>"])("has a clean name, not %j", (name) => {
    verifies("audit:thrown");
    expect(describeThrown(Object.assign(new Error("a"), { name })).type).toBe("Object");
  });

  it.each(["timeout", "ContractViolation", "crash"])("cannot call itself %s", (name) => {
    verifies("audit:thrown");
    expect(describeThrown(Object.assign(new Error("a"), { name }))).toEqual({
      type: "Error",
      text: "a",
    });
  });

  it("is what it was when the library loaded, in a patched realm", () => {
    const { name } = TypeError.prototype;
    TypeError.prototype.name = "Patched";
    try {
      expect(describeThrown(new TypeError("a"))).toEqual({ type: "TypeError", text: "a" });
    } finally {
      TypeError.prototype.name = name;
    }
  });
});
