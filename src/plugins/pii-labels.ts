import * as z from "zod/mini";
import type { Plugin } from "../index.ts";
import { label } from "./option-types.ts";
import { type PiiKind, piiFinders } from "./pii-kinds.ts";
import { readOptions } from "./read-options.ts";
import { type ScannerAction, scannerPlugin } from "./scanner.ts";

/** Options of `piiLabels`. */
export interface PiiLabelsOptions {
  /** What happens to a message with personal data. Default `"label"`. */
  readonly action?: ScannerAction | undefined;
  /** The kinds to look for. Default: all of them. */
  readonly kinds?: readonly PiiKind[] | undefined;
  /** The label for an envelope with personal data, or null for none. Default `"PII"`. */
  readonly label?: string | null | undefined;
  /** Further labels by kind. Default: none. */
  readonly kindLabels?: { readonly [Kind in PiiKind]?: string } | undefined;
}

const kindNames = Object.keys(piiFinders) as PiiKind[];

export const piiLabelsOptions = z
  .strictObject({
    action: z
      ._default(z.enum(["deny", "redact", "label"]), "label")
      .check(z.describe("What happens to a message with personal data.")),
    kinds: z
      ._default(z.array(z.enum(kindNames)).check(z.minLength(1)), kindNames)
      .check(z.describe("The kinds to look for.")),
    label: z
      ._default(z.nullable(label), "PII")
      .check(z.describe("The label for an envelope with personal data, or null for none.")),
    kindLabels: z
      ._default(z.partialRecord(z.enum(kindNames), label), {})
      .check(z.describe("Further labels by kind.")),
  })
  .check(
    z.refine(
      ({ action, label, kinds, kindLabels }) =>
        action !== "label" || label !== null || kinds.some((kind) => kind in kindLabels),
      "must have a label for the action label",
    ),
  );

/**
 * Finds personal data in every text of every message, and labels the envelope, redacts the data as
 * well, or denies the message. The data are e-mail addresses, telephone numbers with a plus or in
 * North American groups, payment cards (by issuer and checksum), IBANs (by country and checksum),
 * US social security numbers, and IP addresses.
 *
 * It sees all texts, including those in base64, and the digits of whole numbers. It adds labels
 * and, with `redact`, changes texts and numbers; data that cannot be replaced, in a name, a key or
 * a URI, then denies the message. It reports which kinds it found and how many, never the data. It
 * knows forms but not names: other data is not found. A streamed answer is held back until its end.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { piiLabels } from "glassine/plugins";
 *
 * const labels = piiLabels({ kinds: ["card", "iban"], kindLabels: { card: "PCI" } });
 * console.log(labels.capabilities); // [ 'append_labels' ]
 * ```
 */
export function piiLabels(options: PiiLabelsOptions = {}): Plugin {
  const read = readOptions("piiLabels", piiLabelsOptions, options);
  const { action, kinds, label, kindLabels } = read;
  const labelsFor = (found: readonly string[]) => [
    ...(label === null ? [] : [label]),
    ...kinds.flatMap((kind) => (found.includes(kind) ? (kindLabels[kind] ?? []) : [])),
  ];
  const labelsNone = label === null && Object.keys(kindLabels).length === 0;
  return scannerPlugin({
    name: "pii",
    description: "Finds personal data in messages, and labels, redacts or denies them.",
    finders: kinds.map((kind) => piiFinders[kind]),
    code: "pii_found",
    what: "personal data",
    action,
    readsNumbers: true,
    labelsFor: action === "deny" || labelsNone ? undefined : labelsFor,
  });
}
