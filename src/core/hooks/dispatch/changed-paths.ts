/** What a turn changed, for the records of a run. */
import { intrinsics } from "../../data/index.ts";
import type { LevelValue } from "../../schema/index.ts";
import { everyBit, type LevelForm, type Node, nextDiffering } from "../../slots/index.ts";
import type { Invocation } from "./invocation.ts";
import type { Changes } from "./outcome.ts";

const { append, clz32, freeze, newList, ownValue, toArray } = intrinsics;

/** The slots and payload fields that differ, by name. */
export function changedPaths(
  run: Invocation,
  changes: Pick<Changes, "payload" | "extensions">,
): readonly string[] {
  const { payloadFields, slots } = run.compiled;
  const alone =
    changes.payload === run.payload
      ? onlyChange(slots.nodes, slots.form, run.extensions, changes.extensions)
      : undefined;
  if (alone !== undefined) return alone.paths;
  const paths = newList<string>();
  if (changes.payload !== run.payload) {
    for (let i = 0; i < payloadFields.length; i++) {
      const field = payloadFields[i] as string;
      if (ownValue(changes.payload, field) !== ownValue(run.payload, field)) {
        append(paths, `payload.${field}`);
      }
    }
  }
  if (changes.extensions !== run.extensions) {
    addChanged(paths, slots.nodes, slots.form, run.extensions, changes.extensions);
  }
  return freeze(toArray(paths));
}

/** The one part that differs, where there is one and nothing else does: most change one. */
function onlyChange(
  nodes: readonly Node[],
  form: LevelForm,
  before: LevelValue,
  after: LevelValue,
): Node | undefined {
  const bits = form.differences(before, after);
  if (bits === 0 || (bits & (bits - 1)) !== 0) return undefined;
  const node = nodes[31 - clz32(bits)] as Node;
  if (node.tier !== "immutable") return node;
  const old = before[node.key] as LevelValue | undefined;
  const now = after[node.key] as LevelValue | undefined;
  if (old === undefined || now === undefined) return undefined;
  return onlyChange(node.fields, node.form, old, now);
}

function addChanged(
  paths: intrinsics.List<string>,
  nodes: readonly Node[],
  form: LevelForm,
  before: LevelValue | undefined,
  after: LevelValue,
): void {
  const bits = before === undefined ? everyBit : form.differences(before, after);
  for (let i = nextDiffering(bits, 0); i < nodes.length; i = nextDiffering(bits, i + 1)) {
    const node = nodes[i] as Node;
    const old = before?.[node.key];
    const now = after[node.key];
    // A part that a slot was created with, empty, was not changed by anyone.
    if (old === now || (before === undefined && isEmpty(now))) continue;
    // A slot of mixed tiers is named field by field; any other that can change, as a whole.
    if (node.tier !== "immutable") append(paths, node.path);
    else addChanged(paths, node.fields, node.form, old as LevelValue, now as LevelValue);
  }
}

/** Nothing, or a container of nothing. */
function isEmpty(value: unknown): boolean {
  if (value === null) return true;
  return typeof value === "object" && intrinsics.enumerableKeys(value).length === 0;
}
