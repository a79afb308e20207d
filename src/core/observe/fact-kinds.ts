/**
 * What the texts in the metadata of an event are: words of a closed list, facts of the library's
 * own, or free text that somebody wrote. Read off the schemas, once.
 */
import * as z from "zod";

/** The limit of a string in a record: one line, 500 characters and an ellipsis. */
export const textSchema = z.string().max(501);

/** By key where there are more. */
export type FactKind = "word" | "fact" | "free" | FactKinds;

/** The kinds of a record's strings by key. */
export interface FactKinds {
  readonly [key: string]: FactKind;
}

const freeTexts = new WeakSet<object>();

/** The schema of free text, which may contain anything, including secrets. */
export function freeText(means: string): z.ZodString {
  const schema = textSchema.describe(`${means} Free text.`);
  freeTexts.add(schema);
  return schema;
}

interface Def {
  readonly type: string;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly shape?: Readonly<Record<string, z.ZodType>>;
}

export function kindsOf(metadata: Readonly<Record<string, z.ZodType>>): FactKinds {
  return Object.fromEntries(Object.entries(metadata).map(([key, each]) => [key, kindOf(each)]));
}

function kindOf(schema: z.ZodType): FactKind {
  // zod types a definition by its class; here any of them is read by its `type`.
  const { type, innerType, element, options, shape } = schema.def as unknown as Def;
  if (shape !== undefined) return kindsOf(shape);
  const inner = innerType ?? element;
  if (inner !== undefined) return kindOf(inner);
  if (options !== undefined) return unionOf(options.map(kindOf));
  if (type === "enum" || type === "literal") return "word";
  return freeTexts.has(schema) ? "free" : "fact";
}

/** Of records: a key means the same in all of them. */
function unionOf(kinds: readonly FactKind[]): FactKind {
  return Object.assign({}, ...kinds) as FactKinds;
}
