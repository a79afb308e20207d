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
import { isApprovalRequest } from "./blocks.ts";
import { readCall, readResult } from "./documents.ts";

const reason = "An approval approves the call that the model made.";

/** Reports each call of the prompt in `onto` that an approval may let run, and that was changed. */
export function withApprovedCalls<Document extends object>(
  written: Written<Document>,
  onto: object | undefined,
): Written<Document> {
  const after = partsIn(written.document).map(({ part }) => part);
  const isApproved = after.some(
    ({ type, approved }) => type === "tool-approval-response" && approved !== false,
  );
  if (!isApproved || onto === undefined) return written;
  // A prompt does not say which call an approval is for.
  const ended = callsOf("tool-result", after);
  const changed = partsIn(readCall(onto)).flatMap(({ part, path }): Lost[] =>
    isRun(part) && !ended.has(part.toolCallId) && !isKept(part, after)
      ? [{ ...removedItem(path), reason, kind: "stored" }]
      : [],
  );
  return withLost(written, changed);
}

/**
 * Reports each call of the result `onto` that waits for approval and was changed. If it was
 * removed, so is the request to approve it, which the SDK could not take alone.
 */
export function withAskedCalls<Document extends object>(
  written: Written<Document>,
  onto: object | undefined,
): Written<Document> {
  const after = objectsIn((written.document as JsonObject).content);
  const waiting = callsOf("tool-approval-request", after);
  if (waiting.size === 0 || onto === undefined) return written;
  const before = objectsIn(readResult(onto).content);
  const had = callsOf("tool-call", before);
  const has = callsOf("tool-call", after);
  const isAlone = ({ type, toolCallId: id }: JsonObject) =>
    type === "tool-approval-request" && had.has(id) && !has.has(id);
  const lost = before.flatMap((part, at): Lost[] => {
    const item = removedItem(pathOf("content", at));
    if (isAlone(part)) return [isApprovalRequest(part) ? { ...item, kind: "setting" } : item];
    const { toolCallId: id } = part;
    const isChanged = isRun(part) && waiting.has(id) && has.has(id) && !isKept(part, after);
    return isChanged ? [{ ...item, reason }] : [];
  });
  if (lost.length === 0) return written;
  const content = Object.freeze(after.filter((part) => !isAlone(part)));
  const document = Object.freeze({ ...written.document, content });
  return withLost({ ...written, document }, lost);
}

/** The parts of all messages of a call to a model. */
function partsIn(call: object) {
  return objectsIn((call as JsonObject).prompt).flatMap(({ content }, at) =>
    objectsIn(content).map((part, i) => ({ part, path: pathOf("prompt", at, "content", i) })),
  );
}

/** The ids of the calls that parts of this type are, or are for. */
function callsOf(type: string, parts: readonly JsonObject[]): ReadonlySet<unknown> {
  return new Set(parts.filter((part) => part.type === type).map(({ toolCallId }) => toolCallId));
}

const isRun = (part: JsonObject) => part.type === "tool-call" && part.providerExecuted === true;

function isKept(call: JsonObject, after: readonly JsonObject[]): boolean {
  const isSame = (part: JsonObject) =>
    ["toolCallId", "toolName", "input"].every((key) => isSameJsonText(part[key], call[key]));
  return after.some((part) => isRun(part) && isSame(part));
}

function withLost<Document extends object>(
  { document, lost }: Written<Document>,
  more: readonly Lost[],
): Written<Document> {
  return Object.freeze({ document, lost: Object.freeze([...lost, ...more]) });
}
