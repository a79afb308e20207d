/** Unions told apart by one field. */
import type * as z from "zod/mini";
import type { ParsedReader } from "../data/index.ts";
import {
  BAD,
  type Bad,
  countAgain,
  makeRoom,
  mismatch,
  type Reader,
  type ReadState,
  readJson,
  report,
} from "../data/index.ts";
import { create, hasOwn, isArray, mapGet, ownValue } from "../data/intrinsics.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import type { Compiled } from "./compiled.ts";

/**
 * A reader for a union with a tag; `undefined` for one that only zod can read. The value is copied
 * before the tag is looked at, so that it is read once all the same.
 */
export function compileTagged(
  schema: z.core.$ZodType,
  compile: (option: z.core.$ZodType) => Compiled,
  ofPayload: boolean,
): { readonly read: Reader; readonly readParsed: ParsedReader | undefined } | undefined {
  // Only unions come here.
  const def = schema._zod.def as unknown as UnionDef;
  const tag = def.discriminator;
  if (tag === undefined || def.unionFallback === true) return undefined;
  const byText: Record<string, Reader> = create(null);
  const parsedReaders = new Map<unknown, ParsedReader>();
  const byOther = new Map<unknown, Reader>();
  const taken = new Set<unknown>();
  for (const option of def.options) {
    const values = tagValues(option, tag);
    if (values.length === 0 || values.some((value) => value !== undefined && taken.has(value))) {
      throw new GlassineError(
        ofPayload ? "hook_invalid" : "slot_invalid",
        `Each option of a union told apart by ${quoted(tag)} needs values of it that no other has: z.literal or z.enum.`,
        { discriminator: tag },
      );
    }
    const { read, readParsed } = compile(option);
    for (const value of values) {
      if (typeof value === "string") {
        byText[value] = read;
        if (readParsed !== undefined) parsedReaders.set(value, readParsed);
      }
      // Where several may be without it, its absence tells none of them.
      else if (taken.has(value)) byOther.delete(value);
      else byOther.set(value, read);
      taken.add(value);
    }
  }
  const others = [...byOther];
  const expected = `one of ${[...Object.keys(byText), ...byOther.keys()].join(", ")}`;
  const readTagged: Reader = (state, value, previous) => {
    const { nodes, units } = state;
    const copy = state.origin === "parsed" ? value : readJson(state, value, previous);
    if (copy === BAD || copy === previous) return copy;
    countAgain(state, { nodes, units });
    if (typeof copy !== "object" || copy === null || isArray(copy))
      return mismatch(state, copy, "an object");
    const key = ownValue(copy, tag);
    let read = typeof key === "string" ? byText[key] : undefined;
    for (let i = 0; i < others.length; i++) {
      const other = others[i] as (typeof others)[number];
      if (other[0] === key) read = other[1];
    }
    return read === undefined
      ? reportField(state, tag, expected, key === undefined ? "nothing" : "another")
      : readCopy(state, read, copy, ownValue(previous, tag) === key ? previous : undefined);
  };
  const readParsedTagged: ParsedReader = (left, value) => {
    if (typeof value !== "object" || value === null || !hasOwn(value, tag)) return BAD;
    const readParsed = mapGet(parsedReaders, (value as Record<string, unknown>)[tag]);
    return readParsed === undefined ? BAD : readParsed(left, value);
  };
  return { read: readTagged, readParsed: parsedReaders.size === 0 ? undefined : readParsedTagged };
}

/** Reports the tag of a value that was left already. */
function reportField(state: ReadState, field: string, expected: string, received: string): Bad {
  makeRoom(state);
  state.path[state.depth] = field;
  state.depth += 1;
  const bad: Bad = report(state, state.shapeCode, expected, received);
  state.depth -= 1;
  return bad;
}

/** Of what was copied here a host's is read as what was parsed here: no code is left in it. */
function readCopy(state: ReadState, read: Reader, copy: unknown, previous: unknown): unknown {
  const { origin } = state;
  if (origin !== "plugin") state.origin = "parsed";
  const result = read(state, copy, previous);
  state.origin = origin;
  return result;
}

interface UnionDef {
  readonly options: readonly z.core.$ZodType[];
  readonly discriminator?: string;
  readonly unionFallback?: boolean;
}

/** The values by which an option is known; none where zod cannot tell either. */
function tagValues(option: z.core.$ZodType, tag: string): readonly unknown[] {
  try {
    return [...(option._zod.propValues?.[tag] ?? [])];
  } catch {
    return [];
  }
}
