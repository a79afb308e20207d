/** A slot's compiled reader accepts what zod accepts with the same schema. */
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { jsonValues, valuesOf } from "../../../property-tests/support/schema-values.ts";
import { admit, isLabel } from "../../../src/core/data/index.ts";
import { kindOf } from "../../../src/core/schema/index.ts";
import { compileSlots, standardSlots, zodOf } from "../../../src/core/slots/index.ts";
import { optionsOf } from "../../data/reads.ts";

const slots = compileSlots(standardSlots);

/** The same schema in plain zod: field types spelt out, and null accepted for absent. */
function spelt(schema: z.core.$ZodType): z.core.$ZodType {
  const kind = kindOf(schema);
  if (kind !== undefined) return speltKind(kind.shape, kind.jsonSchema, schema);
  const def = schema._zod.def as unknown as Record<string, never>;
  switch (schema._zod.def.type) {
    case "object": {
      const shape = Object.entries(def.shape as unknown as Record<string, z.core.$ZodType>);
      return z.object(Object.fromEntries(shape.map(([key, inner]) => [key, spelt(inner)])));
    }
    case "array":
      return limited(z.array(spelt(def.element as unknown as z.core.$ZodType)), schema);
    case "record":
      return z.record(z.string(), spelt(def.valueType as unknown as z.core.$ZodType));
    case "optional":
      return z.nullish(spelt(def.innerType as unknown as z.core.$ZodType));
    case "default":
      return z.optional(spelt(def.innerType as unknown as z.core.$ZodType));
    default:
      return schema;
  }
}

function limited(list: z.ZodArray, schema: z.core.$ZodType): z.ZodType {
  const { maximum } = schema._zod.bag as { maximum?: number };
  return maximum === undefined ? list : list.max(maximum);
}

function speltKind(
  shape: string,
  rule: { readonly [keyword: string]: unknown },
  schema: z.core.$ZodType,
) {
  if (shape === "set" && "maxItems" in rule)
    return z.array(z.string().refine((text) => isLabel(text, 128)));
  if (shape === "map") return z.record(z.string(), z.json());
  if (rule.format === "date-time") return z.string().refine(isDateTime);
  return shape === "scalar" && Object.keys(rule).length === 0 ? z.json() : schema;
}

const dateTime = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)?$/;
const isDateTime = (text: string) => dateTime.test(text) && !Number.isNaN(Date.parse(text));

interface Spot {
  readonly at: number;
  readonly value: unknown;
  readonly remove: boolean;
}

/** The document with one part replaced or removed. */
function spoil(root: unknown, { at, value, remove }: Spot): unknown {
  const copy = structuredClone(root);
  const spots: [Record<string, unknown>, string][] = [];
  const visit = (here: unknown) => {
    if (typeof here !== "object" || here === null) return;
    for (const key of Object.keys(here)) {
      spots.push([here as Record<string, unknown>, key]);
      visit(Reflect.get(here, key));
    }
  };
  visit(copy);
  const spot = spots[at % Math.max(1, spots.length)];
  if (spot === undefined) return value;
  const [parent, key] = spot;
  if (remove && !Array.isArray(parent)) delete parent[key];
  else parent[key] = value;
  return copy;
}

const accepts = (slot: string, value: unknown) =>
  admit(slots.envelope.read, { [slot]: value }, optionsOf({ strict: false })).ok;

describe.each(Object.entries(standardSlots))("%s", (slot, spec) => {
  const schema = zodOf(spec.schema);
  const zod = spelt(schema);
  let valid: fc.Arbitrary<unknown>;
  beforeAll(() => {
    valid = valuesOf(schema);
  });
  const spots = fc.array(fc.record({ at: fc.nat(), value: jsonValues, remove: fc.boolean() }), {
    maxLength: 2,
  });

  it("accepts what the schema describes", () => {
    fc.assert(
      fc.property(valid, (value) => accepts(slot, value) && z.safeParse(zod, value).success),
    );
  });

  it("agrees on almost valid values", () => {
    fc.assert(
      fc.property(valid, spots, (value, changes) => {
        const spoilt = changes.reduce(spoil, value);
        if (spoilt === null || spoilt === undefined) return;
        expect(accepts(slot, spoilt)).toBe(z.safeParse(zod, spoilt).success);
      }),
    );
  });

  it("agrees on any JSON", () => {
    fc.assert(
      fc.property(jsonValues, (value) => {
        if (value !== null) expect(accepts(slot, value)).toBe(z.safeParse(zod, value).success);
      }),
    );
  });
});
