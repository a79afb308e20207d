/** What is known about each kind of part: one entry per kind, from the Common Message Format. */
import { writeText } from "../data/index.ts";
import type { ContentPart, Message } from "./message-types.generated.ts";
import type { JsonMap, Part, PartAction, PartKind } from "./part-types.ts";

/** The direction of a part, and what it does. */
interface Flow {
  readonly isPost: boolean;
  readonly action: PartAction;
}

type Family = "text" | "tool" | "prompt" | "resource" | "media";

/** How to read each fact about a part. What a kind does not have is absent. */
export interface KindRule<Part> {
  readonly family: Family;
  /** Absent if the role decides. */
  readonly flow?: Flow;
  readonly name?: (part: Part) => string | undefined;
  readonly uri?: (part: Part) => string | undefined;
  readonly mimeType?: (part: Part) => string | undefined;
  readonly args?: (part: Part) => JsonMap | undefined;
  readonly content?: (part: Part) => string | undefined;
  /** The size of the part in bytes, if it is not that of its content. */
  readonly size?: (part: Part) => number | undefined;
  readonly properties?: (part: Part) => JsonMap;
}

const sent: Flow = { isPost: false, action: "send" };
const generated: Flow = { isPost: true, action: "generate" };
const received: Flow = { isPost: true, action: "receive" };

const flowsByRole: Readonly<Record<Message["role"], Flow>> = {
  system: sent,
  developer: sent,
  user: sent,
  assistant: generated,
  tool: received,
};

function rule<Part>(family: Family, own: Omit<KindRule<Part>, "family">): KindRule<Part> {
  return present({ family, ...own });
}

/** An empty namespace or server counts as absent. */
const orPlaceholder = (text: string | undefined) =>
  text === undefined || text === "" ? "_" : text;

const written = rule<{ readonly text: string }>("text", { content: (part) => part.text });
const medium = rule<{ readonly content: { readonly media_type?: string | undefined } }>("media", {
  mimeType: ({ content }) => content.media_type,
});

const rules: { readonly [Kind in PartKind]: KindRule<Part<Kind>> } = {
  text: written,
  thinking: written,
  tool_call: rule("tool", {
    flow: { isPost: false, action: "execute" },
    name: ({ content }) => content.name,
    uri: ({ content }) => `tool://${orPlaceholder(content.namespace)}/${content.name}`,
    args: ({ content }) => content.arguments,
    content: ({ content }) => writeText(content.arguments),
    properties: ({ content }) =>
      present({ namespace: content.namespace, tool_id: content.tool_call_id }),
  }),
  tool_result: rule("tool", {
    flow: received,
    name: ({ content }) => content.tool_name,
    uri: ({ content }) => `tool_result://${content.tool_name}`,
    content: ({ content: { content } }) => {
      if (typeof content === "string") return content;
      return content === undefined || content === null ? undefined : writeText(content);
    },
    properties: ({ content }) =>
      present({ is_error: content.is_error, tool_name: content.tool_name }),
  }),
  resource: rule("resource", {
    flow: { isPost: true, action: "read" },
    name: ({ content }) => content.name,
    uri: ({ content }) => content.uri,
    mimeType: ({ content }) => content.mime_type,
    content: ({ content }) => content.content,
    size: ({ content: { size_bytes, content, blob } }) => {
      const text = content ?? blob;
      return size_bytes ?? (text === undefined ? undefined : utf8Size(text));
    },
    properties: ({ content: { resource_type, version, annotations } }) =>
      present({ resource_type, version, annotations }),
  }),
  resource_ref: rule("resource", {
    flow: { isPost: false, action: "read" },
    name: ({ content }) => content.name,
    uri: ({ content }) => content.uri,
  }),
  prompt_request: rule("prompt", {
    flow: { isPost: false, action: "invoke" },
    name: ({ content }) => content.name,
    uri: ({ content }) => `prompt://${orPlaceholder(content.server_id)}/${content.name}`,
    args: ({ content }) => content.arguments,
    content: ({ content }) => writeText(content.arguments),
    properties: ({ content }) => present({ server_id: content.server_id }),
  }),
  prompt_result: rule("prompt", {
    flow: received,
    name: ({ content }) => content.prompt_name,
    uri: ({ content }) => `prompt_result://${content.prompt_name}`,
    content: ({ content }) => content.content,
    properties: ({ content }) =>
      present({ is_error: content.is_error, message_count: content.messages.length }),
  }),
  image: medium,
  video: medium,
  audio: medium,
  document: medium,
};

export function ruleOf(kind: PartKind): KindRule<ContentPart> {
  return rules[kind] as KindRule<ContentPart>;
}

export function flowOf(kind: PartKind, role: Message["role"]): Flow {
  return rules[kind].flow ?? flowsByRole[role];
}

/** The entries of a literal that are not `undefined`, frozen, without a prototype. */
export function present<T extends object>(literal: T): Present<T> {
  const entries = Object.entries(literal).filter(([, value]) => value !== undefined);
  return Object.freeze({ __proto__: null, ...Object.fromEntries(entries) } as object) as Present<T>;
}

/** A property that may be `undefined` in the literal may be missing in the record. */
type Present<T> = {
  readonly [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
} & {
  readonly [Key in keyof T as undefined extends T[Key] ? Key : never]?: Exclude<T[Key], undefined>;
};

/** Counts the UTF-8 bytes of a string without encoding it. It must not have a lone surrogate. */
export function utf8Size(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    // A surrogate pair has two units and takes four bytes.
    bytes += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return bytes;
}
