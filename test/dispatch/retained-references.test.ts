import { createExtensions, deny } from "glassine";
import { describe, expect, it } from "vitest";
import { verifies } from "../support/verifies.ts";
import {
  adds,
  bytesOf,
  call,
  type FullView,
  hook,
  labelled,
  labelsOf,
  later,
  manage,
  type PluginContext,
  plugin,
  type Run,
  rest,
  runOnce,
  type ToolCall,
} from "./support.ts";

interface Returned {
  modifiedPayload: { name: string; args: Record<string, unknown> };
  modifiedExtensions: { security: { labels: string[] }; custom: { list: unknown[] } };
  metadata: { list: unknown[]; deep: { note: string } };
}
const fresh = (): Returned => ({
  modifiedPayload: { name: "changed", args: { list: [1] } },
  modifiedExtensions: { security: { labels: ["PII", "added"] }, custom: { list: [1] } },
  metadata: { list: [1], deep: { note: "kept" } },
});

function spoil(returned: Returned) {
  returned.modifiedPayload.name = "spoilt";
  returned.modifiedPayload.args.list = "spoilt";
  returned.modifiedExtensions.security.labels.length = 0;
  returned.modifiedExtensions.custom.list.push("spoilt");
  returned.metadata.list.push("spoilt");
  returned.metadata.deep.note = "spoilt";
  Object.assign(returned, { violation: "spoilt" });
}

describe("what a handler returned", () => {
  it.each([
    ["in a microtask", (later: () => void) => queueMicrotask(later)],
    ["in a timer", (later: () => void) => void setTimeout(later)],
  ])("has no effect when it is changed %s", async (_when, schedule) => {
    let seen: unknown;
    const result = await runOnce(
      [
        plugin("returns", (_p, _c) => {
          const returned = fresh();
          schedule(() => spoil(returned));
          return returned;
        }),
        plugin("waits", (_p, _c) => later(3)),
        plugin(
          "looks",
          (payload, _c, extensions) => {
            seen = [payload, extensions.security.labels, extensions.custom];
          },
          { capabilities: ["read_labels"] },
        ),
      ],
      { extensions: labelled("PII") },
    );
    const { modifiedPayload, modifiedExtensions, metadata } = fresh();
    expect(seen).toEqual([modifiedPayload, ["PII", "added"], modifiedExtensions.custom]);
    expect(result.payload).toEqual(modifiedPayload);
    expect(labelsOf(result)).toEqual(["PII", "added"]);
    expect(result.extensions.custom).toEqual(modifiedExtensions.custom);
    expect(result.metadata).toEqual({ returns: metadata });
  });

  it("has no effect when the next plugin changes it", async () => {
    const returned = fresh();
    const result = await runOnce(
      [plugin("returns", (_p, _c) => returned), plugin("accomplice", (_p, _c) => spoil(returned))],
      { extensions: labelled("PII") },
    );
    expect(labelsOf(result)).toEqual(["PII", "added"]);
    expect(result.metadata).toEqual({ returns: fresh().metadata });
  });

  it("is taken as it is when an asynchronous handler settles", async () => {
    const returned = fresh();
    const result = await runOnce(
      [
        plugin("returns", async (_p, _c) => {
          try {
            return returned;
          } finally {
            returned.modifiedPayload.name = "at the settle";
          }
        }),
        plugin("waits", async (_p, _c) => spoil(returned)),
      ],
      { extensions: labelled("PII") },
    );
    expect(result.payload).toEqual({ name: "at the settle", args: { list: [1] } });
  });
});

describe("the details of a denial", () => {
  it("have no effect when they are changed after deny was called", async () => {
    const details = { list: [1] as unknown[], note: "kept" };
    const result = await runOnce([
      plugin("denies", (_p, _c) => {
        const denial = deny({ code: "no", reason: "no", details });
        details.list.push("spoilt");
        details.note = "spoilt";
        return denial;
      }),
    ]);
    details.note = "spoilt";
    expect(result.violation?.details).toEqual({ list: [1], note: "kept" });
  });
});

describe("what a handler was given", () => {
  it("cannot be changed", async () => {
    verifies("dispatch:payload-frozen", "dispatch:context");
    const failures: unknown[] = [];
    const attempt = (change: () => unknown) => {
      try {
        change();
        failures.push(String(change));
      } catch (error) {
        if (!(error instanceof TypeError)) failures.push(error);
      }
    };
    type Loose = Record<string, Record<string, unknown>>;
    const tampering: Run = (payload, context, extensions) => {
      const [p, c, e] = [payload, context, extensions] as unknown as [Loose, Loose, Loose];
      const labels = extensions.security.labels as string[];
      const list = payload.args.list as unknown[];
      attempt(() => Object.assign(p, { name: "x" }));
      attempt(() => Object.assign(p, { extra: "x" }));
      attempt(() => delete p.name);
      attempt(() => Object.assign(p.args as object, { a: 2 }));
      attempt(() => list.push(3));
      attempt(() => Object.defineProperty(p, "name", { value: "x" }));
      attempt(() => Object.setPrototypeOf(p, {}));
      attempt(() => Object.assign(e, { security: {} }));
      attempt(() => labels.push("x"));
      attempt(() => Array.prototype.push.call(labels, "x"));
      attempt(() => Object.assign(c, { hook: "x" }));
      attempt(() => Object.assign(c, { capabilities: ["read_headers"] }));
      attempt(() => (c.capabilities as unknown as unknown[]).push("read_headers"));
      attempt(() => Object.assign(c.plugin as object, { name: "x" }));
      attempt(() => Object.assign(c.operation as object, { note: "x" }));
      attempt(() => Object.assign(c.config as object, { note: "x" }));
      attempt(() => Object.assign(Object.getPrototypeOf(c) as object, { hook: "x" }));
    };
    const extensions = labelled("PII");
    const manager = await manage([
      { plugin: plugin("tampers", tampering), config: { note: "kept" } },
    ]);
    const given = { extensions, operation: { note: "kept" } };
    const before = JSON.stringify(extensions);
    const result = await manager.invoke(hook, { name: "add", args: { list: [1] } }, given);
    expect(failures).toEqual([]);
    expect(result.continueProcessing).toBe(true);
    expect(result.payload).toEqual({ name: "add", args: { list: [1] } });
    expect(JSON.stringify(result.extensions)).toBe(before);
  });

  it("is one context a call: what a handler puts on it reaches nobody", async () => {
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

  it("shows its own request ever after, and no other", async () => {
    const kept: { payload: ToolCall; view: FullView; context: PluginContext }[] = [];
    const manager = await manage([
      plugin("keeps", (payload, context, view) => void kept.push({ payload, view, context })),
    ]);
    await manager.invoke(hook, call, { extensions: labelled("FIRST"), request: "r-1" });
    await manager.invoke(hook, { name: "sub" }, { extensions: labelled("SECOND"), request: "r-2" });
    expect(
      kept.map(({ payload, view, context }) => [
        payload.name,
        view.security.labels,
        context.request,
      ]),
    ).toEqual([
      ["add", ["FIRST"], "r-1"],
      ["sub", ["SECOND"], "r-2"],
    ]);
  });

  it("is no way back in once the run has ended", async () => {
    const kept: PluginContext[] = [];
    const manager = await manage([plugin("keeps", (_p, context) => void kept.push(context))]);
    const result = await manager.invoke(hook, call);
    const before = bytesOf(result);
    const [context] = kept;
    expect(() => context?.state).toThrow(expect.objectContaining({ code: "aborted" }));
    await expect(
      manager.invoke(hook, call, { parent: context as PluginContext }),
    ).rejects.toMatchObject({ code: "aborted" });
    expect(context?.hook).toBe(hook);
    await rest();
    expect(bytesOf(result)).toBe(before);
  });
});

describe("what the host gave", () => {
  it("has no effect on the run when the host changes it meanwhile", async () => {
    verifies("dispatch:payload-frozen");
    const payload = { name: "add", args: { list: [1] as unknown[] } };
    const raw = { security: { labels: ["PII"] }, custom: { list: [1] as unknown[] } };
    const operation = { note: ["kept"] as unknown[] };
    const seen: unknown[] = [];
    const manager = await manage([
      plugin("waits", (_p, _c) => later(3)),
      plugin("looks", (given, context, view) => {
        seen.push(given, context.operation, view.security.labels, view.custom);
      }),
    ]);
    const running = manager.invoke(hook, payload as never, {
      extensions: raw as never,
      operation,
    });
    payload.name = "spoilt";
    payload.args.list.push("spoilt");
    raw.security.labels.length = 0;
    raw.custom.list.push("spoilt");
    operation.note.push("spoilt");
    const result = await running;
    expect(seen).toEqual([
      { name: "add", args: { list: [1] } },
      { note: ["kept"] },
      ["PII"],
      { list: [1] },
    ]);
    expect(result.payload).toEqual({ name: "add", args: { list: [1] } });
    expect(labelsOf(result)).toEqual(["PII"]);
  });

  it("goes by reference where the library made it", async () => {
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
