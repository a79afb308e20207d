/** Reports about fields that messages do not show. */
import type { Json } from "../../core/data/index.ts";
import { type Collector, contentKind, type Left, pathOf } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";

export type ReportLeft = Collector<Left>["add"];

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
