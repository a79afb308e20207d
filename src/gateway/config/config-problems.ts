/**
 * Describes what is wrong with a configuration: where, what was expected, and what kind of value is
 * there. Values are never quoted, since any of them may be a secret in the wrong place.
 */
import * as z from "zod";
import { kindNamed, kindOf } from "../../core/data/index.ts";
import { closest, formatPath, GlassineError, quoted, suggestion } from "../../core/errors/index.ts";
import { type Path, valueAt } from "../../providers/rewrite/index.ts";

/** One thing that is wrong. */
export interface ConfigProblem {
  /** `servers.files.timeoutMs` */
  readonly path: string;
  /** `expected a whole number, got a string` */
  readonly text: string;
}

type Issue = z.core.$ZodIssue;

/** Returns the problems that `schema` has with `value`, without repeats, in schema order. */
export function problemsOf(
  schema: z.ZodType,
  value: unknown,
  issues: readonly Issue[],
): readonly ConfigProblem[] {
  const found = issues.flatMap((issue) => explained(schema, value, issue));
  return [...new Map(found.map((each) => [`${each.path}: ${each.text}`, each])).values()];
}

/** A problem at a place. */
export function problemAt(path: Path, text: string): ConfigProblem {
  return { path: formatPath(path), text };
}

/** Makes the error for `configProblems`, which its message lists after `sentence`. */
export function configInvalid(
  configProblems: readonly ConfigProblem[],
  sentence: string,
  file?: string,
): GlassineError {
  const text = configProblems.map(({ path, text }) => `${path}: ${text}`).join(" ");
  const data = { file, sentence, configProblems };
  return new GlassineError("config_invalid", `${sentence} ${text}`, data);
}

/** Explains an issue that `schema` found in `value`; `issue.path` starts at the root of both. */
function explained(schema: z.ZodType, value: unknown, issue: Issue): readonly ConfigProblem[] {
  const path = issue.path.map((key) => (typeof key === "symbol" ? String(key) : key));
  const given = valueAt(value, path);
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownKey(schema, value, [...path, key]));
    case "invalid_union":
      return explainedUnion(schema, value, issue, path);
    case "invalid_key":
      return [problemAt(path, `the name ${issue.issues[0]?.message ?? "is not valid"}.`)];
    default:
      return [
        problemAt(path, `${expectedBy(issue)}, got ${gotBy(issue, given)}.${meant(issue, given)}`),
      ];
  }
}

/** Explains the problem in terms of the alternative that was probably meant, if one stands out. */
function explainedUnion(
  schema: z.ZodType,
  value: unknown,
  issue: z.core.$ZodIssueInvalidUnion,
  path: Path,
): readonly ConfigProblem[] {
  const given = valueAt(value, path);
  const placed = flat(issue.errors).map((issues) =>
    // The cast is safe: only the path differs.
    issues.map((inner) => ({ ...inner, path: [...path, ...inner.path] }) as Issue),
  );
  const isAt = (inner: Issue) => inner.path.length === path.length;
  const fitting = placed.filter((issues) => !issues.some((inner) => isAt(inner) && isKind(inner)));
  const missing = (issues: readonly Issue[]) =>
    issues.filter((inner) => isMissing(inner, value, path.length + 1));
  const chosen = fitting.filter((issues) => missing(issues).length === 0);
  const [only, ...others] = chosen.length > 0 ? chosen : fitting;
  if (only !== undefined && others.length === 0) return problemsOf(schema, value, only);
  const slipped = unknownToAll(chosen.length > 1 ? chosen : fitting);
  const slips = slipped.map((key) => unknownKey(schema, value, [...path, key]));
  // Several alternatives have their required keys, and each lacks keys of the others.
  if (chosen.length > 1) {
    const keys = [...new Set(chosen.flatMap(unrecognized))].filter((key) => !slipped.includes(key));
    const text = `expected only one of ${keys.map(coded).join(" and ")}.`;
    return [problemAt(path, text), ...slips];
  }
  const kinds = placed.flatMap((issues) => {
    const kind = issues.find((inner) => isAt(inner) && isKind(inner));
    if (kind !== undefined) return [expectedBy(kind).replace(/^expected /, "")];
    const keys = missing(issues).map((inner) => coded(String(inner.path.at(-1))));
    return [`an object with ${keys.join(" and ")}`];
  });
  const expected =
    issue.message === "Invalid input"
      ? `expected ${[...new Set(kinds)].join(" or ")}`
      : wanted(issue.message);
  // For an object, the message already says which keys it must have.
  const isObject = expected.startsWith("expected either") && kindOf(given) === "an object";
  const mayBeString = placed.flat().some((inner) => isAt(inner) && inner.code === "invalid_value");
  return [
    problemAt(path, isObject ? `${expected}.` : `${expected}, got ${gotOf(given, mayBeString)}.`),
    ...slips,
  ];
}

type Alternatives = readonly (readonly Issue[])[];

/** Flattens nested unions into one list of alternatives. */
function flat(alternatives: Alternatives): Alternatives {
  return alternatives.flatMap((issues) => {
    const [only, ...others] = issues;
    const isChoice = only?.code === "invalid_union" && others.length === 0;
    return isChoice && only.path.length === 0 ? flat(only.errors) : [issues];
  });
}

function coded(key: string): string {
  return `\`${key}\``;
}

/** Where the kind is right, says what else is wrong. Never quotes the value: it may be a secret. */
function gotBy(issue: Issue, given: unknown): string {
  if (issue.code === "too_small")
    return issue.origin === "string" || issue.origin === "array" ? "an empty one" : "a smaller one";
  if (issue.code === "too_big") return "a larger one";
  return gotOf(given, issue.code !== "invalid_type");
}

function gotOf(given: unknown, mayBeString: boolean): string {
  return mayBeString && typeof given === "string"
    ? "a string that does not match"
    : kindOfGiven(given);
}

function unknownKey(schema: z.ZodType, value: unknown, path: Path): ConfigProblem {
  const key = String(path.at(-1));
  const holder = path.slice(0, -1);
  const alternatives = keysAt(schema, holder);
  const known = alternatives.flat();
  // In code, it is `config` that a plugin gets its options by.
  const meant = key === "config" && known.includes("options") ? "options" : key;
  if (!known.includes(key)) return problemAt(path, `unknown key.${suggestion(meant, known)}`);
  const beside = alternatives.filter((keys) => keys.includes(key)).flat();
  const others = Object.keys(Object(valueAt(value, holder))).filter(
    (other) => known.includes(other) && !beside.includes(other),
  );
  return problemAt(path, `cannot be combined with ${others.map(coded).join(" and ")}.`);
}

function unrecognized(issues: readonly Issue[]): readonly string[] {
  return issues.flatMap((issue) => (issue.code === "unrecognized_keys" ? issue.keys : []));
}

/** Whether the issue is that the value is of the wrong kind altogether. */
function isKind({ code }: Issue): boolean {
  return code === "invalid_type" || code === "invalid_value";
}

function isMissing(issue: Issue, value: unknown, depth: number): boolean {
  const path = issue.path as Path;
  return path.length === depth && isKind(issue) && valueAt(value, path) === undefined;
}

function unknownToAll(alternatives: Alternatives): readonly string[] {
  const keys = alternatives.map(unrecognized);
  return (keys[0] ?? []).filter((key) => keys.every((some) => some.includes(key)));
}

/** The messages in the schema begin with `must be` or `must have`. */
function wanted(message: string): string {
  return message.replace(/^must (?:be|have) /, "expected ");
}

function expectedBy(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected === "boolean" ? "true or false" : kindNamed(issue.expected)}`;
    case "invalid_value":
      return `expected ${oneOf(issue.values.map(String))}`;
    case "too_small":
      return `expected ${atLeast(issue.origin, issue.minimum)}`;
    case "too_big":
      return `expected ${issue.origin === "string" ? "a string of" : "a number of"} at most ${issue.maximum}`;
    default:
      return wanted(issue.message);
  }
}

function oneOf(values: readonly string[]): string {
  const names = values.map((value) => quoted(value));
  return names.length === 1 ? names.join("") : `one of ${names.join(", ")}`;
}

function atLeast(origin: string, minimum: number | bigint): string {
  if (origin === "string") return "a string that is not empty";
  if (origin === "array") return "an array that is not empty";
  return `a number of at least ${minimum}`;
}

function kindOfGiven(value: unknown): string {
  if (typeof value !== "number") return kindOf(value);
  if (Number.isInteger(value)) return "a whole number";
  return Number.isFinite(value) ? "a fractional number" : "a number that is not finite";
}

/** Suggests the schema's word that is closest to the value, without quoting the value. */
function meant(issue: Issue, given: unknown): string {
  if (issue.code !== "invalid_value" || typeof given !== "string") return "";
  if (issue.values.includes("RS256") && /^HS\d+$/.test(given))
    return " Only asymmetric algorithms are accepted: with a shared secret, whoever checks tokens can make them.";
  const match = closest(given, issue.values.map(String));
  return match === undefined ? "" : ` Did you mean ${quoted(match)}?`;
}

/** Returns the keys that an object may have at `path`, a list for each alternative. */
function keysAt(schema: z.ZodType, path: Path): readonly (readonly string[])[] {
  const [key, ...rest] = path;
  return alternativesOf(schema).flatMap((each) => {
    if (key === undefined) return each instanceof z.ZodObject ? [Object.keys(each.shape)] : [];
    const inner = innerAt(each, key);
    return inner === undefined ? [] : keysAt(inner, rest);
  });
}

function innerAt(schema: z.core.$ZodType, key: string | number): z.ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  // At run time, zod's core types are the same objects as zod's own.
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  return undefined;
}

/** Unwraps defaults and optionals, and expands unions. */
function alternativesOf(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(alternativesOf);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return alternativesOf(schema.unwrap());
  if (schema instanceof z.ZodPrefault) return alternativesOf(schema.unwrap());
  return [schema];
}
