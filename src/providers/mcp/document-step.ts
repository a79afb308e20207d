/** A step that shows a document as one message. */
import type { Message } from "../../core/messages/index.ts";
import type { Read, Written } from "../rewrite/index.ts";
import type { Step } from "./call.ts";
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

/** The hooks that show what a document's messages do not. */
const rests = {
  request: { hook: "cmf.mcp_request", input: "inputResponses" },
  response: { hook: "cmf.mcp_response", input: "inputRequests" },
} as const;

export function documentStep<Options extends object>(
  hook: string,
  document: JsonObject,
  { from, to }: Conversion<Options>,
  options: Options,
  rest?: keyof typeof rests,
): Step {
  return {
    hook,
    ...(rest !== undefined && { rest: { ...rests[rest], document } }),
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
