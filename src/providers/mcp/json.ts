import { isRecord } from "../../core/data/index.ts";
import { ownDocument } from "../rewrite/index.ts";

/** A mutable JSON object, as it travels in a JSON-RPC message. */
export type JsonObject = { [key: string]: unknown };

export const isObject = isRecord as (value: unknown) => value is JsonObject;

/** Whether a field has a value: MCP peers write null for one that is absent. */
export function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/**
 * Copies JSON data into ordinary, mutable objects and arrays.
 *
 * Undefined fields are omitted, as on the wire. The copy shares nothing with `value`, so
 * neither the sender of a message nor a plugin can change it afterwards.
 *
 * @throws RangeError when `value` is nested deeper than the stack, or contains itself.
 */
export function copyJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => copyJson(item));
  const { toJSON } = value as { readonly toJSON?: unknown };
  // In-memory transports pass objects such as dates, which any other transport writes as text.
  if (typeof toJSON === "function") return copyJson(toJSON.call(value));
  return copyFields(value as JsonObject);
}

function copyFields(value: JsonObject): JsonObject {
  // A spread defines each key, so assigning one calls no setter, not even that of `__proto__`.
  const copy = { ...value };
  for (const key of Object.keys(copy)) {
    const field = copy[key];
    if (field === undefined) delete copy[key];
    else if (typeof field === "object") copy[key] = copyJson(field);
  }
  return copy;
}

/** JSON-RPC 2.0 §4 and §5. Anything else is neither shown nor passed on. */
const ofRequest: readonly string[] = ["jsonrpc", "id", "method", "params"];
const ofAnswer: readonly string[] = ["jsonrpc", "id", "result", "error"];

/** Returns a message without the members that JSON-RPC does not define: itself if it has none. */
export function definedMembers(message: JsonObject): JsonObject {
  const members = message.method === undefined ? ofAnswer : ofRequest;
  const isPlain = Object.keys(message).every((key) => members.includes(key));
  return isPlain ? message : only(message, members);
}

/**
 * Copies a JSON-RPC message. Nobody else has the copy, so its parts are marked as documents that
 * need no further copy to be read.
 */
export function copyMessage(message: JsonObject): JsonObject {
  const copy = copyFields(message);
  for (const part of [copy.params, copy.result, copy.error]) if (isObject(part)) ownDocument(part);
  return copy;
}

/** The fields of `value` except those in `hidden`. */
export function without(value: JsonObject, hidden: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !hidden.includes(key)));
}

/** The fields of `value` among `keys`, in their order. */
export function only(value: JsonObject, keys: readonly string[]): JsonObject {
  const own = keys.filter((key) => Object.hasOwn(value, key));
  return Object.fromEntries(own.map((key) => [key, value[key]]));
}
