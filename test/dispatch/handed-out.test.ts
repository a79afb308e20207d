import { createExtensions } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import { adds, call, hook, labelsOf, manage, plugin, type Run, runOnce } from "./support.ts";

describe("the context that a handler receives", () => {
  it("cannot be changed", async () => {
    verifies("dispatch:context");
    const failures: unknown[] = [];
    const attempt = (change: () => unknown) => {
      try {
        change();
        failures.push(String(change));
      } catch (error) {
        if (!(error instanceof TypeError)) failures.push(error);
      }
    };
    const tampering: Run = (_payload, context) => {
      const c = context as unknown as Record<string, object>;
      attempt(() => Object.assign(c, { hook: "x" }));
      attempt(() => Object.assign(c, { capabilities: ["read_headers"] }));
      attempt(() => (c.capabilities as unknown[]).push("read_headers"));
      attempt(() => Object.assign(c.plugin as object, { name: "x" }));
      attempt(() => Object.assign(c.operation as object, { note: "x" }));
      attempt(() => Object.assign(c.config as object, { note: "x" }));
      attempt(() => Object.assign(Object.getPrototypeOf(c) as object, { hook: "x" }));
    };
    const manager = await manage([
      { plugin: plugin("tampers", tampering), config: { note: "kept" } },
    ]);
    const result = await manager.invoke(hook, call, { operation: { note: "kept" } });
    expect(failures).toEqual([]);
    expect(result.continueProcessing).toBe(true);
  });

  it("is a new one for each call: what a handler puts on it reaches nobody", async () => {
    verifies("dispatch:context");
    const seen: unknown[] = [];
    const inner = await manage([plugin("inner", adds("inner"))]);
    const spoiling: Run = async (payload, context) => {
      seen.push([Reflect.ownKeys(context), context.hook, context.plugin.name]);
      const forged = { name: "forged", version: "9.9.9" };
      Reflect.defineProperty(context, "hook", { value: "forged" });
      Reflect.defineProperty(context, "plugin", { value: forged });
      Reflect.defineProperty(context, "state", { value: new Map() });
      Reflect.setPrototypeOf(context, {});
      await inner.invoke(hook, payload, { parent: context });
      throw new Error("broken");
    };
    const result = await runOnce([
      plugin("one", spoiling, { onError: "ignore" }),
      plugin("two", spoiling, { onError: "ignore" }),
    ]);
    expect(seen).toEqual([
      [[], hook, "one"],
      [[], hook, "two"],
    ]);
    expect(labelsOf(result)).toEqual(["inner"]);
    expect(result.errors).toMatchObject([
      { plugin: "one", hook },
      { plugin: "two", hook },
    ]);
  });
});

describe("the host's input", () => {
  it("is passed by reference if the library created it", async () => {
    verifies("dispatch:untouched");
    const seen: unknown[] = [];
    const extensions = createExtensions({ custom: { a: 1 } });
    const result = await runOnce([plugin("looks", (payload, _c) => void seen.push(payload))], {
      extensions,
    });
    expect(seen[0]).toBe(call);
    expect(result.payload).toBe(call);
    expect(result.extensions).toBe(extensions);
  });
});
