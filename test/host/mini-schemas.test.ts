/** Schemas of `zod/mini` work like those of zod in slots, payloads, field types and rules. */
import { defineHook, defineHost, labelSet, stringSet, withRule } from "glassine/host";
import { describe, expect, expectTypeOf, it } from "vitest";
import * as z from "zod/mini";
import { codeOf } from "../data/support.ts";

const even = withRule(z.number(), "an even number", (value) => value % 2 === 0);

const host = defineHost({
  slots: {
    basket: {
      tier: "mutable",
      read: "everyone",
      write: "everyone",
      description: "What a customer chose.",
      schema: z.object({
        items: z._default(z.array(z.string().check(z.minLength(1))), []),
        pairs: z.optional(even),
        tags: z.optional(stringSet()),
        marks: z._default(labelSet(), []),
      }),
    },
  },
  hooks: {
    basket_paid: defineHook({
      semantic: "message",
      description: "A basket is about to be paid.",
      payload: z.object({
        cents: z.int().check(z.nonnegative()),
        note: z._default(z.string(), ""),
      }),
      writable: ["note"],
    }),
  },
});

describe("a slot with a schema of zod/mini", () => {
  it("reads values, defaults and field types", () => {
    const { basket } = host.createExtensions({ basket: { pairs: 2, tags: ["b", "a", "b"] } });
    expect(basket).toEqual({ items: [], pairs: 2, tags: ["a", "b"], marks: [] });
    expect(Object.isFrozen(basket?.items)).toBe(true);
    expectTypeOf(basket?.tags).toEqualTypeOf<readonly string[] | undefined>();
  });

  it.each([{ items: [""] }, { items: 3 }, { pairs: 3 }, { tags: [1] }, { marks: [" PII"] }])(
    "rejects %j",
    (basket) => {
      const create = () => host.createExtensions({ basket } as never);
      expect(codeOf(create)).toBe("extensions_invalid");
    },
  );
});

describe("a hook with a payload of zod/mini", () => {
  it("lets handlers change what its schema allows", async () => {
    const plugin = host.definePlugin({
      name: "noter",
      version: "1.0.0",
      hooks: {
        basket_paid: (payload) => {
          expectTypeOf(payload.cents).toEqualTypeOf<number>();
          return { modifiedPayload: { ...payload, note: `paid ${payload.cents}` } };
        },
      },
    });
    const manager = await host.createPluginManager({ plugins: [plugin] });
    const { payload } = await manager.invoke("basket_paid", { cents: 5 });
    expect(payload).toEqual({ cents: 5, note: "paid 5" });
    await expect(manager.invoke("basket_paid", { cents: -5 })).rejects.toMatchObject({
      code: "payload_invalid",
    });
  });
});

describe("a plugin whose configSchema is of zod/mini", () => {
  it("has its configuration read by it", async () => {
    const configs: unknown[] = [];
    const plugin = host.definePlugin({
      name: "limiter",
      version: "1.0.0",
      configSchema: z.object({ limit: z._default(z.int(), 3) }),
      hooks: {
        basket_paid: (_, { config }) => {
          configs.push(config);
        },
      },
    });
    for (const each of [{ plugin, config: { limit: 7 } }, plugin]) {
      const manager = await host.createPluginManager({ plugins: [each] });
      await manager.invoke("basket_paid", { cents: 5 });
    }
    expect(configs).toEqual([{ limit: 7 }, { limit: 3 }]);
  });
});
