/** A provider's documents, derived from its own zod schemas: what its SDK accepts. */
import fc from "fast-check";
import type * as z from "zod";
import { keys, mapOf, texts, urls } from "./schema-values.ts";

interface Def {
  readonly type: string;
  readonly format?: string;
  readonly shape: Readonly<Record<string, z.ZodType>>;
  readonly catchall?: z.ZodType;
  readonly valueType: z.ZodType;
  readonly element: z.ZodType;
  readonly innerType: z.ZodType;
  readonly getter: () => z.ZodType;
  readonly in: z.ZodType;
  readonly out: z.ZodType;
  readonly options: readonly z.ZodType[];
  readonly checks?: readonly { readonly _zod: { readonly def: CheckDef } }[];
}

interface CheckDef {
  readonly check: string;
  readonly format?: string;
  readonly value?: number;
}

/** JSON without a negative zero, which JSON text does not keep. */
const { json } = fc.letrec<{ json: unknown }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 2, depthSize: "small" },
    fc.oneof(texts, fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie("json"), { maxLength: 3 }),
    mapOf(hostileKeys(), tie("json"), 3),
  ),
}));
export const jsonData: fc.Arbitrary<unknown> = json;

/** Keys that trip careless code, `__proto__` among them. */
function hostileKeys(): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 9, arbitrary: keys },
    { weight: 1, arbitrary: fc.constant("__proto__") },
  );
}

/** Values that the schema accepts unchanged, with unknown fields where it allows them. */
export function providerValues(schema: z.ZodType): fc.Arbitrary<unknown> {
  const def = schema._zod.def as unknown as Def;
  switch (def.type) {
    case "object":
      return objects(def);
    case "record":
      return mapOf(hostileKeys(), providerValues(def.valueType), 3);
    case "array":
      return fc.array(providerValues(def.element), { maxLength: 3 });
    case "string":
      return strings(def);
    case "number":
      return numbers(def);
    case "boolean":
      return fc.boolean();
    case "enum":
    case "literal":
      return fc.constantFrom(...(schema._zod.values ?? []));
    case "union":
      return fc.oneof(
        ...def.options
          .filter((option) => (option._zod.def as { type: string }).type !== "undefined")
          .map(providerValues),
      );
    case "unknown":
    case "any":
      return json;
    case "custom":
      return mapOf(hostileKeys(), json, 2);
    case "lazy":
      return json;
    case "optional":
    case "default":
    case "catch":
    case "nullable":
      return providerValues(def.innerType);
    case "pipe":
      return providerValues(isTransform(def.in) ? def.out : def.in);
    default:
      throw new Error(`No generator for a schema of type ${def.type}.`);
  }
}

function isTransform(schema: z.ZodType): boolean {
  return (schema._zod.def as { type: string }).type === "transform";
}

function strings({ format, checks = [] }: Def): fc.Arbitrary<string> {
  const formats = [format, ...checks.map(({ _zod }) => _zod.def.format)];
  if (formats.includes("url")) return urls;
  if (formats.includes("datetime")) {
    return fc
      .date({ min: new Date("1990-01-01"), max: new Date("2090-01-01"), noInvalidDate: true })
      .map((date) => date.toISOString());
  }
  // MCP has only one custom check: base64.
  if (checks.some(({ _zod }) => _zod.def.check === "custom")) {
    return fc.base64String({ maxLength: 8 });
  }
  return texts;
}

function numbers({ format, checks = [] }: Def): fc.Arbitrary<number> {
  const bound = (check: string) =>
    checks.find(({ _zod }) => _zod.def.check === check)?._zod.def.value;
  const min = bound("greater_than") ?? 0;
  const max = bound("less_than") ?? 300;
  const isWhole = format === "safeint" || checks.some(({ _zod }) => _zod.def.format === "safeint");
  const whole = fc.integer({ min, max });
  return isWhole ? whole : fc.oneof(whole, fc.constantFrom((min + max) / 4, max));
}

function objects({ shape, catchall }: Def): fc.Arbitrary<unknown> {
  const required = Object.keys(shape).filter((key) => shape[key]?._zod.optin === undefined);
  const fields = Object.fromEntries(
    Object.entries(shape).map(([key, inner]) => [key, providerValues(inner)]),
  );
  const known = fc.record(fields, { requiredKeys: required });
  if (catchall?._zod.def.type !== "unknown") return known;
  const others = hostileKeys().filter((key) => !Object.hasOwn(shape, key));
  return fc
    .tuple(mapOf(others, json, 2), known)
    .map(([rest, own]) => Object.fromEntries([...Object.entries(rest), ...Object.entries(own)]));
}
