/**
 * Calls of a provider's tools that wait for approval. An approval names the request by its id, so
 * the provider runs the call that the model made, whatever plugins made of it.
 */
import {
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
  if (!after.some(isApproval) || onto === undefined) return written;
  const waiting = approvedCalls(readCall(onto));
  if (waiting.length === 0) return written;
  const isKept = keptIn(after);
  const changed = waiting
    .filter(({ part }) => !isKept(part))
    .map(({ path }): Lost => ({ ...removedItem(path), reason, kind: "stored" }));
  return withLost(written, changed);
}

/**
 * The calls that an approval lets the provider run. Once an assistant message follows an approval,
 * its call has run. A `ModelMessage` says which call was to be approved; in a prompt, any call of
 * the last assistant message may be the one.
 */
function approvedCalls(call: JsonObject): readonly PromptPart[] {
  const last = objectsIn(call.prompt).findLastIndex(({ role }) => role === "assistant");
  const parts = partsIn(call);
  const approved = parts.filter(({ part, turn }) => turn > last && isApproval(part));
  const ids = new Set(approved.map(({ part }) => part.approvalId));
  const all = parts.map(({ part }) => part);
  const requests = all.filter(
    ({ type, approvalId }) => type === "tool-approval-request" && ids.has(approvalId),
  );
  const asked = callsOf("tool-approval-request", requests);
  const known = new Set(requests.map(({ approvalId }) => approvalId));
  const isAnyOfLast = ids.size > known.size;
  const ended = callsOf("tool-result", all);
  return parts.filter(({ part, turn }) => {
    const isApproved = asked.has(part.toolCallId) || (isAnyOfLast && turn === last);
    return isApproved && isRun(part) && !ended.has(part.toolCallId);
  });
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
  const isKept = keptIn(after);
  const lost = before.flatMap((part, at): Lost[] => {
    const item = removedItem(pathOf("content", at));
    if (isAlone(part)) return [isApprovalRequest(part) ? { ...item, kind: "setting" } : item];
    const { toolCallId: id } = part;
    const isChanged = isRun(part) && waiting.has(id) && has.has(id) && !isKept(part);
    return isChanged ? [{ ...item, reason }] : [];
  });
  if (lost.length === 0) return written;
  const content = Object.freeze(after.filter((part) => !isAlone(part)));
  const document = Object.freeze({ ...written.document, content });
  return withLost({ ...written, document }, lost);
}

interface PromptPart {
  readonly part: JsonObject;
  /** The index of its message. */
  readonly turn: number;
  readonly path: string;
}

/** The parts of all messages of a call to a model. */
function partsIn(call: object): readonly PromptPart[] {
  return objectsIn((call as JsonObject).prompt).flatMap(({ content }, turn) =>
    objectsIn(content).map((part, i) => ({
      part,
      turn,
      path: pathOf("prompt", turn, "content", i),
    })),
  );
}

/** The ids of the calls that parts of this type are, or are for. */
function callsOf(type: string, parts: readonly JsonObject[]): ReadonlySet<unknown> {
  return new Set(parts.filter((part) => part.type === type).map(({ toolCallId }) => toolCallId));
}

const isApproval = ({ type, approved }: JsonObject) =>
  type === "tool-approval-response" && approved !== false;
const isRun = (part: JsonObject) => part.type === "tool-call" && part.providerExecuted === true;

/** Whether these parts have a call as it is. */
function keptIn(parts: readonly JsonObject[]): (call: JsonObject) => boolean {
  const kept = new Set(parts.filter(isRun).map(callText));
  return (call) => kept.has(callText(call));
}

const callText = ({ toolCallId, toolName, input }: JsonObject) =>
  JSON.stringify([toolCallId, toolName, input]);

function withLost<Document extends object>(
  { document, lost }: Written<Document>,
  more: readonly Lost[],
): Written<Document> {
  return Object.freeze({ document, lost: Object.freeze([...lost, ...more]) });
}
