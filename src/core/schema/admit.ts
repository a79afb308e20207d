/** The door for every value from outside: read once, checked, copied, frozen. */

import {
  allowanceOf,
  BAD,
  extensionsLimits,
  isPolluted,
  isSnapshotCode,
  isSpent,
  type Json,
  type Limits,
  newReadState,
  type Origin,
  readAlone,
  readJson,
  STOP,
} from "../data/index.ts";
import { toArray } from "../data/intrinsics.ts";
import type { ErrorCode, Problem } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";

/** Each is given: an option that is left out would be looked up on a prototype. */
export interface AdmitOptions {
  readonly origin: Origin;
  readonly limits: Limits;
  /** The code for a value of the wrong type. */
  readonly shapeCode: ErrorCode;
  /** Whether a host's unknown slots and fields are problems, or dropped and listed. */
  readonly strict: boolean;
  /** What this library made for the same place; kept where nothing differs. */
  readonly previous: unknown;
  /** Whether fields of known shape that are left out stay as in `previous`. */
  readonly partial: boolean;
}

export type Admitted =
  | {
      readonly ok: true;
      readonly value: unknown;
      /** The first paths of what was dropped. */
      readonly dropped: readonly Path[];
      readonly droppedCount: number;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

type Path = readonly (string | number)[];

/** Reads `value` by a compiled schema. Never throws for any value; a stack overflow passes. */
export function admit(compiled: Compiled, value: unknown, options: AdmitOptions): Admitted {
  const state = newReadState(options);
  try {
    // Over a root, the level alone: what is put together of it is judged by who does so.
    const read = options.partial ? (compiled.level ?? compiled).readPartial : compiled.read;
    const result = read(state, value, options.previous);
    if (result !== BAD) {
      const { droppedCount } = state;
      return { ok: true, value: result, dropped: toArray(state.dropped), droppedCount };
    }
  } catch (stop) {
    if (stop !== STOP) throw stop;
  }
  return { ok: false, problems: toArray(state.problems) };
}

/**
 * Reads plain data that nobody else has: a checked, frozen copy. `undefined` where it has to be read
 * the long way. An object or list only.
 */
export function takeParsed(compiled: Compiled, parsed: object, limits: Limits): object | undefined {
  const { readParsed } = compiled;
  if (readParsed === undefined || isPolluted()) return undefined;
  const left = allowanceOf(limits);
  const read = readParsed(left, parsed);
  return read === BAD || isSpent(left) ? undefined : (read as object);
}

/** The problem that decides: snapshot problems outrank shape problems, then the first. */
export function decisive(problems: readonly Problem[]): Problem {
  for (let i = 0; i < problems.length; i++) {
    const problem = problems[i] as Problem;
    if (isSnapshotCode(problem.code)) return problem;
  }
  return problems[0] as Problem;
}

/** A frozen copy of JSON data from a plugin, or `undefined` when it is none. */
export function readPlain(value: unknown, limits: Limits = extensionsLimits): Json | undefined {
  const result = readAlone(readJson, value, limits, "plugin");
  return result === BAD ? undefined : (result as Json);
}
