/**
 * Media. The SDK has one kind of file; the media type distinguishes images, audio, video and
 * documents. A type with a star only names the kind, so it counts as no media type.
 */

import type { Json } from "../../core/data/index.ts";
import { isRecord } from "../../core/data/index.ts";
import {
  type BlockKind,
  base64OfText,
  type FieldRule,
  type JsonObject,
  knownFields,
  mediaFromUrl,
  pathOf,
  reportFields,
  stringAt,
  type TextFile,
  textFile,
  textFileKind,
  textFileOfUrl,
  unwritable,
} from "../rewrite/index.ts";
import { jsonOf, textOf } from "./host-values.ts";
import type { SpecificationVersion } from "./types.ts";

export const mediaParts = ["image", "audio", "video", "document"] as const;
type MediaPart = (typeof mediaParts)[number];

/** Settings that any part can have. */
export const settings: readonly string[] = ["dynamic", "preliminary", "providerExecuted"];

/** How blocks of one type hold a medium. */
export interface MediaForm {
  readonly at: "data" | "image" | "url";
  /** What a string there is. */
  readonly holds: "base64" | "url" | "either";
  /** The part that shows it, if that does not depend on its media type. */
  readonly part?: "image";
  /**
   * Set if links are `URL`s. With `original`, the text of a URL that is not in normalized form is
   * kept in `originalUrl`; with `string`, it is written instead of the `URL`.
   */
  readonly links?: "original" | "string";
  readonly isNamed?: boolean;
  /** Whether a block must have a media type. Default true. */
  readonly isTyped?: boolean;
  readonly version: SpecificationVersion;
}

/** A medium or a file of text, as read from a block. */
interface Medium {
  readonly part: MediaPart | "text";
  readonly type: "url" | "base64";
  readonly data: string;
  readonly media_type: string | undefined;
  /** Whether it comes from a `data:` URL. */
  readonly isInline: boolean;
  readonly file?: TextFile;
}

/** A cache: blocks never change, and each is read several times. */
const known = new WeakMap<JsonObject, Medium | "none">();

function mediumIn(block: JsonObject, form: MediaForm): Medium | undefined {
  const found = known.get(block) ?? readMedium(block, form) ?? "none";
  known.set(block, found);
  return found === "none" ? undefined : found;
}

function readMedium(block: JsonObject, form: MediaForm): Medium | undefined {
  const source = sourceIn(block, form);
  if (source === undefined) return undefined;
  const isUrl = source.type === "url";
  const given = stringAt(block, "mediaType");
  const { type, data, media_type } = isUrl
    ? mediaFromUrl(source.data, given || undefined)
    : { ...source, media_type: undefined };
  const file = isUrl ? textFileOfUrl(source.data, given || undefined) : textFile(data, given ?? "");
  if (file !== undefined && form.part === undefined)
    return { part: "text", type, data, media_type: file.mime_type, isInline: isUrl, file };
  const named = media_type ?? given;
  const part = form.part ?? partOfType(named);
  const isAny = named === anyOf(part) || (named === part && part !== "document");
  const isInline = media_type !== undefined;
  return { part, type, data, media_type: isAny ? undefined : named, isInline };
}

/** A URL as it was given, or base64. */
function sourceIn(block: JsonObject, { at, holds }: MediaForm) {
  const value: unknown = block[at];
  const tagged = taggedIn(value);
  if (tagged !== undefined) {
    if (tagged.type === "data")
      return { type: "base64", data: String(jsonOf(tagged.data)) } as const;
    if (tagged.type !== "url") return undefined;
    const url = String(jsonOf(tagged.url));
    return { type: "url", data: originalOf(url, tagged.originalUrl) } as const;
  }
  const text = jsonOf(value);
  if (typeof text !== "string") return undefined;
  if (holds === "base64" || (holds === "either" && !looksLikeUrl(text))) {
    return { type: "base64", data: text } as const;
  }
  return { type: "url", data: originalOf(text, block.originalUrl) } as const;
}

/** The URL before it was normalized, if `original` is that URL. */
function originalOf(url: string, original: unknown): string {
  return typeof original === "string" && hrefOf(original) === url ? original : url;
}

/** Data that is tagged with its type, as in ai 7. */
function taggedIn(value: unknown): JsonObject | undefined {
  return isRecord(value) && textOf(value) === undefined ? (value as JsonObject) : undefined;
}

export function partOfType(mediaType: string | undefined): MediaPart {
  const [top] = (mediaType ?? "").toLowerCase().split("/");
  return mediaParts.find((part) => part === top && part !== "document") ?? "document";
}

/** The media type with a star, which only names the kind. */
function anyOf(part: MediaPart): string {
  return part === "document" ? "*/*" : `${part}/*`;
}

/** Whether data has a URL scheme, which base64 cannot have (RFC 3986 §3.1). */
function looksLikeUrl(data: string): boolean {
  return data.includes(":");
}

/** The normalized form of a URL; `undefined` if it is not one. */
function hrefOf(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).href : undefined;
}

const tags = {
  data: knownFields(["type", "data"]),
  url: knownFields(["type", "url", "originalUrl"]),
};

/** A host's value in a document; the engine passes it on as it is. */
const host = (value: URL | object) => value as unknown as Json;

function dataRule(form: MediaForm): FieldRule {
  return {
    at: form.at,
    alsoDependsOn: ["type", "media_type", "title"],
    read(value, path, reading, block) {
      const tagged = taggedIn(value);
      if (tagged !== undefined) {
        reportFields(reading, tagged, path, tags[tagged.type === "url" ? "url" : "data"]);
      }
      return mediumIn(block, form)?.data;
    },
    write(data, old, _path, { content: { type } }) {
      const was = old && mediumIn(old.block, form);
      const text = String(data);
      // The SDK treats any string with a scheme as a URL and fetches it.
      if (type === "base64" && (looksLikeUrl(text) || form.holds === "url")) return unwritable;
      const isSame = was !== undefined && was.type === type && was.data === text;
      if (isSame && !was.isInline) return old?.value;
      // In ai 7, new data is tagged with its type.
      const isNewTagged = form.version === "v4" && form.at === "data";
      const isTagged = old === undefined ? isNewTagged : taggedIn(old.value) !== undefined;
      if (type === "base64") return isTagged ? { type: "data", data: text } : text;
      if (isTagged || form.links !== undefined) return linkTo(text, isTagged, form);
      return form.holds === "url" ? text : unwritable;
    },
  };
}

function linkTo(text: string, isTagged: boolean, { links }: MediaForm) {
  const href = hrefOf(text);
  if (href === undefined) return unwritable;
  if (!isTagged) return links === "string" && href !== text ? text : host(new URL(href));
  return host({ type: "url", url: new URL(href), ...(href === text ? {} : { originalUrl: text }) });
}

/** The original URL is dropped with the normalized one, since a provider may fetch it instead. */
function originalRule(form: MediaForm): FieldRule {
  return {
    at: "originalUrl",
    showsNothing: true,
    alsoDependsOn: ["type", "data", "content"],
    read: () => undefined,
    write(_value, old, path, { lost, content: { type, data } }) {
      const text = String(data);
      const isKept = type === "url" && form.version === "v3" && form.links === "original";
      const original = isKept && hrefOf(text) !== text ? text : undefined;
      if (old?.value !== undefined && old.value !== original) {
        const reason = "The original URL is dropped with the old data.";
        lost.add({ path: pathOf(...path.slice(0, -1)), reason });
      }
      return original;
    },
  };
}

function typeRule(part: MediaPart, form: MediaForm): FieldRule {
  return {
    at: "mediaType",
    showsNothing: true,
    alsoDependsOn: ["type", "data"],
    read: (_value, _path, _reading, block) => mediumIn(block, form)?.media_type,
    write(type, old) {
      const was = old && mediumIn(old.block, form);
      if (was !== undefined && !was.isInline && was.media_type === type) return old?.value;
      // A document at a URL needs no type.
      const isTyped = form.isTyped !== false && !(part === "document" && form.at === "url");
      return type ?? (isTyped ? anyOf(part) : undefined);
    },
  };
}

/** A file of text as bytes, or in a `data:` URL. It is written as bytes. */
function textKind(type: string, form: MediaForm, more: Partial<BlockKind>): BlockKind {
  const bytes = dataRule(form);
  const file = textFileKind({
    at: form.at,
    fileIn: (block) => mediumIn(block, form)?.file,
    write: (text, old, path, writing, block) => {
      const content = { type: "base64" };
      return bytes.write?.(base64OfText(String(text)), old, path, { ...writing, content }, block);
    },
  });
  return {
    ...file,
    matches: { type },
    fields: {
      content: {
        ...file.fields.content,
        alsoDependsOn: ["mime_type"],
        read(...given) {
          bytes.read(...given);
          return file.fields.content.read(...given);
        },
      },
      ...(form.links === "original" ? { original: originalRule(form) } : {}),
      mime_type: { ...typeRule("document", form), alsoDependsOn: ["content"] },
      ...(form.isNamed ? { name: "filename" } : {}),
    },
    settings,
    ...more,
  };
}

/** The block kinds of one type that hold media, by part: `file.image`, or `file.text` for text. */
export function mediaKinds(
  type: string,
  form: MediaForm,
  more: (part: MediaPart | "text") => Partial<BlockKind> = () => ({}),
): { readonly [name: string]: BlockKind } {
  const parts = form.part === undefined ? mediaParts : [form.part];
  const kinds = parts.map((part): readonly [string, BlockKind] => {
    const isTitled = form.isNamed === true && part === "document";
    return [
      `${type}.${part}`,
      {
        part,
        matches: { type },
        condition: (block) => mediumIn(block, form)?.part === part,
        fields: {
          type: { read: (_value, _path, _reading, block) => mediumIn(block, form)?.type },
          data: dataRule(form),
          ...(form.links === "original" ? { original: originalRule(form) } : {}),
          media_type: typeRule(part, form),
          ...(isTitled ? { title: "filename" } : {}),
        },
        settings: form.isNamed && !isTitled ? ["filename", ...settings] : settings,
        ...more(part),
      },
    ];
  });
  return Object.fromEntries([
    ...kinds,
    ...(form.part === undefined ? [[`${type}.text`, textKind(type, form, more("text"))]] : []),
  ]);
}
