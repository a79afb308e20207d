/** Reads the options of stock plugins strictly, without quoting a value. */
import * as z from "zod/mini";
import { GlassineError } from "../index.ts";

const plainObject = z.record(z.string(), z.unknown());

/**
 * Reads options with a schema. An option that the schema does not know is refused, because a guard
 * with a misspelled option would guard less than it seems to.
 *
 * @throws GlassineError `options_invalid`
 */
export function readOptions<Schema extends z.ZodMiniType>(
  call: string,
  schema: Schema,
  options: unknown,
): z.output<Schema> {
  const given = options ?? {};
  const isObject = z.safeParse(plainObject, given).success;
  const read = z.safeParse(schema, given);
  // A `Map` or a promise is an object without options, so the defaults would apply.
  if (!isObject || (read.success && !isPlain(given))) {
    const text = `${call}: the options must be an object, not an array, and hold no instance of a class.`;
    throw new GlassineError("options_invalid", text, { option: "" });
  }
  if (read.success) return read.data;
  const { issues } = read.error;
  // A misspelled option can be the one that is missing.
  const issue = issues.find(({ code }) => code === "unrecognized_keys") ?? issues[0];
  const first = issue && innermost(issue);
  const place = placeOf(first?.path ?? []);
  const text = `${call}: ${place === "" ? "the options" : place} ${first ? faultOf(first, valueAt(options, first.path)) : "are invalid"}.${first ? knownOptionsHint(first, schema) : ""}`;
  throw new GlassineError("options_invalid", text, { option: place });
}

/** Whether all objects in a value are plain. */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  const isRead = Array.isArray(value) || z.safeParse(plainObject, value).success;
  return isRead && Object.values(value).every(isPlain);
}

/** Follows an issue of a union into the alternative that failed at a field of the value. */
function innermost(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const inner = issue.errors.flat().find(({ path }) => path.length > 0);
  return inner ? innermost({ ...inner, path: [...issue.path, ...inner.path] }) : issue;
}

function placeOf(path: readonly PropertyKey[]): string {
  return path.map((key) => (typeof key === "number" ? `[${key}]` : nameOf(String(key)))).join(" ");
}

function valueAt(options: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    options,
  );
}

/** Lists the options that exist, if the issue is an unknown one. */
function knownOptionsHint({ code, path }: z.core.$ZodIssue, schema: z.ZodMiniType): string {
  if (code !== "unrecognized_keys") return "";
  const around = unwrapped(path.reduce(fieldOf, schema as unknown));
  if (!(around instanceof z.ZodMiniObject)) return "";
  return ` ${path.length === 0 ? "Its options are" : "It may have"} ${Object.keys(around.def.shape).join(", ")}.`;
}

function fieldOf(schema: unknown, key: PropertyKey): unknown {
  const around = unwrapped(schema);
  if (around instanceof z.ZodMiniRecord) return around.def.valueType;
  return around instanceof z.ZodMiniObject ? around.def.shape[String(key)] : undefined;
}

function unwrapped(schema: unknown): unknown {
  const isWrapped = schema instanceof z.ZodMiniOptional || schema instanceof z.ZodMiniDefault;
  return isWrapped ? unwrapped(schema.def.innerType) : schema;
}

function faultOf(issue: z.core.$ZodIssue, given: unknown): string {
  switch (issue.code) {
    case "unrecognized_keys":
      return `must not have ${issue.keys.map(nameOf).join(", ")}`;
    case "invalid_type":
      return `${given === undefined ? "is required, and " : ""}must be ${kindOf(issue.expected)}`;
    case "invalid_value":
      return `must be one of ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return unionFault(issue);
    case "too_small":
      return `must ${boundOf(issue.origin, "at least", issue.minimum)}`;
    case "too_big":
      return `must ${boundOf(issue.origin, "at most", issue.maximum)}`;
    case "invalid_key":
      return keyFault(issue);
    default:
      return issue.code === "custom" ? issue.message : "is invalid";
  }
}

/** zod's own messages about a key say nothing; a check of ours has its own. */
function keyFault({ issues: [issue] }: z.core.$ZodIssueInvalidKey): string {
  if (issue?.code === "custom") return issue.message;
  return `has a name that ${issue ? faultOf(issue, "") : "is invalid"}`;
}

function boundOf(origin: string, side: string, bound: number | bigint): string {
  if (origin !== "array" && origin !== "string") return `be ${side} ${bound}`;
  if (side === "at least" && bound === 1) return "not be empty";
  return `have ${side} ${bound} ${origin === "array" ? "elements" : "characters"}`;
}

/** Calls a record an object, as anyone who writes JSON does. */
function kindOf(expected: string): string {
  const kind = expected === "record" ? "object" : expected === "int" ? "whole number" : expected;
  return /^[aeio]/.test(kind) ? `an ${kind}` : `a ${kind}`;
}

/** Names the kinds that the alternatives expect. */
function unionFault({ errors }: z.core.$ZodIssueInvalidUnion): string {
  const kinds = errors.flatMap(([first]) =>
    first?.code === "invalid_type" && first.path.length === 0 ? [kindOf(first.expected)] : [],
  );
  return kinds.length === 0
    ? "does not have an accepted form"
    : `must be ${[...new Set(kinds)].join(" or ")}`;
}

/** A name in quotes, on one line. */
function nameOf(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}…` : name);
}
