/** How what is in a package becomes one hash: `glassine-package-hash-v1`. */
import { createHash } from "node:crypto";

/** A file by the SHA-256 of its bytes, or a link by its target. */
export type HashRecord =
  | { readonly kind: "file"; readonly path: string; readonly size: number; readonly sha256: string }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

const version = "glassine-package-hash-v1";

/**
 * The hash of records, in whatever order they come. No path and no target has a NUL or a line feed,
 * so no two sets of records have the same text.
 *
 * @see spec `package:framing`
 */
export function hashRecords(records: readonly HashRecord[]): string {
  const sorted = records
    .map((record) => ({ record, key: Buffer.from(record.path) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const hash = createHash("sha256").update(`${version}\n`);
  for (const { record } of sorted) hash.update(textOf(record));
  return `sha256:${hash.digest("hex")}`;
}

function textOf(record: HashRecord): string {
  const { kind, path } = record;
  const facts = record.kind === "file" ? [String(record.size), record.sha256] : [record.target];
  return `${[kind, path, ...facts].join("\0")}\n`;
}
