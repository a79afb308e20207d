/** Parts of a message as blocks: over those it came from, with what it did not show in its place. */
import { type Collector, type Lost, pairParts } from "../../documents/index.ts";
import { type ContentPart, createMessage } from "../../messages/index.ts";
import type { Block, Path } from "./json.ts";
import { innerParts, quietly } from "./read-block.ts";
import { type Place, type Writing, writeBlock } from "./write-block.ts";

/** Blocks, the parts that show some of them, and at which block each part is. */
export interface Shown {
  readonly blocks: readonly Block[];
  readonly parts: readonly ContentPart[];
  readonly at: readonly number[];
}

/**
 * The blocks for `parts`. A block that no part shows stays behind the block it stood behind; one
 * whose part is gone is gone.
 */
export function writeBlocks(
  parts: readonly ContentPart[],
  old: Shown | undefined,
  path: Path,
  writing: Writing,
): readonly Block[] {
  const blocks: Block[] = [];
  const hidden = hiddenIn(old);
  hidden.takeUpTo(old?.at[0] ?? old?.blocks.length ?? 0, blocks);
  const pairs = pairParts(old?.parts ?? [], parts);
  for (const [i, part] of parts.entries()) {
    const { at, isSame } = pairs[i] as (typeof pairs)[number];
    const place = at === undefined ? undefined : old?.at[at];
    const block = place === undefined ? undefined : old?.blocks[place];
    if (place !== undefined) hidden.takeUpTo(place, blocks);
    const before =
      block && at !== undefined ? { block, part: old?.parts[at] as ContentPart } : undefined;
    const now = isSame ? block : writeBlock(part, before, [...path, i], writing);
    if (now !== undefined) blocks.push(now);
    if (at !== undefined) hidden.takeUpTo(old?.at[at + 1] ?? old?.blocks.length ?? 0, blocks);
  }
  hidden.takeUpTo(old?.blocks.length ?? 0, blocks);
  return blocks;
}

/** Hands out the blocks that no part shows, in order. */
function hiddenIn(old: Shown | undefined) {
  const shown = new Set(old?.at);
  let next = 0;
  return {
    /** Puts those before `end` into `blocks`. */
    takeUpTo(end: number, blocks: Block[]): void {
      for (; next < end; next++) {
        if (!shown.has(next)) blocks.push(old?.blocks[next] as Block);
      }
    },
  };
}

export function writingTo(place: Place, lost: Collector<Lost>): Writing {
  return {
    place,
    lost,
    writeInner: (parts, old, path) =>
      writeBlocks(parts, old && shownInner(old), path, writingTo("result", lost)),
  };
}

function shownInner(blocks: readonly Block[]): Shown {
  const { parts, at } = innerParts(blocks, [], quietly());
  return { blocks, parts: createMessage({ role: "tool", content: parts }).content, at };
}
