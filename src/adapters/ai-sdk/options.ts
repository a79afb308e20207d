/** What every `to…` takes. */
import { kindOf } from "../../documents/index.ts";
import { GlassineError } from "../../errors/index.ts";
import { createMessage, type Message } from "../../messages/index.ts";
import type { SpecificationVersion } from "./types.ts";

/**
 * Messages as the host has them: what the library made is taken as it is.
 *
 * @throws GlassineError `message_invalid`
 */
export function givenMessages(messages: readonly Message[], call: string): readonly Message[] {
  if (Array.isArray(messages)) return messages.map((message) => createMessage(message));
  const expected = "an array of messages";
  const received = kindOf(messages);
  const hint = "Of what a from… function gives, pass .messages.";
  throw new GlassineError(
    "message_invalid",
    `${call} expects ${expected}, got ${received}. ${hint}`,
    {
      problems: [{ path: [], code: "message_invalid", expected, received }],
    },
  );
}

const versions: readonly unknown[] = ["v2", "v3"] satisfies SpecificationVersion[];

/** @throws GlassineError `options_invalid` */
export function givenVersion(version: SpecificationVersion = "v3"): SpecificationVersion {
  if (versions.includes(version)) return version;
  const received = typeof version === "string" ? "another text" : kindOf(version);
  const text = `specificationVersion expects "v3" for ai 6 or "v2" for ai 5, got ${received}.`;
  throw new GlassineError("options_invalid", text);
}
