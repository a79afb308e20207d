/** Reports what messages show but do not keep: the form that a value has in a document. */
import { type CompiledBlocks, kindOfBlock, type Part } from "./block-kinds.ts";
import { silentReporter, writePart } from "./blocks.ts";
import { isJsonObject, isSameJsonText, type Path } from "./json.ts";
import { checkedParts } from "./messages.ts";
import { type FormReport, type Reading, readingWith, reportUnshown } from "./reading.ts";
import { beginningsOf, type Collector, type Left, pathOf } from "./report.ts";

/** Returns a reading that reports fields in the ways that the table defines. */
export function tableReading(left: Collector<Left>, table: CompiledBlocks): Reading {
  const { formOf, reportField = reportUnshown } = table.table;
  return readingWith(left, {}, reportField, formOf === undefined ? undefined : formsOf(table));
}

function formsOf(table: CompiledBlocks): FormReport {
  return (left, block, read, { path, place }, reported) => {
    const [part] = checkedParts([read as Part]);
    const fresh = part && writePart({ ...silentReporter, table, place }, part, undefined, path);
    if (fresh === undefined) {
      const reason = "A part of this kind cannot be written here.";
      left.add({ path: pathOf(...path), kind: "setting", reason });
      return;
    }
    const known = [...(kindOfBlock(table, block)?.known ?? [])];
    const shown = known.filter(([, as]) => as !== "setting").map(([key]) => key);
    const said = { at: new Set(reported), below: new Set(reported.flatMap(beginningsOf)) };
    for (const key of new Set([...shown, ...Object.keys(fresh)])) {
      const [now, then] = [block[key], fresh[key]].map((value) => table.table.formOf?.(value));
      compareForms(now, then, [...path, key], said, left);
    }
  };
}

/** The paths of reports, and those paths with all that are above them. */
interface Said {
  readonly at: ReadonlySet<string>;
  readonly below: ReadonlySet<string>;
}

/** Reports where `now` differs from how it would be written, unless that was reported. */
function compareForms(
  now: unknown,
  fresh: unknown,
  path: Path,
  reported: Said,
  left: Collector<Left>,
): void {
  const at = pathOf(...path);
  if (reported.at.has(at) || isSameJsonText(now, fresh)) return;
  const isBelow = reported.below.has(at);
  if (isBelow && isJsonObject(now) && isJsonObject(fresh)) {
    for (const key of Object.keys({ ...now, ...fresh })) {
      compareForms(now[key], fresh[key], [...path, key], reported, left);
    }
    return;
  }
  // The items of a list are blocks, each of which is compared when it is read.
  if (isBelow && Array.isArray(now) && Array.isArray(fresh)) return;
  left.add({ path: at, kind: "setting", reason: "If rewritten, it would have another form." });
}
