/** Errors that providers report. */
import { isWellFormed } from "../../core/data/intrinsics.ts";
import { isJsonObject, type ModelRefusal } from "../rewrite/index.ts";

/**
 * The message and code of an error. Most APIs return `{ error: { message } }`, some gateways
 * `{ error: "…" }`, older vLLM and Azure API Management `{ message }`, and Google's streams an
 * array with one error.
 */
export function errorIn(document: unknown): { readonly message?: string; readonly code: string } {
  const body: unknown = Array.isArray(document) ? document[0] : document;
  const error: unknown = isJsonObject(body) ? (body.error ?? body) : undefined;
  const said: Readonly<Record<string, unknown>> = isJsonObject(error) ? error : { message: error };
  const { message, code, type, status } = said;
  return {
    code: [code, type, status].find(isWord) ?? "provider_error",
    // No message can hold half a character, as of a text that was cut.
    ...(typeof message === "string" && message !== "" && isWellFormed(message) && { message }),
  };
}

/** Whether what `judgeError` returned is the provider's error itself, and not a refusal of it. */
export function isProvidersError({ code, plugin }: ModelRefusal, document: unknown): boolean {
  return plugin === undefined && code === errorIn(document).code;
}

/** A code such as `context_length_exceeded` or `DeploymentNotFound`, not a sentence. */
function isWord(value: unknown): value is string {
  return typeof value === "string" && /^[a-z][a-z_]{0,63}$/i.test(value);
}

/** Whether the `error` of an event or of a streamed answer means that the provider failed. */
export function isError(error: unknown): boolean {
  return isJsonObject(error) || (typeof error === "string" && error !== "");
}

/** Whether an event reports a failure of the provider, whose text is checked before it leaves. */
export function isErrorEvent(event: unknown): boolean {
  if (!isJsonObject(event)) return true;
  const { error, type, response } = event;
  const isFailed = isJsonObject(response) && isError(response.error);
  // Converse names an exception by its field: `throttlingException`.
  const isException = Object.keys(event).some((name) => name.endsWith("Exception"));
  return isError(error) || type === "error" || isFailed || isException;
}
