/** What options of several stock plugins are made of. */
import * as z from "zod/mini";
import { addLabels, createExtensions, filterExtensions, isGlassineError } from "../index.ts";

/** A string that is not empty. */
export const filled = z.string().check(z.minLength(1));

/** Names, in which `*` stands for characters other than `/`, and `**` for any. */
export const patterns = z.array(filled);

const labelView = filterExtensions(createExtensions({}), ["append_labels"]);

/** A label that an envelope takes. */
export const label = z
  .string()
  .check(z.refine((text) => isTaken(() => addLabels(labelView, text)), "must be a label"));

/** Whether an edit of an envelope is one that it takes. */
export function isTaken(edit: () => unknown): boolean {
  try {
    edit();
    return true;
  } catch (error) {
    if (isGlassineError(error)) return false;
    throw error;
  }
}

/** A whole number from 1 on. */
export function wholeFrom1(max = Number.MAX_SAFE_INTEGER) {
  return z.int().check(z.minimum(1), z.maximum(max));
}
