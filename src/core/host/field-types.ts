/**
 * Field types for the schemas that hosts write. They are zod's classic classes, which have methods
 * such as `optional`. Only `glassine/host` imports `zod` itself; everything else makes do with
 * `zod/mini`.
 */
import * as z from "zod";
import type { Json } from "../data/index.ts";
import * as kinds from "../schema/index.ts";

/** Any JSON value. Nulls inside are data. */
export function jsonValue(): z.ZodType<Json, Json> {
  return kinds.withKindOf(z.custom<Json>(), kinds.jsonValue());
}

/** Any JSON object. Nulls inside are data. */
export function jsonObject(): z.ZodType<
  { readonly [key: string]: Json },
  { readonly [key: string]: Json }
> {
  return kinds.withKindOf(z.custom<{ readonly [key: string]: Json }>(), kinds.jsonObject());
}

/** A non-negative whole number. */
export function wholeNumber(): z.ZodNumber {
  return kinds.withKindOf(z.number().int().nonnegative(), kinds.wholeNumber());
}

/** A set of strings: an array, sorted by code point, without repeats. */
export function stringSet(): z.ZodArray<z.ZodString> {
  return kinds.withKindOf(z.array(z.string()), kinds.stringSet());
}

/** A set of security labels. */
export function labelSet(): z.ZodArray<z.ZodString> {
  return kinds.withKindOf(z.array(z.string()), kinds.labelSet());
}

/** Header names and values, as spelled. The grammar is checked when a plugin writes one. */
export function headerMap(): z.ZodRecord<z.ZodString, z.ZodString> {
  return kinds.withKindOf(z.record(z.string(), z.string()), kinds.headerMap());
}

/** A point in time, in its canonical form. */
export function instant(): z.ZodString {
  return kinds.withKindOf(z.string(), kinds.instant());
}
