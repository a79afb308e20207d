/**
 * Shows a server's request to a client as a call named after its method, and the answer as its
 * result.
 */
import type * as z from "zod/mini";
import { readDocument } from "../rewrite/index.ts";
import { isObject, type JsonObject, only, without } from "./json.ts";
import type { CallFacts, OnePart } from "./one-part.ts";
import { reportRest, settingsOf } from "./report.ts";
import { overHidden, withoutHidden } from "./result-content.ts";

/** The part for a call that is named after a method and is not a tool's. */
export const callOf = (method: string) =>
  ({
    role: "assistant",
    type: "tool_call",
    shows: "arguments",
    fixed: ({ id }: CallFacts) => ({ tool_call_id: id, name: method, namespace: undefined }),
  }) as const;

/** The part for the answer to such a call, which is never an error. */
export const answerOf = (method: string) =>
  ({
    role: "tool",
    type: "tool_result",
    shows: "content",
    fixed: ({ id }: CallFacts) => ({ tool_call_id: id, tool_name: method, is_error: false }),
  }) as const;

/** A server's request to a client, as a call named after its method. */
/* @__NO_SIDE_EFFECTS__ */
export function askedDocument(method: string, schema: z.ZodMiniType, what: string) {
  return shownBy(callOf(method), ["_meta", "task"], settingsOf.toolParams, { schema, what });
}

/** The answer to such a request, as the result of that call. */
/* @__NO_SIDE_EFFECTS__ */
export function answeredDocument(method: string, schema: z.ZodMiniType, what: string) {
  return shownBy(answerOf(method), ["_meta", "resultType"], settingsOf.result, { schema, what });
}

/** A document that a part shows except for the protocol's own fields, which are `hidden`. */
/* @__NO_SIDE_EFFECTS__ */
function shownBy<Part extends ReturnType<typeof callOf> | ReturnType<typeof answerOf>>(
  part: Part,
  hidden: readonly string[],
  settings: readonly string[],
  { schema, what }: Pick<OnePart, "schema" | "what">,
): OnePart<Part["type"]> {
  const { shows } = part;
  return {
    ...part,
    what,
    schema,
    read(document, reading, at) {
      reportRest(reading, only(document, hidden), [], at, settings);
      return { [shows]: without(document, hidden) };
    },
    write(content, before = {}, lost, at) {
      const values = (content as JsonObject)[shows];
      const said = withoutHidden(isObject(values) ? values : {}, hidden, lost, [...at, shows]);
      return readDocument(schema, overHidden(before, said, hidden), what) as object;
    },
  };
}
