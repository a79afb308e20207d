/** What a provider says when it fails. */
import { isJsonObject } from "../rewrite/index.ts";

/** Every API here writes an error as an object with a `message`. */
export function errorIn(document: unknown): { readonly message?: string; readonly code: string } {
  const error: unknown = isJsonObject(document) ? document.error : undefined;
  if (!isJsonObject(error)) return { code: "provider_error" };
  const { message } = error;
  const code = [error.code, error.type].find((each) => typeof each === "string" && isWord(each));
  return {
    code: (code as string | undefined) ?? "provider_error",
    ...(typeof message === "string" && message !== "" && { message }),
  };
}

/** A code such as `context_length_exceeded`, not a sentence. */
function isWord(value: string): boolean {
  return /^[a-z][a-z_]{0,63}$/.test(value);
}

/** Whether an event says that the provider failed: its text is checked before it goes on. */
export function isErrorEvent(event: unknown): boolean {
  if (!isJsonObject(event)) return true;
  const { error, type, response } = event;
  const isFailed = isJsonObject(response) && isJsonObject(response.error);
  // Converse names an exception by its field: `throttlingException`.
  const isException = Object.keys(event).some((name) => name.endsWith("Exception"));
  return isJsonObject(error) || type === "error" || isFailed || isException;
}
