/** How the options of a stock plugin are read: strictly, and without quoting a value. */
import * as z from "zod/mini";
import { GlassineError } from "../index.ts";

/**
 * Reads options with a schema. A name that the schema does not know is refused, for a guard whose
 * option is misspelled would guard less than it seems to.
 *
 * @throws GlassineError `options_invalid`
 */
export function readOptions<Schema extends z.ZodMiniType>(
  call: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const read = z.safeParse(schema, options ?? {});
  if (read.success) return read.data;
  const [first] = read.error.issues;
  const place = placeOf(first?.path ?? []);
  const text = `${call}: ${place === "" ? "the options" : place} ${first ? faultOf(first) : "are invalid"}.`;
  throw new GlassineError("options_invalid", text, { option: place });
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : nameOf(String(key)))).join(" ");
}

function faultOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `must not have ${issue.keys.map(nameOf).join(", ")}`;
    case "invalid_type":
      return `must be ${article(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return "is of none of the forms that it may have";
    case "too_small":
    case "too_big":
      return "is not within its limits";
    default:
      return issue.code === "custom" || issue.code === "invalid_key" ? issue.message : "is invalid";
  }
}

function article(kind: string): string {
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** A name in quotes, on one line. */
function nameOf(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}
