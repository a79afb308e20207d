/**
 * Calls of a provider's tools that wait for approval. An approval names the request by its id, so
 * the provider runs the call that the model made, whatever plugins made of it.
 */
import {
  isSameJsonText,
  type JsonObject,
  type Lost,
  objectsIn,
  pathOf,
  removedItem,
  type Written,
} from "../rewrite/index.ts";
import { readResult } from "./documents.ts";

/** Reports each call of the result `onto` that waits for approval and was changed. */
export function withApprovals<Document extends object>(
  written: Written<Document>,
  onto: object | undefined,
): Written<Document> {
  const after = objectsIn((written.document as JsonObject).content);
  const waiting = new Set(
    after.flatMap((part) => (part.type === "tool-approval-request" ? [part.toolCallId] : [])),
  );
  if (waiting.size === 0 || onto === undefined) return written;
  const changed = objectsIn(readResult(onto).content).flatMap((call, at): Lost[] => {
    if (!isRun(call) || !waiting.has(call.toolCallId)) return [];
    const now = after.find((part) => isRun(part) && part.toolCallId === call.toolCallId);
    if (now === undefined || isSameJsonText(said(now), said(call))) return [];
    const reason = "An approval approves the call that the model made.";
    return [{ ...removedItem(pathOf("content", at)), reason }];
  });
  if (changed.length === 0) return written;
  return Object.freeze({ ...written, lost: Object.freeze([...written.lost, ...changed]) });
}

const isRun = (part: JsonObject) => part.type === "tool-call" && part.providerExecuted === true;

const said = ({ toolName = null, input = null }: JsonObject) => [toolName, input];
