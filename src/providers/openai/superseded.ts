/**
 * Finds what a stream first sent for an item and its final form does not have. Neither messages nor
 * the final document show it.
 */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { type Left, type Path, pathOf } from "../rewrite/index.ts";
import { isEmpty, type JsonObject, withFields } from "./json.ts";
import { itemKind } from "./shapes.ts";
import { callItems, itemIn, shownIn } from "./tool-items.ts";

/** How each is read as part of a response, and at which path. */
const forms = {
  item: ["output[0]", (item: JsonObject) => ({ output: [item] })],
  part: [
    "output[0].content[0]",
    (part: JsonObject) => ({ output: [{ type: "message", role: "assistant", content: [part] }] }),
  ],
  response: ["", (response: JsonObject) => withFields(response, { output: [] })],
} as const;

/** Reports what `first` had and `now` does not. `from` is the path of `first`. */
export type Superseded = (
  kind: keyof typeof forms,
  first: JsonObject,
  now: JsonObject,
  from: Path,
) => void;

export function superseded(
  leftOf: (response: JsonObject) => readonly Left[],
  report: (path: string) => void,
): Superseded {
  /** The paths of content in a form that messages do not show. */
  const contentIn = (kind: keyof typeof forms, form: JsonObject): readonly string[] => {
    const [at, responseOf] = forms[kind];
    try {
      return leftOf(responseOf(form)).flatMap(({ kind, path }) =>
        kind === "setting" || !path.startsWith(at) ? [] : [path.slice(at.length)],
      );
    } catch (error) {
      if (!isGlassineError(error)) throw error;
      // One that is not readable is content as a whole.
      return [""];
    }
  };
  return (kind, first, now, from) => {
    // Fields that a first form lacks, such as those of an image in progress, come from `now`. So
    // does the status, since an image is only known to say nothing when it has failed.
    const isKept = (key: string) => kind === "item" && key === "status";
    const said = Object.entries(first).filter(([key, value]) => value !== null && !isKept(key));
    const known = new Set(contentIn(kind, now));
    for (const path of contentIn(kind, withFields(now, Object.fromEntries(said))))
      if (!known.has(path)) report(pathBelow(from, path));
    for (const key of kind === "item" ? shownFields(first) : [])
      if (isTextDropped(first[key], now[key])) report(pathOf(...from, key));
    // Not compared, because it arrives in separate events.
    if (kind === "response" && !isEmpty(first.output)) report(pathOf(...from, "output"));
  };
}

function pathBelow(from: Path, path: string): string {
  return `${pathOf(...from)}${path === "" || /^[.[]/.test(path) ? "" : "."}${path}`;
}

/** The fields of an item that messages show and no other check covers. */
function shownFields(item: JsonObject): readonly string[] {
  const kind = itemIn(callItems, itemKind(item));
  if (kind === undefined) return ["phase", "namespace", "output", "result", "error"];
  return shownIn(kind).filter((key) => key !== kind.id);
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
