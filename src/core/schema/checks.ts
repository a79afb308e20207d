/**
 * Holds a value to the checks of its schema: bounds, patterns, refinements.
 *
 * Each check is called by itself on what was read, because `safeParse` would read it once more:
 * the output of a transform is not an input of it. What a check finds goes to a list of ours, so that
 * a patched `push` loses none of it. What else a check calls is its own affair.
 */
import * as z from "zod/mini";
import {
  BAD,
  type Bad,
  dropPromise,
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
  getOwnPropertyDescriptor,
  hasOwn,
  isArray,
  mapped,
  ownValue,
} from "../data/intrinsics.ts";
import type { Compiled } from "./compiled.ts";
import { readJson } from "./readers.ts";

interface Issue {
  readonly code?: string;
  readonly path?: readonly PropertyKey[];
  /** Whether the checks that follow are run. */
  readonly continue?: boolean;
}

/** What zod hands from check to check. */
interface Payload {
  value: unknown;
  readonly issues: readonly Issue[];
}

/** A check as zod 4 keeps it. */
export interface ZodCheck {
  readonly _zod: {
    readonly def: { readonly check: string; readonly when?: (payload: Payload) => boolean };
    readonly check: (payload: Payload) => unknown;
  };
}

/** A rule of ours beside a schema. */
interface Rule {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const rules = new WeakMap<object, Rule>();

/** A schema of zod, with methods or as `zod/mini` makes it. */
export interface Checkable extends z.core.$ZodType {
  check(...checks: never[]): unknown;
}

/**
 * Returns a schema with a rule: `expected` says in words what the value must be, and `holds` decides.
 *
 * For zod it is a refinement with `expected` as its message. glassine calls it itself and before the
 * other checks, on the value as it is stored, so that nothing of zod has a say in it.
 *
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
  const ruled = schema.check(
    z.refine(holds as (value: unknown) => boolean, { error: expected }) as never,
  ) as S;
  const rule = { expected, holds: holds as (value: unknown) => boolean };
  rules.set(ruled._zod.def.checks?.at(-1) as object, rule);
  return ruled;
}

/** The checks of a schema: that of its format, then those it was given. */
export function checksOf(schema: z.core.$ZodType): readonly ZodCheck[] {
  const { def, traits } = schema._zod;
  // zod types a check by its class; here only what all checks have is read.
  const given = (def.checks ?? []) as unknown as readonly ZodCheck[];
  // A format such as z.email() is a schema and a check in one; its type says the first.
  return traits.has("$ZodCheck") ? [schema as unknown as ZodCheck, ...given] : given;
}

/** Adds checks to what reads a value, and to what judges one that was put together. */
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
      // What was shown passed when it was read.
      if (result === BAD || result === previous) return result;
      // Over what was shown in part, a level cannot be judged; the merge judges what it puts together.
      if (partial === true && shape === "level" && !shownWhole) return result;
      const verdict = judge(freeze(result));
      if (!isFree(verdict)) return reportVerdict(state, verdict);
      // A check may change what it checks. What came of that was never read.
      if (verdict.value === result) return result;
      countAgain(state, { nodes, units });
      return readForeign(state, read, verdict.value, previous);
    },
    element: undefined,
    passes: (value) => passes?.(value) !== false && isFree(judge(value)),
  };
}

/** Goes back to what was counted before, for what is read again from our own copy. */
function countAgain(state: ReadState, { nodes, units }: Size): void {
  state.nodes = nodes;
  state.units = units;
}

/** Reads by zod itself: unions without a tag, transforms, coercion, rules for keys. */
export function readByZod(schema: z.core.$ZodType): Reader {
  return (state, value, previous) => {
    const { nodes, units } = state;
    const copy = readJson(state, value, previous);
    // What was shown comes back as it was: a transform is not run on its own output.
    if (copy === BAD || copy === previous) return copy;
    const verdict = runZod(schema, copy);
    if (!isFree(verdict)) return reportVerdict(state, verdict);
    countAgain(state, { nodes, units });
    return readForeign(state, readJson, verdict.value, previous);
  };
}

/** Judges a value that was read or put together by the checks of a schema alone. */
export function passesBy(checks: readonly ZodCheck[]): Compiled["passes"] {
  if (checks.length === 0) return undefined;
  const judge = judgeOf(checks);
  return (value) => isFree(judge(value));
}

export interface Verdict extends Payload {
  /** What was expected in place of a check that threw or waits, or of what breaks a rule. */
  readonly expected: string | undefined;
}

export function isFree({ expected, issues }: Verdict): boolean {
  return expected === undefined && issues.length === 0;
}

/** Judges a value as it is stored. What comes back as `value` is that value, or what a check made. */
function judgeOf(checks: readonly ZodCheck[]): (stored: unknown) => Verdict {
  const own = checks.flatMap((check) => rules.get(check) ?? []);
  // Read off the schema once: what a check lacks must not be found on a prototype later.
  const steps = checks
    .filter((check) => !rules.has(check))
    .map(({ _zod: { def, check: run } }) => {
      return { run, when: hasOwn(def, "when") ? def.when : undefined };
    });
  return (stored) => {
    for (let i = 0; i < own.length; i++) {
      const { expected, holds } = own[i] as Rule;
      if (!holds(stored)) return { expected, value: stored, issues: nothing };
    }
    if (steps.length === 0) return { expected: undefined, value: stored, issues: nothing };
    const given = asChecksSeeIt(stored);
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
        if (dropPromise(run(payload))) return verdict(late);
      } catch {
        // What a host's check throws may quote the value.
        return verdict("a value that its schema's own check can judge");
      }
      for (let at = length; at < payload.issues.length; at++) {
        const goesOn = payload.issues[at]?.continue;
        // With `abort`, a check ends all that follow, those too that say when they run.
        if (goesOn === false) return verdict(undefined);
        if (goesOn !== true) aborted = true;
      }
    }
    return verdict(undefined);
  };
}

const nothing: readonly never[] = freeze([]);

const late = "a schema whose checks and transforms do not wait";

/** Without a prototype: a setter on it would swallow what zod notes here. */
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

/** A value as zod would give it: what is absent is not there. A frozen copy. */
function asChecksSeeIt(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isArray(value)) return freeze(mapped(value, asChecksSeeIt));
  const part = create(null);
  const keys = enumerableKeys(value);
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const item = (value as Record<string, unknown>)[key];
    if (item !== undefined) part[key] = asChecksSeeIt(item);
  }
  return freeze({ ...part });
}

const { push } = Array.prototype;

/** Whether zod can note what it finds inside a schema: it pushes it to lists of its own. */
function canTell(): boolean {
  return ownValue(getOwnPropertyDescriptor(arrayPrototype, "push"), "value") === push;
}

/** Runs a whole schema of zod's on data of ours. */
export function runZod(schema: z.core.$ZodType, value: unknown): Verdict {
  const payload = newPayload(value);
  if (!canTell()) return { ...payload, expected: "a realm in which zod can tell a problem" };
  try {
    // Neither allowed nor forbidden to wait: a promise that zod was forbidden would be let go.
    const result: unknown = schema._zod.run(payload as never, create(null) as never);
    if (dropPromise(result)) return { ...payload, expected: late };
    return { ...(result as Payload), expected: undefined };
  } catch {
    return { ...payload, expected: "a value its schema can read" };
  }
}

/** zod's own message may quote the value; its code names the rule only. */
function reportVerdict(state: ReadState, { expected, issues }: Verdict): Bad {
  if (expected !== undefined) return report(state, state.shapeCode, expected, "another");
  for (let i = 0; i < issues.length; i++) {
    // A check of the host's own has the list in hand and may leave holes in it.
    const { path, code } = issues[i] ?? ({} as Issue);
    const expected = code === "custom" ? ownCheck : `a value that passes "${code}"`;
    const within = mapped(path ?? [], (key) => (typeof key === "symbol" ? "(symbol)" : key));
    report(state, state.shapeCode, expected, "another", within);
  }
  return BAD;
}

const ownCheck = "a value that passes its schema's own check";
