/**
 * A list of what a host accepts even though no plugin has seen it.
 *
 * An entry is a kind of `left`, or a kind, a space and a path in the notation of `left`, where `*`
 * stands for any name and `[*]` for any index. It covers that path and everything below it.
 */
import { kindOf } from "../../core/data/index.ts";
import { optionsInvalid, quoted, suggestion } from "../../core/errors/index.ts";
import { type LeftKind, leftKinds } from "./left-kinds.ts";
import type { Left } from "./report.ts";

interface Entry {
  readonly kind: string;
  readonly steps: readonly string[];
}

/**
 * Returns the entries of `left` that `allow` does not cover.
 *
 * @throws GlassineError `options_invalid` for an entry that is not of the form `KIND` or
 *   `KIND PATH`, and for a `left` that is not an array
 * @see spec `adapters:allow`
 * @example
 * ```ts
 * import { fromChatRequest, notAllowed } from "glassine/openai";
 *
 * const { left } = fromChatRequest({
 *   temperature: 0,
 *   tools: [],
 *   messages: [{ role: "user", name: "ada", note: "n", content: "Ahoy" }],
 * });
 * const allow = ["setting", "tools", "content messages[*].name"];
 * console.log(notAllowed(left, allow).map(({ path }) => path)); // [ 'messages[0].note' ]
 * ```
 */
export function notAllowed(left: readonly Left[], allow: readonly string[]): readonly Left[] {
  if (!Array.isArray(left)) {
    const text = `notAllowed expects the left that a from… function returned, got ${kindOf(left)}.`;
    throw optionsInvalid(text);
  }
  return readAllow(allow)(left);
}

/**
 * Reads the list once, for any number of documents.
 *
 * @throws GlassineError `options_invalid`
 */
export function readAllow(allow: readonly string[]): (left: readonly Left[]) => readonly Left[] {
  if (!Array.isArray(allow)) throw notStrings(allow);
  const entries = Array.from(allow, readEntry);
  return (left) =>
    left.filter(({ kind, path }) => {
      const steps = stepsOf(path);
      return !entries.some((entry) => entry.kind === kind && covers(entry.steps, steps));
    });
}

function readEntry(entry: unknown): Entry {
  if (typeof entry !== "string") throw notStrings(entry);
  const space = entry.indexOf(" ");
  const kind = space === -1 ? entry : entry.slice(0, space);
  if (!leftKinds.includes(kind as LeftKind)) throw unknownKind(entry, kind);
  if (space === -1) return { kind, steps: [] };
  const path = entry.slice(space + 1);
  if (path === "(root)") {
    throw optionsInvalid(`allow has ${quoted(entry)}. To allow all of a kind, write ${kind}.`);
  }
  const steps = stepsOf(path);
  if (steps === undefined) throw unreadable(entry);
  if (steps.some((each) => each.endsWith('…"]'))) {
    const text = `allow has ${quoted(entry)}, but left cuts names that are longer than 64 characters. Write * for such a name.`;
    throw optionsInvalid(text);
  }
  return { kind, steps };
}

function notStrings(received: unknown): Error {
  const text = `allow expects an array of strings, such as "setting" or "content messages[*].name", got ${kindOf(received)}.`;
  return optionsInvalid(text);
}

function unknownKind(entry: string, kind: string): Error {
  const isPath = stepsOf(entry) !== undefined && /[.[]/.test(entry);
  const hint = isPath
    ? ` Before a path, write its kind: ${quoted(`content ${entry}`, 128)}.`
    : suggestion(kind, leftKinds);
  const kinds = leftKinds.join(", ");
  return optionsInvalid(`allow has no kind ${quoted(kind)}. The kinds are ${kinds}.${hint}`);
}

function unreadable(entry: string): Error {
  const text = `allow cannot read the path in ${quoted(entry)}. Write it as left does, as in "content messages[0].name", with * for any name and [*] for any index.`;
  return optionsInvalid(text);
}

/** A name, an index, or a quoted name, in which `quoted` has escaped some characters. */
const step =
  /\.(?:[A-Za-z_][A-Za-z0-9_]{0,63}|\*)|\[(?:0|[1-9]\d*|\*|"(?:[^"\\]|\\u\{[0-9a-f]{1,6}\})*")\]/gy;
/** A host may quote a plain name, too. */
const quotedName = /^\["([A-Za-z_][A-Za-z0-9_]{0,63})"\]$/;

/** Splits a path as `formatPath` writes it into names and indices; `undefined` if it is not one. */
function stepsOf(path: string): readonly string[] | undefined {
  const whole = path.startsWith("[") ? path : `.${path}`;
  const steps = whole.match(step) ?? [];
  if (steps.join("") !== whole) return undefined;
  return steps.map((each) => each.replace(quotedName, ".$1"));
}

function covers(entry: readonly string[], path: readonly string[] | undefined): boolean {
  // A report without a path, such as the one that counts the reports that are not listed.
  if (path === undefined) return entry.length === 0;
  return entry.every((each, at) => {
    const here = path[at];
    if (here === undefined) return false;
    if (each === "[*]") return isIndex(here);
    return each === ".*" ? !isIndex(here) : each === here;
  });
}

function isIndex(text: string): boolean {
  return /^\[\d/.test(text);
}
