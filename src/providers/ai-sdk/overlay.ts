/**
 * A changed part, written over the one it stands for: what did not change, and settings that
 * messages do not show, stay as they were.
 */

import type { ContentPart } from "../../core/messages/index.ts";
import { isSameJsonText, pairParts, parseArguments } from "../rewrite/index.ts";
import { type Answer, partsOf } from "./answer.ts";
import { isTagged } from "./file-data.ts";
import { type Fields, fieldOf, hostCopy, isFields, jsonOf } from "./host-values.ts";
import { hrefOf, looksLikeUrl } from "./media.ts";
import { type Format, fieldsOf, itemsOf } from "./part-kinds.ts";
import { isModels, itemPlace, type Place } from "./place.ts";
import { unshownFields } from "./read-part.ts";
import { rewriteList } from "./rewrite-list.ts";
import { isProviderField } from "./settings.ts";
import { writeOutput, writePart } from "./write-part.ts";

/** A part as if it were new. Your program would run a call again that the provider ran. */
export function newPart(part: ContentPart, place: Place): unknown {
  const isCall = part.content_type === "tool_call" || part.content_type === "tool_result";
  if (isCall && place.providerCalls.has(part.content.tool_call_id)) {
    place.reportLost("The provider ran this call, so it is not written as a new one.");
    return undefined;
  }
  const json = writePart(part, place);
  return json === undefined ? undefined : hostPart(json, place.format);
}

/**
 * A part that did not change. Of an input in text that another program may read otherwise, such as
 * one that says a name twice, only what was shown is sent on.
 */
// security.md A-185
export function samePart(raw: unknown, part: ContentPart, place: Place): unknown {
  if (!isDoubtful(raw)) return hostCopy(raw);
  const { input } = asWritten(part, place).json ?? {};
  return Object.freeze({ ...hostCopy(raw), input: hostCopy(input) });
}

/** Whether a part is a call whose input in text is not what was read of it. */
export function isDoubtful(raw: unknown): raw is Fields {
  const input = fieldOf(raw, "type") === "tool-call" ? fieldOf(raw, "input") : undefined;
  return typeof input === "string" && !parseArguments(input).isExact;
}

/** Called with the keys of old items to which nothing corresponds any more. */
export type ReportRemovedAt = (...keys: readonly (string | number)[]) => void;

/** The same, for what is below some keys. */
export function removedUnder(
  removed: ReportRemovedAt,
  ...above: readonly (string | number)[]
): ReportRemovedAt {
  return (...keys) => removed(...above, ...keys);
}

/** A part of the host, what messages show of it, and where to report what is dropped. */
export interface OldPart {
  readonly raw: unknown;
  readonly part: ContentPart;
  readonly removed: ReportRemovedAt;
}

export function changedPart(old: OldPart, after: ContentPart, given: Place): unknown {
  const { raw, part: before, removed } = old;
  const place: Place = isTagged(raw) ? { ...given, version: "v4" } : given;
  const { json: was, losses: unsaid } = asWritten(before, place);
  const { json: now, losses } = asWritten(after, place);
  // What cannot be said is in neither form, so only two that say all tell whether they differ.
  const isWhole = unsaid.length === 0 && losses.length === 0;
  const known = fieldsOf(place.format, fieldOf(raw, "type")) ?? [];
  // Fields can be taken one by one only where the old part is written as it was.
  const isAlike = isFields(raw) && was?.type === raw.type && now?.type === raw.type;
  const saysSame = (name: string) => isSameJsonText(was?.[name], now?.[name]);
  const bound = isDataUrl(raw) && !ofMedium.every(saysSame) ? ofMedium : [];
  const isKept = (name: string) =>
    isAlike && saysSame(name) && !bound.includes(name) && (isWhole || name !== "output");
  if (isWhole && isFields(raw) && Object.keys({ ...was, ...now }).every(isKept)) {
    return samePart(raw, before, place);
  }
  const output = isAlike && !isKept("output") ? changedOutput(old, after, place) : [];
  // Writing the output has already reported its items.
  for (const loss of losses)
    if (output.length === 0 || loss[2] !== "content") place.reportLost(...loss);
  if (now === undefined || !isFields(raw)) return undefined;
  if (raw.type === "tool-result" && place.role === "assistant") {
    place.reportLost("The provider ran this tool and may use the result it stored.", "content");
  }
  if (fieldOf(raw, "originalUrl") !== undefined && !isKept("data")) {
    place.reportLost("The original URL is dropped with the old data.", "content");
  }
  const host = Object.entries({ ...hostPart(now, place.format), ...Object.fromEntries(output) });
  const unread = known.filter((name) => {
    // It goes with the data: a provider may fetch it instead.
    const isStale =
      (name === "originalUrl" && !isKept("data")) || (name === "input" && isDoubtful(raw));
    return isKept(name) && Object.hasOwn(raw, name) && !isStale;
  });
  const written: Fields = Object.freeze(
    Object.fromEntries([
      ...host,
      ...unread.map((name) => [name, hostCopy(raw[name])] as const),
      ...keptSettings(raw, known, place),
    ]),
  );
  for (const name of unshownFields(before)) {
    if (raw[name] !== undefined && !isSameJsonText(raw[name], written[name])) removed(name);
  }
  return written;
}

/** The part as a new one, and the reports of writing it. */
function asWritten(part: ContentPart, place: Place) {
  const losses: Parameters<Place["reportLost"]>[] = [];
  return {
    json: writePart(part, { ...place, reportLost: (...loss) => losses.push(loss) }),
    losses,
  };
}

/** The media type in a `data:` URL takes precedence over the one beside it. */
const ofMedium: readonly string[] = ["data", "image", "mediaType"];

function isDataUrl(raw: unknown): boolean {
  const source = jsonOf(fieldOf(raw, "data") ?? fieldOf(raw, "image"));
  const text = isFields(source) ? fieldOf(source, "url") : source;
  return typeof text === "string" && /^data:/i.test(text);
}

/**
 * What is not read of a part. Of what a model wrote, the provider's own fields go: they sign the
 * old text, or name a copy that the provider stored and would take in place of what is sent. So do
 * citations, whose places are those of the old text.
 */
function keptSettings(
  raw: Fields,
  known: readonly string[],
  place: Place,
): readonly (readonly [string, unknown])[] {
  const settings = Object.entries(raw).filter(
    ([name, value]) => !known.includes(name) && value !== undefined,
  );
  const isBound = (name: string) => isProviderField(name) || name === "citations";
  const kept = settings.filter(([name]) => !isModels(place) || !isBound(name));
  if (kept.length < settings.length) {
    place.reportLost(
      "It changed, so its citations, the provider's signature or stored copies are dropped.",
    );
  }
  return kept.map(([name, value]) => [name, hostCopy(value)]);
}

/** The field of a changed output; nothing if it is written as a new one. */
function changedOutput(
  { raw: part, part: before, removed }: OldPart,
  after: ContentPart,
  place: Place,
): readonly (readonly ["output", unknown])[] {
  if (before.content_type !== "tool_result" || after.content_type !== "tool_result") return [];
  const raw = fieldOf(part, "output");
  if (!isFields(raw)) return [];
  const read: readonly string[] = ["type", "value", "reason"];
  const settings = Object.entries(raw).filter(([name]) => !read.includes(name));
  const inside = removedUnder(removed, "output", "value");
  const answer = changedAnswer(
    { raw, before: before.content, removed: inside },
    after.content,
    place,
  );
  const kept = settings.map(([name, value]) => [name, hostCopy(value)] as const);
  return [["output", Object.freeze({ ...answer, ...Object.fromEntries(kept) })]];
}

/** The output of a tool, what messages show of it, and where to report dropped items. */
interface OldAnswer {
  readonly raw: Fields;
  readonly before: Answer;
  readonly removed: ReportRemovedAt;
}

function changedAnswer({ raw, before, removed }: OldAnswer, after: Answer, place: Place): Fields {
  // What a tool said as data must not become content, whose URLs the SDK fetches.
  if (raw.type === "json" && !after.is_error) {
    return { type: "json", value: hostCopy(after.content ?? null) };
  }
  if (raw.type === "execution-denied") {
    const { content, is_error } = after;
    const isDenial = is_error && (content === undefined || typeof content === "string");
    if (isDenial) return { type: raw.type, ...(content === undefined ? {} : { reason: content }) };
    place.reportLost("The new result no longer says that a person denied the call.", "content");
  }
  const items = itemsOf(raw) ?? [];
  const shown = partsOf(after);
  const places = items.flatMap((item, index) => {
    return fieldsOf("output", fieldOf(item, "type")) === undefined ? [] : [index];
  });
  if (shown === undefined || itemsOf(raw) === undefined) {
    for (const index of items.keys()) removed(index);
    return hostCopy(writeOutput(after, place));
  }
  const old = partsOf(before) ?? [];
  const value = rewriteList(items.length, places, pairParts(old, shown), {
    make: ({ item: part, old: before, isSame }, index, from) => {
      const inside = itemPlace(place, index);
      if (before === undefined || from === undefined) return newPart(part, inside);
      const raw = items[from];
      if (isSame) return hostCopy(raw);
      return changedPart({ raw, part: before, removed: removedUnder(removed, from) }, part, inside);
    },
    keep: (index) => hostCopy(items[index]),
    removed: (index) => removed(index),
  });
  return { type: "content", value };
}

/** JSON in the SDK's form: URLs are objects where it expects them. */
function hostPart(json: Fields, format: Format): Fields {
  const copy = Object.entries(hostCopy(json));
  const isPrompt = format === "prompt" || format === "messages";
  return Object.freeze(
    Object.fromEntries(
      copy.map(([name, value]) => {
        const isSource = isPrompt && (name === "data" || name === "image");
        if (!isSource || typeof value !== "string" || !looksLikeUrl(value)) return [name, value];
        // As a string, if parsing would change it.
        return [name, hrefOf(value) === value ? new URL(value) : value];
      }),
    ),
  );
}
