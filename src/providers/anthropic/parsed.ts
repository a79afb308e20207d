/** What the SDK parsed from a text, if a document has it as JSON. */
import { type Collector, type Lost, pathOf } from "../rewrite/index.ts";
import { type JsonObject, type Path, withFields } from "./json.ts";

// Source: `parser` and `beta-parser` of @anthropic-ai/sdk 1.11.0; `parsed` is the older name.
const names = ["parsed_output", "parsed"];

/** Fields whose content changed, without what was parsed of the old one: it says the old text. */
export function withoutParsed<Fields extends JsonObject>(
  fields: Fields,
  path: Path,
  lost: Collector<Lost>,
): Fields {
  const stale = names.filter((name) => Object.hasOwn(fields, name));
  for (const name of stale) {
    if (fields[name] === null) continue;
    const reason = `${name} belongs to the old content and is dropped.`;
    lost.add({ path: pathOf(...path), reason });
  }
  if (stale.length === 0) return fields;
  return withFields(fields, Object.fromEntries(stale.map((name) => [name, undefined])));
}
