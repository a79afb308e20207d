/**
 * A document that stops the operation is a denial even if it cannot be read as a whole, because a
 * failure could be ignored. It is read part by part; unreadable parts are dropped and reported.
 *
 * A document that was not text can be any value: only own data properties of it and of its violation
 * are read, and no code of it runs.
 */

import { hasMoreIndexes, type Limits } from "../data/index.ts";
import { hasOwn, ownKeys } from "../data/intrinsics.ts";
import { formatPath } from "../errors/index.ts";
import { admit, type Compiled, type Level } from "../schema/index.ts";
import { DropReport, mayHaveFields, ownDatum, type ReadWire } from "./documents.ts";

/** A denial has no changes: they are dropped unread. */
const changes: readonly string[] = ["modified_payload", "modified_extensions", "metadata"];

/**
 * What can be read of a document that says `continue_processing: false`, else `undefined`. The
 * limits apply to each part.
 */
export function readStanding<Document>(
  level: Level,
  value: unknown,
  limits: Limits,
): ReadWire<Document> | undefined {
  if (!mayHaveFields(value) || ownDatum(value, "continue_processing") !== false) return undefined;
  const report = new DropReport();
  const document = readParts(level, value, [], { limits, report });
  return { document: document as Document, report };
}

interface Reading {
  readonly limits: Limits;
  readonly report: DropReport;
}

/** Each field as it is read by itself; as if it were absent where that fails. */
function readParts(
  { fields, empty }: Level,
  source: object,
  path: readonly string[],
  reading: Reading,
): object {
  const parts: Record<string, unknown> = { ...empty };
  for (const { key, compiled, optional, fallback } of fields) {
    const found = ownDatum(source, key);
    const mayBeAbsent = optional || (found === undefined && fallback !== undefined);
    const isAbsent = mayBeAbsent && (found === undefined || found === null);
    const read = isAbsent ? undefined : readPart(compiled, found, [...path, key], reading);
    parts[key] = read ?? fallback?.();
  }
  for (const key of namesIn(source, reading.limits)) {
    if (!hasOwn(parts, key)) reading.report.add(formatPath([...path, key]));
  }
  return parts;
}

function readPart(
  compiled: Compiled,
  value: unknown,
  path: readonly string[],
  reading: Reading,
): unknown {
  if (compiled.level !== undefined && mayHaveFields(value)) {
    return readParts(compiled.level, value, path, reading);
  }
  const { limits, report } = reading;
  const isChange = path.length === 1 && changes.some((name) => name === path[0]);
  const options = { origin: "host", limits, shapeCode: "result_shape", strict: false } as const;
  const admitted = isChange ? undefined : admit(compiled, value, options);
  if (admitted?.ok !== true) {
    report.add(formatPath(path));
    return undefined;
  }
  report.addAll(path, admitted);
  return admitted.value;
}

function namesIn(source: object, { nodes }: Limits): readonly string[] {
  try {
    if (hasMoreIndexes(source, nodes)) return [];
    return ownKeys(source).filter((key) => typeof key === "string");
  } catch {
    return [];
  }
}
