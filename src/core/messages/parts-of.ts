/** What each content part of a message is. */
import { expectOptions, readOption } from "../data/index.ts";
import { brandOf } from "../envelope/index.ts";
import { GlassineError } from "../errors/index.ts";
import { messageOf } from "./message.ts";
import type { Message } from "./message-types.generated.ts";
import { LazyPartInfo, type PartSource } from "./part-info.ts";
import type { PartExtensions, PartInfo } from "./part-types.ts";

/** Options of `partsOf`. */
export interface PartsOptions {
  /** The hook that the message is at. It is carried along as `hook` and decides nothing. */
  readonly hook?: string | null | undefined;
  /**
   * An envelope of any host, or what a plugin was handed of one. Views tell of the caller what
   * these show, and nothing without them.
   */
  readonly extensions?: PartExtensions | null | undefined;
}

const optionNames = ["hook", "extensions"] as const;

/**
 * Describes the content parts of a message, in order: what each part is, which way it goes, what it
 * names and carries, and what the extensions say about its caller.
 *
 * Lazy: nothing of a part is computed before it is read. A message that this library did not make
 * is read first, as `createMessage` does.
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
  expectOptions(options, optionNames, "partsOf");
  const hook = readOption(options, "hook", "string");
  const extensions = readExtensions(options.extensions ?? undefined);
  const of: PartSource = { role, hook, extensions };
  return Object.freeze(content.map((part) => new LazyPartInfo(part, of)));
}

/** What this library made is frozen and checked; what else there is could change or run code. */
function readExtensions(value: unknown): PartExtensions | undefined {
  if (value === undefined || brandOf(value) !== undefined) {
    return value as PartExtensions | undefined;
  }
  throw new GlassineError(
    "extensions_invalid",
    "partsOf expects extensions made by this library; got another value. Make them with createExtensions or decodeExtensions.",
  );
}
