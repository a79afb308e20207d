/**
 * The items of Responses as messages.
 *
 * What the assistant says, thinks and calls comes as items of their own. Those in a row are one
 * message, as they are in other formats. A response is one message as a whole.
 */
import type { Json } from "../../core/data/index.ts";
import { type ContentPart, createMessage, type Message } from "../../core/messages/index.ts";
import { readBlock } from "./blocks.ts";
import type { CallNames } from "./calls.ts";
import { given, type JsonObject, objectsIn, textAt } from "./json.ts";
import { itemSettings, readCallItem, readResultItem } from "./read-tool-items.ts";
import { type ReportLeft, reportFields, under } from "./report-fields.ts";
import type { Source } from "./rewrite.ts";
import { itemKind } from "./shapes.ts";
import { callKinds, kindIn, resultKinds } from "./tool-items.ts";

/** A whole item, or one of the blocks or texts in the list of an item. */
export interface Piece {
  readonly field: "item" | "content" | "summary";
  readonly json: Json;
  /** Its place among the items of its run. New pieces have none. */
  readonly at?: number;
}
type Pieces = readonly Source<Piece, ContentPart>[];

/** Consecutive items that are one message, or an item that is not a message. */
export interface Run {
  readonly items: readonly JsonObject[];
  readonly pieces: Pieces;
  /** Where each of the items is in the document. */
  readonly paths: readonly string[];
  /** Where the items do not stand in a list: one text is all of them. */
  readonly form?: "instructions" | "input";
}

/** The place that is being read. */
export interface Reading {
  readonly names: CallNames;
  readonly left: ReportLeft;
  /** Items of a response have an id and a status. */
  readonly inResponse: boolean;
}

type Side = "assistant" | "tool" | "message" | "none";

interface ReadItem {
  readonly side: Side;
  readonly pieces: Pieces;
}

/** The id that a new item of a response gets. */
export const itemId = (index: number) => `item_${index}`;

/** An item by itself: who says it, and what it shows. */
export function readItem(
  item: JsonObject,
  index: number,
  at: number,
  path: string,
  reading: Reading,
): ReadItem {
  const { names, left } = reading;
  const type = itemKind(item);
  const usual = usualFields(item, index, reading);
  const call = kindIn(callKinds, type);
  const result = kindIn(resultKinds, type);
  const whole: Piece = { field: "item", json: item, at };
  if (call !== undefined) {
    const parts = readCallItem(item, call, path, names, usual, left);
    return { side: "assistant", pieces: [{ item: whole, parts, path }] };
  }
  if (result !== undefined) {
    const parts = [readResultItem(item, result, path, names, usual, left)];
    return { side: "tool", pieces: [{ item: whole, parts, path }] };
  }
  const hidden = [{ item: whole, parts: [], path }];
  switch (type) {
    case "message": {
      const role = textAt(item, "role") ?? "";
      if (!["system", "developer", "user", "assistant"].includes(role)) break;
      // `messageOf` reports what the channel does not express of a phase.
      reportFields(item, path, ["type", "role", "content", "phase", ...usual], itemSettings, left);
      const pieces = readList(given(item, "content"), "content", at, under(path, "content"), left);
      if (pieces.length === 0)
        left({ path, kind: "setting", reason: "A message without content." });
      return { side: role === "assistant" ? "assistant" : "message", pieces };
    }
    case "reasoning": {
      reportFields(item, path, ["type", "summary", "content", ...usual], itemSettings, left);
      const pieces = (["summary", "content"] as const).flatMap((key) =>
        readList(given(item, key), key, at, under(path, key), left),
      );
      const isShown = pieces.length > 0;
      if (!isShown) left({ path, kind: "setting", reason: "Reasoning without text." });
      if (given(item, "content") !== undefined) {
        left({
          path: under(path, "content"),
          kind: "setting",
          reason: "Reasoning in addition to its summary.",
        });
      }
      return { side: "assistant", pieces: isShown ? pieces : hidden };
    }
    case "image_generation_call": {
      const data = textAt(item, "result");
      if (data === undefined) break;
      reportFields(item, path, ["type", "result", ...usual], itemSettings, left);
      left({ path: under(path, "type"), kind: "setting", reason: "A generated image." });
      const image: ContentPart = { content_type: "image", content: { type: "base64", data } };
      return { side: "assistant", pieces: [{ item: whole, parts: [image], path }] };
    }
  }
  const isReference =
    type === "item_reference" && Object.keys(item).every((key) => key === "type" || key === "id");
  const kindOfItem = isReference ? "reference" : "content";
  left({ path, kind: kindOfItem, reason: "Messages cannot show this item." });
  return { side: "none", pieces: hidden };
}

/** Fields that an item would be written with anyway. */
function usualFields(item: JsonObject, index: number, { inResponse }: Reading): readonly string[] {
  if (!inResponse) return [];
  const id = item.id === itemId(index) ? ["id"] : [];
  return item.status === "completed" ? [...id, "status"] : id;
}

function readList(
  content: Json | undefined,
  field: "content" | "summary",
  at: number,
  path: string,
  left: ReportLeft,
): Pieces {
  if (typeof content === "string") {
    const part: ContentPart = { content_type: "text", text: content };
    return [{ item: { field, json: content, at }, parts: [part], path }];
  }
  return objectsIn(content).map((json, index) => {
    const where = under(path, index);
    const part = readBlock(json, where, left);
    return { item: { field, json, at }, parts: part === undefined ? [] : [part], path: where };
  });
}

/** All items of a response as one run, and its message. */
export function readOutput(items: readonly JsonObject[], reading: Reading): Source<Run, Message> {
  const pieces: Pieces[] = items.map((item, index) => {
    return readItem(item, index, index, under("output", index), reading).pieces;
  });
  reportBoundaries(items, pieces, pathIn("output", 0), reading.left);
  return messageOf(items, pieces.flat(), "assistant", pathIn("output", 0), reading.left);
}

/** The items of a request in runs, each with its message, if it is one. */
export function readInput(
  items: readonly JsonObject[],
  reading: Reading,
): readonly Source<Run, Message>[] {
  const runs: Source<Run, Message>[] = [];
  let open: { from: number; items: JsonObject[]; pieces: Pieces[]; shown: number } | undefined;
  const alone = (item: JsonObject, pieces: Pieces, path: string) => {
    runs.push({
      item: { items: [item], pieces: pieces.map(moved), paths: [path] },
      parts: [],
      path,
    });
  };
  const close = () => {
    if (open === undefined) return;
    // Items after the last one that shows something are not part of the message.
    const { from, items: own, pieces, shown } = open;
    const path = pathIn("input", from);
    const kept = own.slice(0, shown);
    reportBoundaries(kept, pieces, path, reading.left);
    const inRun = pieces.slice(0, shown).flat();
    runs.push(messageOf(kept, inRun, "assistant", path, reading.left));
    for (const [at, item] of own.slice(shown).entries()) {
      alone(item, pieces[shown + at] ?? [], path(shown + at));
    }
    open = undefined;
  };
  for (const [index, item] of items.entries()) {
    const at = open?.items.length ?? 0;
    const { side, pieces } = readItem(item, index, at, under("input", index), reading);
    if (side === "assistant" || (side === "none" && open !== undefined)) {
      open ??= { from: index, items: [], pieces: [], shown: 0 };
      open.items.push(item);
      open.pieces.push(pieces);
      if (side === "assistant") open.shown = open.items.length;
      continue;
    }
    close();
    const own = pieces.map(moved);
    if (side === "none") alone(item, own, under("input", index));
    else {
      const role = side === "tool" ? "tool" : (textAt(item, "role") as Message["role"]);
      runs.push(messageOf([item], own, role, pathIn("input", index), reading.left));
    }
  }
  close();
  return runs;
}

/** Where an item of a run is that begins at a place of a list. */
function pathIn(list: "input" | "output", from: number): (at: number) => string {
  return (at) => under(list, from + at);
}

/** A piece of an item that is the first of its run. */
function moved(source: Source<Piece, ContentPart>): Source<Piece, ContentPart> {
  return { ...source, item: { ...source.item, at: 0 } };
}

/** Two items of a kind in a row would be written as one. */
function reportBoundaries(
  items: readonly JsonObject[],
  pieces: readonly Pieces[],
  path: (at: number) => string,
  left: ReportLeft,
): void {
  let before = "";
  for (const [at, item] of items.entries()) {
    if (pieces[at]?.every(({ parts }) => parts.length === 0)) continue;
    const kind = itemKind(item);
    if (kind === before && (kind === "message" || kind === "reasoning")) {
      left({ path: path(at), kind: "setting", reason: `Begins a separate ${kind}.` });
    }
    before = kind;
  }
}

const channels: readonly (readonly [phase: string, channel: "commentary" | "final"])[] = [
  ["commentary", "commentary"],
  ["final_answer", "final"],
];

export function phaseOf(channel: Message["channel"]): string | undefined {
  return channels.find(([, each]) => each === channel)?.[0];
}

/** The channel of a message: the phase that all its texts share. */
export function channelOf(
  items: readonly JsonObject[],
  role: Message["role"],
): "commentary" | "final" | undefined {
  const phases = new Set(
    items.flatMap((item) => (itemKind(item) === "message" ? [given(item, "phase")] : [])),
  );
  const [phase] = phases;
  if (role !== "assistant" || phases.size !== 1) return undefined;
  return channels.find(([each]) => each === phase)?.[1];
}

function messageOf(
  items: readonly JsonObject[],
  pieces: Pieces,
  role: Message["role"],
  path: (at: number) => string,
  left: ReportLeft,
): Source<Run, Message> {
  const channel = channelOf(items, role);
  for (const [at, item] of items.entries()) {
    const isShown = channel !== undefined && itemKind(item) === "message";
    const phase = given(item, "phase");
    if (phase === undefined || isShown) continue;
    const isKnown = channels.some(([each]) => each === phase);
    const kind = isKnown ? "setting" : "content";
    left({
      path: under(path(at), "phase"),
      kind,
      reason: "The phase differs from that of its neighbors.",
    });
  }
  const content = pieces.flatMap(({ parts }) => parts);
  const message = createMessage({ role, content, ...(channel !== undefined && { channel }) });
  const paths = items.map((_, at) => path(at));
  return { item: { items, pieces, paths }, parts: [message], path: path(0) };
}
