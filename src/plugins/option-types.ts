/** The schemas that options of several stock plugins share. */
import * as z from "zod/mini";
import { addLabels, createExtensions, filterExtensions, isGlassineError } from "../index.ts";

/** A non-empty string. */
export const filled = z.string().check(z.minLength(1));

/** Name patterns: `*` matches any characters but `/`, and `**` matches any characters. */
export const patterns = z.array(filled);

const labelView = filterExtensions(createExtensions({}), ["append_labels"]);

/** A label that an envelope accepts. */
export const label = z
  .string()
  .check(z.refine((text) => isAccepted(() => addLabels(labelView, text)), "must be a label"));

/** Whether an envelope accepts an edit. */
export function isAccepted(edit: () => unknown): boolean {
  try {
    edit();
    return true;
  } catch (error) {
    if (isGlassineError(error)) return false;
    throw error;
  }
}

/** A whole number from 1 to `max`. */
export function wholeFrom1(max = Number.MAX_SAFE_INTEGER) {
  return z.int().check(z.minimum(1), z.maximum(max));
}
