/** A level whose list has grown. Also made in a patched realm, by a helper and by the merge. */
import { intrinsics } from "../data/index.ts";
import type { LevelValue } from "../schema/index.ts";
import { defaultsOf, type Node } from "./compile.ts";

const { enumerableKeys, put } = intrinsics;

/** What a level is made of that has its list as it will be. */
export interface Growing {
  readonly current: LevelValue | undefined;
  readonly list: readonly unknown[];
  readonly proposed: LevelValue;
}

/** A copy, not frozen, of what is there, with its list and with what follows from that. */
export function grownLevel(node: Node, growing: Growing): Record<string, unknown> {
  const { current, list } = growing;
  const next: Record<string, unknown> = { ...(current ?? defaultsOf(node)) };
  const derived = node.derive?.(growing) ?? {};
  const names = enumerableKeys(derived);
  for (let i = 0; i < names.length; i++) put(next, names[i] as string, derived[names[i] as string]);
  next[node.grows as string] = list;
  return next;
}
