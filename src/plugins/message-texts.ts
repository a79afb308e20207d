/** Visits every string of a message. */
import { type ContentPart, isTextType, type Message } from "../messages.ts";
import { bytesFields } from "./encoded-texts.ts";

/** What to do with the strings of a message. */
export interface TextVisitor {
  /** Called with a text and the name of the field or argument that has it. Returns the new text. */
  readonly text: (text: string, key: string) => string;
  /** The same for a whole number, if its digits are to be searched. */
  readonly number?: ((value: number, key: string) => unknown) | undefined;
  /**
   * The same for a field for bytes with a media type, which says text or not. Returns `undefined`
   * for a string that is to be read as it stands.
   */
  readonly file?: (base64: string, key: string, isText: boolean) => string | undefined;
  /**
   * Called if a file declared as text in a part's own field is not base64. In arguments and
   * results, a string like that is only passed to `text`.
   */
  readonly unreadable?: () => void;
  /** Called with a string that cannot be replaced: a name, a key, an id, a URI. */
  readonly unchangeable: (text: string) => void;
}

/** The fields with content, by kind of part. All other strings identify the part. */
const contentFields: Readonly<Record<ContentPart["content_type"], readonly string[]>> = {
  text: ["text"],
  thinking: ["text"],
  tool_call: ["arguments"],
  tool_result: ["content"],
  resource: ["content", "blob", "description", "annotations"],
  resource_ref: [],
  prompt_request: ["arguments"],
  prompt_result: ["content", "messages", "error_message"],
  image: ["data"],
  video: ["data"],
  audio: ["data"],
  document: ["data", "title"],
};

/** Returns a message with its texts replaced by the visitor's; itself if none changes. */
export function visitMessage<M extends Pick<Message, "content">>(
  message: M,
  visitor: TextVisitor,
): M {
  const content = mapped(message.content, (part) => visitPart(part, visitor));
  return content === message.content ? message : { ...message, content };
}

function visitPart(part: ContentPart, visitor: TextVisitor): ContentPart {
  if (!("content" in part)) {
    const text = visitor.text(part.text, "text");
    return text === part.text ? part : { ...part, text };
  }
  const open = contentFields[part.content_type];
  const messages = part.content_type === "prompt_result" ? part.content.messages : undefined;
  // The `data` of media by URL is the URL.
  const isElsewhere = "type" in part.content && part.content.type === "url";
  const record = withType(part);
  const content = mappedFields(part.content, (value, key) => {
    if (key === "messages" && messages !== undefined)
      return mapped(messages, (each) => visitMessage(each, visitor));
    const isOpen = open.includes(key) && !(isElsewhere && key === "data");
    const by = isOpen ? visitor : readOnly(visitor);
    return visitField(record, key, value, by, by.unreadable);
  });
  // Each field is replaced by a value of its own type.
  return content === part.content ? part : ({ ...part, content } as ContentPart);
}

/** The kinds of parts whose bytes are not text, even if nothing gives their type. */
const media: readonly string[] = ["image", "video", "audio"];

function withType({ content_type, content }: Exclude<ContentPart, { text: string }>): object {
  return media.includes(content_type) ? { ...content, mimeType: `${content_type}/*` } : content;
}

/** Returns a visitor that treats all texts as strings that cannot be replaced. */
function readOnly({ unchangeable, number }: TextVisitor): TextVisitor {
  const text = (each: string) => {
    unchangeable(each);
    return each;
  };
  const digits = (each: number) => {
    unchangeable(String(each));
    return each;
  };
  return { text, number: number && digits, unchangeable };
}

function visitValue(value: unknown, key: string, visitor: TextVisitor): unknown {
  if (typeof value === "string") return visitor.text(value, key);
  if (typeof value === "number")
    return Number.isInteger(value) ? (visitor.number?.(value, key) ?? value) : value;
  if (isList(value)) return mapped(value, (each) => visitValue(each, key, visitor));
  if (typeof value !== "object" || value === null) return value;
  return mappedFields(value, (each, name) => {
    visitor.unchangeable(name);
    // In lists of headers and of environment variables, the name is a field of its own.
    const named = name === "value" ? (fieldOf(value, "name") ?? fieldOf(value, "key")) : undefined;
    return typeof named === "string"
      ? visitValue(each, named, visitor)
      : visitField(value, name, each, visitor);
  });
}

/** The names of fields with the media type of bytes, in parts and in MCP. */
const typeFields = ["media_type", "mime_type", "mediaType", "mimeType"];

function visitField(
  record: object,
  name: string,
  value: unknown,
  visitor: TextVisitor,
  unreadable?: () => void,
): unknown {
  const types = bytesFields.includes(name) ? typesIn(record) : [];
  if (typeof value !== "string" || types.length === 0) return visitValue(value, name, visitor);
  const isText = types.some(isTextType);
  const file = visitor.file?.(value, name, isText);
  if (file !== undefined) return file;
  if (isText) unreadable?.();
  return visitor.text(value, name);
}

function typesIn(record: object): readonly string[] {
  return typeFields.flatMap((name) => {
    const type = fieldOf(record, name);
    return typeof type === "string" && type !== "" ? [type] : [];
  });
}

function fieldOf(record: object, name: string): unknown {
  return Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** Returns the list itself if no item changes. */
function mapped<Item>(list: readonly Item[], change: (item: Item) => Item): readonly Item[] {
  const next = list.map(change);
  return next.every((item, at) => item === list[at]) ? list : next;
}

/** Returns the object itself if no field changes. */
function mappedFields(record: object, change: (value: unknown, key: string) => unknown): object {
  let isSame = true;
  const entries = Object.entries(record).map(([key, value]) => {
    const next = change(value, key);
    isSame &&= next === value;
    return [key, next];
  });
  return isSame ? record : Object.fromEntries(entries);
}
