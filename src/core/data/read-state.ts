/**
 * One reading of one value. The state is local to the reading, so code that runs during it
 * (a hostile object can make some run) and starts another reading changes nothing here.
 *
 * A plugin's value is refused at the first snapshot problem: nothing later can outrank it.
 * A host's value is read on, so that every problem is reported at once.
 */
import type { ErrorCode, Problem } from "../errors/index.ts";
import { append, create, type List, newArray, newList, toArray } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { concat } from "./lists.ts";
import { addSize, outgrown, type Size } from "./size.ts";

/** What a reader returns for a value that it reported. Never stored. */
export const BAD: unique symbol = Symbol("bad");
export type Bad = typeof BAD;

/** Reads one value: copies, checks and freezes it. Returns `previous` itself if nothing differs. */
export type Reader = (state: ReadState, value: unknown, previous: unknown) => unknown;

/**
 * `parsed`: made here, by `JSON.parse` or of texts, read without descriptors.
 * `host`: any value of the host. `plugin`: any value of a plugin; hostile.
 * `library`: what another library hands the host, read as JSON has it: without what it hides there.
 */
export type Origin = "parsed" | "host" | "library" | "plugin";

export interface ReadState {
  origin: Origin;
  readonly limits: Limits;
  /** Code for a value of the wrong type or shape. */
  readonly shapeCode: ErrorCode;
  /** Whether a host's unknown slot or field is a problem (true) or dropped and listed. */
  readonly strict: boolean;
  readonly problems: List<Problem>;
  readonly dropped: List<readonly (string | number)[]>;
  droppedCount: number;
  /** By depth, as `ancestors`. `makeRoom` makes both longer. */
  path: (string | number | undefined)[];
  ancestors: (object | undefined)[];
  depth: number;
  nodes: number;
  units: number;
}

export interface WalkOptions {
  readonly origin: Origin;
  readonly limits: Limits;
  readonly shapeCode: ErrorCode;
  readonly strict: boolean;
}

/** Most values are no deeper. */
const usualDepth = 8;

export function newReadState({ origin, limits, shapeCode, strict }: WalkOptions): ReadState {
  return {
    origin,
    limits,
    shapeCode,
    strict,
    problems: newList(),
    dropped: newList(),
    droppedCount: 0,
    path: newArray(usualDepth),
    ancestors: newArray(usualDepth),
    depth: 0,
    nodes: 0,
    units: 0,
  };
}

/** Ends a reading early. Thrown and caught inside this room only. */
export const STOP: unique symbol = Symbol("stop");

/** Reads a value by itself; `BAD` for one that `read` does not accept. The reason is not reported. */
export function readAlone(
  read: Reader,
  value: unknown,
  limits: Limits,
  origin: Origin = "host",
): unknown {
  const state = newReadState({ origin, limits, shapeCode: "extensions_shape", strict: true });
  try {
    return read(state, value, undefined);
  } catch (stopped) {
    if (stopped !== STOP) throw stopped;
    return BAD;
  }
}

const maxProblems = 100;

/** Where the reader is: the keys from the root to the current value. */
export function currentPath(state: ReadState): (string | number)[] {
  const path = newList<string | number>();
  for (let i = 0; i < state.depth; i++) {
    const key = state.path[i];
    if (key !== undefined) append(path, key);
  }
  return toArray(path);
}

export function report(state: ReadState, code: ErrorCode, expected: string, received: string): Bad {
  append(state.problems, { path: currentPath(state), code, expected, received });
  const fatal = code === "snapshot_limit" || (state.origin === "plugin" && isSnapshotCode(code));
  if (fatal || state.problems.length >= maxProblems) throw STOP;
  return BAD;
}

/** Reports and ends the reading, whoever the value is from. */
export function stop(state: ReadState, code: ErrorCode, expected: string, received: string): never {
  report(state, code, expected, received);
  throw STOP;
}

const snapshotCodes: Partial<Record<ErrorCode, true>> = Object.assign(create(null), {
  snapshot_accessor: true,
  snapshot_cycle: true,
  snapshot_key: true,
  snapshot_limit: true,
  snapshot_prototype: true,
  snapshot_proxy: true,
  snapshot_string: true,
  snapshot_type: true,
});

/** Snapshot problems outrank shape problems: what cannot be read safely has no shape. */
export function isSnapshotCode(code: ErrorCode): boolean {
  return snapshotCodes[code] === true;
}

/** Counts one value. */
export function countNode(state: ReadState): void {
  state.nodes += 1;
  if (state.nodes > state.limits.nodes) holdToLimits(state);
}

/** Counts a value that a schema brings along. */
export function countReady(state: ReadState, value: unknown): void {
  addSize(state, value);
  holdToLimits(state);
}

/** Counts text. */
export function countUnits(state: ReadState, units: number): void {
  state.units += units;
  if (state.units > state.limits.units) holdToLimits(state);
}

function holdToLimits(state: ReadState): void {
  const expected = outgrown(state, state, state.limits);
  if (expected !== undefined) report(state, "snapshot_limit", expected, "more");
}

/**
 * Goes back to what was counted before. For what is read a second time, from our own copy, so that
 * it counts once.
 */
export function countAgain(state: ReadState, { nodes, units }: Size): void {
  state.nodes = nodes;
  state.units = units;
}

/** Steps into a container. Cycles are told from depth by looking at the ancestors. */
export function enter(state: ReadState, value: object): boolean {
  for (let i = 0; i < state.depth; i++) {
    if (state.ancestors[i] === value) {
      report(state, "snapshot_cycle", "a tree", "a value that contains itself");
      return false;
    }
  }
  if (state.depth >= state.limits.depth) {
    report(state, "snapshot_limit", `at most ${state.limits.depth} levels`, "more");
  }
  makeRoom(state);
  state.ancestors[state.depth] = value;
  state.path[state.depth] = undefined;
  state.depth += 1;
  return true;
}

/** Ensures that the path has an element at this depth, so that writing it meets no setter. */
export function makeRoom(state: ReadState): void {
  if (state.depth < state.path.length) return;
  state.path = concat(state.path, newArray(state.depth));
  state.ancestors = concat(state.ancestors, newArray(state.depth));
}

export function leave(state: ReadState): void {
  state.depth -= 1;
}
