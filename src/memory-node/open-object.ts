/** Building blocks of the payloads of the memory node. */
import * as z from "zod";
import { jsonObject, jsonValue, withRule } from "../host.ts";

// JSON data, typed as unknown: a value spread from an open object has keys that can be undefined,
// which the JSON type does not allow.
const rest = jsonValue() as z.ZodType<unknown, unknown>;

/**
 * A host's object: the keys of `shape` have a type, all others are kept as JSON data. A null at an
 * optional key of `shape` means absent, as everywhere; at other keys it is data.
 */
export function openObject<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.object(shape).catchall(rest);
}

type AnyObject = Readonly<Record<string, unknown>>;

/** A host's object with unknown keys, as JSON data. */
export function anyObject() {
  return jsonObject() as z.ZodType<AnyObject, AnyObject>;
}

/** A non-empty string. */
export function nonEmptyString() {
  return withRule(z.string(), "a string that is not empty", (text) => text !== "");
}

const uuidPattern = /^[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/;

/** A UUID of any version (RFC 9562 §4). */
export function uuid() {
  return withRule(z.string(), "a UUID", (text) => uuidPattern.test(text));
}

/** A number from 0 to 1. */
export function fraction() {
  return withRule(z.number(), "a number from 0 to 1", (value) => value >= 0 && value <= 1);
}
