/** Readings with a schema alone: as a host's, a plugin's or a parsed value, and over a shown one. */
import type * as z from "zod";
import { type Admitted, admit, extensionsLimits, type Limits } from "../../src/core/data/index.ts";
import type { Problem } from "../../src/core/errors/index.ts";
import { type Compiled, compileSchema } from "../../src/core/schema/index.ts";

type Options = Parameters<typeof admit>[2];
/** How a value is read. The defaults are those of a host's value, read whole and strictly. */
export type How = Partial<Omit<Options, "limits">> & { readonly limits?: Partial<Limits> };
/** The same, with the value that was shown. */
type HowOver = How & { readonly previous?: unknown; readonly partial?: boolean };

export const optionsOf = ({ limits, ...how }: How = {}): Options => ({
  origin: "host",
  shapeCode: "extensions_shape",
  strict: true,
  ...how,
  limits: { ...extensionsLimits, ...limits },
});

const parsedOptions = optionsOf({ origin: "parsed" });

export const compile = (schema: z.ZodType): Compiled =>
  compileSchema(schema, { closed: true, shownWhole: false });

/** Reads a value over the one that was shown. */
function admitOver(
  compiled: Compiled,
  value: unknown,
  { previous, partial, ...how }: HowOver,
): Admitted {
  // A partial root is read as a level alone, as in a plugin's result.
  const { read } = partial ? (compiled.level ?? compiled) : compiled;
  return admit(read, value, optionsOf(how), previous, partial ? "partial" : "whole");
}

/** The result of a reading. Fails if the value was refused. */
function valueIn(admitted: Admitted): unknown {
  if (admitted.ok) return admitted.value;
  throw new Error(linesIn(admitted).join("\n"));
}

/** The problems that a reading found, each as `path | code | expected | received`. */
export function linesIn(admitted: Admitted): readonly string[] {
  return admitted.ok ? [] : admitted.problems.map(lineOf);
}

const lineOf = ({ path, code, expected, received }: Problem) =>
  [path.join("/"), code, expected, received].join(" | ");

/** The result of reading with a schema, over what was shown. Fails if the value is refused. */
export function readingOf(
  schema: z.ZodType,
  value: unknown,
  origin: Options["origin"] = "host",
  previous?: unknown,
): unknown {
  return valueIn(admitOver(compile(schema), value, { origin, previous }));
}

/** The problems that a reading with a schema finds. */
export function problemsOf(
  schema: z.ZodType,
  value: unknown,
  origin: Options["origin"] = "host",
  limits: Partial<Limits> = {},
  previous?: unknown,
): readonly string[] {
  return linesIn(admitOver(compile(schema), value, { origin, limits, previous }));
}

/** The same with a schema that was compiled before. */
export function problemsBy(compiled: Compiled, value: unknown): readonly string[] {
  return linesIn(admit(compiled.read, value, optionsOf()));
}

/** The value of JSON text, read with a compiled schema; `undefined` if it is refused. */
export function readBy(compiled: Compiled, text: string): unknown {
  const read = admit(compiled.read, JSON.parse(text), parsedOptions);
  return read.ok ? read.value : undefined;
}

/** The result of reading JSON text. */
export function readFrom(schema: z.ZodType, text: string, limits: Partial<Limits> = {}): Admitted {
  return admit(compile(schema).read, JSON.parse(text), optionsOf({ origin: "parsed", limits }));
}
