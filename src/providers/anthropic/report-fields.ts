/** Reports fields of a block that no part shows. */
import { type Collector, type Left, pathOf } from "../rewrite/index.ts";
import { isObject, type JsonObject, type Path } from "./json.ts";

export interface Reading {
  readonly left: Collector<Left>;
  /** The names of the calls so far, by call id. */
  readonly toolNames: Map<string, string>;
}

export function readingOf(left: Collector<Left>): Reading {
  return { left, toolNames: new Map() };
}

/**
 * Reports the `fields` that are not in `shown`. A field that is not in `settings` either counts
 * as content, because its effect is unknown. Null means absent.
 */
export function reportFields(
  { left }: Reading,
  fields: JsonObject,
  path: Path,
  shown: ReadonlySet<string>,
  settings: ReadonlySet<string>,
): void {
  for (const [name, value] of Object.entries(fields)) {
    if (value === null || shown.has(name)) continue;
    const at = pathOf(...path, name);
    left.add(
      settings.has(name)
        ? { path: at, kind: "setting", reason: "A setting." }
        : { path: at, kind: "content", reason: "Messages have no such field." },
    );
  }
}

/** Reports the fields inside `name`, because none of them is shown. */
export function reportInside(
  reading: Reading,
  fields: JsonObject,
  name: string,
  settings: ReadonlySet<string>,
): void {
  const inside = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (inside === undefined) return;
  if (isObject(inside)) reportFields(reading, inside, [name], none, settings);
  else reportFields(reading, { [name]: inside }, [], none, none);
}

/** A container is an id, or an object with the skills in it, which a model reads. */
export function reportContainer(reading: Reading, fields: JsonObject): void {
  if (typeof fields.container === "string") {
    reportFields(reading, { container: fields.container }, [], none, container);
  } else reportInside(reading, fields, "container", container);
}

const none: ReadonlySet<string> = new Set();
const container: ReadonlySet<string> = new Set(["container", "expires_at", "id"]);
