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

export function denied(refusal: ProviderRefusal): JsonObject {
  return { error: errorOf(refusal) };
}
