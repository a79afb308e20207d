/** How a request asks OpenAI's APIs for a stream, and how they refuse. */
import type { ProviderRefusal } from "../rewrite/index.ts";
import { isObject, type JsonObject } from "./json.ts";

const errorTypes: { readonly [status: number]: string } = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

export function errorOf({ violation, status }: ProviderRefusal): JsonObject {
  const type = errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
  return { message: violation.reason, type, param: null, code: violation.code };
}

/** What a guard needs to know about each of these APIs. */
export const guarded = {
  asksForStream: (request: unknown) => isObject(request) && request.stream === true,
  namesEvents: false,
  denied: (refusal: ProviderRefusal) => ({ error: errorOf(refusal) }),
  deniedEvent: (refusal: ProviderRefusal) => ({ error: errorOf(refusal) }),
};
