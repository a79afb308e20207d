/** What a provider says when it fails. */
import { isJsonObject } from "../rewrite/index.ts";

/**
 * Most APIs write `{ error: { message } }`, and some gateways `{ error: "…" }`. Older vLLM and Azure
 * API Management write `{ message }`. Google's streams answer with an array of one error.
 */
export function errorIn(document: unknown): { readonly message?: string; readonly code: string } {
  const body: unknown = Array.isArray(document) ? document[0] : document;
  const error: unknown = isJsonObject(body) ? (body.error ?? body) : undefined;
  const said: Readonly<Record<string, unknown>> = isJsonObject(error) ? error : { message: error };
  const { message, code, type, status } = said;
  return {
    code: [code, type, status].find(isWord) ?? "provider_error",
    ...(typeof message === "string" && message !== "" && { message }),
  };
}

/** A code such as `context_length_exceeded` or `DeploymentNotFound`, not a sentence. */
function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z_]{0,63}$/i.test(value);
}

/** Whether `error` of an event, or of a streamed answer, says that the provider failed. */
export function isError(error: unknown): boolean {
  return isJsonObject(error) || (typeof error === "string" && error !== "");
}

/** Whether an event says that the provider failed: its text is checked before it goes on. */
export function isErrorEvent(event: unknown): boolean {
  if (!isJsonObject(event)) return true;
  const { error, type, response } = event;
  const isFailed = isJsonObject(response) && isError(response.error);
  // Converse names an exception by its field: `throttlingException`.
  const isException = Object.keys(event).some((name) => name.endsWith("Exception"));
  return isError(error) || type === "error" || isFailed || isException;
}
