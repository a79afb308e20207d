/** Fields of blocks that are more than a string: for the tables of block kinds. */
import type { Json } from "../../core/data/index.ts";
import { isGlassineError } from "../../core/errors/index.ts";
import { type ContentPart, createMessage, type MessageInput } from "../../core/messages/index.ts";
import { readArguments } from "./arguments.ts";
import { type FieldRule, type Part, type PlaceOf, unwritable } from "./block-kinds.ts";
import { isJsonObject, isSameJsonText, type JsonObject, objectsIn, type Path } from "./json.ts";
import { type MediaSource, mediaFromUrl, mediaTypes, typeOfFormat, urlOfMedia } from "./media.ts";
import { partsAsJson } from "./messages.ts";
import { pathOf } from "./report.ts";

/** A boolean that is false where it is absent, or two words for one. */
export function flag(at: string, yes: Json = true, no: Json = false): FieldRule {
  return {
    at,
    read: (value) => value === yes,
    write: (value, old) =>
      value === true ? yes : (old?.value ?? undefined) !== undefined ? no : undefined,
  };
}

/** Arguments of a call as an object. Anything else is shown as no arguments, and reported. */
export function objectArguments(at: string): FieldRule {
  return {
    at,
    read(value, path, { left }) {
      if (isJsonObject(value)) return value;
      const reason = "The arguments are not a JSON object, so messages show none.";
      left.add({ path: pathOf(...path), kind: "content", reason });
      return {};
    },
    write: (value) => value,
  };
}

/**
 * The same as JSON text, which stays as it is while it means the same. Where another program may
 * read other arguments than a policy saw, it is written as it was read, even if nothing changed.
 *
 * @param parsed the field beside it that then goes, if there is one
 * @param written how it is then written
 */
export function textArguments(
  at: string,
  parsed?: string,
  written: (values: JsonObject) => Json = (values) => JSON.stringify(values),
): FieldRule {
  return {
    at,
    read(value, path, { left, asRead }) {
      const report = (reason: string) =>
        left.add({ path: pathOf(...path), kind: "content", reason });
      const { values, isAmbiguous, isExact } = readArguments(String(value ?? ""));
      if (values === undefined) report("The arguments are not the text of a JSON object.");
      else if (isAmbiguous) report("It has a duplicate key.");
      else if (!isExact) report("It has a number that cannot be represented exactly.");
      if (values !== undefined && !isExact) {
        asRead.push({ path, value: written(values) });
        if (parsed !== undefined)
          asRead.push({ path: [...path.slice(0, -1), parsed], value: undefined });
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

/** A medium as a URL, which may have the bytes in it. */
export function urlMedia(at: string): { readonly [field: string]: FieldRule } {
  // What is written is a part that has such a source.
  const rule = (field: keyof MediaSource): FieldRule => ({
    at,
    read(value, path, { left }) {
      const url = String(value);
      const media = mediaFromUrl(url);
      if (field === "data" && urlOfMedia(media) !== url) {
        left.add({
          path: pathOf(...path),
          kind: "setting",
          reason: "Messages do not keep its form.",
        });
      }
      return media[field];
    },
    write: (_value, _old, _path, { content }) => urlOfMedia(content as unknown as MediaSource),
  });
  return { type: rule("type"), media_type: rule("media_type"), data: rule("data") };
}

/**
 * Several blocks of text as one string, a line each. A changed text stands in place of the first;
 * blocks of other kinds stay.
 *
 * @param place in which only text is written and read
 * @param listAt the field that is reported as a list, where that is not the field itself
 */
export function joinedTexts(at: string, place: string, listAt?: (path: Path) => Path): FieldRule {
  const textsOf = (parts: readonly Part[]) =>
    parts.map((part) => ("text" in part ? part.text : "")).join("\n");
  return {
    at,
    read(value, path, { left, readInner }) {
      if (listAt !== undefined || objectsIn(value).length !== 1) {
        const reason = "It is a list of blocks, or not a single text; messages show one text.";
        left.add({ path: pathOf(...(listAt?.(path) ?? path)), kind: "setting", reason });
      }
      return typeof value === "string" ? value : textsOf(readInner(value, path, place));
    },
    write(value, old, path, { writeInner }) {
      const text = typeof value === "string" ? value : "";
      if (typeof old?.value === "string") return text;
      const blocks = old && { blocks: objectsIn(old.value), path: old.path };
      return writeInner([{ content_type: "text", text }], blocks, () => path, place);
    },
  };
}

/**
 * What a tool returned: text as a string, blocks as parts of a message, a single text as that
 * string. Data that a plugin put there becomes its JSON text and never a block.
 *
 * @param place the place of the blocks in it
 * @param types the types of parts that can be blocks there
 * @param data for a format that always has a list of blocks: the field of one that is data, which
 * is the content if that is all
 */
export function resultContent(
  at: string,
  place: string,
  types: readonly string[],
  data?: string,
): FieldRule {
  return {
    at,
    read(value, path, { readInner }) {
      const only = data && dataIn(value, data);
      if (only !== undefined) return only;
      if (value === undefined || value === null || typeof value === "string") {
        return value ?? undefined;
      }
      const parts = readInner(value, path, place);
      const [first] = parts;
      if (parts.length === 1 && first?.content_type === "text") return first.text;
      return partsAsJson(createMessage({ role: "tool", content: parts }).content);
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
      if (parts !== undefined) return writeInner(parts, inner, placesIn(content, path), place);
      for (const i of inner?.blocks.keys() ?? []) removed(pathOf(...(inner?.path ?? []), i));
      // The model reads the text of data.
      return data === undefined ? JSON.stringify(content) : [{ [data]: content ?? null }];
    },
  };
}

/** The data of a list that is one block of it. */
function dataIn(content: Json | undefined, field: string): Json | undefined {
  const [block, ...others] = objectsIn(content);
  if (block === undefined || others.length > 0 || Object.keys(block).length !== 1) return undefined;
  const data = block[field];
  return typeof data === "object" && data !== null ? data : undefined;
}

/** A format as a media type: one of `known` names, or else of this kind with the same name. */
export function formatField(at: string, kind: string, known = mediaTypes): FieldRule {
  return {
    at,
    read: (format) => typeOfFormat(format, kind, known),
    write(type) {
      if (typeof type !== "string") return undefined;
      // A format has no parameters.
      const bare = type.replace(/\s*;.*$/s, "");
      const found = [...known].find(([, name]) => name === bare)?.[0];
      return found ?? (bare.startsWith(`${kind}/`) ? bare.slice(kind.length + 1) : unwritable);
    },
  };
}

/** The places of the parts in the content of a result. A single text is not a list. */
export function placesIn(content: Json | undefined, path: Path): PlaceOf {
  return Array.isArray(content) ? (i) => [...path, i] : () => path;
}

/** The parts that a result's content says, if it says parts of these types. */
export function partsIn(
  content: Json | undefined,
  types: readonly string[],
): readonly ContentPart[] | undefined {
  if (content === undefined || content === null) return [];
  if (typeof content === "string") return messageParts([{ content_type: "text", text: content }]);
  if (!Array.isArray(content)) return undefined;
  // Any JSON list may come here: createMessage refuses what is not parts.
  const parts = messageParts(content as MessageInput["content"]);
  return parts?.every(({ content_type }) => types.includes(content_type)) ? parts : undefined;
}

function messageParts(content: MessageInput["content"]): readonly ContentPart[] | undefined {
  try {
    return createMessage({ role: "tool", content: content ?? [] }).content;
  } catch (error) {
    if (isGlassineError(error) && error.code === "message_invalid") return undefined;
    throw error;
  }
}
