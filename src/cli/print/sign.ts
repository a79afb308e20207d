/** `plugins sign`: the document and the lines. */
import type { SignedReport } from "../reports.ts";
import { shortHash } from "./list.ts";
import type { Paint } from "./paint.ts";
import { say } from "./printable.ts";

/** The document of `sign --json`. */
export function signDocument(report: SignedReport): object {
  const { package: name, version, distribution_hash, identity, key_id, evidence } = report;
  return {
    action: "sign",
    ...{ package: name, version, distribution_hash, identity, key_id, evidence },
    warnings: report.warnings,
  };
}

/** The lines of `sign`. */
export function signLines(report: SignedReport, paint: Paint): readonly string[] {
  const { package: name, version, distribution_hash: hash, identity, key_id, evidence } = report;
  return [
    `${paint.good("signed:")} ${say`${name} ${version} (${shortHash(hash, 23)})`}`,
    say`  identity: ${identity}`,
    say`  key:      ${key_id}`,
    say`  evidence: ${evidence}`,
  ];
}
