/** Parts of a message as blocks: over those it came from, with what it did not show in its place. */

import { type ContentPart, createMessage } from "../../core/messages/index.ts";
import { pairParts, pathOf } from "../rewrite/index.ts";
import type { Block, Path } from "./json.ts";
import { innerParts, silentReport } from "./read-block.ts";
import {
  type LossReporter,
  type OldBlocks,
  type Place,
  type PlaceOf,
  type Writing,
  writeBlock,
} from "./write-block.ts";

/** Blocks, the parts that show some of them, and at which block each part is. */
export interface Shown {
  readonly blocks: readonly Block[];
  readonly parts: readonly ContentPart[];
  readonly at: readonly number[];
  /** Where the list of the blocks is in the document, and at which place of it they begin. */
  readonly path: Path;
  readonly begin: number;
}

/** The path of one of the blocks. */
export function blockPath({ path, begin }: Shown, place: number): string {
  return pathOf(...path, begin + place);
}

/**
 * The blocks for `parts`. A block that no part shows stays behind the block it stood behind; one
 * whose part is gone is gone.
 */
export function writeBlocks(
  parts: readonly ContentPart[],
  old: Shown | undefined,
  placeOf: PlaceOf,
  writing: Writing,
): readonly Block[] {
  const blocks: Block[] = [];
  const hidden = hiddenIn(old);
  hidden.appendUpTo(old?.at[0] ?? old?.blocks.length ?? 0, blocks);
  const pairs = pairParts(old?.parts ?? [], parts);
  for (const [i, { item: part, at, isSame, isMoved }] of pairs.entries()) {
    const before = old === undefined || at === undefined ? undefined : oldOf(old, at);
    const stays = before !== undefined && !isMoved;
    if (stays) hidden.appendUpTo(before.place, blocks);
    const now = isSame ? before?.block : writeBlock(part, before, placeOf(i), writing);
    if (now !== undefined) blocks.push(now);
    if (stays) hidden.appendUpTo(before.next, blocks);
  }
  hidden.appendUpTo(old?.blocks.length ?? 0, blocks);
  if (old !== undefined) reportRemoved(old, new Set(pairs.map(({ at }) => at)), writing);
  return blocks;
}

/** The block of an old part, its place, and that of the next part's. */
function oldOf(old: Shown, at: number) {
  const place = old.at[at];
  const block = place === undefined ? undefined : old.blocks[place];
  const part = old.parts[at];
  if (place === undefined || block === undefined || part === undefined) return undefined;
  const path = [...old.path, old.begin + place];
  return { block, part, path, place, next: old.at[at + 1] ?? old.blocks.length };
}

function reportRemoved(
  old: Shown,
  kept: ReadonlySet<number | undefined>,
  { removed }: Writing,
): void {
  for (const [at, place] of old.at.entries()) if (!kept.has(at)) removed(blockPath(old, place));
}

/** Hands out the blocks that no part shows, in order. */
function hiddenIn(old: Shown | undefined) {
  const shown = new Set(old?.at);
  let next = 0;
  return {
    /** Puts those before `end` into `blocks`. */
    appendUpTo(end: number, blocks: Block[]): void {
      for (const block of old?.blocks.slice(next, end) ?? []) {
        if (!shown.has(next)) blocks.push(block);
        next += 1;
      }
    },
  };
}

export function writingTo(place: Place, reporter: LossReporter): Writing {
  return {
    place,
    ...reporter,
    writeInner: (parts, old, placeOf) =>
      writeBlocks(parts, old && shownInner(old), placeOf, writingTo("result", reporter)),
  };
}

function shownInner({ blocks, path }: OldBlocks): Shown {
  const { parts, at } = innerParts(blocks, path, silentReport());
  const shown = createMessage({ role: "tool", content: parts }).content;
  return { blocks, parts: shown, at, path, begin: 0 };
}
