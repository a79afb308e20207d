/** Pairs of messages and of their parts, and what every translation takes and gives. */
import type { Limits } from "../../core/data/index.ts";
import type { ContentPart, Message } from "../../core/messages/index.ts";
import { type Pair, pairItems } from "./pair.ts";
import type { Left, Lost } from "./report.ts";

/** What every translation takes among its options. */
export interface LimitOptions {
  /**
   * How much the document and the messages may hold, where that is not the library's own: the
   * `payloadLimits` of a manager, say.
   */
  readonly limits?: Partial<Limits> | undefined;
}

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

/**
 * Which old message each new one stands for. Messages are of a kind when their role is the same, and
 * sooner still when they hold the results of the same calls.
 */
export function pairMessages(
  before: readonly Message[],
  after: readonly Message[],
): readonly Pair[] {
  return pairItems(before, after, { kinds: [answersOf, ({ role }) => role] });
}

/** The calls that a message answers. */
function answersOf({ role, content }: Message): string | undefined {
  if (role !== "tool") return undefined;
  const ids = content.map((part) => nameOf(part));
  return ids.some((id) => id !== undefined) ? JSON.stringify(ids) : undefined;
}

/**
 * Which old part each new one stands for. Calls, results, resources and prompts are of a kind when
 * their id is the same, others when their type is.
 */
export function pairParts(
  before: readonly ContentPart[],
  after: readonly ContentPart[],
): readonly Pair[] {
  return pairItems(before, after, {
    kinds: [(part) => `${part.content_type} ${idOf(part) ?? ""}`],
    name: nameOf,
  });
}

/** The id that a part goes by. An empty one names nothing. */
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
