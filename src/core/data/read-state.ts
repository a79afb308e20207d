/** The state of one reading, and how it reports a problem. */
import type { ErrorCode, Problem } from "../errors/index.ts";
import { append, concat, type List, newArray, newList, slice, some } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { dropPromise } from "./within.ts";

/** What a reader returns for a value whose problem it reported. Never stored. */
export const BAD: unique symbol = Symbol("bad");
export type Bad = typeof BAD;

/**
 * `parsed`: made here, by `JSON.parse` or by the library, so it is plain data.
 * `host`: any value from the host. `plugin`: any value from a plugin; hostile.
 * `library`: from another library to the host; read as JSON would be, without hidden properties.
 */
export type Origin = "parsed" | "host" | "library" | "plugin";

/** All are required: a missing option would be looked up on a prototype. */
export interface ReadOptions {
  readonly origin: Origin;
  readonly limits: Limits;
  /** Code for a value of the wrong type or shape. */
  readonly shapeCode: ErrorCode;
  /** If true, a host's unknown slot or field is a problem; if false, it is dropped and listed. */
  readonly strict: boolean;
}

export interface ReadState extends ReadOptions {
  /** Whether the outermost container is left unfrozen, because the caller marks it first. */
  readonly leavesOpen: boolean;
  readonly problems: List<Problem>;
  /** How many bad values there were so far. */
  bad: number;
  dropped: List<readonly (string | number)[]> | undefined;
  droppedCount: number;
  /** The innermost container being read. */
  place: Place | undefined;
  depth: number;
  nodes: number;
  units: number;
  /** How many values in the one being copied are `null` or `undefined`. */
  absent: number;
}

/** A container being read. Paths are built from these, and only when a problem is reported. */
export interface Place {
  readonly above: Place | undefined;
  /** The original container, while it is being copied: to detect a container inside itself. */
  readonly foreign: object | undefined;
  /** How many bad values there were before it. */
  readonly bad: number;
  /** The key that the reader is at; `undefined` before the first. */
  key: string | number | undefined;
}

/** Thrown to end a reading early. Always caught inside the readers. */
export const STOP: unique symbol = Symbol("stop");

const maxProblems = 100;

/** Returns the path of the value being read: the keys from the root to it. */
export function currentPath({ place }: ReadState): (string | number)[] {
  const upwards = newList<string | number>();
  for (let at = place; at !== undefined; at = at.above) {
    if (at.key !== undefined) append(upwards, at.key);
  }
  const { length } = upwards;
  const path = newArray<string | number>(length);
  for (let i = 0; i < length; i++) path[i] = upwards[length - 1 - i] as string | number;
  return path;
}

/** Reports a problem with the current value, or with the part of it at the path `within`. */
export function report(
  state: ReadState,
  code: ErrorCode,
  expected: string,
  received: string,
  within: readonly (string | number)[] = [],
): Bad {
  note(state, code, expected, received, within);
  const fatal = code === "snapshot_limit" || (state.origin === "plugin" && isSnapshotCode(code));
  if (fatal || state.problems.length >= maxProblems) throw STOP;
  return BAD;
}

function note(
  state: ReadState,
  code: ErrorCode,
  expected: string,
  received: string,
  within: readonly (string | number)[],
): void {
  state.bad += 1;
  const path = concat(currentPath(state), within);
  append(state.problems, { path, code, expected, received });
}

const aPromise = "a promise";

/**
 * Reports a promise among data. Nobody awaits it, so its rejection must not surface. Reading goes
 * on, so that no rejection of a further promise surfaces either; only the first is reported.
 */
export function reportPromise(state: ReadState, promise: object): Bad {
  dropPromise(promise);
  if (some(state.problems, ({ received }) => received === aPromise)) state.bad += 1;
  else note(state, "snapshot_prototype", "a plain object", aPromise, []);
  return BAD;
}

/** Reports a problem and ends the reading, whatever the origin of the value. */
export function stop(state: ReadState, code: ErrorCode, expected: string, received: string): never {
  report(state, code, expected, received);
  throw STOP;
}

/** Snapshot problems outrank shape problems: a value that cannot be read safely has no shape. */
export function isSnapshotCode(code: ErrorCode): boolean {
  return slice(code, 0, 9) === "snapshot_";
}

/** Returns the problem that decides: the first snapshot problem, or else the first one. */
export function decisive(problems: readonly Problem[]): Problem {
  for (let i = 0; i < problems.length; i++) {
    const problem = problems[i] as Problem;
    if (isSnapshotCode(problem.code)) return problem;
  }
  return problems[0] as Problem;
}
