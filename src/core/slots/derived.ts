/**
 * The fields of a growing level that follow from its list. A slot's own `derive` works them out; what
 * it returns is read by the schema and frozen, like anything else that gets into an envelope.
 *
 * Also called in a patched realm, by a helper and by the merge.
 */
import { admit, dropPromise, extensionsLimits } from "../data/index.ts";
import { enumerableKeys, forEach, ownValue, put } from "../data/intrinsics.ts";
import { formatProblems, GlassineError, quoted } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, type Node } from "./compile.ts";
import type { Derive } from "./types.ts";

type Growing = Parameters<Derive>[0];

/**
 * A copy, not frozen, of what is there, with what follows from a list.
 *
 * @throws GlassineError `slot_invalid` where `derive` throws, or its answer does not fit the schema;
 *   `cause` is what it threw
 */
export function derivedLevel(node: Node, growing: Growing): Record<string, unknown> {
  const { derive, compiled } = node;
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
  // What is left out stays, and so does here what is undefined or null, which takes a field away.
  forEach(enumerableKeys(answer as object), (key) => {
    if ((ownValue(answer, key) ?? undefined) === undefined) level[key] = undefined;
  });
  return level;
}

/**
 * The same with the list itself.
 *
 * @throws GlassineError `slot_invalid`, as `derivedLevel` does
 */
export function grownLevel(node: Node, growing: Growing): Record<string, unknown> {
  const next = derivedLevel(node, growing);
  if (node.grows !== undefined) put(next, node.grows.key, growing.list);
  return next;
}

/** For derived fields that the schema does not accept. */
export function unfitLevel(node: Node, problem = "the slot's own check"): GlassineError {
  return failed(node, `returned what the schema does not accept: ${problem}`);
}

function failed({ key }: Node, did: string, cause?: unknown): GlassineError {
  const text = `The \`derive\` of the slot ${quoted(key)} ${did}.`;
  return new GlassineError("slot_invalid", text, { slot: key }, cause);
}
