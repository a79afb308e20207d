import type { Json } from "../../core/data/index.ts";
import type { JsonObject, Path } from "./json.ts";

type Holder = { [key: string | number]: Json };

/** Copies the objects on the way to changed values, each once, and shares the rest. */
export function copyOnWrite(document: JsonObject): {
  readonly root: JsonObject;
  /** Returns the copied object or list that holds the value at a path, for changing it. */
  readonly holderOf: (path: Path) => Holder;
} {
  const copies = new Set<unknown>();
  const opened = (value: unknown): Holder => {
    if (copies.has(value)) return value as Holder;
    const copy: unknown = Array.isArray(value) ? [...value] : { ...Object(value) };
    copies.add(copy);
    return copy as Holder;
  };
  const root = opened(document);
  return {
    root: root as JsonObject,
    holderOf: (path: Path): Holder =>
      path.slice(0, -1).reduce<Holder>((holder, key) => {
        const next = opened(holder[key]);
        holder[key] = next as Json;
        return next;
      }, root),
  };
}
