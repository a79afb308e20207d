import type { Step } from "./call.ts";
import { type JsonObject, without } from "./json.ts";
import { errorOf, resultOf, wireOnly, writeError, writeShown } from "./payload.ts";

/** The older post hook of a tool or prompt: the result as on the wire, or the error. */
export function olderAnswer(hook: string, ids: JsonObject, outcome: JsonObject): Step {
  const error = errorOf(outcome);
  return {
    hook,
    optional: true,
    payload: () => ({
      ...ids,
      result: error === undefined ? without(resultOf(outcome), wireOnly) : { ...error },
    }),
    write(changed) {
      if (error !== undefined) return writeError(error, changed.result);
      const result = resultOf(outcome);
      writeShown(result, without(result, wireOnly), changed.result, wireOnly);
    },
  };
}
