/**
 * Applies a schema's checks to a value: bounds, patterns, refinements.
 *
 * Each check is called separately on the value that was read, because `safeParse` would parse that
 * again: the output of a transform need not be valid input. Issues go to a list of this module, so
 * that a patched `push` loses none. Whatever else a check calls is its own responsibility.
 */
import * as z from "zod/mini";
import {
  BAD,
  type Bad,
  dropPromise,
  kindNamed,
  type Reader,
  type ReadState,
  readForeign,
  report,
  type Size,
} from "../data/index.ts";
import {
  arrayPrototype,
  create,
  defineProperty,
  enumerableKeys,
  freeze,
  hasOwn,
  isArray,
  mapped,
  none,
  ownData,
  ownValue,
} from "../data/intrinsics.ts";
import { optionsInvalid } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";
import { readJson } from "./readers.ts";

interface Issue {
  readonly code?: string;
  readonly path?: readonly PropertyKey[];
  /** What the schema demands, by code: a type, a format, a bound. None of it is from the value. */
  readonly expected?: string;
  readonly format?: string;
  readonly divisor?: number | bigint;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly inclusive?: boolean;
  /** The type of what is too small or too big. */
  readonly origin?: string;
  /** Whether the checks after it run. */
  readonly continue?: boolean;
}

/** What zod passes from check to check. */
interface Payload {
  value: unknown;
  readonly issues: readonly Issue[];
}

/** A check as zod 4 stores it. */
export interface ZodCheck {
  readonly _zod: {
    readonly def: { readonly check: string; readonly when?: (payload: Payload) => boolean };
    readonly check: (payload: Payload) => unknown;
  };
}

/** A rule that `withRule` added to a schema. */
interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const rules = new WeakMap<object, Rule>();

/** A schema of zod or of `zod/mini`. */
export interface Checkable extends z.core.$ZodType {
  check(...checks: never[]): unknown;
}

/**
 * Returns a schema with an added rule: `expected` says in words what the value must be, and `holds`
 * decides.
 *
 * To zod it is a refinement with `expected` as its message. glassine calls it directly, before the
 * other checks and on the stored value, so that zod has no influence on the result.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { defineHost, withRule } from "glassine/host";
 * import * as z from "zod";
 *
 * const even = withRule(z.number(), "an even number", (value) => value % 2 === 0);
 * const host = defineHost({
 *   slots: { seats: { tier: "immutable", description: "Who sits.", schema: z.object({ count: even }) } },
 * });
 * try {
 *   host.createExtensions({ seats: { count: 3 } });
 * } catch (error) {
 *   console.log(error instanceof Error && error.message.includes("an even number")); // true
 * }
 * ```
 */
export function withRule<S extends Checkable>(
  schema: S,
  expected: string,
  holds: (value: z.output<S>) => boolean,
): S {
  if (
    typeof schema?.check !== "function" ||
    typeof expected !== "string" ||
    typeof holds !== "function"
  )
    throw optionsInvalid(
      "withRule expects a schema made with zod 4, a string that says what a value must be, and a function that decides.",
    );
  const ruled = schema.check(
    z.refine(holds as (value: unknown) => boolean, { error: expected }) as never,
  ) as S;
  const rule = { expected, holds: holds as (value: unknown) => boolean };
  rules.set(ruled._zod.def.checks?.at(-1) as object, rule);
  return ruled;
}

/** Returns the checks of a schema: its format's own, then those added to it. */
export function checksOf(schema: z.core.$ZodType): readonly ZodCheck[] {
  const { def, traits } = schema._zod;
  // zod has a type for each class of check; only what all checks have in common is read here.
  const given = (def.checks ?? []) as unknown as readonly ZodCheck[];
  // A format such as z.email() is both a schema and a check; its type shows only the schema.
  return traits.has("$ZodCheck") ? [schema as unknown as ZodCheck, ...given] : given;
}

/** Adds checks to a compiled schema: to its reader, and to `passes` for merged values. */
export function withChecks(
  compiled: Compiled,
  checks: readonly ZodCheck[],
  shownWhole: boolean,
): Compiled {
  if (checks.length === 0) return compiled;
  const judge = judgeOf(checks);
  const { passes, read, shape } = compiled;
  return {
    ...compiled,
    read: (state, value, previous, partial) => {
      const { nodes, units } = state;
      const result = read(state, value, previous, partial);
      // A value that is unchanged passed when it was first read.
      if (result === BAD || result === previous) return result;
      // A level shown in part comes back in part and cannot be judged; the merge judges the result.
      if (partial === true && shape === "level" && !shownWhole) return result;
      const verdict = judge(freeze(result));
      if (!hasPassed(verdict)) return reportVerdict(state, verdict);
      // A check can replace the value. The replacement was never read.
      if (verdict.value === result) return result;
      resetCounts(state, { nodes, units });
      return readForeign(state, read, verdict.value, previous);
    },
    element: undefined,
    passes: (value) => passes?.(value) !== false && hasPassed(judge(value)),
  };
}

/** Resets the counts, before a value is read again from this library's own copy. */
function resetCounts(state: ReadState, { nodes, units }: Size): void {
  state.nodes = nodes;
  state.units = units;
}

/** Reads with zod itself: unions without a tag, transforms, coercion, rules for keys. */
export function readByZod(schema: z.core.$ZodType): Reader {
  return (state, value, previous) => {
    const { nodes, units } = state;
    const copy = readJson(state, value, previous);
    // An unchanged value stays as it is: a transform must not run on its own output.
    if (copy === BAD || copy === previous) return copy;
    const verdict = runZod(schema, copy);
    if (!hasPassed(verdict)) return reportVerdict(state, verdict);
    resetCounts(state, { nodes, units });
    return readForeign(state, readJson, verdict.value, previous);
  };
}

/** Makes a predicate of a schema's checks alone; `undefined` if there are none. */
export function passesBy(checks: readonly ZodCheck[]): Compiled["passes"] {
  if (checks.length === 0) return undefined;
  const judge = judgeOf(checks);
  return (value) => hasPassed(judge(value));
}

export interface Verdict extends Payload {
  /** What was expected, if a check threw or was asynchronous, or a rule was broken. */
  readonly expected: string | undefined;
}

export function hasPassed({ expected, issues }: Verdict): boolean {
  return expected === undefined && issues.length === 0;
}

/**
 * Makes a judge of stored values. The `value` of its verdict is the stored one, or a check's
 * replacement.
 */
function judgeOf(checks: readonly ZodCheck[]): (stored: unknown) => Verdict {
  const own = checks.flatMap((check) => rules.get(check) ?? []);
  // Read from the schema once: a check without `when` must not find one on a prototype later.
  const steps = checks
    .filter((check) => !rules.has(check))
    .map(({ _zod: { def, check: run } }) => {
      return { run, when: hasOwn(def, "when") ? def.when : undefined };
    });
  return (stored) => {
    for (let i = 0; i < own.length; i++) {
      const { expected, holds } = own[i] as Rule;
      if (!holds(stored)) return { expected, value: stored, issues: none };
    }
    if (steps.length === 0) return { expected: undefined, value: stored, issues: none };
    const given = asZodOutput(stored);
    const payload = newPayload(given);
    const verdict = (expected: string | undefined) => ({
      expected,
      value: payload.value === given ? stored : payload.value,
      issues: payload.issues,
    });
    let aborted = false;
    for (let i = 0; i < steps.length; i++) {
      const { run, when } = steps[i] as (typeof steps)[number];
      const { length } = payload.issues;
      try {
        if (when === undefined ? aborted : !when(payload)) continue;
        if (dropPromise(run(payload))) return verdict(mustBeSync);
      } catch {
        // What a host's check throws may quote the value, so it is dropped.
        return verdict("a value on which the schema's checks do not throw");
      }
      for (let at = length; at < payload.issues.length; at++) {
        const goesOn = ownValue(ownValue(payload.issues, at), "continue");
        // With `abort`, a check skips all that follow, even those that have a `when`.
        if (goesOn === false) return verdict(undefined);
        if (goesOn !== true) aborted = true;
      }
    }
    return verdict(undefined);
  };
}

const mustBeSync = "a schema whose checks and transforms are synchronous";

/** Without a prototype: a setter on it would swallow what zod writes here. */
function newPayload(value: unknown): Payload {
  const issues: Issue[] = [];
  const push = (...found: Issue[]) => {
    for (let i = 0; i < found.length; i++) define(issues, issues.length, found[i], true);
    return issues.length;
  };
  define(issues, "push", push, false);
  return { __proto__: null, value, issues } as Payload;
}

function define(target: object, key: PropertyKey, value: unknown, enumerable: boolean): void {
  const descriptor = { __proto__: null, value, enumerable, writable: true, configurable: true };
  defineProperty(target, key, descriptor as PropertyDescriptor);
}

/** Makes a frozen copy in the form zod would produce: absent fields are left out. */
function asZodOutput(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return freeze(mapped(value, asZodOutput));
  const part = create(null);
  const keys = enumerableKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) part[key] = asZodOutput(item);
  }
  return freeze({ ...part });
}

const { push } = Array.prototype;

/** Whether zod can report issues from inside a schema: it pushes them to lists of its own. */
function canZodReport(): boolean {
  return ownData(arrayPrototype, "push") === push;
}

/** Runs a whole schema with zod, on this library's own data. */
export function runZod(schema: z.core.$ZodType, value: unknown): Verdict {
  const payload = newPayload(value);
  if (!canZodReport())
    return { ...payload, expected: "an unpatched Array.prototype.push, which zod needs" };
  try {
    // `async` stays unset: with false, zod would drop a promise, and its rejection would surface.
    const result: unknown = schema._zod.run(payload as never, create(null) as never);
    if (dropPromise(result)) return { ...payload, expected: mustBeSync };
    return { ...(result as Payload), expected: undefined };
  } catch {
    return { ...payload, expected: "a value on which the schema does not throw" };
  }
}

function reportVerdict(state: ReadState, { expected, issues }: Verdict): Bad {
  if (expected !== undefined) return report(state, state.shapeCode, expected, "another");
  for (let i = 0; i < issues.length; i++) {
    // A host's own check can access the list, and may leave holes in it.
    const issue = ownValue(issues, i);
    const of: IssueReader = (key) => ownValue(issue, key);
    const path = (of("path") ?? none) as readonly PropertyKey[];
    const within = mapped(path, (key) => (typeof key === "symbol" ? "(symbol)" : key));
    report(state, state.shapeCode, expectedBy(of), receivedBy(of), within);
  }
  return BAD;
}

type IssueReader = (key: keyof Issue) => unknown;

/** zod's own message may quote the value; its code, type, format and bound only name the rule. */
function expectedBy(of: IssueReader): string {
  const code = of("code");
  const isExclusive = of("inclusive") === false;
  switch (code) {
    case "custom":
      return "a value that passes its schema's own check";
    case "invalid_type":
      return kindNamed(String(of("expected")));
    case "invalid_format":
      return `a string in the format ${of("format")}`;
    case "not_multiple_of":
      return `a multiple of ${of("divisor")}`;
    case "too_small":
      return `${isExclusive ? "more than" : "at least"} ${of("minimum")}${unitsOf(of)}`;
    case "too_big":
      return `${isExclusive ? "less than" : "at most"} ${of("maximum")}${unitsOf(of)}`;
    default:
      return "a value that its schema accepts";
  }
}

function unitsOf(of: IssueReader): string {
  const origin = of("origin");
  if (origin === "string") return " characters";
  return origin === "array" ? " elements" : "";
}

function receivedBy(of: IssueReader): string {
  const code = of("code");
  if (code === "too_big") return "more";
  if (code !== "too_small") return "another";
  return unitsOf(of) === "" ? "less" : "fewer";
}
