/** Pairs old and new messages and their parts; and what every conversion takes and returns. */
import type { Json, Limits } from "../../core/data/index.ts";
import { type ContentPart, createMessage, type Message } from "../../core/messages/index.ts";
import type { Part } from "./block-kinds.ts";
import { type Pair, pairItems } from "./pair.ts";
import type { Left, Lost } from "./report.ts";

/** An option of every conversion. */
export interface LimitOptions {
  /**
   * How much the document and the messages may hold, such as a manager's `payloadLimits`. Default:
   * the library's own limits.
   */
  readonly limits?: Partial<Limits> | undefined;
}

/** What a `from…` function returns. */
export interface Read<Extensions extends object = object> {
  readonly messages: readonly Message[];
  /** What the document says about slots, for `createExtensions` and `withSlots`. */
  readonly extensions: Extensions;
  /** What the messages do not show. No policy has seen the items whose kind is `content`. */
  readonly left: readonly Left[];
  /** Set for a stream that was read as one document and has no end. */
  readonly isCutOff?: true;
}

/** What a `to…` function returns. */
export interface Written<Document> {
  readonly document: Document;
  /** What the format cannot express. */
  readonly lost: readonly Lost[];
}

/**
 * Finds which old message each new one replaces. Messages match if their roles do, and match better
 * if they hold the results of the same calls.
 */
export function pairMessages(
  before: readonly Message[],
  after: readonly Message[],
): readonly Pair<Message>[] {
  return pairItems(before, after, { kinds: [answersOf, ({ role }) => role] });
}

/** Returns parts as messages hold them: checked and frozen. */
export function checkedParts(parts: readonly Part[]): readonly ContentPart[] {
  return createMessage({ role: "tool", content: parts }).content;
}

/** Returns parts as the content of a result. They are JSON, although their types do not say so. */
export function partsAsJson(parts: readonly Part[]): readonly Json[] {
  return checkedParts(parts) as readonly Json[];
}

/** Returns a key for the calls that a message answers. */
function answersOf({ role, content }: Message): string | undefined {
  if (role !== "tool") return undefined;
  const ids = content.map((part) => nameOf(part));
  return ids.some((id) => id !== undefined) ? JSON.stringify(ids) : undefined;
}

/**
 * Finds which old part each new one replaces. Calls, results, resources and prompts match if their
 * ids do, other parts if their types do.
 */
export function pairParts(
  before: readonly ContentPart[],
  after: readonly ContentPart[],
): readonly Pair<ContentPart>[] {
  return pairItems(before, after, {
    kinds: [(part) => `${part.content_type} ${idOf(part) ?? ""}`],
    name: nameOf,
  });
}

/** Returns a part's type and id. An empty id identifies nothing. */
function nameOf(part: ContentPart): string | undefined {
  const id = idOf(part) ?? "";
  return id === "" ? undefined : `${part.content_type} ${id}`;
}

function idOf(part: ContentPart): string | undefined {
  switch (part.content_type) {
    case "tool_call":
    case "tool_result":
      return part.content.tool_call_id;
    case "resource":
    case "resource_ref":
      return part.content.resource_request_id;
    case "prompt_request":
    case "prompt_result":
      return part.content.prompt_request_id;
    default:
      return undefined;
  }
}
