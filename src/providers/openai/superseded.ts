/**
 * Finds what a stream first sent for an item and its final form does not have. Neither messages nor
 * the final document show it.
 */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { type Left, type Path, pathOf } from "../rewrite/index.ts";
import { given, isEmpty, type JsonObject, withFields } from "./json.ts";
import { itemKind } from "./shapes.ts";
import { callItems, itemIn, shownIn } from "./tool-items.ts";

export class Superseded {
  readonly #leftOf: (response: JsonObject) => readonly Left[];
  readonly #report: (path: string) => void;

  constructor(leftOf: (response: JsonObject) => readonly Left[], report: (path: string) => void) {
    this.#leftOf = leftOf;
    this.#report = report;
  }

  /** `from` is the path of the first form of the item. */
  reportItem(first: JsonObject, now: JsonObject, from: Path): void {
    this.#reportDropped(first, now, from, "output[0]", (item) => ({ output: [item] }));
    for (const key of shownFields(first))
      if (isTextDropped(first[key], now[key])) this.#report(pathOf(...from, key));
  }

  reportPart(first: JsonObject, now: JsonObject, from: Path): void {
    this.#reportDropped(first, now, from, "output[0].content[0]", (part) => ({
      output: [{ type: "message", role: "assistant", content: [part] }],
    }));
  }

  /** The output is not compared, because it arrives in separate events. */
  reportResponse(first: JsonObject, now: JsonObject, from: Path): void {
    this.#reportDropped(first, now, from, "", (response) => withFields(response, { output: [] }));
    if (!isEmpty(given(first, "output"))) this.#report(pathOf(...from, "output"));
  }

  /** Fields that a first form lacks, such as those of an image in progress, come from `now`. */
  #reportDropped(
    first: JsonObject,
    now: JsonObject,
    from: Path,
    at: string,
    responseOf: (json: JsonObject) => JsonObject,
  ): void {
    const contentOf = (json: JsonObject): readonly string[] =>
      this.#read(responseOf(json), at).flatMap(({ kind, path }) =>
        kind === "setting" || !path.startsWith(at) ? [] : [path.slice(at.length)],
      );
    const said = Object.entries(first).filter(([, value]) => value !== null);
    const known = new Set(contentOf(now));
    for (const path of contentOf(withFields(now, Object.fromEntries(said))))
      if (!known.has(path)) this.#report(pathBelow(from, path));
  }

  /** The reports of a response; a single one, at `path`, if it cannot be read. */
  #read(response: JsonObject, path: string): readonly Left[] {
    try {
      return this.#leftOf(response);
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      return [{ path, kind: "content", reason: "It is not readable." }];
    }
  }
}

function pathBelow(from: Path, path: string): string {
  return `${pathOf(...from)}${path === "" || /^[.[]/.test(path) ? "" : "."}${path}`;
}

/** The fields of an item that messages show and no other check covers. */
function shownFields(item: JsonObject): readonly string[] {
  const kind = itemIn(callItems, itemKind(item));
  return kind === undefined ? ["phase"] : shownIn(kind).filter((key) => key !== kind.id);
}

/** Whether a text changed or was dropped. One that is empty at first is filled in later. */
function isTextDropped(first: Json | undefined, now: Json | undefined): boolean {
  if (typeof first === "string") return first !== "" && first !== now;
  if (typeof first !== "object" || first === null) return false;
  return Object.entries(first).some(([key, value]) => {
    const inside = typeof now === "object" && now !== null ? (now as JsonObject)[key] : undefined;
    return isTextDropped(value, inside);
  });
}
