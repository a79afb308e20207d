/** Describes the content parts of a message. */
import { expectOptions, readOption } from "../data/index.ts";
import { brandOf, expectExtensions } from "../envelope/index.ts";
import { GlassineError } from "../errors/index.ts";
import { messageOf } from "./message.ts";
import type { Message } from "./message-types.generated.ts";
import { PartInfo, type PartSource } from "./part-info.ts";
import type { PartExtensions } from "./part-types.ts";

/** Options of `partsOf`. */
export interface PartsOptions {
  /** The hook that runs on the message. It is passed along as `hook` and has no other effect. */
  readonly hook?: string | null | undefined;
  /**
   * An envelope of any host, or a plugin's view of one. Without them, nothing is known about the
   * caller.
   */
  readonly extensions?: PartExtensions | null | undefined;
}

/**
 * Describes the content parts of a message, in order: what each part is, in which direction it
 * goes, what it names and contains, and what the extensions say about its caller.
 *
 * Nothing about a part is computed before it is read. A message that this library did not make is
 * checked first, as by `createMessage`.
 *
 * @throws GlassineError `message_invalid`; `extensions_invalid` for extensions that this library
 *   did not make; `options_invalid`
 * @see spec `part:one-a-part`, `part:lazy`, `part:shown-only`
 * @example
 * ```ts
 * import { createExtensions } from "glassine";
 * import { createMessage, text, toolCall, partsOf } from "glassine/messages";
 *
 * const message = createMessage({
 *   role: "assistant",
 *   content: [
 *     text("Let me look."),
 *     toolCall({ tool_call_id: "1", name: "read", namespace: "fs", arguments: { path: "/a" } }),
 *   ],
 * });
 * const extensions = createExtensions({ security: { labels: ["PII"] } });
 * const [said, call] = partsOf(message, { extensions });
 * console.log(said?.action, said?.isPost, said?.sizeBytes); // generate true 12
 * console.log(call?.action, call?.uri, call?.getArg("path")); // execute tool://fs/read /a
 * console.log(call?.matchesUriPattern("tool://fs/**"), call?.hasLabel("PII")); // true true
 * ```
 */
export function partsOf(message: Message, options: PartsOptions = {}): readonly PartInfo[] {
  const { role, content } = messageOf(message);
  if (brandOf(options) !== undefined) {
    throw new GlassineError(
      "options_invalid",
      "partsOf expects its options in an object, got extensions: pass { extensions }.",
    );
  }
  expectOptions(options, ["hook", "extensions"], "partsOf");
  const hook = readOption(options, "hook", "string");
  const extensions = options.extensions ?? undefined;
  // Other values are neither frozen nor checked: they could change or run code.
  if (extensions !== undefined) expectExtensions(extensions, "partsOf");
  const of: PartSource = { role, hook, extensions };
  return Object.freeze(content.map((part) => new PartInfo(part, of)));
}
