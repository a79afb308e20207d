/** The parts of a message or result that messages show, and what they leave of each. */
import type { ContentPart } from "../../core/messages/index.ts";
import { isSameJsonText } from "../rewrite/index.ts";
import { partsOf } from "./answer.ts";
import { isTagged } from "./file-data.ts";
import { fieldOf } from "./host-values.ts";
import { type Notes, recording } from "./notes.ts";
import { type Format, fieldsOf, itemsOf, type PartJson, partsIn } from "./part-kinds.ts";
import type { Place } from "./place.ts";
import { readPart } from "./read-part.ts";
import { reportUnread } from "./settings.ts";
import { writePart } from "./write-part.ts";

/** The parts that messages show, and the place of each among all. */
export interface ShownParts {
  readonly parts: readonly ContentPart[];
  readonly places: readonly number[];
}

/** `raws` are the host's own parts, `items` what was read of them. */
export function readParts(
  raws: readonly unknown[],
  items: readonly PartJson[],
  place: { readonly format: Format; readonly role: string },
  notes: Notes,
): ShownParts {
  const parts: ContentPart[] = [];
  const places: number[] = [];
  for (const [index, item] of items.entries()) {
    const own = recording(notes.under(index));
    const part = readPart(item, place.format, own.notes);
    if (part === undefined) continue;
    reportSpelling(item, part, place, own);
    reportSettings(raws[index], item, place.format, notes.under(index));
    if (item.type === "tool-result" && place.role === "assistant") {
      own.notes.reportLeft("setting", "The provider ran this tool and may have stored its result.");
    }
    parts.push(part);
    places.push(index);
  }
  return { parts, places };
}

function reportSettings(raw: unknown, item: PartJson, format: Format, notes: Notes): void {
  reportUnread(raw, fieldsOf(format, item.type) ?? [], "part", notes);
  const output = fieldOf(raw, "output");
  const inOutput = notes.under("output");
  reportUnread(output, ["type", "value", "reason"], "output", inOutput);
  for (const [index, each] of (itemsOf(output) ?? []).entries()) {
    const fields = fieldsOf("output", fieldOf(each, "type"));
    if (fields !== undefined) reportUnread(each, fields, "part", inOutput.under("value", index));
  }
}

/** Tells of each field that would not be written as it is. */
function reportSpelling(
  item: PartJson,
  part: ContentPart,
  place: Pick<Place, "format" | "role"> & Partial<Place>,
  { notes, reported }: ReturnType<typeof recording>,
): void {
  const items = itemsOf(item.output);
  const isOlder = items?.some((each) => fieldOf(each, "type") === "media") === true;
  const version = place.version ?? (isTagged(item) ? "v4" : isOlder ? "v2" : "v3");
  const silent: Place = { ...place, version, providerCalls: new Set(), reportLost: () => {} };
  const fresh = writePart(part, silent);
  if (fresh === undefined) {
    notes.reportLeft("setting", "A part of this kind cannot be written here.");
    return;
  }
  for (const name of Object.keys({ ...item, ...fresh })) {
    if (name === "output" && items !== undefined && itemsOf(fresh.output) !== undefined) {
      reportItems(partsIn(items), part, silent, notes.under("output", "value"));
    } else if (!reported.has(name) && !isSameJsonText(item[name], fresh[name])) {
      notes.reportLeft("setting", "Messages do not keep its form.", name);
    }
  }
}

/** The same for each item of an output that is shown. */
function reportItems(
  items: readonly PartJson[],
  result: ContentPart,
  place: Place,
  notes: Notes,
): void {
  const parts = result.content_type === "tool_result" ? partsOf(result.content) : undefined;
  let next = 0;
  for (const [index, item] of items.entries()) {
    if (fieldsOf("output", item.type) === undefined) continue;
    const part = parts?.[next];
    next += 1;
    if (part === undefined) continue;
    const own = recording(notes.under(index));
    reportSpelling(item, part, { ...place, format: "output" }, own);
  }
}
