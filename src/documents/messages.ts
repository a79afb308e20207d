/** Pairs of messages and of their parts, and what every translation takes and gives. */
import type { ContentPart, Message } from "../messages/index.ts";
import { type Pair, pairItems } from "./pair.ts";
import type { Left, Lost } from "./report.ts";

/** What `from…` gives. */
export interface Read<Extensions extends object = object> {
  readonly messages: readonly Message[];
  /** What the document says of slots: `createExtensions` and `withSlots` take it. */
  readonly extensions: Extensions;
  /** What the messages do not show. A policy has not seen what is `content` here. */
  readonly left: readonly Left[];
}

/** What `to…` gives. */
export interface Written<Document> {
  readonly document: Document;
  /** What the format cannot say. */
  readonly lost: readonly Lost[];
}

/** Which old message each new one stands for. Messages are alike when their role is the same. */
export function pairMessages(
  before: readonly Message[],
  after: readonly Message[],
): readonly Pair[] {
  return pairItems(before, after, (old, now) => old.role === now.role);
}

/** Which old part each new one stands for. Calls and results are alike when their id is the same. */
export function pairParts(
  before: readonly ContentPart[],
  after: readonly ContentPart[],
): readonly Pair[] {
  return pairItems(
    before,
    after,
    (old, now) => old.content_type === now.content_type && idOf(old) === idOf(now),
  );
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
