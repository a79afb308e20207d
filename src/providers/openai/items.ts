/**
 * Divides the items of Responses into sections, one for each message.
 *
 * The assistant's texts, thoughts and calls are separate items. Consecutive ones are one message,
 * as in other formats. A response is one message as a whole.
 */
import type { Json } from "../../core/data/index.ts";
import type { Message } from "../../core/messages/index.ts";
import {
  type FieldBlock,
  knownFields,
  type Path,
  type PlacedBlock,
  pathOf,
  type Reading,
  reportFields,
  type TurnFields,
  type TurnReport,
} from "../rewrite/index.ts";
import { blockIn, keptById, roleNamed } from "./blocks.ts";
import { itemId } from "./item-blocks.ts";
import {
  given,
  isEmpty,
  isSameJsonText,
  type JsonObject,
  objectIn,
  objectsIn,
  stringAt,
  withFields,
} from "./json.ts";
import { itemKind } from "./shapes.ts";
import { callItems, itemIn, itemSettings, resultItems } from "./tool-items.ts";

type ItemList = "input" | "output";
type Role = Message["role"];

/** Consecutive items that are one message, or an item that no message shows. */
interface Section extends JsonObject {
  readonly items: readonly JsonObject[];
  /** The index of the first one in the list. */
  readonly at: number;
}

/** The role of the message that shows an item; `undefined` if none does. */
function roleOfItem(item: JsonObject): Role | undefined {
  const type = itemKind(item);
  if (itemIn(resultItems, type) !== undefined) return "tool";
  if (type === "message") return item.role === "tool" ? undefined : roleNamed(item.role);
  const isImage = type === "image_generation_call" && stringAt(item, "result") !== undefined;
  const isSaid = isImage || type === "reasoning" || itemIn(callItems, type) !== undefined;
  return isSaid ? "assistant" : undefined;
}

/** The sections of a list. An unshown item joins a message only if more of that message follows. */
export function sectionsOf(items: readonly JsonObject[]): readonly Section[] {
  const sections: Section[] = [];
  let open: { items: JsonObject[]; at: number; shown: number } | undefined;
  const close = () => {
    if (open === undefined) return;
    const { items: own, at, shown } = open;
    sections.push({ items: own.slice(0, shown), at, role: "assistant" });
    for (const [i, item] of own.slice(shown).entries())
      sections.push({ items: [item], at: at + shown + i });
    open = undefined;
  };
  for (const [at, item] of items.entries()) {
    const role = roleOfItem(item);
    if (role === "assistant" || (role === undefined && open !== undefined)) {
      open ??= { items: [], at, shown: 0 };
      open.items.push(item);
      if (role === "assistant") open.shown = open.items.length;
      continue;
    }
    close();
    sections.push({ items: [item], at, ...(role !== undefined && { role }) });
  }
  close();
  return sections;
}

/** A piece of an item: the item itself, a text or a block in one of its lists, or its output. */
function piece(field: string, item: Json, at: number, list?: "content" | "summary"): FieldBlock {
  return { field, item, at, ...(list !== undefined && { list }) };
}

function piecesOf(item: JsonObject, at: number, isAnswer: boolean): readonly PlacedBlock[] {
  const type = itemKind(item);
  const whole = { block: piece("item", item, at), path: [] };
  const isMessage = type === "message" && roleOfItem(item) !== undefined;
  if (!isMessage && type !== "reasoning") return [whole, ...outputOf(item, at)];
  const lists = isMessage ? (["content"] as const) : (["summary", "content"] as const);
  const pieces = lists.flatMap((list): readonly PlacedBlock[] => {
    const value = given(item, list);
    if (typeof value === "string") return [{ block: piece("text", value, at, list), path: [list] }];
    return objectsIn(value).map((block, i) => ({
      block: piece("content", block, at, list),
      path: [list, i],
    }));
  });
  // An item that only has an id or a status is a piece itself, so that it stays in its place.
  const isHidden = pieces.length === 0 && (isAnswer || roleOfItem(item) === "assistant");
  return isHidden ? [whole] : pieces;
}

/** The result that is in the same item as its call. */
function outputOf(item: JsonObject, at: number): readonly PlacedBlock[] {
  const { output = "", error = "" } = itemIn(callItems, itemKind(item)) ?? {};
  // If there are both, messages show only the output. The path is that of the unseen error, so that
  // removing the result reports what was dropped with it.
  const key = [error, output].find((each) => given(item, each) !== undefined);
  if (key === undefined) return [];
  const names = ["type", "id", "name", output, error];
  const own = Object.entries(item).filter(([name]) => names.includes(name));
  return [{ block: piece("output", Object.fromEntries(own), at), path: [key] }];
}

const ofMessage = knownFields(["type", "role", "content", "phase"], itemSettings);
const ofReasoning = knownFields(["type", "summary", "content"], itemSettings);

function report(section: JsonObject, list: ItemList, reading: Reading): void {
  const channel = channelOf(section);
  const setting = (path: Path, reason: string) =>
    reading.left.add({ path: pathOf(...path), kind: "setting", reason });
  let before = "";
  for (const [i, item] of objectsIn(section.items).entries()) {
    const kind = itemKind(item);
    const isMessage = kind === "message" && roleOfItem(item) !== undefined;
    const path = pathIn(section, list, i);
    if (isMessage || kind === "reasoning") {
      const isEmpty = piecesOf(item, i, false).every(({ block }) => block.field === "item");
      reportFields(reading, item, path, isMessage ? ofMessage : ofReasoning);
      if (isEmpty)
        setting(path, isMessage ? "A message without content." : "Reasoning without text.");
      if (!isMessage && given(item, "content") !== undefined)
        setting([...path, "content"], "Reasoning text, shown in the same way as a summary.");
      if (kind === before && !isEmpty) setting(path, `Begins a separate ${kind}.`);
      if (isMessage && channel === undefined) reportPhase(item, path, reading);
      if (isEmpty) continue;
    }
    if (roleOfItem(item) !== undefined) before = kind;
  }
}

function reportPhase(item: JsonObject, path: Path, { left }: Reading): void {
  const phase = given(item, "phase");
  if (phase === undefined) return;
  const kind = channels.some(([each]) => each === phase) ? "setting" : "content";
  const reason = "The phase differs from that of its neighbors.";
  left.add({ path: pathOf(...path, "phase"), kind, reason });
}

/** The path of an item. A plain string in place of a list has no index. */
export function pathIn({ at, form }: JsonObject, list: ItemList, i: number): Path {
  return typeof form === "string" ? [form] : [list, Number(at) + i];
}

const channels: readonly (readonly [phase: string, channel: "commentary" | "final"])[] = [
  ["commentary", "commentary"],
  ["final_answer", "final"],
];

/** The channel of a message: the phase that all its texts share. */
function channelOf({ items, role }: JsonObject): "commentary" | "final" | undefined {
  const said = objectsIn(items).filter((item) => itemKind(item) === "message");
  const [phase, ...others] = new Set(said.map((item) => given(item, "phase")));
  if (role !== "assistant" || others.length > 0) return undefined;
  return channels.find(([each]) => each === phase)?.[1];
}

/** How sections are read as messages and written from them. */
export function itemFields(list: ItemList): TurnFields {
  const isAnswer = list === "output";
  return {
    roleOf: ({ role }) => roleNamed(role),
    channelOf,
    blocksOf: (section) =>
      objectsIn(section.items).flatMap((item, i) =>
        piecesOf(item, i, isAnswer).map(({ block, path }) => {
          const isForm = section.form !== undefined;
          return { block, path: [...pathIn(section, list, i), ...(isForm ? [] : path)] };
        }),
      ),
    report: (section, _at, reading) => report(section, list, reading),
    write(blocks, old, message, { lost, removed }) {
      const before = objectsIn(old?.items);
      const isKept = channelOf(old ?? {}) === message.channel;
      const { items: now, used } = writeItems(blocks, before, message, { isAnswer, isKept, lost });
      for (const [i, item] of before.entries()) {
        // The engine checks all other items.
        const isOurs = ["message", "reasoning"].includes(itemKind(item));
        if (old !== undefined && isOurs && !used.has(i)) removed(pathIn(old, list, i));
      }
      if (isAnswer) return [{ items: now, at: 0, role: "assistant" }];
      const sections = sectionsOf(now);
      const [only] = sections;
      const isText = sections.length === 1 && typeof only?.items[0]?.content === "string";
      const form = isText && old?.form;
      return form ? [{ ...only, form }] : sections;
    },
  };
}

const itemOf = ({ item }: FieldBlock) => item;

type Lists = { readonly [list in "content" | "summary"]: FieldBlock[] };

/** An item that is being assembled from its pieces. */
interface Open {
  readonly kind: "message" | "reasoning";
  readonly old: JsonObject | undefined;
  readonly at: number | undefined;
  readonly lists: Lists;
}

interface ItemsWriting {
  readonly isAnswer: boolean;
  /** Whether the channel of the message is the old one. */
  readonly isKept: boolean;
  readonly lost: TurnReport["lost"];
}

/** Writes pieces as items over those in `before`; `used` has the indexes of those written again. */
function writeItems(
  blocks: readonly FieldBlock[],
  before: readonly JsonObject[],
  { role, channel }: Message,
  { isAnswer, isKept, lost }: ItemsWriting,
): { readonly items: readonly JsonObject[]; readonly used: ReadonlySet<number> } {
  const items: JsonObject[] = [];
  const used = new Set<number>();
  let open: Open | undefined;
  let created = 0;

  function putItem({ item, at }: FieldBlock, result: JsonObject | undefined): void {
    close();
    const written = objectIn(item);
    if (typeof at !== "number") {
      items.push({ ...begun(itemKind(written)), ...written });
      return;
    }
    used.add(at);
    const { output, error } = itemIn(callItems, itemKind(written)) ?? {};
    const keys = [output, error].filter((key) => key !== undefined);
    const had = keys.some((key) => given(written, key) !== undefined);
    if (!had) items.push(written);
    else {
      const now = result ?? Object.fromEntries(keys.map((key) => [key, null]));
      const changes = keys.filter((key) => Object.hasOwn(now, key)).map((key) => [key, now[key]]);
      items.push(withFields(written, Object.fromEntries(changes)));
    }
  }

  /** A new item of a response has an id and a status. */
  function begun(type: string): JsonObject {
    if (!isAnswer) return {};
    const id = itemId(before.length + created);
    created += 1;
    return type === "reasoning" ? { id } : { id, status: "completed" };
  }

  function addPiece(block: FieldBlock): void {
    const isNewSummary = block.list === undefined && objectIn(block.item).type === "summary_text";
    const list = isNewSummary || block.list === "summary" ? "summary" : "content";
    // Only messages of the assistant consist of several items.
    const isSingle = role !== "assistant" && before.length > 0;
    const at = isSingle ? 0 : typeof block.at === "number" ? block.at : undefined;
    const old = at === undefined ? undefined : before[at];
    const isThought = old === undefined ? list === "summary" : itemKind(old) === "reasoning";
    const kind = isThought ? "reasoning" : "message";
    const isSame = open?.at === at && open?.kind === kind;
    // A new text joins the message before it.
    const joins = at === undefined && kind === "message" && open?.kind === "message";
    if (!isSame && !joins) {
      close();
      // If something new splits an old item, only the first part keeps the item and its id.
      const isOwn = at !== undefined && !used.has(at);
      if (at !== undefined) used.add(at);
      open = { kind, old: isOwn ? old : undefined, at, lists: { content: [], summary: [] } };
    }
    open?.lists[list].push(block);
  }

  function close(): void {
    if (open === undefined) return;
    items.push(open.kind === "message" ? messageOf(open) : thoughtOf(open));
    open = undefined;
  }

  function messageOf({ old, lists }: Open): JsonObject {
    const content = contentOf(lists.content, old);
    const named = channels.find(([, each]) => each === channel)?.[0];
    const phase = role === "assistant" ? named : undefined;
    if (old !== undefined) return withFields(old, { content, ...(!isKept && { phase }) });
    const item = { ...begun("message"), type: "message", role, content };
    return phase === undefined ? item : { ...item, phase };
  }

  /** A single plain text is written as a string if the format allows it. */
  function contentOf(blocks: readonly FieldBlock[], old: JsonObject | undefined): Json {
    const was = old === undefined ? undefined : given(old, "content");
    const [first] = blocks;
    const type = role === "assistant" ? "output_text" : "input_text";
    const isList = Array.isArray(was) || blocks.length !== 1 || isAnswer;
    if (!isList && first !== undefined) {
      const { type: _, text, ...more } = blockIn(first);
      if (typeof text === "string" && Object.values(more).every(isEmpty)) return text;
    }
    return blocks.map((each) => (each.field === "text" ? { type, text: each.item } : each.item));
  }

  function thoughtOf({ old, lists }: Open): JsonObject {
    const summary = lists.summary.map(itemOf);
    const content = lists.content.map(itemOf);
    if (old === undefined) {
      const item = { ...begun("reasoning"), type: "reasoning", summary };
      return content.length > 0 ? { ...item, content } : item;
    }
    const was = given(old, "content");
    const isSame =
      isSameJsonText(given(old, "summary"), summary) && isSameJsonText(was ?? [], content);
    // A request that names the item would bring the stored reasoning back. An answer keeps its id.
    const stale = isSame ? [] : ["encrypted_content", ...(isAnswer ? [] : ["id"])];
    const dropped = stale.filter((field) => given(old, field) !== undefined);
    if (!isSame && isAnswer && given(old, "id") !== undefined) lost(keptById.reason, keptById.kind);
    for (const field of dropped) lost(`The reasoning changed, so its ${field} is dropped.`);
    return withFields(old, {
      summary,
      ...((was !== undefined || content.length > 0) && { content }),
      ...Object.fromEntries(dropped.map((field) => [field, undefined])),
    });
  }

  const outputs = new Map(
    blocks.flatMap(({ field, at, item }) => (field === "output" ? [[at, objectIn(item)]] : [])),
  );
  for (const block of blocks) {
    if (block.field === "item") putItem(block, outputs.get(block.at));
    else if (block.field !== "output") addPiece(block);
  }
  close();
  return { items, used };
}
