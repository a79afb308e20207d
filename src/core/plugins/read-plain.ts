/** Reads what an author or operator wrote, with schemas. */

import * as z from "zod/mini";
import { closest, ManifestError, type ManifestProblem, quoteName } from "../errors/index.ts";
import { readPlainArray, readPlainObject } from "../schema/index.ts";

/** Returns a clean name as it is, and any other quoted and escaped. */
export function nameOrQuoted(name: string): string {
  return /^[A-Za-z0-9_.-]{1,64}$/.test(name) ? name : quoteName(name);
}

/** A schema for a plain array of `item`, copied and frozen. `expects` is its error message. */
export function plainList<Item extends z.core.$ZodType>(
  item: Item,
  expects: Parameters<typeof z.array>[1],
  max?: number,
) {
  const plain = z.transform((value: unknown): unknown => readPlainArray(value, max));
  return z.pipe(plain, z.readonly(z.array(item, expects)));
}

/** A schema for a plain object that fits `schema`, copied and frozen. */
export function plainObject<Fields extends z.core.$ZodType>(schema: Fields) {
  const plain = z.transform((value: unknown): unknown => {
    let isPlain = true;
    const values = readPlainObject(value, "", () => {
      isPlain = false;
    });
    return isPlain ? values : undefined;
  });
  return z.pipe(plain, z.readonly(schema));
}

/** Returns the own values that are not `undefined`. */
export function withoutMissing(fields: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** To put after a sentence: ` Did you mean 'x'?`, or an empty string. */
export function didYouMean(name: string, known: Iterable<string>): string {
  return near(name, known, " Did");
}

/** To put into a sentence: `; did you mean 'x'?`, or an empty string. */
export function orClause(name: string, known: Iterable<string>): string {
  return near(name, known, "; did");
}

function near(name: string, known: Iterable<string>, begin: string): string {
  const match = closest(name, known);
  return match === undefined ? "" : `${begin} you mean ${quoteName(match)}?`;
}

export function unknownHook(name: string, known: readonly string[]): ManifestError {
  const message = `unknown hook ${quoteName(name)}${orClause(name, known)}`;
  return new ManifestError("hook_unknown", message, [{ field: "hook", message }]);
}

/**
 * Reads the fields of a plain object. All problems go into one error: first those of the object and
 * its unknown fields, then those of the other fields in their order.
 *
 * @throws ManifestError `manifest_invalid`, with `problems`
 */
export function readFields<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
  input: unknown,
  what: string,
  pluginIn: (values: object) => string | undefined = () => undefined,
  hintFor: (field: string, known: readonly string[]) => string = orClause,
): z.output<z.ZodMiniObject<Shape>> {
  const problems: ManifestProblem[] = [];
  const report = (field: string, message: string) => problems.push({ field, message });
  const values = readPlainObject(input, `(${what})`, report);
  if (values === undefined) throw problemsError(problems);
  const fields = Object.keys(schema.shape);
  for (const key of Object.keys(values)) {
    if (fields.includes(key)) continue;
    report(key, `unknown ${what} field ${quoteName(key)}${hintFor(key, fields)}`);
  }
  const { data, error } = z.safeParse(schema, values);
  const faults = new Map<string, ManifestProblem>();
  for (const { path, message } of error?.issues ?? [])
    faults.set(`${String(path[0])}: ${message}`, { field: String(path[0]), message });
  problems.push(...faults.values());
  if (data !== undefined && problems.length === 0) return data;
  throw problemsError(problems, pluginIn(values));
}

/** Makes one error for several problems. Its message joins theirs with `; `. */
export function problemsError(
  problems: readonly ManifestProblem[],
  plugin?: string,
): ManifestError {
  const text = problems.map(({ message }) => message).join("; ");
  const data = plugin === undefined ? {} : { plugin };
  return new ManifestError("manifest_invalid", text, Object.freeze([...problems]), undefined, data);
}

export function manifestError(field: string, message: string, plugin?: string): ManifestError {
  return problemsError([{ field, message }], plugin);
}
