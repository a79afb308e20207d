/** Schemas that only zod can read: unions without a tag, transforms, coercion, key rules. */
import type * as z from "zod/mini";
import { BAD, countAgain, type Reader, readJson } from "../data/index.ts";
import { asMade, isFree, reportVerdict, runZod } from "./checks.ts";

/** zod sees a copy of ours, and what it makes of it is copied again. */
export function viaZod(schema: z.core.$ZodType): Reader {
  return (state, value, previous) => {
    const { nodes, units } = state;
    const copy = readJson(state, value, previous);
    // What was shown comes back as it was: a transform is not run on its own output.
    if (copy === BAD || copy === previous) return copy;
    const verdict = runZod(schema, copy);
    if (!isFree(verdict)) return reportVerdict(state, verdict);
    countAgain(state, { nodes, units });
    const reading = asMade(state);
    const made = readJson(reading, verdict.value, previous);
    countAgain(state, reading);
    return made;
  };
}
