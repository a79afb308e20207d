/** A step that shows a document as one message. */
import type { Message } from "../../core/messages/index.ts";
import type { Read, Written } from "../rewrite/index.ts";
import type { Rest, Step } from "./call.ts";
import type { JsonObject } from "./json.ts";
import { applyWritten, payloadFault } from "./payload.ts";

/** How one kind of document is read and written. */
interface Conversion<Options extends object> {
  readonly from: (document: object, options: Options) => Read;
  readonly to: (
    messages: readonly Message[],
    options: Options & { readonly onto: object },
  ) => Written<object>;
}

/** `rest` is the hook that shows what the document's messages do not. */
export function documentStep<Options extends object>(
  hook: string,
  document: JsonObject,
  { from, to }: Conversion<Options>,
  options: Options,
  rest?: Rest["hook"],
): Step {
  return {
    hook,
    ...(rest !== undefined && { rest: { hook: rest, document } }),
    payload(reportLeft) {
      const { messages, left } = from(document, options);
      const [message] = messages;
      if (message === undefined) throw payloadFault("a document that messages can show");
      reportLeft(left);
      return message;
    },
    writeMessage: (changed) =>
      applyWritten(document, to([changed], { ...options, onto: document })),
  };
}
