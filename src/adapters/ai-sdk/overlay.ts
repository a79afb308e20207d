/**
 * A changed part, written over the one it stands for: what did not change, and settings that
 * messages do not show, stay as they were.
 */
import { pairParts, parseArguments } from "../../documents/index.ts";
import type { ContentPart } from "../../messages/index.ts";
import { type Answer, partsOf } from "./answer.ts";
import { type Fields, fieldOf, hostCopy, isFields, saysTheSame } from "./host-values.ts";
import { hrefOf, looksLikeUrl } from "./media.ts";
import { type Format, fieldsOf, itemsOf } from "./part-kinds.ts";
import { isProviderField } from "./settings.ts";
import { weave } from "./weave.ts";
import { itemPlace, type Place, writeOutput, writePart } from "./write-part.ts";

/** A part as if it were new. */
export function newPart(part: ContentPart, place: Place): unknown {
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
  const { input } = writePart(part, quiet(place)) ?? {};
  return Object.freeze({ ...(hostCopy(raw) as Fields), input: hostCopy(input) });
}

/** Whether a part is a call whose input in text is not what was read of it. */
export function isDoubtful(raw: unknown): boolean {
  const input = fieldOf(raw, "type") === "tool-call" ? fieldOf(raw, "input") : undefined;
  return typeof input === "string" && !parseArguments(input).isExact;
}

export function changedPart(
  raw: unknown,
  before: ContentPart,
  after: ContentPart,
  place: Place,
): unknown {
  const losses: Parameters<Place["lose"]>[] = [];
  const now = writePart(after, { ...place, lose: (...loss) => losses.push(loss) });
  const old = writePart(before, quiet(place));
  const known = fieldsOf(place.format, fieldOf(raw, "type")) ?? [];
  // Fields can be taken one by one only where the old part is written as it was.
  const isAlike = isFields(raw) && old?.type === raw.type && now?.type === raw.type;
  const isKept = (name: string) => isAlike && saysTheSame(old?.[name], now?.[name]);
  if (isFields(raw) && Object.keys({ ...old, ...now }).every(isKept)) {
    return samePart(raw, before, place);
  }
  const output =
    isAlike && !isKept("output") ? changedOutput(raw.output, before, after, place) : [];
  // What is said of the output's items, its own writing has told.
  for (const loss of losses) if (output.length === 0 || loss[2] !== "content") place.lose(...loss);
  if (now === undefined || !isFields(raw)) return undefined;
  const host = Object.entries({ ...hostPart(now, place.format), ...Object.fromEntries(output) });
  const unread = known.filter((name) => {
    // It goes with the data: a provider may fetch it instead.
    const isStale =
      (name === "originalUrl" && !isKept("data")) || (name === "input" && isDoubtful(raw));
    return isKept(name) && Object.hasOwn(raw, name) && !isStale;
  });
  return Object.freeze(
    Object.fromEntries([
      ...host,
      ...unread.map((name) => [name, hostCopy(raw[name])] as const),
      ...keptSettings(raw, known, place),
    ]),
  );
}

function quiet(place: Place): Place {
  return { ...place, lose: () => {} };
}

/**
 * What is not read of a part. Of what a model wrote, the provider's own fields go: they sign the
 * old text, or name a copy that the provider stored and would take in place of what is sent.
 */
function keptSettings(
  raw: Fields,
  known: readonly string[],
  { role, format, lose }: Place,
): readonly (readonly [string, unknown])[] {
  const settings = Object.entries(raw).filter(
    ([name, value]) => !known.includes(name) && value !== undefined,
  );
  const isModels = role === "assistant" && format !== "output";
  const kept = settings.filter(([name]) => !isModels || !isProviderField(name));
  if (kept.length < settings.length) {
    lose("It changed, so the provider's signature or stored copy of it does not stay.");
  }
  return kept.map(([name, value]) => [name, hostCopy(value)]);
}

/** The field of a changed output. Nothing where it is written as if it were new. */
function changedOutput(
  raw: unknown,
  before: ContentPart,
  after: ContentPart,
  place: Place,
): readonly (readonly ["output", unknown])[] {
  if (before.content_type !== "tool_result" || after.content_type !== "tool_result") return [];
  if (!isFields(raw)) return [];
  const read: readonly string[] = ["type", "value", "reason"];
  const settings = Object.entries(raw).filter(([name]) => !read.includes(name));
  const answer = changedAnswer(raw, before.content, after.content, place);
  const kept = settings.map(([name, value]) => [name, hostCopy(value)] as const);
  return [["output", Object.freeze({ ...answer, ...Object.fromEntries(kept) })]];
}

function changedAnswer(raw: Fields, before: Answer, after: Answer, place: Place): Fields {
  // What a tool said as data must not become content, whose URLs the SDK fetches.
  if (raw.type === "json" && !after.is_error) {
    return { type: "json", value: hostCopy(after.content ?? null) };
  }
  const items = itemsOf(raw) ?? [];
  const shown = partsOf(after);
  const places = items.flatMap((item, index) => {
    return fieldsOf("output", fieldOf(item, "type")) === undefined ? [] : [index];
  });
  if (shown === undefined || itemsOf(raw) === undefined) {
    if (places.length < items.length) {
      place.lose("Items of the old output that messages do not show are gone.", "content");
    }
    return hostCopy(writeOutput(after, place)) as Fields;
  }
  const old = partsOf(before) ?? [];
  const value = weave(
    items.length,
    places,
    pairParts(old, shown),
    (index, { at, isSame }) => {
      const part = shown[index] as ContentPart;
      const inside = itemPlace(place, index);
      if (at === undefined) return newPart(part, inside);
      const item = items[places[at] as number];
      return isSame ? hostCopy(item) : changedPart(item, old[at] as ContentPart, part, inside);
    },
    (index) => hostCopy(items[index]),
  );
  return { type: "content", value };
}

/** JSON as the SDK has it: URLs are objects, where it takes them so. */
function hostPart(json: Fields, format: Format): Fields {
  const copy = Object.entries(hostCopy(json) as Fields);
  const isPrompt = format === "prompt" || format === "messages";
  return Object.freeze(
    Object.fromEntries(
      copy.map(([name, value]) => {
        const isSource = isPrompt && (name === "data" || name === "image");
        if (!isSource || typeof value !== "string" || !looksLikeUrl(value)) return [name, value];
        // As a text, where parsing would change it.
        return [name, hrefOf(value) === value ? new URL(value) : value];
      }),
    ),
  );
}
