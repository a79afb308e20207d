/** Creates the SDK's own kind of error, recognized by its marks, without loading the SDK. */
import type { ProviderRefusal } from "../rewrite/index.ts";

const marks = ["vercel.ai.error", "vercel.ai.error.AI_APICallError"];

/** The error for a refusal. `APICallError.isInstance` accepts it, and the SDK does not retry. */
export function apiCallError(refusal: ProviderRefusal): Error {
  const { violation, status } = refusal;
  const data = errorBody(refusal);
  return Object.assign(new Error(violation.reason), {
    ...Object.fromEntries(marks.map((mark) => [Symbol.for(mark), true])),
    name: "AI_APICallError",
    url: "",
    requestBodyValues: {},
    statusCode: status,
    responseHeaders: undefined,
    responseBody: JSON.stringify(data),
    isRetryable: false,
    data,
  });
}

export function errorBody({ violation: { code, reason } }: ProviderRefusal): object {
  return { error: { message: reason, code } };
}
