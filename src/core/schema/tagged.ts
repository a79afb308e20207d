/** Unions discriminated by one field. */
import type * as z from "zod/mini";
import { BAD, isRecord, type Reader, report } from "../data/index.ts";
import { mapGet, ownValue } from "../data/intrinsics.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";
import { mismatch, readJson } from "./readers.ts";

/** Compiles a union with a tag; `undefined` if only zod can read the union. */
export function compileTagged(
  schema: z.core.$ZodType,
  compile: (option: z.core.$ZodType) => Compiled,
  ofPayload: boolean,
): Reader | undefined {
  // The callers pass unions only.
  const def = schema._zod.def as unknown as UnionDef;
  const tag = def.discriminator;
  if (tag === undefined || def.unionFallback === true) return undefined;
  const readers = new Map<unknown, Reader>();
  const taken = new Set<unknown>();
  for (const option of def.options) {
    const values = tagValues(option, tag);
    if (values.length === 0 || values.some((value) => value !== undefined && taken.has(value))) {
      throw new GlassineError(
        ofPayload ? "hook_invalid" : "slot_invalid",
        `Each option of a union discriminated by ${quoted(tag)} needs values for that field that no other option has: z.literal or z.enum.`,
        { discriminator: tag },
      );
    }
    const { read } = compile(option);
    for (const value of values) {
      // If several options allow the tag to be absent, its absence identifies none of them.
      if (taken.has(value)) readers.delete(value);
      else readers.set(value, read);
      taken.add(value);
    }
  }
  const expected = `one of ${[...readers.keys()].join(", ")}`;
  return (state, value, previous) => {
    if (!isRecord(value)) return mismatch(state, value, "an object");
    const key = ownValue(value, tag);
    const read = mapGet(readers, key);
    if (read !== undefined) {
      return read(state, value, ownValue(previous, tag) === key ? previous : undefined);
    }
    if (readJson(state, value, undefined) === BAD) return BAD;
    const received = key === undefined ? "nothing" : "a value that does not match";
    return report(state, state.shapeCode, expected, received, [tag]);
  };
}

interface UnionDef {
  readonly options: readonly z.core.$ZodType[];
  readonly discriminator?: string;
  readonly unionFallback?: boolean;
}

/** Returns the tag values that identify an option; none if zod does not know them either. */
function tagValues(option: z.core.$ZodType, tag: string): readonly unknown[] {
  try {
    return [...(option._zod.propValues?.[tag] ?? [])];
  } catch {
    return [];
  }
}
