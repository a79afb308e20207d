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

/** Fields of the protocol. The rest of the params or of the result is shown. */
const requestHidden = ["_meta", "task"];
const answerHidden = ["_meta", "resultType"];

/** The part for a call that is named after a method and is not a tool's. */
export const callOf = (method: string) =>
  ({
    role: "assistant",
    type: "tool_call",
    fixed: ({ id }: CallFacts) => ({ tool_call_id: id, name: method, namespace: undefined }),
  }) as const;

/** The part for the answer to such a call, which is never an error. */
export const answerOf = (method: string) =>
  ({
    role: "tool",
    type: "tool_result",
    fixed: ({ id }: CallFacts) => ({ tool_call_id: id, tool_name: method, is_error: false }),
  }) as const;

/** A server's request to a client, as a call named after its method. */
/* @__NO_SIDE_EFFECTS__ */
export function askedDocument(
  method: string,
  schema: z.ZodMiniType,
  what: string,
): OnePart<"tool_call"> {
  return {
    ...callOf(method),
    what,
    schema,
    read(params, reading, at) {
      const wire = only(params, requestHidden);
      reportRest(reading, wire, [], at, settingsOf.toolParams);
      return { arguments: without(params, requestHidden) };
    },
    write({ arguments: values }, before = {}, lost, at) {
      const said = withoutHidden(values, requestHidden, lost, [...at, "arguments"]);
      return asDocument(schema, what, before, requestHidden, said);
    },
  };
}

/** The answer to such a request, as the result of that call. */
/* @__NO_SIDE_EFFECTS__ */
export function answeredDocument(
  method: string,
  schema: z.ZodMiniType,
  what: string,
): OnePart<"tool_result"> {
  return {
    ...answerOf(method),
    what,
    schema,
    read(result, reading, at) {
      reportRest(reading, only(result, answerHidden), [], at, settingsOf.result);
      return { content: without(result, answerHidden) };
    },
    write({ content }, before = {}, lost, at) {
      const values = isObject(content) ? content : {};
      const said = withoutHidden(values, answerHidden, lost, [...at, "content"]);
      return asDocument(schema, what, before, answerHidden, said);
    },
  };
}

/** @throws GlassineError `document_invalid` for anything but a document of this kind */
function asDocument(
  schema: z.ZodMiniType,
  what: string,
  before: JsonObject,
  hidden: readonly string[],
  said: JsonObject,
): object {
  return readDocument(schema, overHidden(before, said, hidden), what) as object;
}
