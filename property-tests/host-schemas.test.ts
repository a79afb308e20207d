/** Laws of a host's own schemas: what zod refuses is refused, wherever the value comes from. */

import fc from "fast-check";
import { defineHook, defineHost } from "glassine/host";
import { expect, it } from "vitest";
import type * as z from "zod";
import { admit, extensionsLimits } from "../src/core/data/index.ts";
import { compileSchema } from "../src/core/schema/index.ts";
import { fitsSlot, type Sample, stableLevels, zodSchemas } from "./support/zod-schemas.ts";

/** Without absent fields. */
function withoutAbsent(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(withoutAbsent);
  const parts = Object.entries(value).filter(([, item]) => item !== undefined);
  return Object.fromEntries(parts.map(([key, item]) => [key, withoutAbsent(item)]));
}

function parse(schema: z.ZodType, value: unknown) {
  try {
    return schema.safeParse(value);
  } catch {
    return { success: false, data: undefined };
  }
}

const drawn = (samples: fc.Arbitrary<Sample>) =>
  samples.chain(({ schema, values, code }) =>
    fc.tuple(values, values).map(([value, other]) => ({
      schema,
      value,
      other,
      [fc.toStringMethod]: () => `${code} of ${fc.stringify([value, other])}`,
    })),
  );

it.each(["host", "plugin", "parsed"] as const)(
  "accepts and parses a %s exactly as zod does",
  (origin) => {
    fc.assert(
      fc.property(drawn(zodSchemas), fc.boolean(), ({ schema, value }, isPayload) => {
        const shownWhole = isPayload || !fitsSlot(schema);
        const admitted = admit(compileSchema(schema, { closed: false, shownWhole }).read, value, {
          origin,
          limits: extensionsLimits,
          shapeCode: "extensions_shape",
          strict: false,
        });
        const { success, data } = parse(schema, value);
        expect(admitted.ok, JSON.stringify(admitted)).toBe(success);
        if (admitted.ok) expect(withoutAbsent(admitted.value)).toEqual(withoutAbsent(data));
      }),
    );
  },
);

it("whatever a plugin returns as a payload, the schema accepts the final one", async () => {
  await fc.assert(
    fc.asyncProperty(
      drawn(stableLevels),
      fc.subarray(["a", "b", "c"]),
      async ({ schema, value, other }, wanted) => {
        const payload = schema as z.ZodObject;
        const { success, data } = parse(schema, value);
        if (!success) return;
        const writable = wanted.filter((field) => Object.hasOwn(payload.def.shape, field));
        const asked = defineHook({ semantic: "message", description: "Asked.", payload, writable });
        const host = defineHost({ hooks: { asked } });
        const changer = host.definePlugin({
          name: "changer",
          version: "1.0.0",
          hooks: { asked: (_payload: unknown) => ({ modifiedPayload: other as never }) },
        });
        const manager = await host.createPluginManager({ plugins: [changer] });
        const result = await manager.invoke("asked", withoutAbsent(data) as never);
        const stands = parse(schema, withoutAbsent(result.payload));
        expect({ ...stands, data: withoutAbsent(stands.data) }).toEqual({
          success: true,
          data: withoutAbsent(result.payload),
        });
      },
    ),
  );
});

it("whatever a plugin returns for a slot, the schema accepts the final one", () => {
  fc.assert(
    fc.property(drawn(stableLevels), ({ schema, value, other }) => {
      fc.pre(fitsSlot(schema));
      const mine = {
        tier: "mutable",
        read: "everyone",
        write: "everyone",
        description: "Mine.",
        schema: schema as z.ZodObject,
      } as const;
      const host = defineHost({ slots: { mine } });
      const { success, data } = parse(schema, value);
      if (!success) return;
      const current = host.createExtensions({ mine: withoutAbsent(data) as never });
      let merged = current;
      try {
        merged = host.mergeExtensions(current, { mine: other }, []).extensions;
      } catch {
        // Refused: the old value stays.
      }
      expect(parse(schema, withoutAbsent(merged.mine)).success).toBe(true);
      const created = host.createExtensions({});
      try {
        const { mine: made } = host.mergeExtensions(created, { mine: other }, []).extensions;
        if (made !== undefined) expect(parse(schema, withoutAbsent(made)).success).toBe(true);
      } catch (error) {
        if (!(error instanceof Error && "code" in error)) throw error;
      }
    }),
  );
});
