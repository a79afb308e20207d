/**
 * What an answer repeats from its request. Plugins have seen it there only if the request had it: a
 * stored prompt, or a server on the way, may have added more.
 */
import type { Json } from "../../core/data/index.ts";
import { type Collector, contentKind, type Left } from "../rewrite/index.ts";
import { given, isEmpty, isJsonObject, type JsonObject } from "./json.ts";

/** The fields that have text. */
const texts: readonly string[] = ["instructions", "metadata", "prompt", "stop", "user"];
/** The fields with an id, which the server may add if a request has none. */
const ids: readonly string[] = [
  "conversation",
  "previous_response_id",
  "prompt_cache_key",
  "safety_identifier",
];
/** The fields with settings inside, which may hold text as well, such as a description. */
const settings: readonly string[] = [
  "context_management",
  "prompt_cache_options",
  "reasoning",
  "response_format",
  "text",
  "tool_choice",
  "tools",
  "web_search_options",
];
export const repeated: readonly string[] = [...texts, ...ids, ...settings];

const isId = (text: string) => /^[\w-]{0,64}$/.test(text);
/** What the API fills in: `medium`, `detailed` for `auto`, `30m`, `web_search_2025_08_26`. */
const isSetting = (text: string) =>
  /^(?:[a-z_]{0,20}(?:_\d{4}_\d\d_\d\d)?|\d{1,4}[smhd])$/.test(text);
const isName = (text: string) => /^\w{1,40}$/.test(text);

/**
 * Returns the fields of an answer that only repeat its request, as it was sent. The API adds
 * defaults and rewrites schemas, so strings and names are compared instead of the JSON.
 */
export function repeatedIn(answer: object, request: unknown): readonly string[] {
  const said = answer as JsonObject;
  const asked = isJsonObject(request) ? request : {};
  return repeated.filter((field) => {
    const value = given(said, field);
    if (value === undefined) return false;
    const known = new Set(wordsIn(given(asked, field) ?? null).map(({ word }) => word));
    return wordsIn(value).every(({ word, isKey, isListed }) => {
      if (word === "" || known.has(word)) return true;
      if (texts.includes(field)) return false;
      if (ids.includes(field)) return isKey ? word === "id" : isId(word);
      // Words in a list could form a sentence.
      return isKey ? isName(word) : !isListed && isSetting(word);
    });
  });
}

/** Reports these fields as if the request were unknown. Returns which it reported. */
export function reportRepeated(answer: JsonObject, left: Collector<Left>): readonly string[] {
  const usual = repeatedIn(answer, undefined);
  const others = repeated.filter(
    (field) => !isEmpty(given(answer, field)) && !usual.includes(field),
  );
  for (const field of others) {
    const reason = "It may repeat the request. Only a comparison with the request would show that.";
    left.add({ path: field, kind: contentKind([field], answer[field] ?? null), reason });
  }
  return others;
}

interface Word {
  readonly word: string;
  readonly isKey: boolean;
  readonly isListed: boolean;
}

/** Every name, string and number in a value. */
function wordsIn(value: Json, isListed = false): readonly Word[] {
  if (typeof value === "string" || typeof value === "number")
    return [{ word: String(value), isKey: false, isListed }];
  if (typeof value !== "object" || value === null) return [];
  if (!isJsonObject(value)) return Object.values(value).flatMap((each) => wordsIn(each, true));
  return Object.entries(value).flatMap(([word, each]) => [
    { word, isKey: true, isListed: false },
    ...wordsIn(each),
  ]);
}
