/**
 * Text files that a document has as bytes. Messages show the text that a model reads, so that a
 * plugin that inspects texts sees it. What is not text, whatever its type, is shown as bytes.
 */
import { isTextType } from "../../core/messages/index.ts";
import type { BlockKind, FieldRule, PartFields } from "./block-kinds.ts";
import { base64Of, bytesOf } from "./bytes.ts";
import { isSameJsonText, type JsonObject, objectIn } from "./json.ts";
import { mediaFromUrl } from "./media.ts";
import { pathOf } from "./report.ts";

export interface TextFile {
  readonly text: string;
  readonly mime_type: string;
  /** Whether a new file with this text would be written in the same form. */
  readonly isUsual: boolean;
}

/** Whether a file of this type is shown as text. A picture is not, whatever it is written in. */
function isText(mediaType: string): boolean {
  return isTextType(mediaType) && !/^\s*(?:audio|image|video)\//i.test(mediaType);
}

/** Returns the file, if its type says that it is text and it is valid UTF-8. */
export function textFile(base64: string, mime_type: string): TextFile | undefined {
  const text = isText(mime_type) ? utf8OfBase64(base64) : undefined;
  return text === undefined
    ? undefined
    : { text, mime_type, isUsual: base64OfText(text) === base64 };
}

/** Like `textFile`, for a `data:` URL with or without base64. `type` is the type if it has none. */
export function textFileOfUrl(url: string, type?: string): TextFile | undefined {
  const { data, media_type } = mediaFromUrl(url, type);
  const file = media_type === undefined ? undefined : textFile(data, media_type);
  return file && { ...file, isUsual: urlOfTextFile({ ...file, content: file.text }) === url };
}

export function urlOfTextFile({ content, mime_type }: PartFields): string {
  return `data:${String(mime_type)};base64,${base64OfText(String(content))}`;
}

/** Decodes either base64 alphabet of RFC 4648, padded or not. Drops the byte order mark. */
function utf8OfBase64(base64: string): string | undefined {
  const standard = base64.replaceAll("-", "+").replaceAll("_", "/").replaceAll(/\s+/g, "");
  try {
    const bytes = bytesOf(standard.replace(/={1,2}$/, ""));
    // Text has no NUL, so the bytes are UTF-16 or other data.
    if (bytes.includes(0)) return undefined;
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether a resource is a text file without an id or a URI. */
export function isTextFile(resource: PartFields): boolean {
  const { content, mime_type } = resource;
  const isFile = Object.entries(fileFields).every(([name, value]) => resource[name] === value);
  return isFile && typeof content === "string" && isText(String(mime_type));
}

/** The fields of a resource that is only a file. */
export const fileFields = { resource_request_id: "", uri: "", resource_type: "file" } as const;

/** Returns the fields of a base64 `document` as a text file with the same text shows them. */
function asDocument(file: unknown, document: unknown): PartFields | undefined {
  const shown = objectIn(file);
  const part = objectIn(document);
  if (shown.content_type !== "resource" || part.content_type !== "document") return undefined;
  const resource = objectIn(shown.content);
  const { type, data, media_type } = objectIn(part.content);
  const text = type === "base64" ? textFile(String(data), String(media_type))?.text : undefined;
  if (!isTextFile(resource) || text !== resource.content) return undefined;
  return { type, data, media_type: resource.mime_type, title: resource.name };
}

/**
 * Whether two lists of parts in a result are equivalent if the first may have text files instead of
 * documents. A field that such a file lacks was reported when it was written.
 */
function areEquivalentFiles(files: unknown, parts: unknown): boolean {
  if (!Array.isArray(files) || !Array.isArray(parts) || files.length !== parts.length) return false;
  return parts.every(
    (part, i) => asDocument(files[i], part) !== undefined || isSameJsonText(files[i], part),
  );
}

export function base64OfText(text: string): string {
  return base64Of(new TextEncoder().encode(text));
}

/** How a format's blocks hold text files as bytes. */
interface FileForm {
  /** The field with the bytes, and with the media type if no other field has it. */
  readonly at: string;
  /** Returns the text file in a block, if there is one. */
  readonly fileIn: (block: JsonObject) => TextFile | undefined;
  /** Writes a text, or the whole file, into that field. */
  readonly write: NonNullable<FieldRule["write"]>;
}

/** The common part of all kinds of text files. They must come before the kinds of other files. */
export function textFileKind({ at, fileIn, write }: FileForm) {
  // Blocks never change, and each is read several times, so what was read is kept.
  const known = new WeakMap<JsonObject, TextFile | "none">();
  const read = (block: JsonObject): TextFile | undefined => {
    const file = known.get(block) ?? fileIn(block) ?? "none";
    known.set(block, file);
    return file === "none" ? undefined : file;
  };
  const content: FieldRule = {
    at,
    read(_value, path, { left }, block) {
      const file = read(block);
      if (file?.isUsual === false) {
        const reason = "If rewritten, it would have another form.";
        left.add({ path: pathOf(...path), kind: "setting", reason });
      }
      return file?.text;
    },
    write,
  };
  const mime_type: FieldRule = {
    at,
    read: (_value, _path, _reading, block) => read(block)?.mime_type,
    write,
  };
  return {
    part: "resource",
    condition: (block: JsonObject) => read(block) !== undefined,
    fields: { content, mime_type },
    fixedFields: fileFields,
    canHold: isTextFile,
    reason: "A text file needs its text and a text media type.",
    files: { asDocument, areEquivalent: areEquivalentFiles },
  } as const satisfies BlockKind;
}
