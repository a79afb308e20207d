/**
 * The fields of a growing level that follow from its list. A slot's own `derive` works them out; what
 * it returns is read by the schema and frozen, like anything else that gets into an envelope.
 *
 * Also called in a patched realm, by a helper and by the merge.
 */
import { admit, dropPromise, extensionsLimits } from "../data/index.ts";
import { enumerableKeys, forEach, freeze, ownValue, put } from "../data/intrinsics.ts";
import { formatProblems, GlassineError, quoted } from "../errors/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, type Node } from "./compile.ts";
import type { Derive } from "./types.ts";

type Growing = Parameters<Derive>[0];

const nothing: LevelValue = freeze({});

/**
 * What follows from a list.
 *
 * @throws GlassineError `slot_invalid` where `derive` throws, or its answer does not fit the schema;
 *   `cause` is what it threw
 */
export function derivedFields(node: Node, growing: Growing): LevelValue {
  const { derive, compiled } = node;
  if (derive === undefined || compiled.level === undefined) return nothing;
  let answer: unknown;
  try {
    answer = derive(growing);
  } catch (thrown) {
    throw failed(node, "threw", thrown);
  }
  if (dropPromise(answer)) throw failed(node, "returned a promise: it has to answer at once");
  const limits = { ...extensionsLimits, depth: extensionsLimits.depth - 1 };
  const shapeCode = "extensions_shape";
  const options = { origin: "host", limits, shapeCode, strict: true } as const;
  const read = admit(
    compiled.level.read,
    answer,
    options,
    growing.current ?? node.empty,
    "partial",
  );
  if (!read.ok)
    throw failed(
      node,
      `returned what the schema does not accept: ${formatProblems(read.problems)}`,
    );
  const fields: Record<string, unknown> = {};
  forEach(enumerableKeys(answer as object), (key) => {
    // Undefined and null take a field away. What is left out stays.
    const isGiven = (ownValue(answer, key) ?? undefined) !== undefined;
    put(fields, key, isGiven ? (read.value as LevelValue)[key] : undefined);
  });
  return fields;
}

/**
 * A copy, not frozen, of what is there, with its list and with what follows from that.
 *
 * @throws GlassineError `slot_invalid`, as `derivedFields` does
 */
export function grownLevel(node: Node, growing: Growing): Record<string, unknown> {
  const next: Record<string, unknown> = {
    ...(growing.current ?? defaultsOf(node)),
    ...derivedFields(node, growing),
  };
  if (node.grows !== undefined) put(next, node.grows.key, growing.list);
  return next;
}

/** A level with derived fields that its own check refuses. */
export function unfitLevel(node: Node): GlassineError {
  return failed(node, "returned fields with which the slot does not pass its own check");
}

function failed({ key }: Node, did: string, cause?: unknown): GlassineError {
  const text = `The \`derive\` of the slot ${quoted(key)} ${did}.`;
  return new GlassineError("slot_invalid", text, { slot: key }, cause);
}
