/** What the host gets to see of a request, and the envelope that it returns. */
import { kindOf } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import type { Call } from "./call.ts";
import { isObject, without } from "./json.ts";
import type { GuardedRequest } from "./options.ts";

export function guardedRequest(call: Call): GuardedRequest {
  const sessionId = call.transportSession;
  const extra = call.direction === "incoming" && isObject(call.aux) ? call.aux : {};
  return {
    method: call.method,
    direction: call.direction,
    id: call.id,
    params: without(call.params, ["_meta"]),
    mcp: call.subject.describe(call),
    sessionId: typeof sessionId === "string" ? sessionId : undefined,
    authInfo: extra.authInfo,
    requestInfo: extra.requestInfo ?? extra.request,
  };
}

export function readEnvelope(made: unknown): object {
  if (isObject(made)) return made;
  throw new GlassineError(
    "extensions_shape",
    `The option "envelope" expects a function that returns an object; it returned ${kindOf(made)}. Return the result of createExtensions or withSlots.`,
  );
}
