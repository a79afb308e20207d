/** Messages as items of Responses. */
import type { Json } from "../../core/data/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import { pairParts, pathOf } from "../rewrite/index.ts";
import { freshBlock, overBlock, type Place } from "./blocks.ts";
import {
  compact,
  given,
  isObject,
  isSameJsonText,
  type JsonObject,
  objectIn,
  withFields,
} from "./json.ts";
import { channelOf, type Piece, phaseOf, type Run } from "./read-items.ts";
import { isEmpty, keptById, type LossReporter, under } from "./report-fields.ts";
import { type Placed, rewrite, type Source } from "./rewrite.ts";
import { itemKind } from "./shapes.ts";
import { callKinds, type KnownCalls, kindIn, resultKinds } from "./tool-items.ts";
import {
  freshCallItem,
  freshResultItem,
  overCallItem,
  overResultItem,
} from "./write-tool-items.ts";

/** The place that is being written. */
export interface Writing extends LossReporter {
  /** The calls of the document that is written over. */
  readonly known: KnownCalls;
  /** What each new item begins with: in a response an id and a status. */
  readonly begin: (type: string) => JsonObject;
  readonly inResponse: boolean;
}

const noRun: Run = { items: [], pieces: [], paths: [] };

/** The items of a message, over those of its run where there is one. */
export function writeItems(
  run: Run = noRun,
  before: Message | undefined,
  { part: message, index }: Placed<Message>,
  writing: Writing,
): readonly JsonObject[] {
  const { lost } = writing;
  const path = pathOf(index);
  if (message.schema_version !== "2.0") {
    lost({ path: under(path, "schema_version"), reason: "A message has no version." });
  }
  const removed: Source<Piece, ContentPart>[] = [];
  const pieces = rewrite<Piece, ContentPart>(run.pieces, message.content, {
    pair: pairParts,
    over: (source, now) => {
      const piece = overPiece(run, source, now, message, path, writing);
      if (piece === undefined) removed.push(source);
      return piece;
    },
    fresh: (placed) => freshPiece(placed, message, under(path, "content", placed.index), writing),
    removed: (source) => removed.push(source),
    reportMoved: ({ index: at }) => {
      const reason = "The item of its call holds it, so what was put before it comes after it.";
      lost({ path: under(path, "content", at), reason });
    },
  });
  reportRemoved(run, pieces, removed, writing);
  const results = pieces.filter(({ field, json }) => field === "item" && isResult(json));
  const isAlone = message.role === "tool" ? results.length === 1 : results.length === 0;
  if (!isAlone && !writing.inResponse) {
    lost({ path, reason: "Each result belongs in a message of its own, with the role tool." });
  }
  const isKept = message.channel === before?.channel;
  const items = fold(run, inOneItem(run, pieces, message), message, isKept, path, writing);
  const isNothing =
    message.role === "assistant" ? message.content.length === 0 : items.length === 0;
  if (isNothing && !writing.inResponse) lost({ path, reason: "A message without content." });
  if (channelOf(items, message.role) !== message.channel) {
    const reason = "A channel is the phase of the assistant's texts, which differs or is missing.";
    lost({ path: message.channel === undefined ? path : under(path, "channel"), reason });
  }
  return items;
}

/** An item without remaining pieces is dropped. */
function reportRemoved(
  { items, paths }: Run,
  pieces: readonly Piece[],
  removed: readonly Source<Piece, ContentPart>[],
  writing: Writing,
): void {
  const kept = new Set(pieces.map(({ at }) => at));
  for (const at of items.keys()) if (!kept.has(at)) writing.removed(paths[at] as string);
  for (const { item, path } of removed) if (kept.has(item.at)) writing.removed(path);
}

function isResult(item: Json): boolean {
  return isObject(item) && kindIn(resultKinds, itemKind(item)) !== undefined;
}

function placeOf({ role }: Message): Place {
  return role === "assistant" ? "output" : "input";
}

function overPiece(
  run: Run,
  { item: piece, parts, path: from }: Source<Piece, ContentPart>,
  now: readonly (Placed<ContentPart> | undefined)[],
  message: Message,
  path: string,
  reporter: LossReporter,
): Piece | undefined {
  const [first] = now;
  const json = overJson(run, { ...piece, from }, parts, now, message, path, reporter);
  return json === undefined || (first === undefined && now.length < 2)
    ? undefined
    : { ...piece, json };
}

function overJson(
  run: Run,
  { field, json, at = 0, from }: Piece & { readonly from: string },
  before: readonly ContentPart[],
  now: readonly (Placed<ContentPart> | undefined)[],
  message: Message,
  path: string,
  reporter: LossReporter,
): Json | undefined {
  const { lost } = reporter;
  const [first] = now;
  const where = under(path, "content", first?.index ?? 0);
  if (field !== "item") {
    if (first === undefined) return undefined;
    if (isObject(json))
      return overBlock({ block: json, from }, first.part, where, placeOf(message), reporter);
    return first.part.content_type === "text" ? first.part.text : undefined;
  }
  const item = objectIn(run.items[at]);
  const type = itemKind(item);
  const call = kindIn(callKinds, type);
  if (call !== undefined) return overCallItem(item, call, before, now, path, lost);
  const result = kindIn(resultKinds, type);
  if (first === undefined) return undefined;
  if (result !== undefined) {
    return overResultItem({ item, kind: result, from }, before[0], first, path, reporter);
  }
  if (first.part.content_type !== "image" || first.part.content.type !== "base64") {
    lost({ path: where, reason: "A generated image holds its bytes." });
    return undefined;
  }
  if (first.part.content.media_type !== undefined) {
    const reason = "A generated image has no media type.";
    lost({ path: under(where, "content", "media_type"), reason });
  }
  if (given(item, "id") !== undefined) lost({ path: where, reason: keptById });
  return withFields(item, { result: first.part.content.data });
}

function freshPiece(
  { part }: Placed<ContentPart>,
  message: Message,
  path: string,
  writing: Writing,
): readonly Piece[] {
  const { lost, known } = writing;
  const { role } = message;
  if (part.content_type === "tool_call" && role === "assistant") {
    const json = freshCallItem(part.content, known, path, lost);
    return json === undefined ? [] : [{ field: "item", json }];
  }
  if (part.content_type === "tool_result") {
    const json = freshResultItem(part.content, known, path, writing);
    return json === undefined ? [] : [{ field: "item", json }];
  }
  if (role === "tool") {
    lost({
      path,
      reason: "A message with the role tool holds the result of a call and nothing else.",
    });
    return [];
  }
  if (part.content_type === "thinking" && role === "assistant") {
    return [{ field: "summary", json: { type: "summary_text", text: part.text } }];
  }
  const json = freshBlock(part, placeOf(message), path, lost);
  return json === undefined ? [] : [{ field: "content", json }];
}

/** Only what the assistant says comes in several items. */
function inOneItem(run: Run, pieces: readonly Piece[], { role }: Message): readonly Piece[] {
  if (role === "assistant" || run.items.length === 0) return pieces;
  return pieces.map((piece) => (piece.field === "content" ? { ...piece, at: 0 } : piece));
}

/** An item that is being put together from its pieces. */
interface Open {
  readonly kind: "message" | "reasoning";
  readonly old: JsonObject | undefined;
  readonly at: number | undefined;
  readonly content: Json[];
  readonly summary: Json[];
}

function fold(
  run: Run,
  pieces: readonly Piece[],
  message: Message,
  isKept: boolean,
  path: string,
  writing: Writing,
): readonly JsonObject[] {
  const items: JsonObject[] = [];
  const used = new Set<number>();
  const { lost } = writing;
  let open: Open | undefined;
  const close = () => {
    if (open !== undefined) items.push(closeItem(open, message, isKept, path, writing));
    open = undefined;
  };
  for (const { field, json, at } of pieces) {
    if (field === "item") {
      close();
      const item = objectIn(json);
      items.push(at === undefined ? { ...writing.begin(itemKind(item)), ...item } : item);
      continue;
    }
    const old = at === undefined ? undefined : run.items[at];
    const kind = old ? kindOf(old) : field === "summary" ? "reasoning" : "message";
    const isSame = open !== undefined && open.at === at && open.kind === kind;
    // A new text goes with the message it stands beside.
    const joins = at === undefined && kind === "message" && open?.kind === "message";
    if (!isSame && !joins) {
      close();
      // What was parted by something new cannot have the same item, and its id, twice.
      const isOwn = old !== undefined && at !== undefined && !used.has(at);
      if (at !== undefined) used.add(at);
      open = { kind, old: isOwn ? old : undefined, at, content: [], summary: [] };
    }
    if (field === "summary" && (open as Open).content.length > 0) {
      lost({ path, reason: "A summary comes before its text, so the order changes." });
    }
    (open as Open)[field].push(json);
  }
  close();
  return items;
}

function kindOf(item: JsonObject): Open["kind"] {
  return itemKind(item) === "reasoning" ? "reasoning" : "message";
}

function closeItem(
  { kind, old, content, summary }: Open,
  message: Message,
  isKept: boolean,
  path: string,
  { begin, inResponse, lost }: Writing,
): JsonObject {
  if (kind === "message") {
    const written = contentOf(content, old, message, inResponse);
    const phase = message.role === "assistant" ? phaseOf(message.channel) : undefined;
    if (old !== undefined) return withFields(old, { content: written, ...(!isKept && { phase }) });
    const more = phase === undefined ? {} : { phase };
    return { ...begin(kind), type: kind, role: message.role, content: written, ...more };
  }
  if (old === undefined) {
    return { ...begin(kind), type: kind, summary, ...(content.length > 0 && { content }) };
  }
  const before = given(old, "content");
  const isSame =
    isSameJsonText(given(old, "summary"), summary) && isSameJsonText(before ?? [], content);
  if (!isSame && given(old, "id") !== undefined) lost({ path, reason: keptById });
  const isSealed = !isSame && given(old, "encrypted_content") !== undefined;
  if (isSealed) {
    lost({ path, reason: "The reasoning changed, so its encrypted_content is dropped." });
  }
  return withFields(old, {
    summary,
    ...((before !== undefined || content.length > 0) && { content }),
    ...(isSealed && { encrypted_content: undefined }),
  });
}

/** A single plain text is written as a string where the format allows it. */
function contentOf(
  blocks: readonly Json[],
  old: JsonObject | undefined,
  message: Message,
  inResponse: boolean,
): Json {
  const before = old === undefined ? undefined : given(old, "content");
  const [first] = blocks;
  if (blocks.length === 1 && !Array.isArray(before) && !inResponse) {
    if (typeof first === "string") return first;
    if (isObject(first) && isPlainText(first)) return first.text;
  }
  const type = message.role === "assistant" ? "output_text" : "input_text";
  return blocks.map((each) => (typeof each === "string" ? { type, text: each } : each));
}

function isPlainText(block: JsonObject): block is JsonObject & { readonly text: string } {
  const { type: _, text, ...more } = block;
  return typeof text === "string" && Object.values(more).every(isEmpty);
}

/** For a request, whose items need neither id nor status. */
export const beginPlain = (): JsonObject => compact([]);
