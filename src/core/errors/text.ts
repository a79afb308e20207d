import type { Problem } from "./glassine-error.ts";

// Captured at load, so that a plugin that patches these cannot change the messages of refusals.
const { apply } = Reflect;
const { exec } = RegExp.prototype;
const { codePointAt, slice } = String.prototype;
const { toString: numberText } = Number.prototype;

/**
 * Quotes, backslashes, and control, invisible, bidi and unassigned characters, which can forge or
 * hide text in a log.
 */
const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\\"']/u;
const plainKey = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * Quotes a name that somebody else chose: on one line, cut after `max` characters. For names only:
 * values of slots never get here. `mark` is the quotation mark to use.
 */
export function quoted(name: string, max = 64, mark: '"' | "'" = '"'): string {
  let rest = name.length > max ? `${apply(slice, name, [0, max])}…` : name;
  let text: string = mark;
  for (;;) {
    const found = apply(exec, unsafe, [rest]);
    if (found === null) return text + rest + mark;
    const character = found[0];
    const isOther = character !== mark && (character === '"' || character === "'");
    const point = apply(codePointAt, character, [0]) as number;
    text += apply(slice, rest, [0, found.index]);
    text += isOther ? character : `\\u{${apply(numberText, point, [16])}}`;
    rest = apply(slice, rest, [found.index + character.length]);
  }
}

/** Quotes a name as `quoted` does, in single quotes. */
export function quoteName(name: string, max = 64): string {
  return quoted(name, max, "'");
}

/** `["http", "headers", "X-A"]` → `http.headers["X-A"]`; the root is `(root)`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = "";
  for (let i = 0; i < path.length; i++) {
    const part = path[i] as string | number;
    if (typeof part === "number") text += `[${part}]`;
    else if (apply(exec, plainKey, [part]) === null) text += `[${quoted(part)}]`;
    else text += text === "" ? part : `.${part}`;
  }
  return text === "" ? "(root)" : text;
}

const maxShown = 8;

/** Formats up to eight problems on one line, and counts the rest. */
export function formatProblems(problems: readonly Problem[]): string {
  let text = "";
  for (let i = 0; i < problems.length && i < maxShown; i++) {
    const { path, expected, received } = problems[i] as Problem;
    text += `${i === 0 ? "" : "; "}${formatPath(path)}: expected ${expected}, got ${received}`;
  }
  const rest = problems.length - maxShown;
  return rest > 0 ? `${text}; and ${rest} more` : text;
}

/**
 * Returns the name in `known` that is closest to `name`, if close enough to be a typo; otherwise
 * the only one that is `name` after a prefix, such as `cmf.llm_input` for `llm_input`.
 */
export function closest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > 64) return undefined;
  const names = [...known];
  const prefixed = names.filter((candidate) => candidate.endsWith(`.${name}`));
  return closestSpelling(name, names) ?? (prefixed.length === 1 ? prefixed[0] : undefined);
}

function closestSpelling(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(name.length / 3)) + 1;
  const lower = name.toLowerCase();
  for (const candidate of known) {
    const other = candidate.toLowerCase();
    // Each character by which the lengths differ takes at least one edit.
    const longer = other.length - lower.length;
    if (longer >= bestDistance || -longer >= bestDistance) continue;
    const distance = editDistance(lower, other);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(name: string, known: Iterable<string>): string {
  const match = closest(name, known);
  return match === undefined ? "" : ` Did you mean ${quoted(match)}?`;
}

/** Optimal string alignment: a swap of neighbours counts as one edit. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min(
        (previous[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (previous[j - 1] ?? 0) + cost,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        value = Math.min(value, (before[j - 2] ?? 0) + 1);
      }
      row.push(value);
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
