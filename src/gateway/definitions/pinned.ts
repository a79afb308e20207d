/** Wraps a back, comparing its tool definitions with the pinned ones. */
import {
  type AnswerMessage,
  around,
  type Extra,
  invalidAnswer,
  isAnswer,
  isMessage,
  isRequest,
  type Message,
  refusalOf,
  refusedHere,
  type Transport,
} from "../transports/index.ts";
import type { Definitions } from "./definitions.ts";

const refused = refusalOf(
  -32010,
  "definition_changed",
  "The tool's definition is not the one that the operator reviewed",
);

/**
 * If `definitions` refuse a tool that has changed, it is removed from lists, and calls of it are
 * refused here. Otherwise everything passes unchanged.
 */
export function pinned(back: Transport, definitions: Definitions): Transport {
  const transport: Transport = around(back, {
    async send(message, options) {
      if (isRequest(message)) {
        const { id, method, params } = message;
        const tool = method === "tools/call" && isMessage(params) ? params.name : undefined;
        if (definitions.refuses && definitions.isChanged(tool))
          return void transport.onmessage?.(...refusedHere(id, refused, "denied"));
      }
      await back.send(message, options);
    },
    receive(message, extra, deliver) {
      // Any answer may be a list: a list can come although it was cancelled, in another exchange
      // than it was asked for in, or with the id of another request.
      return isMessage(message) && isAnswer(message)
        ? transport.onmessage?.(...judged(message, extra))
        : deliver();
    },
  });

  function judged(
    message: AnswerMessage,
    extra: Extra | undefined,
  ): [message: Message, extra: Extra | undefined] {
    const { result } = message;
    if (!isMessage(result) || result.tools === undefined) return [message, extra];
    const { refuses } = definitions;
    if (Array.isArray(result.tools)) {
      const tools = definitions.judge(result.tools);
      return [refuses ? { ...message, result: { ...result, tools } } : message, extra];
    }
    // Nothing else can be compared, and a lenient client might take it.
    return refuses ? refusedHere(message.id, invalidAnswer) : [message, extra];
  }

  return transport;
}
