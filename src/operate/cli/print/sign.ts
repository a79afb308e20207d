/** `plugins sign`: the document and the lines. */
import type { Documents } from "../documents.ts";
import type { SignedReport } from "../reports.ts";
import { texts } from "../texts.ts";
import { shortHash } from "./list.ts";
import type { Paint } from "./paint.ts";
import { printableJson, say } from "./printable.ts";

/** The document of `sign --json`. */
export function signDocument(report: SignedReport): Documents["sign"] {
  const { package: name, version, distribution_hash, identity, key_id, evidence } = report;
  return {
    action: "sign",
    ...{ package: name, version, distribution_hash, identity, key_id, evidence },
    publisher: publisherOf(report),
    warnings: report.warnings,
  };
}

/** What an operator puts into `publishers` of the file of publisher keys. */
function publisherOf({ identity, key_id, public_key }: SignedReport) {
  return { identity, key_id, public_key };
}

/** The lines of `sign`. */
export function signLines(report: SignedReport, paint: Paint): readonly string[] {
  const { package: name, version, distribution_hash: hash, identity, key_id, evidence } = report;
  return [
    `${paint.good("signed:")} ${say`${name} ${version} (${shortHash(hash, 23)})`}`,
    say`  identity: ${identity}`,
    say`  key:      ${key_id}`,
    say`  evidence: ${evidence}`,
    texts.forOperators,
    `  ${printableJson(publisherOf(report))}`,
  ];
}
