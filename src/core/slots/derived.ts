/**
 * The fields of a growing level that depend on its list. The slot's own `derive` computes them; its
 * result is read by the schema and frozen, like anything else that enters an envelope. Only a node
 * with a list that grows comes here.
 *
 * Also called in a patched realm, by a helper and by the merge.
 */
import { admit, dropPromise, extensionsLimits } from "../data/index.ts";
import { enumerableKeys, forEach, ownValue, put } from "../data/intrinsics.ts";
import { formatPath, formatProblems, GlassineError, quoted } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, type Node } from "./compile.ts";
import type { Derive } from "./types.ts";

type Growing = Parameters<Derive>[0];

/**
 * Returns an unfrozen copy of the current level, with the fields that depend on a list.
 *
 * @throws GlassineError `slot_invalid` if `derive` throws or its result does not fit the schema;
 *   `cause` is what it threw
 */
export function derivedLevel(node: Node, growing: Growing): Record<string, unknown> {
  const { derive, compiled } = node;
  const grown = node.grows as Node;
  const before = growing.current ?? defaultsOf(node);
  if (derive === undefined || compiled.level === undefined) return { ...before };
  let answer: unknown;
  try {
    answer = derive(growing);
  } catch (thrown) {
    throw failed(node, "threw", thrown);
  }
  if (dropPromise(answer)) throw failed(node, "returned a promise");
  if (answer === undefined || answer === null) return { ...before };
  const options = {
    origin: "host",
    limits: extensionsLimits,
    shapeCode: "extensions_shape",
    strict: true,
  } as const;
  const read = admit(compiled.level.read, answer, options, before, "partial");
  if (!read.ok) throw unfitLevel(node, formatProblems(read.problems));
  const level: Record<string, unknown> = { ...(read.value as LevelValue) };
  // The reader keeps a field that is undefined or null, as if left out, but here that removes it.
  forEach(enumerableKeys(answer as object), (key) => {
    if ((ownValue(answer, key) ?? undefined) !== undefined || key === grown.key) return;
    if (node.byKey[key]?.optional === false)
      throw unfitLevel(node, `${formatPath([key])}: expected a value, because it is never absent`);
    level[key] = undefined;
  });
  return level;
}

/**
 * Like `derivedLevel`, with the list itself included.
 *
 * @throws GlassineError `slot_invalid`, as `derivedLevel` does
 */
export function grownLevel(node: Node, growing: Growing): Record<string, unknown> {
  const next = derivedLevel(node, growing);
  put(next, (node.grows as Node).key, growing.list);
  return next;
}

/** Makes the error for derived fields that the schema does not accept. */
export function unfitLevel(node: Node, problem = "the slot's own check"): GlassineError {
  return failed(node, `returned what the schema does not accept: ${problem}`);
}

function failed({ key }: Node, did: string, cause?: unknown): GlassineError {
  const text = `The \`derive\` of the slot ${quoted(key)} ${did}.`;
  return new GlassineError("slot_invalid", text, { slot: key }, cause);
}
