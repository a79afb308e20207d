/** Writes single blocks and lists of blocks over old ones, following the table of their kinds. */
import type { ContentPart, Message } from "../../core/messages/index.ts";
import {
  type BlockWriting,
  type CallKinds,
  type CompiledBlocks,
  type CompiledKind,
  fieldsOfPart,
  inBlock,
  kindOfBlock,
  kindToWrite,
  type OldBlocks,
  type PlaceOf,
  type Resets,
  unwritable,
  withoutKind,
  withPatterns,
} from "./block-kinds.ts";
import {
  isEmptyValue,
  isSameJsonText,
  type JsonObject,
  keysOf,
  type Path,
  set,
  valueAt,
  withFields,
} from "./json.ts";
import { checkedParts, pairParts } from "./messages.ts";
import type { Pair } from "./pair.ts";
import { blockPath, itemsOf, readBlocks, type Shown } from "./read-blocks.ts";
import { type Given, silentReading } from "./reading.ts";
import { type Collector, type Lost, pathOf, type ReportRemoved, removedItem } from "./report.ts";

/**
 * How to report what is lost while messages are written, and which calls must not be written as
 * new ones.
 */
export interface LossReporter {
  readonly lost: Collector<Lost>;
  readonly removed: ReportRemoved;
  /** The ids of the calls that the provider ran. */
  readonly providerCalls: ReadonlySet<string>;
  readonly callKinds: CallKinds;
  /** What the host knows, for reading blocks again. */
  readonly given?: Given;
}

/** The kinds and the place of blocks to write, and how losses are reported. */
export interface BlockTarget extends LossReporter {
  readonly table: CompiledBlocks;
  readonly place: string;
}

/** For blocks that are written only to be compared. */
export const silentReporter: LossReporter = {
  lost: { add: () => {}, list: () => [] },
  removed: () => {},
  providerCalls: new Set(),
  callKinds: new Map(),
};

/** The block that a part comes from, the part that showed it, and where it is. */
interface Old {
  readonly block: JsonObject;
  readonly part: ContentPart;
  readonly path: Path;
}

/**
 * Writes `parts` as blocks. A block that no part shows stays after the block that it followed; a
 * block whose part was removed is removed.
 */
export function writeBlocks(
  target: BlockTarget,
  parts: readonly ContentPart[],
  old: Shown | undefined,
  placeOf: PlaceOf,
): readonly JsonObject[] {
  const blocks: JsonObject[] = [];
  const pairs = pairParts(old?.parts ?? [], parts);
  const current = withoutQuotes(target, withoutStored(target, pairs, old), pairs, old, placeOf);
  const hidden = hiddenIn(old, current, staleBlocks(target, old, parts, placeOf));
  hidden.appendUpTo(old?.at[0] ?? old?.blocks.length ?? 0, blocks);
  for (const [i, { item: part, at, isSame, isMoved }] of pairs.entries()) {
    const before = old === undefined || at === undefined ? undefined : oldOf(old, at);
    const stays = before !== undefined && !isMoved;
    if (stays) hidden.appendUpTo(before.place, blocks);
    const now = isSame ? current[before?.place ?? -1] : writePart(target, part, before, placeOf(i));
    if (now !== undefined) blocks.push(now);
    if (stays) hidden.appendUpTo(before.next, blocks);
  }
  hidden.appendUpTo(old?.blocks.length ?? 0, blocks);
  const kept = new Set(pairs.map(({ at }) => at));
  const calls = idsOf("tool_call", parts);
  const results = idsOf("tool_result", parts);
  for (const [at, block] of old?.at.entries() ?? []) {
    if (old === undefined) continue;
    const path = blockPath(old, block);
    const part = old.parts[at] as ContentPart;
    const ofCall = fieldsOfPart(part).tool_call_id;
    if (part.content_type === "tool_call" && !calls.has(ofCall) && results.has(ofCall)) {
      // The AI SDK throws an error for a result whose call is missing.
      const reason = "The call was removed, or has another id, and its result is still there.";
      target.lost.add({ ...removedItem(path), reason });
    }
    if (kept.has(at)) continue;
    const copied = copiedIn(target, kindOfBlock(target.table, old.blocks[block] ?? {}));
    if (copied === undefined || !calls.has(ofCall)) target.removed(path);
    else target.lost.add({ ...removedItem(path), reason: copied, kind: "stored" });
  }
  return blocks;
}

/** Returns the ids of the calls, or of those that the results answer. */
function idsOf(type: "tool_call" | "tool_result", parts: readonly ContentPart[]) {
  const all = parts.filter(({ content_type }) => content_type === type);
  return new Set(all.map((part) => fieldsOfPart(part).tool_call_id));
}

/** Returns why the provider may use its own copy of a block of this kind. */
function copiedIn(
  { table: { table }, place }: BlockTarget,
  kind: CompiledKind | undefined,
): string | undefined {
  return kind && table.places[place]?.copied?.[kind.name];
}

/** Returns an old part's block and its place, and the place of the next part's block. */
function oldOf(old: Shown, at: number) {
  const place = old.at[at];
  const block = place === undefined ? undefined : old.blocks[place];
  const part = old.parts[at];
  if (place === undefined || block === undefined || part === undefined) return undefined;
  const path = old.pathOfBlock(place);
  return { block, part, path, place, next: old.at[at + 1] ?? old.blocks.length };
}

/**
 * Returns the places of blocks that have no part but stand for other parts, one of which has
 * changed. Reports these blocks.
 */
function staleBlocks(
  { table, lost, removed }: BlockTarget,
  old: Shown | undefined,
  parts: readonly ContentPart[],
  placeOf: PlaceOf,
): ReadonlySet<number> {
  const stale = new Set<number>();
  if (old === undefined || !table.hasStandIns) return stale;
  const saying = (all: readonly ContentPart[], type: string) =>
    all.filter(({ content_type }) => content_type === type);
  // Compared once for each type, since there may be many such blocks.
  const kept = new Map<string, boolean>();
  for (const [place, block] of old.blocks.entries()) {
    const type = kindOfBlock(table, block)?.standsFor;
    if (type === undefined) continue;
    const isKept = kept.get(type) ?? isSameJsonText(saying(old.parts, type), saying(parts, type));
    kept.set(type, isKept);
    if (isKept) continue;
    stale.add(place);
    removed(blockPath(old, place));
    const reason = `A ${type} changed, so a block that stands for it is dropped.`;
    lost.add({ path: pathOf(...placeOf(0).slice(0, 1)), reason });
  }
  return stale;
}

/**
 * Returns the old blocks. Unchanged ones lose their ids of what the provider stored, if a block
 * that changed or was removed has the same id.
 */
function withoutStored(
  { table: { table }, place, removed }: BlockTarget,
  pairs: readonly Pair<ContentPart>[],
  old: Shown | undefined,
): readonly JsonObject[] {
  const { stored } = table.places[place] ?? {};
  if (old === undefined || stored === undefined) return old?.blocks ?? [];
  const same = new Set(pairs.flatMap(({ at, isSame }) => (isSame && at !== undefined ? at : [])));
  const changed = new Set(old.at.filter((_, at) => !same.has(at)));
  const stale = new Set([...changed].flatMap((at) => stored.idsIn(old.blocks[at] ?? {})));
  const shown = new Set(old.at);
  return old.blocks.map((block, at) => {
    if (changed.has(at) || !stored.idsIn(block).some((id) => stale.has(id))) return block;
    const names = stored.fieldsIn(block);
    // A block that no part shows is reported as a whole.
    if (!shown.has(at)) removed(blockPath(old, at));
    else for (const name of names) removed(pathOf(...old.pathOfBlock(at), name));
    return withFields(block, Object.fromEntries(names.map((name) => [name, undefined])));
  });
}

/** What the model itself says, which it does not quote. */
const unquoted: readonly string[] = ["text", "thinking", "tool_call"];

/**
 * Returns `blocks`. Unchanged ones lose their quotes if a source before them, such as a tool's
 * result, changed or was removed: the quotes may have what a plugin took out of it.
 */
function withoutQuotes(
  { table, lost }: BlockTarget,
  blocks: readonly JsonObject[],
  pairs: readonly Pair<ContentPart>[],
  old: Shown | undefined,
  placeOf: PlaceOf,
): readonly JsonObject[] {
  const same = new Map(pairs.flatMap(({ at, isSame }, i) => (isSame ? [[at, i] as const] : [])));
  const isStale = ({ content_type }: ContentPart, at: number) =>
    !unquoted.includes(content_type) && !same.has(at);
  const stale = old?.parts.findIndex(isStale) ?? -1;
  if (old === undefined || stale === -1) return blocks;
  const without = [...blocks];
  for (const [at, place] of old.at.entries()) {
    const i = same.get(at);
    const block = without[place];
    if (at < stale || i === undefined || block === undefined) continue;
    const kind = kindOfBlock(table, block);
    if (kind?.quotes) without[place] = resetFields(block, kind.resetOnEdit, placeOf(i), lost);
  }
  return without;
}

/** Inserts the blocks that no part shows, in order. */
function hiddenIn(
  old: Shown | undefined,
  current: readonly JsonObject[],
  stale: ReadonlySet<number>,
) {
  const shown = new Set([...(old?.at ?? []), ...stale]);
  let next = 0;
  return {
    /** Appends those before `end` to `blocks`. */
    appendUpTo(end: number, blocks: JsonObject[]): void {
      for (const block of current.slice(next, end)) {
        if (!shown.has(next)) blocks.push(block);
        next += 1;
      }
    },
  };
}

/** Writes `part` as a block; if no block can hold it, reports that and returns `undefined`. */
export function writePart(
  target: BlockTarget,
  part: ContentPart,
  old: Old | undefined,
  path: Path,
): JsonObject | undefined {
  const { table, place, lost, removed } = target;
  const before = old && kindOfBlock(table, old.block);
  const kind = kindToWrite(table, part, before, place, target.callKinds);
  if (old && before?.canHold?.(fieldsOfPart(part)) === false) {
    if (before.reason === undefined) removed(pathOf(...old.path));
    else lost.add({ path: pathOf(...path), reason: before.reason });
    return writePart(target, part, undefined, path);
  }
  if (kind === undefined) {
    const reason = `The ${table.table.places[place]?.name} cannot hold a part of this kind.`;
    lost.add({ path: pathOf(...path), reason });
    return undefined;
  }
  if (old === undefined && wasRunByProvider(target, part)) {
    const reason = "The provider ran this call itself, so it cannot be written as a new block.";
    lost.add({ path: pathOf(...path), reason });
    return undefined;
  }
  const block = blockOf(target, kind, part, old && before && { ...old, kind: before }, path);
  if (block === undefined) {
    const reason = kind.reason ?? "No block can hold this part.";
    lost.add({ path: pathOf(...path), reason });
    if (old !== undefined) removed(pathOf(...old.path));
  } else reportLosses(target, part, block, path);
  const copied = copiedIn(target, before);
  if (copied !== undefined) {
    lost.add({ path: pathOf(...path, "content"), reason: copied, kind: "stored" });
  }
  return block;
}

/** Whether the provider ran this call. If it became a new block, a caller would run it again. */
function wasRunByProvider(
  { table: { table }, providerCalls }: BlockTarget,
  part: ContentPart,
): boolean {
  if (part.content_type !== "tool_call" && part.content_type !== "tool_result") return false;
  if (providerCalls.has(part.content.tool_call_id)) return true;
  return (
    part.content_type === "tool_call" &&
    part.content.namespace !== undefined &&
    part.content.namespace === table.namespace
  );
}

/** Each field of a block is written by name; nothing of a message is ever spread into one. */
function blockOf(
  target: BlockTarget,
  kind: CompiledKind,
  part: ContentPart,
  old: (Old & { readonly kind: CompiledKind }) | undefined,
  path: Path,
): JsonObject | undefined {
  const { table, place, lost, removed } = target;
  const content = fieldsOfPart(part);
  if (kind.needs?.some((name) => content[name] === undefined)) return undefined;
  if (kind.readOnlyIn?.includes(place)) return undefined;
  const resets = { ...kind.resetOnEdit, ...table.table.places[place]?.resetOnEdit };
  let block = resetFields(old?.block ?? {}, resets, path, lost);
  const isOther = old !== undefined && old.kind !== kind;
  if (isOther) block = withoutKind(block, old.kind, kind, old.path, (at) => removed(pathOf(...at)));
  if (old === undefined || isOther) block = withPatterns(block, kind);
  const before = old === undefined || isOther ? undefined : fieldsOfPart(old.part);
  const writing: BlockWriting = {
    lost,
    removed,
    content,
    writeInner(parts, inner, placeOf, inside) {
      const innerTarget = { ...target, place: inside };
      return writeBlocks(innerTarget, parts, inner && shownIn(innerTarget, inner), placeOf);
    },
  };
  const outer = kind.turnField === undefined ? [] : ["item"];
  for (const { name, keys, place: within, rule } of kind.rules) {
    if (keys === undefined || rule.write === undefined) continue;
    const isSame = (field: string) => isSameJsonText(before?.[field], content[field]);
    if (before !== undefined && [name, ...(rule.alsoDependsOn ?? [])].every(isSame)) continue;
    const value = valueAt(block, keys);
    const known = old && {
      value,
      path: [...old.path, ...within],
      block: inBlock(kind, old.block),
    };
    const at = "text" in part ? path : [...path, "content", name];
    const now = rule.write(content[name], isOther ? undefined : known, at, writing, block);
    if (now === unwritable) return undefined;
    block = set(block, keys, now);
    if (rule.dropOnEdit !== undefined) {
      const stale = { [[...outer, rule.dropOnEdit].join(".")]: undefined };
      block = resetFields(block, stale, at.slice(0, -1), lost);
    }
  }
  const fresh = old === undefined ? Object.entries(kind.fresh?.[place] ?? {}) : [];
  return fresh.reduce((made, [name, value]) => set(made, [...outer, name], value), block);
}

function shownIn({ table, place, given }: BlockTarget, { blocks, path }: OldBlocks): Shown {
  const from = { blocks, pathOfBlock: itemsOf(path) };
  const { parts, at } = readBlocks(table, from, silentReading(given), place);
  return { ...from, parts: checkedParts(parts), at };
}

/** Returns `fields`, whose content changed, without what was only valid with the old content. */
export function resetFields<Fields extends JsonObject>(
  fields: Fields,
  resets: Resets | undefined,
  path: Path,
  lost: Collector<Lost>,
): Fields {
  let kept = fields;
  for (const [name, to] of Object.entries(resets ?? {})) {
    const keys = keysOf(name);
    const before = valueAt(fields, keys);
    const isEmpty = isEmptyValue(before);
    if (before === undefined || (isEmpty && to !== undefined)) continue;
    const reason = `${keys.at(-1)} belongs to the old content and is dropped.`;
    const isSame = to !== undefined && isSameJsonText(before, to);
    if (!isEmpty && !isSame) lost.add({ path: pathOf(...path), reason });
    kept = set(kept, keys, to) as Fields;
  }
  return kept;
}

/** Reports what would be lost if the block were read again. */
function reportLosses(
  { table, place, lost, given }: BlockTarget,
  part: ContentPart,
  block: JsonObject,
  path: Path,
): void {
  const from = { blocks: [block], pathOfBlock: itemsOf([]) };
  const { parts } = readBlocks(table, from, silentReading(given), place);
  const [again] = checkedParts(parts);
  const file = again && table.files?.asDocument(again, part);
  if (again === undefined || (again.content_type !== part.content_type && file === undefined)) {
    const reason = "It would read back as another part or not at all.";
    lost.add({ path: pathOf(...path), reason });
    return;
  }
  if (isSameJsonText(again, part)) return;
  const now = fieldsOfPart(part);
  const back = file ?? fieldsOfPart(again);
  for (const name of new Set([...Object.keys(now), ...Object.keys(back)])) {
    if (isSameJsonText(now[name], back[name])) continue;
    if (table.files?.areEquivalent(back[name], now[name])) continue;
    // An empty id names no call, so only the result itself can name its tool.
    const isAlone = name === "tool_name" && now.tool_call_id === "";
    if (!isAlone && isUncertain(table, block, name)) continue;
    const reason = "The block cannot hold this value; it would read back as another or not at all.";
    const at = "text" in part ? [...path, "text"] : [...path, "content", name];
    lost.add({ path: pathOf(...(now[name] === undefined ? path : at)), reason });
  }
}

/** Whether a value depends on earlier blocks, or its loss was reported when it was written. */
function isUncertain(table: CompiledBlocks, block: JsonObject, field: string): boolean {
  const { rules = [], namesResult } = kindOfBlock(table, block) ?? {};
  // The call with the same id names the result's tool.
  if (field === "tool_name" && namesResult === false) return true;
  return rules.some(
    ({ name, rule }) => name === field && (rule.isRelative === true || rule.reportsLoss === true),
  );
}

/**
 * Returns the kinds of the calls in `blocks`, and the ids of the calls in `blocks` and `parts` that
 * the provider ran.
 */
export function callsIn(
  table: CompiledBlocks,
  blocks: readonly JsonObject[],
  parts: readonly ContentPart[],
): Pick<LossReporter, "providerCalls" | "callKinds"> {
  const ids = new Set<string>();
  const callKinds = new Map<string, CompiledKind>();
  for (const block of blocks) {
    const kind = kindOfBlock(table, block);
    if (kind?.part !== "tool_call") continue;
    const keys = kind.rules.find(({ name }) => name === "tool_call_id")?.keys ?? [];
    const id = valueAt(block, keys);
    if (typeof id !== "string") continue;
    callKinds.set(id, kind);
    if (kind.isRunByProvider === true) ids.add(id);
  }
  for (const part of parts) {
    const isOwn = part.content_type === "tool_call" && part.content.namespace !== undefined;
    if (isOwn && part.content.namespace === table.table.namespace)
      ids.add(part.content.tool_call_id);
  }
  return { providerCalls: ids, callKinds };
}

/** Returns the ids of calls and results in messages. */
function idsIn(messages: readonly Message[]) {
  return messages.flatMap(({ content }, index) =>
    content.flatMap((part, i) => {
      if (part.content_type !== "tool_call" && part.content_type !== "tool_result") return [];
      const path = [index, "content", i, "content", "tool_call_id"];
      return [{ id: part.content.tool_call_id, path }];
    }),
  );
}

/** Reports the first id that reads back as another one because it depends on other blocks. */
export function reportRelativeIds(
  { kinds }: CompiledBlocks,
  messages: readonly Message[],
  readAgain: () => readonly Message[],
  lost: Collector<Lost>,
): void {
  const isAny = [...kinds.values()].some(({ rules }) => rules.some(({ rule }) => rule.isRelative));
  if (!isAny) return;
  const again = idsIn(readAgain());
  const other = idsIn(messages).find(({ id }, at) => id !== again[at]?.id);
  if (other === undefined) return;
  const reason = "The call has no id in the format; it reads back with another one.";
  lost.add({ path: pathOf(...other.path), reason });
}
