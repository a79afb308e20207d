/**
 * Patterns for URIs and names: `*` is any run without `/`, `**` any run, all else is literal.
 *
 * A pattern becomes an automaton with one state for each literal unit that has been matched. A star
 * is a loop at its state. The states that are possible are the bits of one number, so each unit of
 * the string is read once and there is no backtracking, whatever the pattern is.
 *
 * These patterns decide whether a guard runs: no built-in is called that a plugin may have patched.
 */
import { typeName } from "../data/index.ts";
import { indexOf, newRecord, slice, startsWith } from "../data/intrinsics.ts";
import { optionsInvalid } from "../errors/index.ts";

/**
 * Whether `pattern` matches the whole of `text`: `*` is any run without `/`, `**` (or more stars)
 * any run, everything else is literal. Code units are compared. Every string is a valid pattern.
 *
 * @throws GlassineError `options_invalid` for what is not a string
 */
export function matchesPattern(pattern: string, text: string): boolean {
  if (typeof pattern !== "string" || typeof text !== "string") {
    throw optionsInvalid(
      `matchesPattern expects a pattern and a text, both strings, got ${typeName(pattern)} and ${typeName(text)}.`,
    );
  }
  return compilePattern(pattern)(text);
}

/** Compiles `pattern` for use on many strings; see `matchesPattern`. */
export function compilePattern(pattern: string): (text: string) => boolean {
  /** For each unit, the states from which it leads to the next one. */
  const steps = newRecord() as Record<string, bigint>;
  /** The states with a loop on every unit, and on every unit but `/`. */
  let anyRun = 0n;
  let lineRun = 0n;
  let state = 1n;
  /** The state before the first star, and how many units lead there. */
  let first = 0n;
  let head = 0;
  for (let i = 0; i < pattern.length; i++) {
    const unit = pattern[i] ?? "";
    if (unit !== "*") {
      steps[unit] = (steps[unit] ?? 0n) | state;
      state <<= 1n;
      continue;
    }
    if (first === 0n) {
      first = state;
      head = i;
    }
    if (pattern[i + 1] === "*" || pattern[i - 1] === "*") anyRun |= state;
    else lineRun |= state;
  }
  if (first === 0n) return (text) => text === pattern;
  const start = slice(pattern, 0, head);
  // Most patterns end in their only star. A search is much faster than a step for each unit.
  if (first === state) {
    const isAny = anyRun !== 0n;
    return (text) => startsWith(text, start) && (isAny || indexOf(text, "/", head) === -1);
  }
  const inLine = anyRun | lineRun;
  return (text) => {
    if (!startsWith(text, start)) return false;
    let states = first;
    for (let i = head; i < text.length && states !== 0n; i++) {
      const unit = text[i] ?? "";
      const loops = unit === "/" ? anyRun : inLine;
      states = ((states & (steps[unit] ?? 0n)) << 1n) | (states & loops);
    }
    return (states & state) !== 0n;
  };
}
