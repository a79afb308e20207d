/** How OpenAI's APIs refuse. */
import type { ProviderRefusal } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";

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
  namesEvents: false,
  denied: (refusal: ProviderRefusal) => ({ error: errorOf(refusal) }),
  deniedEvent: (refusal: ProviderRefusal) => ({ error: errorOf(refusal) }),
};
