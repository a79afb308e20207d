/**
 * Schemas that many fields of the standard slots share, because every schema that is made takes
 * time when the library is loaded.
 *
 * Rule: these stay in this room. Whoever has a schema can change what is in it, and a host's table
 * is compiled after plugins are loaded.
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
