/** What a reading keeps of its work, and how it reports a problem. */
import type { ErrorCode, Problem } from "../errors/index.ts";
import { append, concat, type List, newArray, newList, slice, some } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { dropPromise } from "./within.ts";

/** What a reader returns for a value that it reported. Never stored. */
export const BAD: unique symbol = Symbol("bad");
export type Bad = typeof BAD;

/**
 * `parsed`: made here, by `JSON.parse` or by the library, so it is plain data.
 * `host`: any value of the host. `plugin`: any value of a plugin; hostile.
 * `library`: what another library hands the host, read as JSON has it: without what it hides there.
 */
export type Origin = "parsed" | "host" | "library" | "plugin";

/** Each is given: an option that is left out would be looked up on a prototype. */
export interface ReadOptions {
  readonly origin: Origin;
  readonly limits: Limits;
  /** Code for a value of the wrong type or shape. */
  readonly shapeCode: ErrorCode;
  /** Whether a host's unknown slot or field is a problem (true) or dropped and listed. */
  readonly strict: boolean;
}

export interface ReadState extends ReadOptions {
  /** Whether the outermost container is left unfrozen, for whoever marks it first. */
  readonly leavesOpen: boolean;
  readonly problems: List<Problem>;
  /** How many values were found bad. */
  bad: number;
  dropped: List<readonly (string | number)[]> | undefined;
  droppedCount: number;
  /** The innermost container that is being read. */
  place: Place | undefined;
  depth: number;
  nodes: number;
  units: number;
  /** How many `null` and `undefined` there were in what is being copied. */
  absent: number;
}

/** A container that is being read. Paths are made of these, and only when a problem is reported. */
export interface Place {
  readonly above: Place | undefined;
  /** What is being copied, if this is a copying: to find a container that is in itself. */
  readonly foreign: object | undefined;
  /** How many bad values there were before it. */
  readonly bad: number;
  /** Where in the container the reader is; `undefined` before its first key. */
  key: string | number | undefined;
}

/** Ends a reading early. Thrown and caught inside the readers only. */
export const STOP: unique symbol = Symbol("stop");

const maxProblems = 100;

/** Where the reader is: the keys from the root to the current value. */
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

/** Reports a problem of the current value, or of what is `within` it. */
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
 * Reports a promise among data. Nobody waits for it, so its rejection must not surface. The reading
 * goes on to the next one, whose rejection must not surface either; the first is reported.
 */
export function reportPromise(state: ReadState, promise: object): Bad {
  dropPromise(promise);
  if (some(state.problems, ({ received }) => received === aPromise)) state.bad += 1;
  else note(state, "snapshot_prototype", "a plain object", aPromise, []);
  return BAD;
}

/** Reports and ends the reading, whoever the value is from. */
export function stop(state: ReadState, code: ErrorCode, expected: string, received: string): never {
  report(state, code, expected, received);
  throw STOP;
}

/** Snapshot problems outrank shape problems: what cannot be read safely has no shape. */
export function isSnapshotCode(code: ErrorCode): boolean {
  return slice(code, 0, 9) === "snapshot_";
}

/** The problem that decides: snapshot problems outrank shape problems, then the first. */
export function decisive(problems: readonly Problem[]): Problem {
  for (let i = 0; i < problems.length; i++) {
    const problem = problems[i] as Problem;
    if (isSnapshotCode(problem.code)) return problem;
  }
  return problems[0] as Problem;
}
