/** What every `to…` takes. */
import { expectOptions } from "../../admit/index.ts";
import { kindOf } from "../../documents/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { createMessage, type Message } from "../../messages/index.ts";
import type { ModelExtensions } from "./extensions.ts";

/** How messages become a document. */
export interface WriteOptions<Document extends object> {
  /**
   * The document that the messages came from. What the messages do not show is taken from it, and
   * what did not change keeps its very JSON. It is read and never changed.
   */
  readonly onto?: Document | undefined;
  /** Where there is no `onto`: the model, and for a response its id, time, usage and stop reason. */
  readonly extensions?: ModelExtensions | undefined;
}

/** @throws GlassineError `options_invalid` */
export function writeOptions<Document extends object>(
  options: WriteOptions<Document>,
  call: string,
): WriteOptions<Document> {
  expectOptions(options, ["onto", "extensions"], call);
  return options;
}

/**
 * Messages as the host has them: what the library made is taken as it is.
 *
 * @throws GlassineError `message_invalid`
 */
export function givenMessages(messages: readonly Message[], call: string): readonly Message[] {
  if (Array.isArray(messages)) return messages.map((message) => createMessage(message));
  const came = `${call} expects messages in an array, got ${kindOf(messages)}.`;
  const way = "Of what a from… function gave, hand in its messages.";
  throw new GlassineError("message_invalid", `${came} ${way}`);
}
