import type * as z from "zod";
import {
  admit,
  type Compiled,
  compileSchema,
  extensionsLimits,
  type Limits,
} from "../../src/admit/index.ts";
import { type GlassineError, isGlassineError, type Problem } from "../../src/errors/index.ts";

/** The error a call is refused with. Fails when the call goes through. */
export function refusalOf(run: () => unknown): GlassineError {
  try {
    run();
  } catch (error) {
    if (isGlassineError(error)) return error;
    throw error;
  }
  throw new Error("The call was not refused.");
}

export const codeOf = (run: () => unknown): string => refusalOf(run).code;

type From = "host" | "plugin" | "parsed";

const compile = (schema: z.ZodType) => compileSchema(schema, { closed: true, shownWhole: false });

function read(
  compiled: Compiled,
  value: unknown,
  origin: From,
  limits: Partial<Limits>,
  hint: unknown,
) {
  return admit(compiled, value, {
    origin,
    limits: { ...extensionsLimits, ...limits },
    shapeCode: "extensions_shape",
    strict: true,
    hint,
    partial: false,
  });
}

/** What a reading by a schema gives, over what was shown. Fails when the value is refused. */
export function readingOf(
  schema: z.ZodType,
  value: unknown,
  origin: From = "host",
  hint?: unknown,
): unknown {
  const admitted = read(compile(schema), value, origin, {}, hint);
  if (admitted.ok) return admitted.value;
  throw new Error(admitted.problems.map(lineOf).join("\n"));
}

/** What a reading by a schema finds, each as `path | code | expected | received`. */
export function problemsOf(
  schema: z.ZodType,
  value: unknown,
  origin: From = "host",
  limits: Partial<Limits> = {},
  hint?: unknown,
): readonly string[] {
  return problemsBy(compile(schema), value, origin, limits, hint);
}

/** The same by a schema that was compiled before. */
export function problemsBy(
  compiled: Compiled,
  value: unknown,
  origin: From = "host",
  limits: Partial<Limits> = {},
  hint?: unknown,
): readonly string[] {
  const admitted = read(compiled, value, origin, limits, hint);
  return admitted.ok ? [] : admitted.problems.map(lineOf);
}

export const lineOf = ({ path, code, expected, received }: Problem) =>
  [path.join("/"), code, expected, received].join(" | ");
