/**
 * The kinds of blocks of one format, as data: how a block is recognized, the part that shows it,
 * and which field of the part is which field of the block. From this table blocks are read and
 * written, and what no part shows of them is reported.
 *
 * Fields of blocks are named with dots where they are inside others: `source.data`.
 */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, MessageInput } from "../../core/messages/index.ts";
import {
  isEmptyValue,
  isSameJsonText,
  type JsonObject,
  keysOf,
  objectIn,
  type Path,
  set,
  valueAt,
  withFields,
} from "./json.ts";
import type { LeftKind } from "./left-kinds.ts";
import { type FieldReporter, type KnownFields, knownFields, type Reading } from "./reading.ts";
import type { Collector, Lost, ReportRemoved } from "./report.ts";

/** A part as `createMessage` takes it. */
export type Part = NonNullable<MessageInput["content"]>[number];
type PartType = ContentPart["content_type"];
/** The fields of a part, by name. */
export type PartFields = { readonly [name: string]: Json | undefined };

/** What blocks are read with. */
export interface BlockReading extends Reading {
  /** The parts of the blocks inside another. */
  readonly readInner: (blocks: Json | undefined, path: Path, place: string) => readonly Part[];
}

/** What blocks are written with. */
export interface BlockWriting {
  readonly lost: Collector<Lost>;
  readonly removed: ReportRemoved;
  /** All fields of the part. */
  readonly content: PartFields;
  readonly writeInner: (
    parts: readonly ContentPart[],
    old: OldBlocks | undefined,
    placeOf: PlaceOf,
    place: string,
  ) => readonly Json[];
}

/** Where a part is in the messages, by its place in a list. */
export type PlaceOf = (i: number) => Path;

/** Blocks inside another, and where they are in the document. */
export interface OldBlocks {
  readonly blocks: readonly JsonObject[];
  readonly path: Path;
}

/** The old value of a field, and where it is in the document. */
interface OldField {
  readonly value: Json | undefined;
  readonly path: Path;
  readonly block: JsonObject;
}

/** A field of a part, and how a block says it. */
export interface FieldRule {
  /**
   * The field of the block; "" is the block itself. Without one the value is computed, and not
   * written.
   */
  readonly at?: string;
  /** Other fields of the block that `read` shows. */
  readonly shows?: readonly string[];
  /** Other fields of the part that `write` says. */
  readonly alsoSays?: readonly string[];
  /** Another field of the block that fits the old value alone. */
  readonly bound?: string;
  /** Whether `read` may show a value by showing nothing, such as a media type for any type. */
  readonly showsNothing?: boolean;
  /** Whether the value depends on the blocks before this one, such as an id that counts calls. */
  readonly isRelative?: boolean;
  /** Whether `write` itself reports what it cannot write; then reading again reports nothing. */
  readonly reportsLoss?: boolean;
  readonly read: (
    value: Json | undefined,
    path: Path,
    reading: BlockReading,
    block: JsonObject,
  ) => Json | undefined;
  /** The new value of the field, or `unwritable`; `undefined` removes it. */
  readonly write?: (
    value: Json | undefined,
    old: OldField | undefined,
    path: Path,
    writing: BlockWriting,
    /** The block with the fields that were written before this one. */
    block: JsonObject,
  ) => Json | undefined | typeof unwritable;
}

/** What a rule returns where no block can hold the value: the whole part is lost. */
export const unwritable = Symbol("unwritable");

/** One kind of block. */
export interface BlockKind {
  /** Absent for a block that no part shows: only its fields are reported. */
  readonly part?: PartType;
  /**
   * The field of a turn, in a format that says a turn in several fields. What the others of this
   * table name is then in the item of a `FieldBlock`; "" is the item itself.
   */
  readonly in?: string;
  /** The parts that a block without one stands for: it goes if one of them changes. */
  readonly standsFor?: PartType;
  /** The values by which a block is recognized, and which a new one has: `{ type: "text" }`. */
  readonly is?: { readonly [field: string]: string | boolean };
  /** The fields by which it is recognized in a format whose blocks have no type. */
  readonly has?: readonly string[];
  /** What else a block must have. */
  readonly when?: (block: JsonObject) => boolean;
  /** By name of the part's field: the block's field of the same string, or a rule. */
  readonly fields: { readonly [name: string]: string | FieldRule };
  /** What each part of this kind says, such as `{ type: "url" }`. */
  readonly says?: { readonly [name: string]: Json };
  /** Whether a new part is written so, if not whenever it says what each part of this kind says. */
  readonly fits?: (content: PartFields) => boolean;
  /** The kinds, by name, of which a block becomes one if its part no longer fits. */
  readonly becomes?: readonly string[];
  readonly settings?: readonly string[];
  /** Whether the part shows every field but the settings. */
  readonly showsAll?: boolean;
  /** Whether a block of this kind can say a part like this. One that it cannot needs a new block. */
  readonly holds?: (content: PartFields) => boolean;
  /** Fields that are not reported where they have this value. */
  readonly defaults?: { readonly [field: string]: Json };
  /** What fits the old content alone, such as a signature, and what stands for it afterwards. */
  readonly bound?: { readonly [field: string]: Json | undefined };
  /** What a new block has beside the fields, by place. */
  readonly fresh?: { readonly [place: string]: JsonObject };
  /** The fields of a part without which it has no block. */
  readonly needs?: readonly string[];
  /** The places in which a part cannot be written, even over its block. */
  readonly readOnlyIn?: readonly string[];
  /**
   * Why a part with a field that it needs, a read-only one or an unwritable one has no block, or
   * what is lost where a part needs a new one.
   */
  readonly reason?: string;
  /** The kind of call that a new part of this kind is or answers, if only one fits. */
  readonly ofCall?: string;
  /** Set for what the provider does itself. A caller must not do it a second time. */
  readonly isRun?: boolean;
  /** What else there is to say of each block of this kind. */
  readonly note?: string;
  /** Set for files of text, which may have been written as documents in base64. */
  readonly files?: FileComparison;
}

/** Compares what reads back as files of text with the documents that were written. */
interface FileComparison {
  /** What a file says of a document with the same text, in the document's words. */
  readonly asDocument: (file: unknown, document: unknown) => PartFields | undefined;
  /** Whether two lists of parts in a result say the same. */
  readonly saysSame: (files: unknown, parts: unknown) => boolean;
}

/** What a turn says in one of its fields, or in one item of a field that is a list. */
export interface FieldBlock extends JsonObject {
  readonly field: string;
  readonly item: Json;
}

/** Where blocks can be. */
interface BlockPlace {
  /** What it is called: `tool result`. */
  readonly name: string;
  /** The kinds that are written there. */
  readonly writes: readonly string[];
  /** Whether those alone are read there. */
  readonly isClosed?: boolean;
  /** Also bound to what a block says there. */
  readonly bound?: { readonly [field: string]: Json | undefined };
  /** The kinds, by name, of which the provider has a copy that it may use, and why. */
  readonly copied?: { readonly [kind: string]: string };
  /** Where blocks name what the provider stored: the ids in a block, and the fields with them. */
  readonly stored?: {
    readonly idsIn: (block: JsonObject) => readonly string[];
    readonly fieldsIn: (block: JsonObject) => readonly string[];
  };
}

export interface BlockTable {
  readonly kinds: { readonly [name: string]: BlockKind };
  /** `system`, `turn` and `answer`, or roles instead of them; and those that rules name. */
  readonly places: { readonly [name: string]: BlockPlace };
  /** The namespace of the tools that the provider runs. */
  readonly namespace?: string;
  /** The kind of a call whose id no old call has, for kinds that are `ofCall`. */
  readonly newCall?: string;
  /** How a block of no kind is reported, if not as content that nobody sees. */
  readonly unshown?: (block: JsonObject) => LeftKind | undefined;
  /** Also bound to what any block says. */
  readonly bound?: { readonly [field: string]: Json | undefined };
  /** Reports fields that nothing shows, if not as the engine does. */
  readonly reportField?: FieldReporter;
  /**
   * Set where a field is reported that would be written in another form: what to compare its value
   * as.
   */
  readonly formOf?: (value: Json | undefined) => unknown;
}

interface CompiledField {
  readonly name: string;
  readonly keys: Path | undefined;
  /** Where it is below the place of its block. */
  readonly place: Path;
  readonly rule: FieldRule;
}

/** A kind with what follows from it. */
export interface CompiledKind extends BlockKind {
  readonly name: string;
  readonly patterns: readonly (readonly [keys: Path, value: string | boolean])[];
  readonly rules: readonly CompiledField[];
  readonly known: KnownFields;
  /** Fields that are not reported with some values. */
  readonly silent: readonly (readonly [keys: Path, isSilent: (value: Json) => boolean])[];
  /** Whether a result names its tool itself. Else the call with its id does. */
  readonly namesResult: boolean;
}

/** The kinds of the old calls, by their ids. */
export type CallKinds = ReadonlyMap<string, CompiledKind>;

export interface CompiledBlocks {
  readonly table: BlockTable;
  /** Whether each result names its tool. */
  readonly namesResults: boolean;
  /** Whether a block may stand for parts. */
  readonly hasStandIns: boolean;
  readonly files: FileComparison | undefined;
  readonly kinds: ReadonlyMap<string, CompiledKind>;
  /** The field by which blocks are of a kind, and the kinds that one can be of, by its value. */
  readonly key: "type" | "field";
  readonly byType: ReadonlyMap<unknown, readonly CompiledKind[]>;
}

/* @__NO_SIDE_EFFECTS__ */
export function compileBlocks(table: BlockTable): CompiledBlocks {
  const kinds = Object.entries(table.kinds).map(
    ([name, kind]) => [name, compileKind(name, kind, table)] as const,
  );
  const results = kinds.filter(([, { part }]) => part === "tool_result");
  const named = results.filter(([, { namesResult }]) => namesResult);
  const byType = new Map<unknown, CompiledKind[]>();
  for (const [, kind] of kinds) {
    const type = kind.in ?? kind.is?.type;
    byType.set(type, [...(byType.get(type) ?? []), kind]);
  }
  return {
    table,
    namesResults: named.length > 0 && named.length === results.length,
    hasStandIns: kinds.some(([, { standsFor }]) => standsFor !== undefined),
    files: kinds.find(([, { files }]) => files !== undefined)?.[1].files,
    kinds: new Map(kinds),
    key: kinds.some(([, { in: field }]) => field !== undefined) ? "field" : "type",
    byType,
  };
}

function compileKind(name: string, kind: BlockKind, table: BlockTable): CompiledKind {
  const outer = kind.in === undefined ? [] : ["item"];
  const within = (place: string): Path => [...outer, ...keysOf(place)];
  const rules = Object.entries(kind.fields).map(([field, given]): CompiledField => {
    const rule = typeof given === "string" ? stringField(given) : given;
    const place = keysOf(rule.at ?? "");
    return { name: field, rule, place, keys: rule.at === undefined ? undefined : within(rule.at) };
  });
  const shown = rules.flatMap(({ rule: { at, shows = [] } }) =>
    at === undefined ? shows : [at, ...shows],
  );
  const { defaults = {} } = kind;
  const bound = Object.entries({ ...table.bound, ...kind.bound }).map(
    ([place, to]) => [within(place).join("."), to] as const,
  );
  return {
    ...kind,
    name,
    bound: Object.fromEntries(bound),
    patterns: [
      ...(kind.in === undefined ? [] : [[["field"], kind.in] as const]),
      ...Object.entries(kind.is ?? {}).map(([place, value]) => [within(place), value] as const),
    ],
    has: kind.has?.map((place) => within(place).join(".")) ?? [],
    rules,
    known: knownFields([...Object.keys(kind.is ?? {}), ...shown], kind.settings),
    silent: [
      ...Object.entries(defaults).map(
        ([place, value]) => [within(place), (now: Json) => isSameJsonText(now, value)] as const,
      ),
      ...bound.map(([place]) => [keysOf(place), isEmptyValue] as const),
    ],
    namesResult: kind.part === "tool_result" && "tool_name" in kind.fields,
  };
}

/** A field that is the same string in both; not written where the part has none. */
function stringField(at: string): FieldRule {
  return { at, read: (value) => (typeof value === "string" ? value : undefined), write: (v) => v };
}

/** The kind of a block, if the table has it. */
export function kindOfBlock(
  { byType, key }: CompiledBlocks,
  block: JsonObject,
): CompiledKind | undefined {
  const isIt = (kind: CompiledKind) => isOfKind(block, kind);
  return byType.get(block[key])?.find(isIt) ?? byType.get(undefined)?.find(isIt);
}

/** What a table of kinds calls a block: the item where a turn has several fields. */
export function inBlock({ in: field }: BlockKind, block: JsonObject): JsonObject {
  return field === undefined ? block : objectIn(block.item);
}

function isOfKind(block: JsonObject, kind: CompiledKind): boolean {
  const { patterns, has = [], when } = kind;
  return (
    patterns.every(([keys, value]) => valueAt(block, keys) === value) &&
    has.every((field) => valueAt(block, keysOf(field)) !== undefined) &&
    (when?.(inBlock(kind, block)) ?? true)
  );
}

/** The fields of a part, wherever it has them. */
export function fieldsOfPart(part: ContentPart | Part): PartFields {
  return "text" in part ? { text: part.text } : (part.content as PartFields);
}

/** The kind to write a part as: that of its block, unless a part like it needs another one. */
export function kindToWrite(
  { kinds, table }: CompiledBlocks,
  part: ContentPart,
  old: CompiledKind | undefined,
  place: string,
  callKinds: CallKinds,
): CompiledKind | undefined {
  const content = fieldsOfPart(part);
  const called = callKinds.get(String(content.tool_call_id))?.name ?? table.newCall;
  const says = ({ says: all = {} }: BlockKind) =>
    Object.entries(all).every(([name, value]) => isSameJsonText(content[name], value));
  const holds = (kind: BlockKind) => kind.holds?.(content) ?? true;
  const fits = (kind: CompiledKind) => kind.fits?.(content) ?? says(kind);
  const open = (table.places[place]?.writes ?? [])
    .flatMap((name) => kinds.get(name) ?? [])
    .filter((kind) => kind.part === part.content_type && holds(kind))
    .filter(({ ofCall = called }) => ofCall === called);
  if (old?.becomes !== undefined) {
    const { becomes } = old;
    if (says(old) && fits(old)) return old;
    return open.find((kind) => becomes.includes(kind.name) && fits(kind)) ?? old;
  }
  if (old !== undefined && holds(old)) {
    const isOther = (kind: CompiledKind) =>
      kind.part === part.content_type &&
      kind.in === old.in &&
      kind.is?.type === old.is?.type &&
      says(kind);
    return says(old) ? old : ([...kinds.values()].find(isOther) ?? old);
  }
  return open.find(fits) ?? open[0];
}

/** A block over which one of another kind is written: without what only the old kind has. */
export function withoutKind(
  block: JsonObject,
  kind: CompiledKind,
  next: CompiledKind,
  path: Path,
  removed: (path: Path) => void,
): JsonObject {
  const inner = [...kind.patterns.map(([keys]) => keys), ...kind.rules.map(({ keys = [] }) => keys)]
    .filter(({ length }) => length > 1)
    .map(([key]) => key);
  const emptied = [...new Set(inner)].flatMap((key) => (key === undefined ? [] : [key]));
  const isGone = (key: string | number) => !next.known.has(key) && key in block;
  const gone = kind.in === undefined ? [...kind.known.keys()].filter(isGone) : [];
  for (const key of gone) removed([...path, key]);
  return withFields(
    block,
    Object.fromEntries([
      ...gone.map((key) => [key, undefined] as const),
      ...emptied.map((key) => {
        for (const name of Object.keys(Object(valueAt(block, [key]))))
          removed([...path, key, name]);
        return [key, kind.has?.includes(String(key)) ? undefined : {}] as const;
      }),
    ]),
  );
}

export function withPatterns(block: JsonObject, { patterns }: CompiledKind): JsonObject {
  return patterns.reduce((made, [keys, value]) => set(made, keys, value), block);
}
