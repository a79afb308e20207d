/**
 * Shows the fields of a message that no other hook shows, as the arguments of a call or the content
 * of a result.
 */
import type { Message } from "../../core/messages/index.ts";
import { type Left, type Path, pathOf, sameJson, valueAt } from "../rewrite/index.ts";
import { answerOf, callOf } from "./asked.ts";
import type { Call, Step } from "./call.ts";
import { copyJson, isObject, type JsonObject } from "./json.ts";
import { holdsText, isTokenOfCall } from "./methods.ts";
import { contentOf, messageOf } from "./one-part.ts";
import { payloadFault, setField } from "./payload.ts";
import { lostReports, placeOf } from "./report.ts";

/** A hook for messages without a hook of their own, or for what their own hook does not show. */
export type FieldsHook = "cmf.mcp_request" | "cmf.mcp_response" | "cmf.mcp_notification";

/** A field, under the name that plugins see. */
export interface Field {
  readonly name: string;
  readonly at: Path;
}

export interface Fields {
  readonly hook: FieldsHook;
  /** The method of the document: that of its message, or of an input that the message asks for. */
  readonly method: string;
  readonly document: JsonObject;
  readonly fields: readonly Field[];
  /** Names that a plugin may not write. If absent, it may write only those in `fields`. */
  readonly kept?: readonly string[];
  /** Content that must not pass if no plugin listens. */
  readonly unseen?: readonly Left[];
}

/** Shows fields of a document by name. Skipped if no plugin listens. */
export function fieldsStep(call: Call, given: Fields): Step {
  const { hook, method, document, fields, kept, unseen } = given;
  const part = hook === "cmf.mcp_response" ? answerOf(method) : callOf(method);
  const id = call.callId;

  function payload(): object {
    const shown = Object.fromEntries(fields.map(({ name, at }) => [name, valueAt(document, at)]));
    return messageOf(part, { id }, { [part.shows]: shown });
  }

  function writeMessage(changed: Message): void {
    const lost = lostReports();
    const { content } = contentOf<"tool_call" | "tool_result">(part, [changed], { id }, lost);
    const values = (content as JsonObject)[part.shows];
    const [first] = lost.all.list();
    if (first !== undefined) throw payloadFault(`a change that MCP can express at ${first.path}`);
    if (!isObject(values)) throw payloadFault("an object as content");
    const open = new Map(Object.entries(values));
    for (const { name, at } of fields) {
      const value = open.get(name);
      open.delete(name);
      if (!sameJson(value, valueAt(document, at))) setAt(document, at, copyJson(value));
    }
    for (const [name, value] of open) {
      if (kept === undefined || kept.includes(name)) throw payloadFault(`no field ${name}`);
      setField(document, name, copyJson(value));
    }
  }

  return { hook, optional: true, payload, writeMessage, ...(unseen !== undefined && { unseen }) };
}

/** Fields at the top of a document. */
export function topFields(keys: readonly string[]): readonly Field[] {
  return keys.map((name) => ({ name, at: [name] }));
}

/** Of the fields that a hook left out, returns those that plugins must see. */
export function leftFields(
  document: JsonObject,
  left: readonly Left[],
  passes: (kind: "metadata" | "tokens" | "unknown") => boolean,
): readonly Field[] {
  return left.flatMap((item) => {
    const at = placeOf(item);
    if (at === undefined) return [];
    const value = valueAt(document, at);
    if (item.kind !== "setting") {
      return passes("unknown") ? [] : [{ name: pathOf(...at), at }];
    }
    const isToken = passes("tokens") && isTokenOfCall(String(at.at(-1)), value);
    if (isToken || passes("metadata") || !holdsText(value)) return [];
    return [{ name: pathOf(...at), at }];
  });
}

function setAt(document: JsonObject, at: Path, value: unknown): void {
  const key = at.at(-1);
  const owner = valueAt(document, at.slice(0, -1));
  if (key === undefined || typeof owner !== "object" || owner === null) return;
  if (value === undefined) delete (owner as JsonObject)[key];
  else setField(owner as JsonObject, String(key), value);
}
