import { kindOf } from "../../core/data/index.ts";
import { GlassineError, type Problem } from "../../core/errors/index.ts";
import { createMessage, type Message } from "../../core/messages/index.ts";

/**
 * Reads the messages that a host passes to `call`. Those that the library made are used unchanged.
 *
 * @throws GlassineError `message_invalid`
 */
export function givenMessages(messages: readonly Message[], call: string): readonly Message[] {
  if (Array.isArray(messages)) return messages.map((message) => createMessage(message));
  const expected = "an array of messages";
  const received = kindOf(messages);
  const hint = "From the result of a from… function, pass .messages.";
  const problem: Problem = { path: [], code: "message_invalid", expected, received };
  const text = `${call} expects ${expected}, got ${received}. ${hint}`;
  throw new GlassineError("message_invalid", text, { problems: [problem] });
}
