/**
 * A format's kinds of blocks, as data: how to recognize a block, which part shows it, and which
 * fields of the part and the block correspond. With this table, blocks are read and written, and
 * whatever no part shows of them is reported.
 *
 * Nested fields of blocks are named with dots: `source.data`.
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
export type PartFields = { readonly [name: string]: Json | undefined };

/** The state and functions that rules read blocks with. */
export interface BlockReading extends Reading {
  /** Reads the blocks inside another block as parts. */
  readonly readInner: (blocks: Json | undefined, path: Path, place: string) => readonly Part[];
}

/** The state and functions that rules write blocks with. */
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

/** Returns the path of an item, by its index in a list. */
export type PlaceOf = (i: number) => Path;

/** Blocks inside another block, and where they are in the document. */
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

/** A field of a part, and how a block represents it. */
export interface FieldRule {
  /**
   * The field of the block; "" is the block itself. If absent, the value is computed, and never
   * written.
   */
  readonly at?: string;
  /** Other fields of the block that `read` shows. */
  readonly shows?: readonly string[];
  /** Other fields of the part that `write` depends on. */
  readonly alsoDependsOn?: readonly string[];
  /** Another field of the block that is only valid with the old value, and dropped with it. */
  readonly dropOnEdit?: string;
  /** Whether `read` can show a value by returning `undefined`, such as a wildcard media type. */
  readonly showsNothing?: boolean;
  /** Whether the value depends on earlier blocks, such as an id that counts calls. */
  readonly isRelative?: boolean;
  /** Whether `write` reports losses itself, so that reading the block again need not. */
  readonly reportsLoss?: boolean;
  readonly read: (
    value: Json | undefined,
    path: Path,
    reading: BlockReading,
    block: JsonObject,
  ) => Json | undefined;
  /** Returns the field's new value, or `unwritable`; `undefined` removes the field. */
  readonly write?: (
    value: Json | undefined,
    old: OldField | undefined,
    path: Path,
    writing: BlockWriting,
    /** The block, including the fields that were written before this one. */
    block: JsonObject,
  ) => Json | undefined | typeof unwritable;
}

/** What a rule returns if no block can hold the value: the whole part is lost. */
export const unwritable = Symbol("unwritable");

export interface BlockKind {
  /** The part that shows it. If absent, no part does, and only the block's fields are reported. */
  readonly part?: PartType;
  /**
   * The field of the turn, in formats where a turn has several fields. The fields that the other
   * members name are then in the item of a `FieldBlock`; "" is the item itself.
   */
  readonly turnField?: string;
  /** For a block without a part: the type of parts it stands for. It is dropped if one changes. */
  readonly standsFor?: PartType;
  /** The values that identify a block of this kind, and that a new one gets: `{ type: "text" }`. */
  readonly matches?: { readonly [field: string]: string | boolean };
  /** The fields that identify it in a format whose blocks have no type. */
  readonly identifiedBy?: readonly string[];
  /** A further condition that a block must meet. */
  readonly condition?: (block: JsonObject) => boolean;
  /** By name of the part's field: the block's field with the same string, or a rule. */
  readonly fields: { readonly [name: string]: string | FieldRule };
  /** The values that every part of this kind has, such as `{ type: "url" }`. */
  readonly fixedFields?: { readonly [name: string]: Json };
  /** Whether a new part is written as this kind. Default: if it has the values in `fixedFields`. */
  readonly isDefaultFor?: (content: PartFields) => boolean;
  /** The names of the kinds that a block can be rewritten as if its part no longer fits. */
  readonly canBecome?: readonly string[];
  readonly settings?: readonly string[];
  /** Whether the part shows every field except the settings. */
  readonly showsAll?: boolean;
  /** Whether a block of this kind can represent a part like this. If not, it needs a new block. */
  readonly canHold?: (content: PartFields) => boolean;
  /** Fields that are not reported if they have this value. */
  readonly defaults?: { readonly [field: string]: Json };
  /** Fields only valid with the old content, such as a signature. */
  readonly resetOnEdit?: Resets;
  /** Whether the fields of `resetOnEdit` quote other parts: a change of such a part resets them, too. */
  readonly quotes?: boolean;
  /** Further fields of a new block, by place. */
  readonly fresh?: { readonly [place: string]: JsonObject };
  /** The fields without which a part has no block. */
  readonly needs?: readonly string[];
  /** The places where a part cannot be written, not even over its own block. */
  readonly readOnlyIn?: readonly string[];
  /**
   * Why a part has no block if it lacks a needed field, is read-only or has an unwritable value; or
   * what is lost if a part needs a new block.
   */
  readonly reason?: string;
  /** The kind of call that a new part of this kind must be or answer, if only one fits. */
  readonly ofCall?: string;
  /** Set for calls that the provider runs itself. A caller must not run them again. */
  readonly isRunByProvider?: boolean;
  /** Reported, as a setting, for each block of this kind. */
  readonly note?: string;
  /** Set for text files, which may have been written as documents in base64. */
  readonly files?: FileComparison;
}

/** Compares text files that were read back with the documents that were written. */
interface FileComparison {
  /** Returns a document's fields as a file with the same text shows them, or `undefined`. */
  readonly asDocument: (file: unknown, document: unknown) => PartFields | undefined;
  /** Whether two lists of parts in a result are equivalent. */
  readonly areEquivalent: (files: unknown, parts: unknown) => boolean;
}

/** Fields only valid with the old content, and what they become: `undefined` removes a field. */
export type Resets = { readonly [field: string]: Json | undefined };

/** The content of one field of a turn, or of one item if the field is a list. */
export interface FieldBlock extends JsonObject {
  readonly field: string;
  readonly item: Json;
}

interface BlockPlace {
  /** Its name in reports: `tool result`. */
  readonly name: string;
  /** The kinds that are written there. */
  readonly writes: readonly string[];
  /** Whether those are also the only kinds that are read there. */
  readonly isClosed?: boolean;
  /** For any kind of block in this place: more fields that an edit resets, and to what. */
  readonly resetOnEdit?: Resets;
  /** By kind: why an edit may have no effect, as the provider may use its own copy of the block. */
  readonly copied?: { readonly [kind: string]: string };
  /** For blocks that refer to what the provider stored: their ids, and the fields with the ids. */
  readonly stored?: {
    readonly idsIn: (block: JsonObject) => readonly string[];
    readonly fieldsIn: (block: JsonObject) => readonly string[];
  };
}

export interface BlockTable {
  readonly kinds: { readonly [name: string]: BlockKind };
  /** `system`, `turn` and `answer`, or roles instead of them; and the places that rules name. */
  readonly places: { readonly [name: string]: BlockPlace };
  /** The namespace of the tools that the provider runs. */
  readonly namespace?: string;
  /** The kind assumed for a call whose id no old call has; compared with `ofCall`. */
  readonly newCall?: string;
  /** How to report a block that no kind matches. Default: as `content`. */
  readonly unshown?: (block: JsonObject) => LeftKind | undefined;
  /** For any kind of block: more fields that an edit resets, and to what. */
  readonly resetOnEdit?: Resets;
  /** Reports fields that nothing shows. Default: `reportUnshown`. */
  readonly reportField?: FieldReporter;
  /**
   * Set to report fields that would be written in another form. Returns what to compare instead of
   * the value.
   */
  readonly formOf?: (value: Json | undefined) => unknown;
}

interface CompiledField {
  readonly name: string;
  readonly keys: Path | undefined;
  /** Its path relative to its block. */
  readonly place: Path;
  readonly rule: FieldRule;
}

/** A kind, and what follows from it. */
export interface CompiledKind extends BlockKind {
  readonly name: string;
  readonly patterns: readonly (readonly [keys: Path, value: string | boolean])[];
  readonly rules: readonly CompiledField[];
  readonly known: KnownFields;
  /** Fields that are not reported if they have certain values. */
  readonly silent: readonly (readonly [keys: Path, isSilent: (value: Json) => boolean])[];
  /** Whether a result names its tool itself. If not, the call with the same id does. */
  readonly namesResult: boolean;
}

/** The kinds of the old calls, by id. */
export type CallKinds = ReadonlyMap<string, CompiledKind>;

export interface CompiledBlocks {
  readonly table: BlockTable;
  /** Whether each result names its tool. */
  readonly namesResults: boolean;
  /** Whether a block may stand for parts. */
  readonly hasStandIns: boolean;
  readonly files: FileComparison | undefined;
  readonly kinds: ReadonlyMap<string, CompiledKind>;
  /** The field that narrows down a block's kind, and the possible kinds by its value. */
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
    const type = kind.turnField ?? kind.matches?.type;
    byType.set(type, [...(byType.get(type) ?? []), kind]);
  }
  return {
    table,
    namesResults: named.length > 0 && named.length === results.length,
    hasStandIns: kinds.some(([, { standsFor }]) => standsFor !== undefined),
    files: kinds.find(([, { files }]) => files !== undefined)?.[1].files,
    kinds: new Map(kinds),
    key: kinds.some(([, { turnField: field }]) => field !== undefined) ? "field" : "type",
    byType,
  };
}

function compileKind(name: string, kind: BlockKind, table: BlockTable): CompiledKind {
  const outer = kind.turnField === undefined ? [] : ["item"];
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
  const resets = Object.entries({ ...table.resetOnEdit, ...kind.resetOnEdit }).map(
    ([place, to]) => [within(place).join("."), to] as const,
  );
  return {
    ...kind,
    name,
    resetOnEdit: Object.fromEntries(resets),
    patterns: [
      ...(kind.turnField === undefined ? [] : [[["field"], kind.turnField] as const]),
      ...Object.entries(kind.matches ?? {}).map(
        ([place, value]) => [within(place), value] as const,
      ),
    ],
    identifiedBy: kind.identifiedBy?.map((place) => within(place).join(".")) ?? [],
    rules,
    known: knownFields([...Object.keys(kind.matches ?? {}), ...shown], kind.settings),
    silent: [
      ...Object.entries(defaults).map(
        ([place, value]) => [within(place), (now: Json) => isSameJsonText(now, value)] as const,
      ),
      ...resets.map(([place]) => [keysOf(place), isEmptyValue] as const),
    ],
    namesResult: kind.part === "tool_result" && "tool_name" in kind.fields,
  };
}

/** A field that is the same string in part and block; not written if the part has none. */
function stringField(at: string): FieldRule {
  return { at, read: (value) => (typeof value === "string" ? value : undefined), write: (v) => v };
}

/** Returns a block's kind, if the table has it. */
export function kindOfBlock(
  { byType, key }: CompiledBlocks,
  block: JsonObject,
): CompiledKind | undefined {
  const isIt = (kind: CompiledKind) => isOfKind(block, kind);
  return byType.get(block[key])?.find(isIt) ?? byType.get(undefined)?.find(isIt);
}

/** Returns what the functions of a table get as the block: of a `FieldBlock`, only its item. */
export function inBlock({ turnField: field }: BlockKind, block: JsonObject): JsonObject {
  return field === undefined ? block : objectIn(block.item);
}

function isOfKind(block: JsonObject, kind: CompiledKind): boolean {
  const { patterns, identifiedBy = [], condition } = kind;
  return (
    patterns.every(([keys, value]) => valueAt(block, keys) === value) &&
    identifiedBy.every((field) => valueAt(block, keysOf(field)) !== undefined) &&
    (condition?.(inBlock(kind, block)) ?? true)
  );
}

/** Returns a part's fields, whether they are in the part itself or in its `content`. */
export function fieldsOfPart(part: ContentPart | Part): PartFields {
  return "text" in part ? { text: part.text } : (part.content as PartFields);
}

/** Returns the kind to write a part as: its old block's, unless the part now needs another. */
export function kindToWrite(
  { kinds, table }: CompiledBlocks,
  part: ContentPart,
  old: CompiledKind | undefined,
  place: string,
  callKinds: CallKinds,
): CompiledKind | undefined {
  const content = fieldsOfPart(part);
  const called = callKinds.get(String(content.tool_call_id))?.name ?? table.newCall;
  const hasFixed = ({ fixedFields: all = {} }: BlockKind) =>
    Object.entries(all).every(([name, value]) => isSameJsonText(content[name], value));
  const canHold = (kind: BlockKind) => kind.canHold?.(content) ?? true;
  const isDefault = (kind: CompiledKind) => kind.isDefaultFor?.(content) ?? hasFixed(kind);
  const open = (table.places[place]?.writes ?? [])
    .flatMap((name) => kinds.get(name) ?? [])
    .filter((kind) => kind.part === part.content_type && canHold(kind))
    .filter(({ ofCall = called }) => ofCall === called);
  if (old?.canBecome !== undefined) {
    const { canBecome } = old;
    if (hasFixed(old) && isDefault(old)) return old;
    return open.find((kind) => canBecome.includes(kind.name) && isDefault(kind)) ?? old;
  }
  if (old !== undefined && canHold(old)) {
    const isOther = (kind: CompiledKind) =>
      kind.part === part.content_type &&
      kind.turnField === old.turnField &&
      kind.matches?.type === old.matches?.type &&
      hasFixed(kind);
    return hasFixed(old) ? old : ([...kinds.values()].find(isOther) ?? old);
  }
  return open.find(isDefault) ?? open[0];
}

/** Returns a block without what only its old kind has, to write one of another kind over it. */
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
  const gone = kind.turnField === undefined ? [...kind.known.keys()].filter(isGone) : [];
  for (const key of gone) removed([...path, key]);
  return withFields(
    block,
    Object.fromEntries([
      ...gone.map((key) => [key, undefined] as const),
      ...emptied.map((key) => {
        for (const name of Object.keys(Object(valueAt(block, [key]))))
          removed([...path, key, name]);
        return [key, kind.identifiedBy?.includes(String(key)) ? undefined : {}] as const;
      }),
    ]),
  );
}

export function withPatterns(block: JsonObject, { patterns }: CompiledKind): JsonObject {
  return patterns.reduce((made, [keys, value]) => set(made, keys, value), block);
}
