import { deny } from "glassine";
import { defineHook, defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { extensions, host } from "./support.ts";

const identity = { name: "plugin", version: "1.0.0" } as const;

describe("the plugins of a host", () => {
  it("see its slots by their capabilities, and change them by their tiers", async () => {
    const seen: unknown[] = [];
    const plugin = host.definePlugin({
      ...identity,
      capabilities: ["read_billing", "write_notes", "append_trail", "append_marks"],
      hooks: {
        evaluate(_message, context, view) {
          seen.push(view.billing, view.notes, view.trail, view.review, context.capabilities);
          return {
            modifiedExtensions: host.amend(view, (draft) => {
              draft.notes.text = `${view.billing?.account}: ${view.notes?.text}`;
              draft.trail.stops.push({ at: "b" });
              draft.review.marks.push("paid");
            }),
          };
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(seen.slice(0, 4)).toEqual([
      { account: "acme", cents: 0 },
      { text: "first" },
      { stops: [{ at: "a" }] },
      { marks: ["held", "seen"], policy: "strict" },
    ]);
    expect(seen[4]).toEqual([
      "append_marks",
      "append_trail",
      "read_billing",
      "read_marks",
      "read_notes",
      "read_trail",
      "write_notes",
    ]);
    expect(result.extensions.notes?.text).toBe("acme: first");
    expect(result.extensions.trail?.stops).toEqual([{ at: "a" }, { at: "b" }]);
    expect(result.extensions.review?.marks).toEqual(["held", "paid", "seen"]);
    expect(result.extensions.billing).toBe(extensions.billing);
    expect(result.executions[0]).toMatchObject({
      changed: ["notes", "trail", "review.marks"],
      refused: [],
    });
    expect(result.executions[0]?.saw).toEqual(
      expect.arrayContaining(["billing", "notes", "trail", "review", "review.marks"]),
    );
  });

  it("see nothing of a slot without its capability, and change nothing", async () => {
    const seen: unknown[] = [];
    const plugin = host.definePlugin({
      ...identity,
      hooks: {
        evaluate(_message, _context, view) {
          seen.push({ ...view });
          return {
            modifiedExtensions: { billing: { account: "mine" }, notes: { text: "x" } } as never,
          };
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(seen[0]).toMatchObject({ billing: undefined, notes: undefined, trail: undefined });
    expect(result.extensions).toBe(extensions);
    expect(result.rejections.map(({ path, code }) => [path, code])).toEqual([
      ["billing", "tier_immutable"],
      ["notes", "capability_missing"],
    ]);
  });

  it("that shrink what only grows are refused whole", async () => {
    const plugin = host.definePlugin({
      ...identity,
      capabilities: ["append_marks", "write_notes"],
      hooks: {
        evaluate: (_message, _context, view) => ({
          modifiedExtensions: { notes: { text: "x" }, review: { ...view.review, marks: [] } },
        }),
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(result.violation).toMatchObject({ plugin: "plugin", code: "tier_monotonic" });
    expect(result.extensions).toBe(extensions);
  });

  it("may be narrowed by the operator to a part of its capabilities", async () => {
    const seen: unknown[] = [];
    const plugin = host.definePlugin({
      ...identity,
      capabilities: ["read_billing", "read_notes"],
      hooks: {
        evaluate: (_message, { capabilities }, view) =>
          void seen.push(view.billing, view.notes, capabilities),
      },
    });
    const manager = await host.createPluginManager({
      plugins: [{ plugin, grant: ["read_notes"] }],
    });
    await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(seen).toEqual([undefined, { text: "first" }, ["read_notes"]]);
  });

  it("that run together add to its sets, in the order of the plugins", async () => {
    const marker = (name: string, mark: string, waitMs: number) =>
      host.definePlugin({
        name,
        version: "1.0.0",
        capabilities: ["append_marks", "write_notes"],
        hooks: {
          evaluate: {
            mode: "concurrent",
            async handler(_message, _context, view) {
              await new Promise((resolve) => setTimeout(resolve, waitMs));
              return {
                modifiedExtensions: {
                  notes: { text: name },
                  review: { marks: [...view.review.marks, mark] },
                },
              };
            },
          },
        },
      });
    const manager = await host.createPluginManager({
      plugins: [marker("slow", "zz", 5), marker("fast", "aa", 0)],
    });
    const result = await manager.invoke("evaluate", { role: "user" }, { extensions });
    expect(result.extensions.review?.marks).toEqual(["aa", "held", "seen", "zz"]);
    expect(result.extensions.notes).toBe(extensions.notes);
    expect(result.rejections.map(({ plugin, path, code }) => [plugin, path, code])).toEqual([
      ["slow", "notes", "mode_denied"],
      ["fast", "notes", "mode_denied"],
    ]);
  });
});

describe("a hook of a host's own", () => {
  const payer = (cents: number, fields: object = {}) =>
    host.definePlugin({
      ...identity,
      hooks: {
        invoice_paid: (payload) => ({ modifiedPayload: { ...payload, cents, ...fields } }),
      },
    });

  it("gets its payload checked, with defaults, frozen", async () => {
    const seen: unknown[] = [];
    const plugin = host.definePlugin({
      ...identity,
      hooks: { invoice_paid: (payload, context) => void seen.push(payload, context.hook) },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const result = await manager.invoke("invoice_paid", { invoice: "i-1" });
    expect(seen).toEqual([{ invoice: "i-1", cents: 0 }, "invoice_paid"]);
    expect(result.payload).toBe(seen[0]);
    expect(Object.isFrozen(result.payload)).toBe(true);
    for (const payload of [{}, { invoice: 1 }, { invoice: "i", extra: 1 }, null, "i"]) {
      await expect(manager.invoke("invoice_paid", payload as never)).rejects.toMatchObject({
        code: "payload_invalid",
      });
    }
  });

  it("lets plugins write the fields it lists, and no other", async () => {
    verifies("dispatch:own-hooks", "dispatch:payload-policy");
    const manager = await host.createPluginManager({ plugins: [payer(5, { invoice: "forged" })] });
    const result = await manager.invoke("invoice_paid", { invoice: "i-1" });
    expect(result.payload).toEqual({ invoice: "i-1", cents: 5 });
    expect(result.rejections).toMatchObject([{ path: "payload.invoice", code: "payload_denied" }]);
    expect(result.executions[0]?.changed).toEqual(["payload.cents"]);
  });

  it("refuses a payload that does not fit", async () => {
    verifies("dispatch:payload-checked");
    for (const fields of [{ cents: "5" }, { extra: 1 }, { invoice: 5 }]) {
      const manager = await host.createPluginManager({ plugins: [payer(5, fields)] });
      const result = await manager.invoke("invoice_paid", { invoice: "i-1" });
      expect(result.violation).toMatchObject({ plugin: "plugin", code: "payload_shape" });
      expect(result.payload).toEqual({ invoice: "i-1", cents: 0 });
    }
  });

  it("may be narrowed by the operator, never widened", async () => {
    const manager = await host.createPluginManager({
      plugins: [payer(5)],
      payloadPolicy: { invoice_paid: [] },
    });
    const result = await manager.invoke("invoice_paid", { invoice: "i-1" });
    expect(result.payload.cents).toBe(0);
    expect(result.rejections).toMatchObject([{ path: "payload.cents", code: "payload_denied" }]);
    for (const payloadPolicy of [{ invoice_paid: ["invoice"] }, { invoice_paid: "cents" }]) {
      await expect(
        host.createPluginManager({ plugins: [], payloadPolicy: payloadPolicy as never }),
      ).rejects.toMatchObject({ code: "options_invalid" });
    }
  });

  it("is known to the manager by its name", async () => {
    const sided = defineHost({
      hooks: {
        vote_begins: defineHook({
          semantic: "message",
          description: "A vote begins.",
          payload: z.object({ motion: z.string() }),
        }),
      },
    });
    const plugin = sided.definePlugin({
      ...identity,
      hooks: { vote_begins: ({ motion }) => (motion === "war" ? deny("no war") : undefined) },
    });
    const manager = await sided.createPluginManager({ plugins: [plugin] });
    expect(manager.handles("vote_begins")).toBe(true);
    expect(manager.handles("tool_pre_invoke")).toBe(false);
    const result = await manager.invoke("vote_begins", { motion: "war" });
    expect(result.violation).toMatchObject({ plugin: "plugin", reason: "no war" });
    await expect(manager.invoke("vote_ends" as never, {} as never)).rejects.toMatchObject({
      code: "hook_unknown",
    });
  });
});
