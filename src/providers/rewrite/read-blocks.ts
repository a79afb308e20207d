/** Reads single blocks and lists of blocks, following the table of their kinds. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart } from "../../core/messages/index.ts";
import {
  type BlockReading,
  type CompiledBlocks,
  type CompiledKind,
  inBlock,
  kindOfBlock,
  type Part,
  type PlaceOf,
} from "./block-kinds.ts";
import { type JsonObject, objectsIn, type Path, set, stringAt, valueAt } from "./json.ts";
import { type Reading, reportFields } from "./reading.ts";
import { pathOf } from "./report.ts";

/** Blocks, and where each is in the document. */
export interface Blocks {
  readonly blocks: readonly JsonObject[];
  readonly pathOfBlock: PlaceOf;
}

/** Blocks, the parts that show some of them, and the index of each part's block. */
export interface Shown extends Blocks {
  readonly parts: readonly ContentPart[];
  readonly at: readonly number[];
}

export function blockPath({ pathOfBlock }: Shown, place: number): string {
  return pathOf(...pathOfBlock(place));
}

/** Returns a function for the paths of a list's items. */
export function itemsOf(list: Path): PlaceOf {
  return (i) => [...list, i];
}

/** The parts of some blocks, and the index of each part's block. */
export type ReadBlocks = { readonly parts: readonly Part[]; readonly at: readonly number[] };

export function readBlocks(
  table: CompiledBlocks,
  { blocks, pathOfBlock }: Blocks,
  reading: Reading,
  place: string,
): ReadBlocks {
  const parts: Part[] = [];
  const at: number[] = [];
  const inner = innerReading(table, reading);
  for (const [i, block] of blocks.entries()) {
    const keys = pathOfBlock(i);
    const kind = kindOfBlock(table, block);
    const { isClosed, writes = [] } = table.table.places[place] ?? {};
    if (kind === undefined || (isClosed && !writes.includes(kind.name))) {
      const reason = `Messages have no part for this block${kind ? " here" : ""}.`;
      const as = kind === undefined ? table.table.unshown?.(block) : undefined;
      reading.left.add({ path: pathOf(...keys), kind: as ?? "content", reason }, keys);
      continue;
    }
    const reported: string[] = [];
    const isReported = reading.forms !== undefined;
    const own = isReported ? innerReading(table, withReported(reading, reported)) : inner;
    const part = readBlock(kind, block, keys, own);
    if (part === undefined) continue;
    reading.forms?.(reading.left, block, part, { path: keys, place }, reported);
    const reason = table.table.places[place]?.copied?.[kind.name];
    if (reason !== undefined) {
      reading.left.add({ path: pathOf(...keys), kind: "setting", reason }, keys);
    }
    parts.push(part);
    at.push(i);
  }
  return { parts, at };
}

function innerReading(table: CompiledBlocks, reading: Reading): BlockReading {
  return {
    ...reading,
    readInner(value, path, place) {
      const inner = { blocks: objectsIn(value), pathOfBlock: itemsOf(path) };
      return readBlocks(table, inner, reading, place).parts;
    },
  };
}

/** Returns a reading that also puts the paths of its reports into `reported`. */
function withReported(reading: Reading, reported: string[]): Reading {
  const { add, list } = reading.left;
  const addReported: typeof add = (item, keys) => {
    reported.push(item.path);
    add(item, keys);
  };
  return { ...reading, left: { add: addReported, list } };
}

/** Reads a block as a part, if its kind has one. */
function readBlock(
  kind: CompiledKind,
  block: JsonObject,
  path: Path,
  reading: BlockReading,
): Part | undefined {
  const content: { [name: string]: Json } = { ...kind.fixedFields };
  for (const { name, keys, place, rule } of kind.rules) {
    const value = keys && valueAt(block, keys);
    const read = rule.read(value, [...path, ...place], reading, inBlock(kind, block));
    if (read !== undefined) content[name] = read;
    else if (keys !== undefined && value !== undefined && rule.showsNothing !== true) {
      if (!isAlone(kind, name, rule.at)) continue;
      // A value that no part can hold, such as a number instead of a string.
      const isSetting = value === null || kind.settings?.includes(place.join(".")) === true;
      reading.reportField(reading.left, [...path, ...place], value, isSetting);
    }
  }
  if (kind.note !== undefined) {
    const [first, second] = kind.patterns.map(([keys]) => keys);
    const place = kind.turnField === undefined ? (first ?? []) : (second ?? []).slice(1);
    reading.left.add({ path: pathOf(...path, ...place), kind: "setting", reason: kind.note });
  }
  if (kind.part === "tool_call") nameCall(kind, content, path, reading);
  if (kind.namesResult) checkName(kind, content, path, reading);
  else if (kind.part === "tool_result")
    content.tool_name = nameOfResult(kind, content, path, reading);
  reportUnshown(kind, block, path, reading);
  if (kind.part === undefined) return undefined;
  const isText = kind.part === "text" || kind.part === "thinking";
  // The table says which fields the part of each kind has; createMessage checks them.
  return { content_type: kind.part, ...(isText ? content : { content }) } as Part;
}

/** Whether no other field of the part shows the same field of the block. */
function isAlone({ rules }: CompiledKind, field: string, at: string | undefined): boolean {
  return !rules.some(({ name, rule }) => name !== field && rule.at === at);
}

function reportUnshown(kind: CompiledKind, block: JsonObject, path: Path, reading: Reading): void {
  const isSilent = ([keys, isIt]: CompiledKind["silent"][number]) => {
    const value = valueAt(block, keys);
    return value !== undefined && isIt(value);
  };
  const reportable = kind.silent
    .filter(isSilent)
    .reduce((rest, [keys]) => set(rest, keys, undefined), block);
  const fields = inBlock(kind, reportable);
  const isShown = ([name]: [string, Json]) => kind.showsAll && kind.known.get(name) !== "setting";
  const rest = Object.entries(fields).filter((field) => !isShown(field));
  reportFields(reading, Object.fromEntries(rest), path, kind.known);
}

/** If two calls share an id, a result is named after the last, but may belong to the first. */
function nameCall(kind: CompiledKind, content: JsonObject, path: Path, reading: Reading): void {
  const id = String(content.tool_call_id);
  if (id === "") return;
  const before = reading.calls.get(id);
  const isOther = (key: string) => before !== undefined && before[key] !== content[key];
  if (["name", "namespace"].some(isOther)) {
    const reason =
      "An earlier call to another tool has the same id; results are named after the last one.";
    reportId(kind, path, reading, reason);
  }
  reading.calls.set(id, content);
}

function nameOfResult(
  kind: CompiledKind,
  content: JsonObject,
  path: Path,
  reading: Reading,
): string {
  const name = stringAt(reading.calls.get(String(content.tool_call_id)), "name");
  if (name === undefined) {
    const reason = "No earlier call has this id, so the tool is unknown.";
    reportId(kind, path, reading, reason);
  }
  return name ?? "";
}

/** Reports a result that names one tool, but has the id of another tool's call. */
function checkName(kind: CompiledKind, content: JsonObject, path: Path, reading: Reading): void {
  const name = stringAt(reading.calls.get(String(content.tool_call_id)), "name");
  if (name === undefined || name === content.tool_name) return;
  const reason = "The call with this id is to another tool.";
  reportId(kind, path, reading, reason);
}

function reportId({ rules }: CompiledKind, path: Path, { left }: Reading, reason: string): void {
  const keys = [...path, ...(rules.find(({ name }) => name === "tool_call_id")?.place ?? [])];
  left.add({ path: pathOf(...keys), kind: "content", reason }, keys);
}

/** Whether the caller has a call to answer. */
export function hasCall(table: CompiledBlocks, blocks: readonly JsonObject[]): boolean {
  return blocks.some((block) => {
    const kind = kindOfBlock(table, block);
    return kind?.part === "tool_call" && kind.isRunByProvider !== true;
  });
}
