/** Creates the SDK's own kind of error, recognized by its marks, without loading the SDK. */
import type { ModelRefusal } from "../rewrite/index.ts";

const marks = ["vercel.ai.error", "vercel.ai.error.AI_APICallError"];

/** The error for a refusal. `APICallError.isInstance` accepts it, and the SDK does not retry. */
export function apiCallError(refusal: ModelRefusal): Error {
  const { reason, status } = refusal;
  const data = errorBody(refusal);
  return Object.assign(new Error(reason), {
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

export function errorBody({ code, reason }: ModelRefusal): object {
  return { error: { message: reason, code } };
}
