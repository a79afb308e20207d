/** A plugin that scans every text of every message. */
import { addLabels, type Capability, definePlugin, deny, hasLabel, type Plugin } from "../index.ts";
import type { Message } from "../messages.ts";
import { isLongBinary } from "./encoded-texts.ts";
import { type Finder, scan, scanFile } from "./findings.ts";
import { visitMessage } from "./message-texts.ts";

/** What happens to a message in which something was found. */
export type ScannerAction = "deny" | "redact" | "label";

interface Scanner {
  readonly name: string;
  readonly description: string;
  readonly finders: readonly Finder[];
  /** The code of its denials. */
  readonly code: string;
  /** What it finds, as a denial's reason names it: `a secret`. */
  readonly what: string;
  readonly action: ScannerAction;
  /** Whether it also scans whole numbers, as their decimal digits. */
  readonly readsNumbers?: boolean;
  /** Returns the labels to add for these kinds; `undefined` for a scanner that adds none. */
  readonly labelsFor: ((kinds: readonly string[]) => readonly string[]) | undefined;
}

const unreadable = {
  code: "file_unreadable",
  reason: "The message has a text file that is not valid base64, so it cannot be scanned",
};

/** Makes the plugin. It reports only the kind of a finding, nothing of the text. */
export function scannerPlugin(scanner: Scanner): Plugin {
  const { name, description, finders, action, labelsFor } = scanner;
  const capabilities: Capability[] = labelsFor === undefined ? [] : ["append_labels"];

  function handler(message: Message, _context: unknown, extensions: object) {
    const counts = new Map<string, number>();
    let unredactableIn: string | undefined;
    let isUnreadable = false;
    const note = (kinds: readonly string[]) => {
      for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
    };
    const visitText = (text: string, key: string) => {
      const scanned = scan(text, key, finders);
      note(scanned.kinds);
      return action === "redact" ? scanned.redacted : text;
    };
    // A redacted number becomes a string, because a number cannot show that something was there.
    const visitNumber = (value: number, key: string) => {
      const text = String(value);
      const left = visitText(text, key);
      return left === text ? value : left;
    };
    const redacted = visitMessage(message, {
      text: visitText,
      number: scanner.readsNumbers ? visitNumber : undefined,
      file(base64, key, isText) {
        // In so many random characters, any short pattern occurs by chance.
        if (!isText) return isLongBinary(base64) ? base64 : undefined;
        const scanned = scanFile(base64, key, finders);
        if (scanned === undefined) return undefined;
        note(scanned.kinds);
        if (scanned.hasUnredactable) unredactableIn ??= "a file of mixed encodings";
        return action === "redact" ? scanned.redacted : base64;
      },
      unreadable() {
        isUnreadable = true;
      },
      unchangeable(text) {
        const { kinds } = scan(text, "", finders);
        note(kinds);
        if (kinds.length > 0) unredactableIn ??= "a name, a key or a URI";
      },
    });
    if (isUnreadable) return deny(unreadable);
    if (counts.size === 0) return undefined;
    const kinds = [...counts.keys()].sort();
    const found = Object.fromEntries(kinds.map((kind) => [kind, counts.get(kind)]));
    if (action === "deny" || (action === "redact" && unredactableIn !== undefined)) {
      const place = action === "redact" ? `, in ${unredactableIn}` : "";
      // The commas matter: in records, what directly follows the word "secret" would be redacted.
      const reason = `The message has ${scanner.what}${place}, namely ${kinds.join(", ")}`;
      return deny({ code: scanner.code, reason, details: { found } });
    }
    const missing = (labelsFor?.(kinds) ?? []).filter((label) => !hasLabel(extensions, label));
    return {
      ...(redacted !== message && { modifiedPayload: redacted }),
      ...(missing.length > 0 && { modifiedExtensions: addLabels(extensions, missing) }),
      metadata: { found },
    };
  }
  // Plugins that rewrite run before plugins that judge.
  const entry = { priority: action === "redact" ? 50 : 100, handler };
  return definePlugin({
    name,
    version: "1.0.0",
    description,
    capabilities,
    hooks: { evaluate: entry, message_pre_invoke: entry, message_post_invoke: entry },
  });
}
