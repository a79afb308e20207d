/** Null in a host's own schemas: a value where the schema says so and the field must be there. */
import { defineHost } from "glassine/host";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { verifies } from "../support/verifies.ts";
import { plain } from "./support.ts";

const buyer = z.object({ name: z.string(), mail: z.string().optional() }).nullable();

const host = defineHost({
  slots: {
    note: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "A remark.",
      schema: z.object({ text: z.string().nullable(), buyer: buyer.default(null) }),
    },
  },
  hooks: {
    pay: {
      semantic: "message",
      description: "An order is about to be paid.",
      payload: z.object({
        coupon: z.string().nullable(),
        gift: z.string().nullish(),
        buyer,
        currency: z.string().default("EUR").nullable(),
      }),
      writable: ["coupon", "gift", "buyer", "currency"],
    },
    title: {
      semantic: "filter_chain",
      description: "The title of an order.",
      payload: z.object({ text: z.string().nullable() }),
    },
  },
});

const order = { coupon: "SAVE", gift: "socks", buyer: { name: "Ada", mail: "a@b" } };

/** Has one plugin that returns `result` handle a payload, and returns what became of both. */
async function paid(payload: object, result?: object, extensions: object = {}) {
  const seen: unknown[] = [];
  const changer = host.definePlugin({
    name: "changer",
    version: "1.0.0",
    hooks: {
      pay(given, _context, view) {
        seen.push(plain(given), plain(view.note ?? {}));
        return result as never;
      },
    },
  });
  const manager = await host.createPluginManager({ plugins: [changer] });
  const ended = await manager.invoke("pay", payload as never, {
    extensions: host.createExtensions(extensions as never),
  });
  return { ...ended, seen };
}

describe("null in a field that must be there", () => {
  it("is kept from the host, and shown to a plugin", async () => {
    verifies("envelope:null-is-value");
    const given = { coupon: null, buyer: null, currency: null };
    const { seen, payload } = await paid(given, undefined, { note: { text: null } });
    expect(seen).toEqual([given, { text: null, buyer: null }]);
    expect(payload).toEqual(given);
  });

  it("is kept from a plugin, in payload and slots", async () => {
    verifies("envelope:null-is-value");
    const changes = {
      modifiedPayload: { coupon: null, buyer: null, currency: null },
      modifiedExtensions: { note: { text: null } },
    };
    const { violation, payload, extensions, executions } = await paid(order, changes, {
      note: { text: "Hi" },
    });
    expect(violation).toBeUndefined();
    expect(plain(payload)).toEqual({ coupon: null, gift: "socks", buyer: null, currency: null });
    expect(plain(extensions.note)).toEqual({ text: null, buyer: null });
    expect(executions[0]?.changed).toContain("note");
  });

  it("is not what a missing field is", async () => {
    await expect(paid({ buyer: null })).rejects.toMatchObject({ code: "payload_invalid" });
    await expect(paid(order, undefined, { note: {} })).rejects.toMatchObject({
      code: "extensions_invalid",
    });
    expect((await paid({ coupon: null, buyer: null })).payload).toMatchObject({ currency: "EUR" });
  });

  it("means absent where the field may be absent", async () => {
    verifies("envelope:null-is-absent");
    expect((await paid({ ...order, gift: null })).seen[0]).not.toHaveProperty("gift");
    const { payload } = await paid(order, { modifiedPayload: { gift: null } });
    expect(payload.gift).toBe("socks");
  });

  it("can be the field of a value in a filter chain", async () => {
    const eraser = host.definePlugin({
      name: "eraser",
      version: "1.0.0",
      hooks: { title: (value) => ({ ...value, text: null }) },
    });
    const manager = await host.createPluginManager({ plugins: [eraser] });
    expect(await manager.invoke("title", { text: "Hi" })).toEqual({ text: null });
  });
});

describe("an object that may be null", () => {
  it("keeps what a plugin leaves out of it in a payload", async () => {
    verifies("dispatch:payload-left-out");
    const { payload } = await paid(order, { modifiedPayload: { buyer: { name: "Eve" } } });
    expect(payload.buyer).toEqual({ name: "Eve", mail: "a@b" });
    const set = { modifiedPayload: { buyer: { mail: "e@f" } } };
    const { violation } = await paid({ ...order, buyer: null }, set);
    expect(violation?.code).toBe("payload_shape");
  });

  it("counts as a whole in a slot", async () => {
    const note = { text: "Hi", buyer: { name: "Ada", mail: "a@b" } };
    const set = (part: object) => ({ modifiedExtensions: { note: { buyer: part } } });
    const { extensions } = await paid(order, set({ name: "Eve" }), { note });
    expect(plain(extensions.note)).toEqual({ text: "Hi", buyer: { name: "Eve" } });
    expect((await paid(order, set({ mail: "e@f" }), { note })).violation?.code).toBe(
      "extensions_shape",
    );
  });

  it("cannot have fields with gates", () => {
    const slot = (schema: z.ZodObject, fields: object) => () =>
      defineHost({
        slots: {
          note: { tier: "immutable", read: "everyone", description: "A.", schema, fields } as never,
        },
      });
    const gated = { buyer: { fields: { mail: { read: "read_mail" } } } };
    expect(slot(z.object({ buyer }), gated)).toThrow(
      'note.buyer has no field "mail" in its schema, where it must be a z.object that is not nullable.',
    );
    expect(slot(z.object({ buyer: buyer.optional() }), gated)).not.toThrow();
  });
});
