/**
 * One reading of one value. The state is local to the reading, so code that runs during it
 * (a hostile object can make some run) and starts another reading changes nothing here.
 *
 * A plugin's value is refused at the first snapshot problem: nothing later can outrank it.
 * A host's value is read on, so that every problem is told at once.
 */
import type { ErrorCode, Problem } from "../errors/index.ts";
import { append, create, type List, newArray, newList, toArray } from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { concat } from "./lists.ts";
import { addSize, outgrown, type Size } from "./size.ts";

/** What a reader returns for a value that it reported. Never stored. */
export const BAD: unique symbol = Symbol("bad");
export type Bad = typeof BAD;

/** Reads one value: copies, checks and freezes it; gives `hint` itself where nothing differs. */
export type Reader = (walk: Walk, value: unknown, hint: unknown) => unknown;

/**
 * `parsed`: made here, by `JSON.parse` or of texts, read without descriptors.
 * `host`: any value of the host. `plugin`: any value of a plugin; hostile.
 * `library`: what another library hands the host, read as JSON has it: without what it hides there.
 */
export type Origin = "parsed" | "host" | "library" | "plugin";

export interface Walk {
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

export function newWalk({ origin, limits, shapeCode, strict }: WalkOptions): Walk {
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

/** Reads a value by itself; `BAD` for one that `read` does not accept. Nobody is told why. */
export function readAlone(
  read: Reader,
  value: unknown,
  limits: Limits,
  origin: Origin = "host",
): unknown {
  const walk = newWalk({ origin, limits, shapeCode: "extensions_shape", strict: true });
  try {
    return read(walk, value, undefined);
  } catch (stopped) {
    if (stopped !== STOP) throw stopped;
    return BAD;
  }
}

const maxProblems = 100;

/** Where the walk is: the keys from the root to the value in hand. */
export function currentPath(walk: Walk): (string | number)[] {
  const path = newList<string | number>();
  for (let i = 0; i < walk.depth; i++) {
    const key = walk.path[i];
    if (key !== undefined) append(path, key);
  }
  return toArray(path);
}

export function report(walk: Walk, code: ErrorCode, expected: string, received: string): Bad {
  append(walk.problems, { path: currentPath(walk), code, expected, received });
  const fatal = code === "snapshot_limit" || (walk.origin === "plugin" && isSnapshotCode(code));
  if (fatal || walk.problems.length >= maxProblems) throw STOP;
  return BAD;
}

/** Reports and ends the reading, whoever the value is from. */
export function stop(walk: Walk, code: ErrorCode, expected: string, received: string): never {
  report(walk, code, expected, received);
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
export function countNode(walk: Walk): void {
  walk.nodes += 1;
  if (walk.nodes > walk.limits.nodes) holdToLimits(walk);
}

/** Counts a value that a schema brings along. */
export function countReady(walk: Walk, value: unknown): void {
  addSize(walk, value);
  holdToLimits(walk);
}

/** Counts text. */
export function countUnits(walk: Walk, units: number): void {
  walk.units += units;
  if (walk.units > walk.limits.units) holdToLimits(walk);
}

function holdToLimits(walk: Walk): void {
  const expected = outgrown(walk, walk, walk.limits);
  if (expected !== undefined) report(walk, "snapshot_limit", expected, "more");
}

/**
 * Goes back to what was counted before. For what is read a second time, from our own copy, so that
 * it counts once.
 */
export function countAgain(walk: Walk, { nodes, units }: Size): void {
  walk.nodes = nodes;
  walk.units = units;
}

/** Steps into a container. Cycles are told from depth by looking at the ancestors. */
export function enter(walk: Walk, value: object): boolean {
  for (let i = 0; i < walk.depth; i++) {
    if (walk.ancestors[i] === value) {
      report(walk, "snapshot_cycle", "a tree", "a value that contains itself");
      return false;
    }
  }
  if (walk.depth >= walk.limits.depth) {
    report(walk, "snapshot_limit", `at most ${walk.limits.depth} levels`, "more");
  }
  makeRoom(walk);
  walk.ancestors[walk.depth] = value;
  walk.path[walk.depth] = undefined;
  walk.depth += 1;
  return true;
}

/** Sees to it that there is an element at the depth of the walk: writing it meets no setter. */
export function makeRoom(walk: Walk): void {
  if (walk.depth < walk.path.length) return;
  walk.path = concat(walk.path, newArray(walk.depth));
  walk.ancestors = concat(walk.ancestors, newArray(walk.depth));
}

export function leave(walk: Walk): void {
  walk.depth -= 1;
}
