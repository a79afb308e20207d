/** Reports about fields that messages do not show. */
import type { Json } from "../../core/data/index.ts";
import {
  type Collector,
  contentKind,
  type Left,
  type Lost,
  pathOf,
  type ReportRemoved,
} from "../rewrite/index.ts";
import { given, isObject, isSameJsonText, type JsonObject } from "./json.ts";

export type ReportLeft = Collector<Left>["add"];
export type ReportLost = Collector<Lost>["add"];

/** How to report what is lost while messages are written. */
export interface LossReporter {
  readonly lost: ReportLost;
  /** Reports removed items. */
  readonly removed: ReportRemoved;
}

/** For reading a document again whose reports are known. */
export const ignoreLeft: ReportLeft = () => {};

/** A path and the keys below it. The path of the document itself is empty. */
export function under(path: string, ...keys: readonly (string | number)[]): string {
  const below = pathOf(...keys);
  return path === "" || below.startsWith("[") ? path + below : `${path}.${below}`;
}

/**
 * Reports the fields of `json` that are not `shown`. Those that are neither known as settings nor
 * null count as content: a model may read an unknown field.
 */
export function reportFields(
  json: JsonObject,
  path: string,
  shown: readonly string[],
  settings: readonly string[],
  left: ReportLeft,
): void {
  for (const [key, value] of Object.entries(json)) {
    if (shown.includes(key)) continue;
    const isSetting = value === null || settings.includes(key);
    left({
      path: under(path, key),
      kind: isSetting ? "setting" : contentKind(key, path === ""),
      reason: isSetting ? "A setting." : "Messages have no such field.",
    });
  }
}

/** Reports each field of an old object that the new one does not have unchanged. */
export function reportReplaced(
  old: JsonObject,
  now: JsonObject,
  path: string,
  removed: ReportRemoved,
): void {
  for (const [key, value] of Object.entries(old)) {
    const next = Object.hasOwn(now, key) ? now[key] : undefined;
    if (isObject(value) && isObject(next)) reportReplaced(value, next, under(path, key), removed);
    else if (value !== null && !isSameJsonText(value, next)) removed(under(path, key));
  }
}

/**
 * The `keys` for which `old` has a value. They described content that has changed, so they are
 * dropped and reported. Some of them quote the old content.
 */
export function staleKeys(
  old: JsonObject,
  keys: readonly string[],
  path: string,
  lost: ReportLost,
): readonly string[] {
  const stale = keys.filter((key) => {
    const value = given(old, key);
    return value !== undefined && !(Array.isArray(value) && value.length === 0);
  });
  for (const key of stale) {
    lost({ path, reason: `${key} belongs to the old content and is dropped.` });
  }
  return stale;
}

/** Why an edit of what OpenAI stores may have no effect. */
export const keptById = "OpenAI may use the copy that it stored by its id.";

/** Reports a field that differs from its usual value. */
export function reportUnless(
  isUsual: boolean,
  path: string,
  reason: string,
  left: ReportLeft,
): void {
  if (!isUsual) left({ path, kind: "setting", reason });
}

export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
