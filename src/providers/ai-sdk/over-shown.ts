import { isPlain, isRecord } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { isList, textOf } from "./host-values.ts";

/**
 * Returns the host's `value` as plugins left it: they saw its JSON `shown` and returned `judged`.
 *
 * What did not change keeps its type: bytes, dates, URLs, and undefined; only a field that is
 * undefined is left out. An object of any other class becomes plain data, because plugins only saw
 * its JSON.
 */
export function overShown(value: unknown, shown: unknown, judged: unknown): unknown {
  if (isList(judged)) {
    const [own, was] = isList(value) && isList(shown) ? [value, shown] : [[], []];
    return judged.map((item, at) => overShown(own[at], was[at], item));
  }
  if (isRecord(judged)) {
    const [own, was] = isData(value) ? [value, shown] : [];
    return Object.fromEntries(
      Object.entries(judged).map(([key, item]) => [
        key,
        overShown(ownValue(own, key), ownValue(was, key), item),
      ]),
    );
  }
  return shown === judged && isSimple(value) ? value : judged;
}

/** Whether an object has the same fields as its JSON. */
function isData(value: unknown): boolean {
  return isRecord(value) && isPlain(value) && typeof value.toJSON !== "function";
}

function isSimple(value: unknown): boolean {
  if (typeof value === "object" && value !== null) return textOf(value) !== undefined;
  return typeof value !== "function" && typeof value !== "symbol";
}
