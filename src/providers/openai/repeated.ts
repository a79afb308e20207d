/**
 * What an answer repeats of its request. It was read there only if the request had it: a stored
 * prompt, or a server on the way, may have added more.
 */
import type { Json } from "../../core/data/index.ts";
import { type Collector, contentKind, type Left } from "../rewrite/index.ts";
import { given, isEmpty, isObject, type JsonObject } from "./json.ts";

/** The fields that have text, or ids. */
const texts: readonly string[] = [
  ...["conversation", "instructions", "metadata", "previous_response_id", "prompt"],
  ...["prompt_cache_key", "safety_identifier", "stop", "user"],
];
/** The fields with settings inside, which may hold text as well: a description, a pattern. */
const settings: readonly string[] = [
  ...["context_management", "prompt_cache_options", "reasoning", "response_format", "text"],
  ...["tool_choice", "tools", "web_search_options"],
];
const repeated = [...texts, ...settings];

/** Those in which a request names the fields itself. */
const named: readonly string[] = ["metadata", "prompt"];

/** What the API fills in where a request says nothing, or `auto`: `medium`, `detailed`. */
const isWord = (text: string) => /^[a-z_]{0,20}$/.test(text);

/**
 * The fields of an answer that say nothing but what its request said, as it was sent. The API adds
 * defaults and puts schemas into its own form, so that the strings are compared, and not the JSON.
 */
export function repeatedIn(answer: object, request: unknown): readonly string[] {
  const [said, asked] = [answer as JsonObject, isObject(request) ? request : {}];
  return repeated.filter((field) => {
    const value = given(said, field);
    if (value === undefined) return false;
    const known = new Set(stringsIn(given(asked, field) ?? null, true));
    const isDefault = texts.includes(field) ? (each: string) => each === "" : isWord;
    return stringsIn(value, named.includes(field)).every(
      (each) => known.has(each) || isDefault(each),
    );
  });
}

/** Reports them as if nothing was known of the request. Returns which it reported. */
export function reportRepeated(answer: JsonObject, left: Collector<Left>): readonly string[] {
  const usual = repeatedIn(answer, undefined);
  const others = repeated.filter(
    (field) => !isEmpty(given(answer, field)) && !usual.includes(field),
  );
  for (const field of others) {
    const reason = "It is known only where the request had the same.";
    left.add({ path: field, kind: contentKind(field, true), reason });
  }
  return others;
}

function stringsIn(value: Json, withNames: boolean): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  const inner = Object.values(value).flatMap((each) => stringsIn(each, withNames));
  return withNames && isObject(value) ? [...Object.keys(value), ...inner] : inner;
}
