/** The door for every value from outside: read once, checked, copied, frozen. */
import {
  BAD,
  extensionsLimits,
  isSnapshotCode,
  type Json,
  type Limits,
  newReadState,
  type ReadOptions,
  readAlone,
  readJson,
  readValue,
} from "../data/index.ts";
import { freeze, toArray } from "../data/intrinsics.ts";
import type { Problem } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";

/** Each is given: an option that is left out would be looked up on a prototype. */
export interface AdmitOptions extends ReadOptions {
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

/**
 * Reads `value` by a compiled schema. Never throws for any value. If the stack overflows while a
 * foreign value is copied, the value is refused with `snapshot_limit`, or the `RangeError` passes
 * where not even that could be reported. `leavesOpen`: the outermost container is not frozen yet,
 * because the caller marks it first.
 */
export function admit(
  compiled: Compiled,
  value: unknown,
  options: AdmitOptions,
  leavesOpen = false,
): Admitted {
  const state = newReadState(options, leavesOpen);
  const { previous, partial } = options;
  // Over a root, the level alone: what is put together of it is judged by who does so.
  const { read } = partial ? (compiled.level ?? compiled) : compiled;
  const result = readValue(state, read, value, previous, partial);
  if (result === BAD) return { ok: false, problems: toArray(state.problems) };
  const { droppedCount } = state;
  return {
    ok: true,
    value: result,
    dropped: state.dropped === undefined ? none : toArray(state.dropped),
    droppedCount,
  };
}

const none: readonly never[] = freeze([]);

/** The problem that decides: snapshot problems outrank shape problems, then the first. */
export function decisive(problems: readonly Problem[]): Problem {
  for (let i = 0; i < problems.length; i++) {
    const problem = problems[i] as Problem;
    if (isSnapshotCode(problem.code)) return problem;
  }
  return problems[0] as Problem;
}

/** A frozen copy of JSON data from a plugin, or `undefined` when it is not JSON data. */
export function readPlain(value: unknown, limits: Limits = extensionsLimits): Json | undefined {
  const result = readAlone(readJson, value, limits, "plugin");
  return result === BAD ? undefined : (result as Json);
}
