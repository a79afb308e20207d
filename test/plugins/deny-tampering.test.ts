// A process of its own: it compares the realm with what it was.
import { createPluginManager, isGlassineError } from "glassine";
import { afterEach, describe, expect, it } from "vitest";
import { call, hook, labelled, manage, plugin, tagger } from "../dispatch/support.ts";
import { verifies } from "../support/verifies.ts";

const { stringify } = JSON;
const restore = () => {
  JSON.stringify = stringify;
};
afterEach(restore);

/** Its handler patches the realm. */
const patches = plugin("patches", (_p, _c) => {
  JSON.stringify = (value: unknown) => stringify(value);
});
const denied = {
  code: "realm_tampered",
  reason: "Built-ins have changed since the library was loaded.",
  details: { changes: [{ intrinsic: "JSON.stringify", change: "replaced" }] },
};

describe("a manager that denies tampering", () => {
  it("runs no handler in a changed realm, and runs them again once it is restored", async () => {
    verifies("dispatch:tampering-denied");
    const extensions = labelled("PII");
    const turns: string[] = [];
    const notes = plugin("notes", (_p, _c) => void turns.push("notes"));
    const behind = tagger("behind", { mode: "fire_and_forget" });
    const manager = await manage([notes, patches, behind], { tampering: "deny" });
    const untouched = await manager.invoke(hook, call, { extensions });
    const refused = await manager.invoke(hook, call, { extensions });
    restore();
    const later = await manager.invoke(hook, call, { extensions });
    restore();
    await manager.close();
    expect([untouched, later].map(({ continueProcessing }) => continueProcessing)).toEqual([
      true,
      true,
    ]);
    expect(refused).toMatchObject({ continueProcessing: false, violation: denied, errors: [] });
    expect(refused.payload).toBe(call);
    expect(refused.extensions).toBe(extensions);
    expect(refused.executions.map(({ status }) => status)).toEqual(Array(3).fill("skipped"));
    expect(turns).toEqual(["notes", "notes"]);
  });

  it("denies on a hook without handlers, too", async () => {
    const manager = await manage([patches], { tampering: "deny" });
    await manager.invoke(hook, call);
    const { violation } = await manager.invoke("prompt_pre_fetch", { prompt_id: "a" });
    expect(violation).toEqual(denied);
  });

  it("denies also if the host has aborted", async () => {
    verifies("dispatch:tampering-denied");
    const manager = await manage([patches], { tampering: "deny" });
    await manager.invoke(hook, call);
    const { violation } = await manager.invoke(hook, call, { signal: AbortSignal.abort() });
    expect(violation).toEqual(denied);
    expect(manager.counts()).toMatchObject({ denied: 1, aborted: 0 });
  });

  it("is not created in a changed realm; the error lists all changes, its message the first", async () => {
    verifies("dispatch:tampering-denied");
    const names = Array.from({ length: 12 }, (_, i) => `x${i}`);
    for (const name of names) Reflect.set(Math, name, 1);
    const made = createPluginManager({ plugins: [], tampering: "deny" });
    for (const name of names) Reflect.deleteProperty(Math, name);
    const error = await made.catch((thrown: unknown) => thrown);
    if (!isGlassineError(error)) throw error;
    expect(error.code).toBe("realm_tampered");
    expect(error.data.changes).toEqual(
      names.map((name) => ({ intrinsic: `Math.${name}`, change: "added" })),
    );
    const changes = names.slice(0, 8).map((name) => `Math.${name} was added`);
    expect(error.message).toBe(
      `Built-ins have changed since the library was loaded: ${changes.join(", ")}, and 4 more.`,
    );
  });
});

describe("any other manager", () => {
  it.each([{}, { tampering: "ignore" }] as const)("continues: %o", async (options) => {
    const manager = await manage([patches], options);
    await manager.invoke(hook, call);
    const { violation } = await manager.invoke(hook, call);
    expect(violation).toBeUndefined();
  });
});
