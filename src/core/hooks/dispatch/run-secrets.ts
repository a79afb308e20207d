/** What of a request no line of a log and no record may hold. */
import { intrinsics, isSensitiveHeader } from "../../data/index.ts";
import type { LevelValue } from "../../schema/index.ts";
import type { Node } from "../../slots/index.ts";
import type { AnyRun } from "./context.ts";

const { append, enumerableKeys, execPattern, newList, ownValue, toArray } = intrinsics;

/** Shorter words would be found in ordinary text. */
const minWord = 4;
const lastWord = /[^\s;,=]+$/;

/**
 * The texts that the host named, and the values of sensitive headers: whole, and without the scheme
 * in front, as `Bearer`.
 */
export function secretsOf({ options, extensions, runtime }: AnyRun): readonly string[] {
  const found = newList<string>();
  const named = options.secrets;
  for (let i = 0; named !== undefined && i < named.length; i++) append(found, named[i] as string);
  addHeaders(found, runtime.slots.nodes, extensions as LevelValue);
  return toArray(found);
}

function addHeaders(
  found: intrinsics.List<string>,
  nodes: readonly Node[],
  level: LevelValue,
): void {
  for (let i = 0; i < nodes.length; i++) {
    const { key, compiled, fields } = nodes[i] as Node;
    const value = ownValue(level, key);
    if (typeof value !== "object" || value === null) continue;
    if (compiled.shape === "headers") addValues(found, value as LevelValue);
    else addHeaders(found, fields, value as LevelValue);
  }
}

function addValues(found: intrinsics.List<string>, headers: LevelValue): void {
  const names = enumerableKeys(headers);
  for (let i = 0; i < names.length; i++) {
    const name = names[i] as string;
    const value = headers[name];
    if (!isSensitiveHeader(name) || typeof value !== "string" || value === "") continue;
    append(found, value);
    const word = execPattern(lastWord, value)?.[0];
    if (word !== undefined && word.length >= minWord) append(found, word);
  }
}
