/**
 * Calls of a provider's tools that wait for approval. An approval names the request by its id, so
 * the provider runs the call that the model made, whatever plugins made of it.
 */
import {
  type Collector,
  type JsonObject,
  type Lost,
  type OldDocument,
  objectsIn,
  pathOf,
  removedItem,
  sameList,
  withFields,
} from "../rewrite/index.ts";
import { isApprovalRequest } from "./blocks.ts";

const reason = "An approval approves the call that the model made.";

/** Reports each call of the prompt `old` that an approval may let run, and that was changed. */
export function reportApprovedCalls(
  written: JsonObject,
  old: OldDocument | undefined,
  lost: Collector<Lost>,
): JsonObject {
  const after = partsIn(written).map(({ part }) => part);
  if (old === undefined || !after.some(isApproval)) return written;
  const isKept = keptIn(after);
  for (const { part, path } of approvedCalls(old.given))
    if (!isKept(part)) lost.add({ ...removedItem(path), reason, kind: "stored" });
  return written;
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
 * Reports each call of the result `old` that waits for approval and was changed. If it was removed,
 * so is the request to approve it, which the SDK could not take alone.
 */
export function withAskedCalls(
  written: JsonObject,
  old: OldDocument | undefined,
  lost: Collector<Lost>,
): JsonObject {
  const after = objectsIn(written.content);
  const waiting = callsOf("tool-approval-request", after);
  if (old === undefined || waiting.size === 0) return written;
  const before = objectsIn(old.given.content);
  const had = callsOf("tool-call", before);
  const has = callsOf("tool-call", after);
  const isAlone = ({ type, toolCallId: id }: JsonObject) =>
    type === "tool-approval-request" && had.has(id) && !has.has(id);
  const isKept = keptIn(after);
  for (const [at, part] of before.entries()) {
    const item = removedItem(pathOf("content", at));
    const { toolCallId: id } = part;
    if (isAlone(part)) lost.add(isApprovalRequest(part) ? { ...item, kind: "setting" } : item);
    else if (isRun(part) && waiting.has(id) && has.has(id) && !isKept(part))
      lost.add({ ...item, reason });
  }
  const content = after.filter((part) => !isAlone(part));
  return withFields(written, { content: sameList(after, content) });
}

interface PromptPart {
  readonly part: JsonObject;
  /** The index of its message. */
  readonly turn: number;
  readonly path: string;
}

/** The parts of all messages of a call to a model. */
function partsIn(call: JsonObject): readonly PromptPart[] {
  return objectsIn(call.prompt).flatMap(({ content }, turn) =>
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
