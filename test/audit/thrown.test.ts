/** What a record says about what a handler threw. */
import vm from "node:vm";
import { createExtensions, createPluginManager, definePlugin, deny } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { refusalOf } from "../data/support.ts";
import { verifies } from "../support/verifies.ts";

const refused = refusalOf(() => createExtensions(5 as never));
const noText = "What was thrown has no readable message.";

/** What the record of a handler that throws says. */
async function describeThrown(thrown: unknown) {
  const records: AuditEvent[] = [];
  const handler = () => {
    throw thrown;
  };
  const manager = await createPluginManager({
    plugins: [
      definePlugin({ name: "fails", version: "1.0.0", hooks: { tool_pre_invoke: handler } }),
    ],
    audit: { sink: (event) => records.push(event) },
    logger: {},
  });
  await manager.invoke("tool_pre_invoke", { name: "add" });
  const failed = records.find(({ eventType }) => eventType === "plugin.handler_error");
  return { type: failed?.metadata.error_type, text: failed?.metadata.error };
}

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
    ["one of this library", refused, "GlassineError", refused.message],
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
  ])("is described by its class and its message: %s", async (_what, thrown, type, text) => {
    verifies("audit:thrown");
    expect(await describeThrown(thrown)).toEqual({ type, text });
  });

  it("runs no code: no getter, no trap, no conversion", async () => {
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
    expect(await describeThrown(trap)).toEqual({ type: "Proxy", text: "A proxy was thrown." });
    expect((await describeThrown(new Proxy(() => 1, { get: never }))).type).toBe("function");
    expect(await describeThrown(behindProxy)).toEqual({ type: "Object", text: noText });
    expect(await describeThrown(getters)).toEqual({ type: "Error", text: noText });
    expect(await describeThrown(odd)).toEqual({ type: "Error", text: noText });
    const odder = Object.create(Error.prototype, { constructor: { get: never } });
    expect((await describeThrown(odder)).type).toBe("Error");
    expect((await describeThrown(Object.create({ constructor: trap }))).type).toBe("Object");
    expect((await describeThrown(Object.create(DOMException.prototype))).text).toBe(noText);
  });

  it("ends on an endless chain of prototypes", async () => {
    let chain: object = { message: "too far up" };
    for (let i = 0; i < 1000; i++) chain = Object.create(chain);
    expect(await describeThrown(chain)).toEqual({ type: "Object", text: noText });
  });

  it.each(["a b", "a\nb", "", "x".repeat(65), "1a", "<b>"])(
    "has a clean name, not %j",
    async (name) => {
      verifies("audit:thrown");
      expect((await describeThrown(Object.assign(new Error("a"), { name }))).type).toBe("Object");
    },
  );

  it.each(["timeout", "ContractViolation", "crash"])("cannot call itself %s", async (name) => {
    verifies("audit:thrown");
    expect(await describeThrown(Object.assign(new Error("a"), { name }))).toEqual({
      type: "Error",
      text: "a",
    });
  });

  it("is what it was when the library loaded, in a patched realm", async () => {
    const { name } = TypeError.prototype;
    TypeError.prototype.name = "Patched";
    try {
      expect(await describeThrown(new TypeError("a"))).toEqual({ type: "TypeError", text: "a" });
    } finally {
      TypeError.prototype.name = name;
    }
  });
});
