/**
 * Turns a peer's description of its own data into labels.
 *
 * The description is a claim, so it only adds labels: anything missing, unknown or malformed counts
 * as the restrictive answer. A host enables a mapping by passing it.
 */
import { expectOptions, extensionsLimits, isLabel, readOption } from "../data/index.ts";
import { ownValue } from "../data/intrinsics.ts";
import { optionsInvalid, quoted } from "../errors/index.ts";

/** The labels that `labelsFromIfc` returns. */
export interface IfcLabels {
  /** For data that is not said to be trusted. Default `untrusted`. */
  readonly untrusted?: string;
  /** For data that is not said to be public. Default `private`. */
  readonly private?: string;
}

/**
 * Returns the labels for the `ifc` member in the `_meta` of an MCP result:
 * `{ integrity: "trusted" | "untrusted", confidentiality: "public" | "private" }`.
 *
 * Only the exact words `trusted` and `public` avoid a label.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `labels:ifc` and the GitHub MCP server, which writes it
 * @example
 * ```ts
 * import { labelsFromIfc } from "glassine/labels";
 *
 * const ifc = { integrity: "untrusted", confidentiality: "public" };
 * console.log(labelsFromIfc({ ifc })); // [ 'untrusted' ]
 * console.log(labelsFromIfc(undefined)); // [ 'private', 'untrusted' ]
 * ```
 */
export function labelsFromIfc(meta: unknown, labels: IfcLabels = {}): readonly string[] {
  expectOptions(labels, ["untrusted", "private"], "labelsFromIfc");
  const ifc = ownValue(meta, "ifc");
  const confidential = readLabel(labels, "private") ?? "private";
  const untrusted = readLabel(labels, "untrusted") ?? "untrusted";
  const found: string[] = [];
  if (ownValue(ifc, "confidentiality") !== "public") found.push(confidential);
  if (ownValue(ifc, "integrity") !== "trusted") found.push(untrusted);
  return Object.freeze(found);
}

/** For each hint, the label that a tool gets unless its annotations have the harmless value. */
export interface AnnotationLabels {
  readonly openWorldHint?: string;
  readonly readOnlyHint?: string;
  readonly destructiveHint?: string;
  readonly idempotentHint?: string;
  readonly privateHint?: string;
  readonly sensitiveHint?: string;
  readonly maliciousActivityHint?: string;
}

/** The value of each hint that avoids its label. The last three are from the draft SEP-1913. */
const harmless = {
  openWorldHint: false,
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  privateHint: false,
  sensitiveHint: false,
  maliciousActivityHint: false,
} as const satisfies Required<Record<keyof AnnotationLabels, boolean>>;

const standardAnnotationLabels: AnnotationLabels = { openWorldHint: "untrusted" };

/**
 * Returns the labels for the `annotations` of an MCP tool, for the hints that `labels` names.
 *
 * By default that is `openWorldHint`, with the label `untrusted`: anybody may have written what a
 * tool gets from an open world. A missing hint counts as the restrictive answer.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `labels:annotations`
 * @example
 * ```ts
 * import { labelsFromAnnotations } from "glassine/labels";
 *
 * console.log(labelsFromAnnotations({ openWorldHint: false })); // []
 * console.log(labelsFromAnnotations({ readOnlyHint: true })); // [ 'untrusted' ]
 * console.log(labelsFromAnnotations({}, { readOnlyHint: "writes" })); // [ 'writes' ]
 * ```
 */
export function labelsFromAnnotations(
  annotations: unknown,
  labels: AnnotationLabels = standardAnnotationLabels,
): readonly string[] {
  const found = new Set<string>();
  const hints = Object.keys(harmless) as (keyof AnnotationLabels)[];
  // A misspelled hint would never add its label.
  expectOptions(labels, hints, "labelsFromAnnotations");
  for (const hint of hints) {
    const label = readLabel(labels, hint);
    if (label !== undefined && ownValue(annotations, hint) !== harmless[hint]) found.add(label);
  }
  return Object.freeze([...found]);
}

/** Reads a label that an envelope accepts. @throws GlassineError `options_invalid` */
function readLabel(labels: object, name: string): string | undefined {
  const label = readOption(labels, name, "string");
  if (label === undefined || isLabel(label, extensionsLimits.labelCodePoints)) return label;
  throw optionsInvalid(`The option ${quoted(name)} expects a label, got a string that is not one.`);
}
