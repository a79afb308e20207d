/** The way in for every value from outside, and the readers of JSON data. */
import {
  BAD,
  type Bad,
  checkText,
  countNode,
  countUnits,
  enter,
  extensionsLimits,
  isRecord,
  isSnapshotCode,
  type Json,
  type Limits,
  leave,
  newReadState,
  parseText,
  type Reader,
  type ReadOptions,
  type ReadState,
  readAlone,
  readValue,
  report,
  stop,
  typeName,
} from "../data/index.ts";
import {
  enumerableKeys,
  freeze,
  isArray,
  isFiniteNumber,
  isWellFormed,
  newArray,
  newMap,
  ownValue,
  toArray,
} from "../data/intrinsics.ts";
import type { ErrorCode, Problem } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";

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

type AdmittedDocument =
  | Extract<Admitted, { readonly ok: true }>
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** What was parsed or given. */
      readonly value: unknown;
    };

/**
 * Reads `value` by a compiled schema. Never throws for any value. If the stack overflows while a
 * foreign value is copied, the value is refused with `snapshot_limit`, or the `RangeError` passes
 * where not even that could be reported.
 *
 * `previous`: what this library made for the same place; kept where nothing differs. `partial`:
 * fields of known shape that are left out stay as in `previous`.
 */
export function admit(
  compiled: Compiled,
  value: unknown,
  options: ReadOptions,
  previous?: unknown,
  partial = false,
): Admitted {
  // Over a root, the level alone: what is put together of it is judged by who does so.
  const { read } = partial ? (compiled.level ?? compiled) : compiled;
  return readInto(newReadState(options), read, value, previous, partial);
}

/** The same, but the outermost container is not frozen yet, because the caller marks it first. */
export function admitOpen(
  compiled: Compiled,
  value: unknown,
  options: ReadOptions,
  previous?: unknown,
): Admitted {
  return readInto(newReadState(options, true), compiled.read, value, previous, false);
}

/**
 * Reads a document: JSON text, or any value of the host.
 *
 * @throws GlassineError `syntax_invalid`
 */
export function admitDocument(
  compiled: Compiled,
  input: unknown,
  { limits, shapeCode, strict }: Omit<ReadOptions, "origin">,
  leavesOpen = false,
): AdmittedDocument {
  const isText = typeof input === "string";
  const { value, problem } = isText ? parseText(input, limits) : { value: input };
  if (problem !== undefined) return { ok: false, problems: [problem], value };
  const options = { origin: isText ? "parsed" : "host", limits, shapeCode, strict } as const;
  const state = newReadState(options, leavesOpen);
  const admitted = readInto(state, compiled.read, value, undefined, false);
  return admitted.ok ? admitted : { ...admitted, value };
}

function readInto(
  state: ReadState,
  read: Reader,
  value: unknown,
  previous: unknown,
  partial: boolean,
): Admitted {
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

/** Checks the key of a map, whose keys are data. */
export function checkKey(state: ReadState, key: string): void {
  if (key.length > state.limits.keyUnits) {
    const expected = `keys of at most ${state.limits.keyUnits} units`;
    report(state, "snapshot_limit", expected, "a longer one");
  }
  countUnits(state, key.length);
  if (!isWellFormed(key)) {
    report(state, "snapshot_key", "keys that are valid Unicode", "a lone surrogate");
  }
  // From a plugin `__proto__` is an attack or a slip; in a decoded map it is data.
  if (state.origin === "plugin" && key === "__proto__") {
    stop(state, "snapshot_key", "ordinary keys", "__proto__");
  }
}

/** Reads any JSON value. */
export const readJson: Reader = (state, value, previous) => {
  if (typeof value === "object" && value !== null) {
    return isArray(value)
      ? readArray(state, value, previous, readJson, state.limits.nodes)
      : readMap(state, value, previous, readJson);
  }
  if (typeof value === "string") return checkText(state, value, previous);
  countNode(state);
  if (typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return checkNumber(state, value);
  return value === BAD
    ? alreadyBad(state)
    : report(state, "snapshot_type", "a JSON value", typeof value);
};

/** For what could not be copied: that was reported then. */
function alreadyBad(state: ReadState): Bad {
  state.bad += 1;
  return BAD;
}

/** Checks a number. There is no minus zero in the data. */
export function checkNumber(state: ReadState, value: number): number | Bad {
  if (isFiniteNumber(value)) return value === 0 ? 0 : value;
  return report(state, "snapshot_type", "a finite number", "NaN or an infinity");
}

/**
 * Reads an object whose keys are data. `undefined` values count as absent. Maps have no prototype,
 * because any key may be in them.
 */
export function readMap(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readValue: Reader,
): unknown {
  if (!isRecord(value)) return mismatch(state, value, "an object");
  if (value === previous) return previous;
  const place = enter(state);
  const known = isRecord(previous) ? previous : undefined;
  const keys = enumerableKeys(value);
  const map = newMap(keys.length, state.nodes);
  let same = known !== undefined;
  let count = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const raw = value[key];
    place.key = key;
    checkKey(state, key);
    if (raw === undefined) continue;
    const shown = known === undefined ? undefined : ownValue(known, key);
    const item = readValue(state, raw, shown);
    map[key] = item;
    count += 1;
    if (item !== shown) same = false;
  }
  const isKnown = same && count === enumerableKeys(known as object).length;
  return leave(state, place, isKnown ? (known as object) : map);
}

/** Reads an array, in order. */
export function readArray(
  state: ReadState,
  value: unknown,
  previous: unknown,
  readItem: Reader,
  max: number,
): readonly unknown[] | Bad {
  if (!isArray(value)) return mismatch(state, value, "an array");
  if (value === previous) return value;
  const { length } = value;
  if (length > max) report(state, "snapshot_limit", `at most ${max} elements`, "more");
  const place = enter(state);
  const known = isArray(previous) ? (previous as readonly unknown[]) : undefined;
  let same = known !== undefined && known.length === length;
  const items = newArray<unknown>(length);
  for (let i = 0; i < length; i++) {
    place.key = i;
    const raw: unknown = value[i];
    const shown = known !== undefined && i < known.length ? known[i] : undefined;
    // In a map `undefined` is absent; in an array it is not a value, whatever the elements are.
    const item =
      raw === undefined
        ? report(state, "snapshot_type", "a value", "undefined")
        : readItem(state, raw, shown);
    items[i] = item;
    if (item !== shown) same = false;
  }
  return leave(state, place, same ? (known as readonly unknown[]) : items);
}

/** Reads any JSON object. */
export const readJsonObject: Reader = (state, value, previous) =>
  readMap(state, value, previous, readJson);

/**
 * Reports a value of the wrong type. It is read first: if it is not JSON data, that is the problem
 * to report.
 */
export function mismatch(
  state: ReadState,
  value: unknown,
  expected: string,
  code: ErrorCode = state.shapeCode,
): Bad {
  if (value !== undefined && readJson(state, value, undefined) === BAD) return BAD;
  return report(state, code, expected, typeName(value));
}
