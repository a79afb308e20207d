import * as z from "zod/mini";
import { ManifestError, type ManifestProblem } from "../errors/index.ts";
import { orClause } from "./near.ts";
import { quoteName, readPlainObject } from "./read-plain.ts";

/**
 * Reads the fields of a plain object. All problems are in one error: those of the object and its
 * unknown fields first, then those of the other fields in their order.
 *
 * @throws ManifestError `manifest_invalid`, with `problems`
 */
export function readFields<Shape extends z.core.$ZodShape>(
  schema: z.ZodMiniObject<Shape>,
  input: unknown,
  what: string,
  pluginIn: (values: object) => string | undefined = () => undefined,
): z.output<z.ZodMiniObject<Shape>> {
  const problems: ManifestProblem[] = [];
  const report = (field: string, message: string) => problems.push({ field, message });
  const values = readPlainObject(input, `(${what})`, report);
  if (values === undefined) throw problemsError(problems);
  const fields = Object.keys(schema.shape);
  for (const key of Object.keys(values)) {
    if (fields.includes(key)) continue;
    report(key, `unknown ${what} field ${quoteName(key)}${orClause(key, fields)}`);
  }
  const { data, error } = z.safeParse(schema, values);
  const faults = new Map<string, ManifestProblem>();
  for (const { path, message } of error?.issues ?? [])
    faults.set(`${String(path[0])}: ${message}`, { field: String(path[0]), message });
  problems.push(...faults.values());
  if (data !== undefined && problems.length === 0) return data;
  throw problemsError(problems, pluginIn(values));
}

/** One error for several problems. Its message is theirs, joined by `; `. */
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
