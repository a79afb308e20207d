/** A back whose tool definitions are compared with those that are pinned. */
import {
  around,
  type End,
  isAnswer,
  isMessage,
  isRequest,
  keyOf,
  type Message,
  refusalOf,
  refusedHere,
} from "../ends/index.ts";
import type { Definitions } from "./definitions.ts";

const refused = refusalOf(
  -32010,
  "definition_changed",
  "The definition of the tool is not the one that the operator has looked at",
);

export interface Pinned {
  readonly definitions: Definitions;
  /** Whether a tool whose definition changed is refused. */
  readonly refuses: boolean;
}

/**
 * `of` returns what counts at the moment. With `refuses`, a tool whose definition changed is missing in lists, and calls of it are answered
 * here. Otherwise everything passes as it is.
 */
export function pinned(back: End, of: () => Pinned): End {
  /** The requests of lists that have no answer yet. Those behind it answer each once. */
  const asked = new Set<string>();

  const end: End = around(back, {
    async send(message, options) {
      if (isRequest(message)) {
        const { id, method, params } = message;
        if (method === "tools/list") asked.add(keyOf(id));
        const tool = method === "tools/call" && isMessage(params) ? params.name : undefined;
        const { refuses, definitions } = of();
        if (refuses && definitions.isChanged(tool))
          return end.onmessage?.(...refusedHere(id, refused, "denied"));
      }
      await back.send(message, options);
    },
    receive(message, extra, deliver) {
      const isList = isMessage(message) && isAnswer(message) && asked.delete(keyOf(message.id));
      if (isList) end.onmessage?.(judged(message), extra);
      else deliver();
    },
  });

  function judged(message: Message): Message {
    const { result } = message;
    if (!isMessage(result) || !Array.isArray(result.tools)) return message;
    const { refuses, definitions } = of();
    const tools = definitions.judge(result.tools);
    return refuses ? { ...message, result: { ...result, tools } } : message;
  }

  return end;
}
