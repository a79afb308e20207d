/** Writes the input and output types of zod schemas as TypeScript that does not refer to zod. */
import type * as z from "zod";
import { kindOf } from "../../src/core/schema/index.ts";

/** A schema's output, its input, or its input with null allowed for absent fields. */
export type Side = "output" | "input" | "nullable input";

/** Returns a schema's type name, if it has one. The generated file must define or import it. */
export type TypeNames = (schema: z.core.$ZodType, side: Side) => string | undefined;

/** What to write above the fields of an object, by field; an object inside has texts of its own. */
export interface FieldDocs {
  readonly [field: string]: { readonly text: string; readonly fields?: FieldDocs };
}

const noDocs: FieldDocs = {};

interface Def {
  readonly type: string;
  readonly innerType: z.core.$ZodType;
  readonly element: z.core.$ZodType;
  readonly valueType: z.core.$ZodType;
  readonly entries: Readonly<Record<string, string>>;
  readonly values: readonly unknown[];
  readonly options: readonly z.core.$ZodType[];
  readonly shape: Readonly<Record<string, z.core.$ZodType>>;
  readonly catchall?: z.core.$ZodType;
  readonly getter: () => z.core.$ZodType;
}
const defOf = (schema: z.core.$ZodType) => schema._zod.def as unknown as Def;

/** Returns the type of a schema's values, deeply read-only. */
export function typeSource(
  schema: z.core.$ZodType,
  side: Side,
  names: TypeNames,
  docs: FieldDocs = noDocs,
): string {
  return names(schema, side) ?? unnamedType(schema, side, names, docs);
}

function unnamedType(
  schema: z.core.$ZodType,
  side: Side,
  names: TypeNames,
  docs: FieldDocs,
): string {
  const def = defOf(schema);
  const inner = (part: z.core.$ZodType) => typeSource(part, side, names);
  switch (def.type) {
    case "string":
    case "number":
    case "boolean":
      return def.type;
    case "enum":
      return Object.values(def.entries).map(quoted).join(" | ");
    case "literal":
      return def.values.map(quoted).join(" | ");
    case "array":
      return arrayOf(inner(def.element));
    case "record":
      return `{ readonly [key: string]: ${inner(def.valueType)} }`;
    case "optional":
      return `${typeSource(def.innerType, side, names, docs)} | undefined`;
    case "default":
      return typeSource(def.innerType, side, names, docs);
    case "lazy":
      return inner(def.getter());
    case "union":
      return def.options.map(inner).join(" | ");
    case "object":
      // The formatter moves a comment to a line of its own only if the object is broken up.
      return `{${docs === noDocs ? " " : "\n"}${fieldsSource(schema, side, names, docs).join("\n")} }`;
    case "custom":
      return customType(schema, side);
    default:
      throw new Error(`A ${def.type} schema has no plain type yet: add it here.`);
  }
}

/** Returns the fields of an object schema, each as a member of an object type. */
export function fieldsSource(
  schema: z.core.$ZodType,
  side: Side,
  names: TypeNames,
  docs: FieldDocs = noDocs,
): readonly string[] {
  const { shape, catchall } = defOf(schema);
  const fields = Object.entries(shape).map(([key, field]) => {
    const { type } = defOf(field);
    const { text, fields: inside } = docs[key] ?? {};
    const doc = text === undefined ? "" : docComment(text);
    const written = typeSource(field, side, names, inside);
    if (type === "optional") {
      return `${doc}readonly ${key}?: ${written}${side === "nullable input" ? " | null" : ""};`;
    }
    return type === "default" && side !== "output"
      ? `${doc}readonly ${key}?: ${written} | undefined;`
      : `${doc}readonly ${key}: ${written};`;
  });
  if (catchall === undefined || defOf(catchall).type === "never") return fields;
  return [...fields, `readonly [key: string]: ${typeSource(catchall, side, names)} | undefined;`];
}

/** Returns a comment on the line above a member. */
export function docComment(text: string): string {
  return `/** ${text} */\n`;
}

/** Returns the names of required fields, at any depth. */
export function requiredIn(schema: z.core.$ZodType): ReadonlySet<string> {
  const { shape = {}, innerType, element, valueType } = defOf(schema);
  const required = Object.keys(shape).filter((key) => {
    const { type } = defOf(shape[key] as z.core.$ZodType);
    return type !== "optional" && type !== "default";
  });
  const inside = [...Object.values(shape), innerType, element, valueType];
  return new Set([
    ...required,
    ...inside.flatMap((part) => (part === undefined ? [] : [...requiredIn(part)])),
  ]);
}

/** zod cannot describe custom schemas; the library's own kinds say what they accept. */
function customType(schema: z.core.$ZodType, side: Side): string {
  const { type, anyOf } = kindOf(schema)?.jsonSchema ?? {};
  if (type === "object") return "{ readonly [key: string]: Json }";
  if (anyOf === undefined) return "Json";
  return side === "output" ? "string" : "string | readonly number[]";
}

function arrayOf(element: string): string {
  return `readonly ${/[|{]/.test(element) ? `(${element})` : element}[]`;
}

const quoted = (value: unknown) => JSON.stringify(value);
