/**
 * What many fields of the standard slots hold, one schema each: a program that loads the library
 * pays for every schema that is made.
 *
 * Rule: these stay in this room. What a schema holds can be changed by whoever has it, and a host's
 * table is compiled after plugins are loaded.
 */
import * as z from "zod/mini";
import { instant, jsonObject, jsonValue, stringSet, wholeNumber } from "../../schema/index.ts";

export const text = z.string();
export const optionalText = z.optional(text);

const texts = z.array(text);
export const optionalTexts = z.optional(texts);
export const noTexts = z._default(texts, []);
export const textMap = z.record(text, text);

export const noSet = z._default(stringSet(), []);

export const count = wholeNumber();
export const optionalCount = z.optional(count);

export const optionalInstant = z.optional(instant());

export const anyJson = jsonValue();
const anyObject = jsonObject();
export const emptyObject = z._default(anyObject, {});
