/** Rules for fields of blocks that are more than a string. */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import type { ContentPart, MessageInput } from "../../core/messages/index.ts";
import { readArguments } from "./arguments.ts";
import { type FieldRule, type Part, type PlaceOf, unwritable } from "./block-kinds.ts";
import { isJsonObject, isSameJsonText, type JsonObject, objectsIn, type Path } from "./json.ts";
import { type MediaSource, mediaFromUrl, mediaTypes, typeOfFormat, urlOfMedia } from "./media.ts";
import { checkedParts, partsAsJson } from "./messages.ts";
import { pathOf } from "./report.ts";

/** A boolean, or two words that stand for one. An absent field is false. */
export function flag(at: string, yes: Json = true, no: Json = false): FieldRule {
  return {
    at,
    read: (value) => value === yes,
    write: (value, old) =>
      value === true ? yes : (old?.value ?? undefined) !== undefined ? no : undefined,
  };
}

/** A string that an edit can change, but not remove. */
export function keptField(at: string): FieldRule {
  return { at, read: (value) => value, write: (value, old) => value ?? old?.value };
}

/** A call's arguments as an object. Anything else is shown as no arguments, and reported. */
export function objectArguments(at: string): FieldRule {
  return {
    at,
    read(value, path, { left }) {
      if (isJsonObject(value)) return value;
      const reason = "The arguments are not a JSON object that messages can show.";
      left.add({ path: pathOf(...path), kind: "content", reason });
      return {};
    },
    write: (value) => value,
  };
}

/**
 * A call's arguments as JSON text, which is kept as long as it means the same. If another program
 * may read other arguments from it than a policy saw, it is rewritten from what was read, even if
 * nothing changed.
 *
 * @param parsed a field with the parsed arguments, which is removed in that case
 * @param written returns the arguments in the form to write in that case
 */
export function textArguments(
  at: string,
  parsed?: string,
  written: (values: JsonObject) => Json = (values) => JSON.stringify(values),
): FieldRule {
  return {
    at,
    read(value, path, { left, ambiguousValues }) {
      const report = (reason: string) =>
        left.add({ path: pathOf(...path), kind: "content", reason });
      const { values, isAmbiguous, isExact, isClose } = readArguments(String(value ?? ""));
      if (values === undefined)
        report("The arguments are not a JSON object that messages can show.");
      else if (isAmbiguous) report("It has a duplicate key.");
      else if (!isClose) report("It has a number that cannot be represented exactly.");
      if (values !== undefined && !isExact) {
        ambiguousValues.push({ path, value: written(values) });
        if (parsed !== undefined)
          ambiguousValues.push({ path: [...path.slice(0, -1), parsed], value: undefined });
      }
      return values ?? {};
    },
    write(value, old) {
      const before = typeof old?.value === "string" ? old.value : undefined;
      const isSame = before !== undefined && isSameJsonText(readArguments(before).values, value);
      return isSame ? before : JSON.stringify(value);
    },
  };
}

/** The fields of a medium that a block has as a URL, which may contain the bytes. */
export function urlMedia(at: string): { readonly [field: string]: FieldRule } {
  // `write` uses all fields of the part, which is a media source.
  const rule = (field: keyof MediaSource): FieldRule => ({
    at,
    read(value, path, { left }) {
      const url = String(value);
      const media = mediaFromUrl(url);
      if (field === "data" && urlOfMedia(media) !== url) {
        left.add({
          path: pathOf(...path),
          kind: "setting",
          reason: "If rewritten, it would have another form.",
        });
      }
      return media[field];
    },
    write: (_value, _old, _path, { content }) => urlOfMedia(content as unknown as MediaSource),
  });
  return { type: rule("type"), media_type: rule("media_type"), data: rule("data") };
}

/**
 * Several blocks of text as one string, a line each. A changed text replaces the first of them;
 * blocks of other kinds stay.
 *
 * The place of the blocks is `texts`, where only text is written and read.
 *
 * @param listAt returns the path to report for a list. Default: the field itself
 */
export function joinedTexts(at: string, listAt?: (path: Path) => Path): FieldRule {
  const textsOf = (parts: readonly Part[]) =>
    parts.map((part) => ("text" in part ? part.text : "")).join("\n");
  return {
    at,
    read(value, path, { left, readInner }) {
      if (listAt !== undefined || objectsIn(value).length !== 1) {
        const reason = "Messages show only its text, not how it is divided into blocks.";
        left.add({ path: pathOf(...(listAt?.(path) ?? path)), kind: "setting", reason });
      }
      return typeof value === "string" ? value : textsOf(readInner(value, path, "texts"));
    },
    write(value, old, path, { writeInner }) {
      const text = typeof value === "string" ? value : "";
      if (typeof old?.value === "string") return text;
      const blocks = old && { blocks: objectsIn(old.value), path: old.path };
      return writeInner([{ content_type: "text", text }], blocks, () => path, "texts");
    },
  };
}

/**
 * What a tool returned: a string as it is, blocks as parts of a message, a single block of text as
 * its string. Other JSON that a plugin put there is written as text, so it never passes for blocks.
 * The place of the blocks is `result`.
 *
 * @param types the types of parts that can be blocks there
 * @param data for formats that always have a list of blocks: the field of a block that holds JSON.
 *   The value of a lone block of that kind is the content, and other JSON is written as one
 */
export function resultContent(at: string, types: readonly string[], data?: string): FieldRule {
  return {
    at,
    read(value, path, { readInner }) {
      const only = data && dataIn(value, data);
      if (only !== undefined) return only;
      if (value === undefined || value === null || typeof value === "string") {
        return value ?? undefined;
      }
      const parts = readInner(value, path, "result");
      const [first] = parts;
      if (parts.length === 1 && first?.content_type === "text") return first.text;
      return partsAsJson(parts);
    },
    write(content, old, path, { writeInner, removed }) {
      const isText = content === undefined || typeof content === "string";
      const wasData = data !== undefined && dataIn(old?.value, data) !== undefined;
      if (wasData && !isText) return [{ [data]: content }];
      const inner =
        Array.isArray(old?.value) && !wasData
          ? { blocks: objectsIn(old.value), path: old.path }
          : undefined;
      if (inner === undefined && isText && data === undefined) return content;
      const parts = partsIn(content, types);
      if (parts !== undefined) return writeInner(parts, inner, placesIn(content, path), "result");
      for (const i of inner?.blocks.keys() ?? []) removed(pathOf(...(inner?.path ?? []), i));
      // A model reads data as text.
      return data === undefined ? JSON.stringify(content) : [{ [data]: content ?? null }];
    },
  };
}

/** Returns the data of a list with nothing but one block of data. */
function dataIn(content: Json | undefined, field: string): Json | undefined {
  const [block, ...others] = objectsIn(content);
  if (block === undefined || others.length > 0 || Object.keys(block).length !== 1) return undefined;
  const data = block[field];
  return typeof data === "object" && data !== null ? data : undefined;
}

/** A media type that a block has as a format: a name in `known`, or else the part after `kind/`. */
export function formatField(at: string, kind: string, known = mediaTypes): FieldRule {
  return {
    at,
    read: (format) => typeOfFormat(format, kind, known),
    write(type) {
      if (typeof type !== "string") return undefined;
      // A format has no parameters.
      const end = type.indexOf(";");
      const bare = end === -1 ? type : type.slice(0, end).trimEnd();
      const found = [...known].find(([, name]) => name === bare)?.[0];
      return found ?? (bare.startsWith(`${kind}/`) ? bare.slice(kind.length + 1) : unwritable);
    },
  };
}

/** Returns the paths of the parts in a result's content. A single text is not in a list. */
export function placesIn(content: Json | undefined, path: Path): PlaceOf {
  return Array.isArray(content) ? (i) => [...path, i] : () => path;
}

/** Returns a result's content as parts, if it consists of parts of these types. */
export function partsIn(
  content: Json | undefined,
  types: readonly string[],
): readonly ContentPart[] | undefined {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return messageParts([{ content_type: "text", text: content }]);
  if (!Array.isArray(content)) return undefined;
  // The list may be any JSON: items that are not parts are refused.
  const parts = messageParts(content as MessageInput["content"]);
  return parts?.every(({ content_type }) => types.includes(content_type)) ? parts : undefined;
}

function messageParts(content: MessageInput["content"]): readonly ContentPart[] | undefined {
  try {
    return checkedParts(content ?? []);
  } catch (error) {
    if (isGlassineError(error) && error.code === "message_invalid") return undefined;
    throw error;
  }
}
