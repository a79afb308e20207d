/**
 * Bytes in documents. Some SDKs have a `Uint8Array` where the wire has base64; tables and plugins
 * see `{ $bytes: base64 }` instead. A value without bytes in it stays the same object.
 */
import { isPlain, type Json, payloadLimitsInForce } from "../../core/data/index.ts";
import { isProxy, isView, ownValue } from "../../core/data/intrinsics.ts";
import type { FieldRule } from "./block-kinds.ts";
import { unwritable } from "./block-kinds.ts";
import { type JsonObject, objectIn, stringIn } from "./json.ts";

/** The fields that hold arbitrary JSON, such as arguments: nothing in them is treated as bytes. */
export interface BytesTable {
  readonly opaque: readonly string[];
}

const name = "$bytes";

/** Returns the document as JSON. What no document may contain stays, for the reader to refuse. */
export function withoutBytes(document: unknown, table: BytesTable): unknown {
  return replaced(document, table, (value) => {
    const bytes = viewedBytes(value);
    return bytes && { [name]: base64Of(bytes) };
  });
}

/** Returns the document in the SDK's form. Anything that only resembles bytes stays as it is. */
export function withBytes<Document extends object>(document: Document, table: BytesTable) {
  return replaced(document, table, (value) => {
    const text = ownValue(value, name);
    const isBytes = typeof text === "string" && isBase64(text) && Object.keys(value).length === 1;
    return isBytes ? bytesOf(text) : undefined;
  }) as Document;
}

/** A field of bytes, which a part has as base64. Any other string is unwritable. */
export function bytesField(at: string): FieldRule {
  return {
    at,
    read: (value) => objectIn(value)[name],
    write: (value) =>
      typeof value === "string" && isBase64(value) ? { [name]: value } : unwritable,
  };
}

function replaced(
  document: unknown,
  { opaque }: BytesTable,
  replace: (value: object) => object | undefined,
): unknown {
  const { depth, nodes } = payloadLimitsInForce();
  const known = new Map<object, unknown>();
  const visit = (value: unknown, level: number): unknown => {
    if (typeof value !== "object" || value === null || isProxy(value)) return value;
    if (known.has(value)) return known.get(value);
    // Stops at a value that contains itself; such a value is not a document.
    known.set(value, value);
    const made = replace(value) ?? (level > depth ? value : inside(value, level + 1));
    known.set(value, made);
    return made;
  };
  const inside = (value: object, level: number): object => {
    const isList = Array.isArray(value);
    const fields = isList && value.length > nodes ? undefined : fieldsOf(value);
    if (fields === undefined) return value;
    const items = fields.map(([key, item]) =>
      !isList && opaque.includes(key) ? item : visit(item, level),
    );
    if (items.every((item, at) => item === fields[at]?.[1])) return value;
    return Object.freeze(
      isList ? items : Object.fromEntries(fields.map(([key], at) => [key, items[at]])),
    );
  };
  return visit(document, 0);
}

/** Returns the own fields of plain data; `undefined` if reading it would run code or throws. */
function fieldsOf(value: object): readonly (readonly [string, unknown])[] | undefined {
  try {
    if (!Array.isArray(value) && !isPlain(value)) return undefined;
    const fields = Object.entries(Object.getOwnPropertyDescriptors(value)).filter(
      ([, { enumerable }]) => enumerable,
    );
    // A getter is not data, and must not be called.
    if (!fields.every(([, field]) => "value" in field)) return undefined;
    return fields.map(([key, { value: item }]) => [key, item]);
  } catch {
    // An object from another context may throw.
    return undefined;
  }
}

/** Returns the bytes of a typed array or another view. */
export function viewedBytes(value: object): Uint8Array | undefined {
  if (!isView(value)) return undefined;
  return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}

// A multiple of three, so that the base64 pieces can be joined, and few enough for one call.
const pieceBytes = 24_576;

export function base64Of(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    // Not spread: that would iterate over the bytes one by one.
    const piece: unknown = bytes.subarray(at, at + pieceBytes);
    pieces.push(btoa(String.fromCharCode.apply(null, piece as number[])));
  }
  return pieces.join("");
}

/** @throws if the string is not base64 */
export function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** Joins several values of bytes into one. */
export function joinedBytes(values: readonly Json[]): JsonObject {
  const pieces = values.map((value) => bytesOf(stringIn(objectIn(value), name)));
  const all = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return { [name]: base64Of(all) };
}

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
