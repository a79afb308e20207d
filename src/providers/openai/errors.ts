/** How OpenAI's APIs refuse. */
import type { ModelRefusal } from "../rewrite/index.ts";
import type { JsonObject } from "./json.ts";

const errorTypes: { readonly [status: number]: string } = {
  401: "authentication_error",
  403: "permission_error",
  429: "rate_limit_error",
};

export function errorOf({ code, reason, status }: ModelRefusal): JsonObject {
  const type = errorTypes[status] ?? (status < 500 ? "invalid_request_error" : "server_error");
  return { message: reason, type, param: null, code };
}

export function denied(refusal: ModelRefusal): JsonObject {
  return { error: errorOf(refusal) };
}
