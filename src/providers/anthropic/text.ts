/** Text blocks, and what is bound to their text. */
import { type Collector, type Lost, pathOf } from "../rewrite/index.ts";
import { type Block, type Path, withFields } from "./json.ts";
import { withoutParsed } from "./parsed.ts";
import { type Reading, reportFields } from "./report-fields.ts";

const shown = new Set(["type", "text", "citations"]);
const settings = new Set(["cache_control"]);

/** Reports the fields of a text block other than its text. */
export function reportText(block: Block, path: Path, reading: Reading): void {
  if (hasCitations(block)) {
    const reason = "Citations with quoted text, which messages do not hold.";
    reading.left.add({ path: pathOf(...path, "citations"), kind: "content", reason });
  }
  reportFields(reading, block, path, shown, settings);
}

/** A text over its old block. Citations, and what was parsed, are bound to the text they are of. */
export function writeText(
  text: string,
  old: Block | undefined,
  path: Path,
  lost: Collector<Lost>,
): Block {
  if (old === undefined || old.text === text) return withFields(old, { type: "text", text });
  const kept = withoutParsed(old, path, lost);
  if (!hasCitations(old)) return withFields(kept, { text });
  lost.add({
    path: pathOf(...path),
    reason: "The citations of the old text are dropped.",
  });
  return withFields(kept, { text, citations: null });
}

function hasCitations({ citations }: Block): boolean {
  return Array.isArray(citations) && citations.length > 0;
}
