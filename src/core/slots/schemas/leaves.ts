/**
 * What many fields of the standard slots hold, one schema each: a program that loads the library
 * pays for every schema that is made.
 *
 * Rule: these stay in this room. What a schema holds can be changed by whoever has it, and a host's
 * table is compiled after plugins are loaded.
 */
import * as z from "zod";
import { instant, jsonObject, jsonValue, stringSet, wholeNumber } from "../../schema/index.ts";

export const text = z.string();
export const optionalText = text.optional();

const texts = z.array(text);
export const optionalTexts = texts.optional();
export const noTexts = texts.default([]);
export const textMap = z.record(text, text);

export const noSet = stringSet().default([]);

export const count = wholeNumber();
export const optionalCount = count.optional();

export const optionalInstant = instant().optional();

export const anyJson = jsonValue();
const anyObject = jsonObject();
export const emptyObject = anyObject.default({});
