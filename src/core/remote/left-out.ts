/** What a reply of another implementation says by writing everything out. */
import { isEmptyContainer, type Level, type LevelValue } from "../schema/index.ts";
import type { CompiledSlots, Node } from "../slots/index.ts";
import { isRecord, ownAt, recordOf } from "./header-secrets.ts";

type Field = Level["fields"][number];

/**
 * A proposal without what says nothing where the view shows nothing: an empty container that is
 * empty by default, and a level of nothing else. Others write those for what they do not have.
 */
export function withoutEmpties(
  { nodes, envelope }: CompiledSlots,
  proposal: LevelValue,
  view: object,
): LevelValue {
  return cleared(nodes, envelope.level, proposal, view);
}

function cleared(
  nodes: readonly Node[],
  { fields }: Level,
  proposed: LevelValue,
  shown: unknown,
): LevelValue {
  const byKey = new Map(nodes.map((node, index) => [node.key, [node, fields[index] as Field]]));
  let same = true;
  const entries = Object.entries(proposed).flatMap(([key, value]): [string, unknown][] => {
    const [node, field] = (byKey.get(key) ?? []) as [Node?, Field?];
    if (node === undefined || field === undefined) return [[key, value]];
    const there = ownAt(shown, key);
    const next = clearedField(node, field, value, there);
    if (next !== value) same = false;
    return next === undefined ? [] : [[key, next]];
  });
  return same ? proposed : recordOf(entries);
}

/** `undefined` for what is left out. */
function clearedField(node: Node, field: Field, value: unknown, shown: unknown): unknown {
  const { level } = node.compiled;
  if (shown === undefined && isEmptyContainer(value) && isEmptyByDefault(field)) return undefined;
  if (level === undefined || !isRecord(value)) return value;
  const next = cleared(node.fields, level, value, shown);
  return shown === undefined && isEmptyContainer(next) ? undefined : next;
}

/** The header maps of the newer generation are empty by default; here they may be absent. */
function isEmptyByDefault({ compiled, fallback }: Field): boolean {
  return fallback === undefined ? compiled.shape === "headers" : isEmptyContainer(fallback());
}
