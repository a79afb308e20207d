import * as z from "zod/mini";
import { GlassineError, type Plugin } from "../index.ts";
import { markerOf } from "./findings.ts";
import { filled, label, wholeFrom1 } from "./option-types.ts";
import { readOptions } from "./read-options.ts";
import { type ScannerAction, scannerPlugin } from "./scanner.ts";
import {
  type SecretKind,
  secretFinders,
  type TokenPattern,
  tokenCharacters,
  tokenFinder,
} from "./secret-kinds.ts";

/** Options of `secretScanner`. */
export interface SecretScannerOptions {
  /** What happens to a message with a secret. Default `"deny"`. */
  readonly action?: ScannerAction | undefined;
  /** The label for an envelope with a secret, for the action `label`. Default `"SECRET"`. */
  readonly label?: string | undefined;
  /** The kinds to look for. Default: all of them. */
  readonly kinds?: readonly SecretKind[] | undefined;
  /** Your own tokens, by kind: the prefix of each, and the run of characters after it. */
  readonly patterns?: { readonly [kind: string]: TokenPattern } | undefined;
}

const kindNames = Object.keys(secretFinders).sort() as SecretKind[];

export const secretScannerOptions = z
  .strictObject({
    action: z
      ._default(z.enum(["deny", "redact", "label"]), "deny")
      .check(z.describe("What happens to a message with a secret.")),
    label: z
      ._default(label, "SECRET")
      .check(z.describe("The label for an envelope with a secret, for the action `label`.")),
    kinds: z
      .optional(z.array(z.enum(kindNames)))
      .check(z.describe("The kinds to look for. Default: all of them.")),
    patterns: z
      ._default(
        z.record(
          z
            .string()
            .check(
              z.refine(
                (kind) => /^[a-z][a-z0-9-]{0,63}$/.test(kind),
                "must be a kind: up to 64 lower-case letters, digits and -, beginning with a letter",
              ),
            ),
          z.strictObject({
            prefix: filled.check(z.minLength(2), z.maxLength(64)),
            characters: z.enum(Object.keys(tokenCharacters) as (keyof typeof tokenCharacters)[]),
            min: wholeFrom1(256),
          }),
        ),
        {},
      )
      .check(
        z.describe(
          "Your own tokens, by kind: the prefix of each, and the run of characters after it.",
        ),
      ),
  })
  .check(
    z.refine(
      ({ kinds, patterns }) => kinds?.length !== 0 || Object.keys(patterns).length > 0,
      "must have kinds or patterns to look for",
    ),
  );

/**
 * Finds secrets in every text of every message (arguments, results, prompts, resources, and models'
 * input and output), and denies the message, redacts the secrets, or labels the envelope.
 *
 * It sees all texts, including those in base64, and adds a label or changes texts. With `redact`, a
 * secret that cannot be replaced, in a name, a key or a URI, denies the message. It reports which
 * kinds it found and how many, never the secrets. A secret that is cut in two, in another encoding
 * or of an unknown form is not found. A streamed answer is held back until its end.
 *
 * @throws GlassineError `options_invalid`
 * @example
 * ```ts
 * import { secretScanner } from "glassine/plugins";
 *
 * const scanner = secretScanner({
 *   action: "redact",
 *   patterns: { "acme-key": { prefix: "acme_", characters: "alphanumeric", min: 20 } },
 * });
 * console.log(scanner.capabilities); // []
 * ```
 */
export function secretScanner(options: SecretScannerOptions = {}): Plugin {
  const read = readOptions("secretScanner", secretScannerOptions, options);
  const { action, label, kinds = kindNames, patterns } = read;
  const finders = [
    ...kinds.map((kind) => secretFinders[kind]),
    ...Object.entries(patterns).map(([kind, pattern]) => tokenFinder(kind, [pattern])),
  ];
  const markers = [...kinds, ...Object.keys(patterns)].map(markerOf).join();
  if (finders.some((find) => find(markers, "").length > 0)) {
    const text = 'secretScanner: "patterns" must not match the marker that replaces a secret.';
    throw new GlassineError("options_invalid", text, { option: "patterns" });
  }
  return scannerPlugin({
    name: "secret-scanner",
    description: "Finds secrets in messages, and denies, redacts or labels them.",
    finders,
    code: "secret_found",
    what: "a secret",
    action,
    labelsFor: action === "label" ? () => [label] : undefined,
  });
}
