/**
 * A peer's description of its own data, as labels.
 *
 * It is a claim, so it only adds: what is missing, unknown or malformed reads as the restrictive
 * answer. A host switches a mapping on by passing it.
 */
import { ownValue } from "../data/intrinsics.ts";

/** The labels that `labelsFromIfc` returns. */
export interface IfcLabels {
  /** For data that is not said to be trusted. Default `untrusted`. */
  readonly untrusted?: string;
  /** For data that is not said to be public. Default `private`. */
  readonly private?: string;
}

/**
 * The labels of the `ifc` member in the `_meta` of an MCP result:
 * `{ integrity: "trusted" | "untrusted", confidentiality: "public" | "private" }`.
 *
 * Only the exact words `trusted` and `public` avoid a label.
 *
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
  const ifc = ownValue(meta, "ifc");
  const found: string[] = [];
  if (ownValue(ifc, "confidentiality") !== "public") found.push(labels.private ?? "private");
  if (ownValue(ifc, "integrity") !== "trusted") found.push(labels.untrusted ?? "untrusted");
  return Object.freeze(found);
}

/** By hint, the label that a tool gets unless its annotations have the harmless value. */
export interface AnnotationLabels {
  readonly openWorldHint?: string;
  readonly readOnlyHint?: string;
  readonly destructiveHint?: string;
  readonly idempotentHint?: string;
  readonly privateHint?: string;
  readonly sensitiveHint?: string;
  readonly maliciousActivityHint?: string;
}

/** The value of each hint that leaves its label away. The last three are of the draft SEP-1913. */
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
 * The labels of the `annotations` of an MCP tool, for the hints that `labels` names.
 *
 * By default that is `openWorldHint`, whose label is `untrusted`: what a tool brings from an open
 * world anybody may have written. A hint that is missing counts as the restrictive one.
 *
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
  for (const hint of Object.keys(harmless) as (keyof AnnotationLabels)[]) {
    const label = ownValue(labels, hint);
    if (typeof label === "string" && ownValue(annotations, hint) !== harmless[hint])
      found.add(label);
  }
  return Object.freeze([...found]);
}
