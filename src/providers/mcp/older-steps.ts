import type { Step } from "./call.ts";
import { type JsonObject, without } from "./json.ts";
import { errorOf, resultOf, writeArguments, writeError, writeShown, writeText } from "./payload.ts";
import { settingsOf } from "./report.ts";

/** Neither shown nor set. */
const hidden = settingsOf.toolResult;

/** The older pre hook of a tool or prompt, which shows its name as `nameKey`. */
export function olderCall(hook: string, nameKey: string, params: JsonObject): Step {
  return {
    hook,
    optional: true,
    writable: [nameKey, "args"],
    payload: () => ({ [nameKey]: params.name, args: params.arguments ?? {} }),
    write(changed) {
      writeText(params, "name", changed[nameKey]);
      writeArguments(params, changed.args);
    },
  };
}

/** The older post hook of a tool or prompt: the result as on the wire, or the error. */
export function olderAnswer(hook: string, ids: JsonObject, outcome: JsonObject): Step {
  const error = errorOf(outcome);
  return {
    hook,
    optional: true,
    writable: ["result"],
    payload: () => ({
      ...ids,
      result: error === undefined ? without(resultOf(outcome), hidden) : { ...error },
    }),
    write(changed) {
      if (error !== undefined) return writeError(error, changed.result);
      const result = resultOf(outcome);
      writeShown(result, without(result, hidden), changed.result, hidden);
    },
  };
}
