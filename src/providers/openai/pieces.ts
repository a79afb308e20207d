/** Copies and checks the values in events of a stream. */
import * as z from "zod/mini";
import type { Json } from "../../core/data/index.ts";
import { isNativePromise, isProxy } from "../../core/data/intrinsics.ts";
import { readDocument, type StreamMeter, streamFault } from "../rewrite/index.ts";
import { isObject, type JsonObject, objectIn } from "./json.ts";

const anything = z.unknown();

/** A copy of an event's object, counted against the limits of the stream. */
export function keepObject(
  value: unknown,
  what: string,
  where: string,
  meter: StreamMeter,
): JsonObject {
  return objectIn(keep(eventObject(value, where), what, meter));
}

/** A copy of an event's value, counted against the limits of the stream. */
export function keep(value: unknown, what: string, meter: StreamMeter): Json {
  const copy = readDocument(anything, value, what, "stream_invalid") as Json;
  meter.countText(JSON.stringify(copy));
  return copy;
}

/** Checks what was kept against the schema of the whole document. */
export function expectShape(schema: z.ZodMiniType, kept: JsonObject, what: string): JsonObject {
  return objectIn(readDocument(schema, kept, what, "stream_invalid"));
}

/** @throws GlassineError `stream_invalid` */
export function eventObject(value: unknown, where: string): JsonObject {
  // Checks in the order of `kindOf`, which is too slow here: each delta comes here three times (row
  // L2 of docs/performance.md). A revoked proxy throws when it is inspected.
  const isOther = typeof value !== "object" || isProxy(value) || isNativePromise(value);
  if (!isOther && isObject(value)) return value;
  throw streamFault(where, "an object", [value]);
}

/** An index in a list that has `length` items, or the next free one. */
export function placeIn(value: unknown, length: number, where: string): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= length) {
    return value;
  }
  const received = typeof value === "number" ? [] : [value];
  throw streamFault(where, "the index of something that has begun, or the next one", received);
}
