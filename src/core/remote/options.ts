/** Checks the arguments of writers and readers other than the document. */

import { type Limits, payloadLimits } from "../data/index.ts";
import { formatProblems, GlassineError } from "../errors/index.ts";
import { admit, type Compiled } from "../schema/index.ts";

/** How much there may be is the reader's affair; what is deeper, the engine could not write. */
export const anySize: Limits = Object.freeze({
  ...(Object.fromEntries(
    Object.keys(payloadLimits).map((limit) => [limit, Number.POSITIVE_INFINITY]),
  ) as unknown as Limits),
  depth: 1_000,
});

/** @throws GlassineError `options_invalid` */
export function checkOptions(options: unknown, call: string): void {
  if (typeof options === "object" && options !== null) return;
  const text = `${call} expects its options in an object, got another value.`;
  throw new GlassineError("options_invalid", text, {});
}

export function misuse(option: string, expected: string): GlassineError {
  const text = `${option} expects ${expected}, got another value.`;
  return new GlassineError("options_invalid", text, { option });
}

/** Returns a copy of an option's value. @throws GlassineError `options_invalid` */
export function readOption<Value>(
  compiled: Compiled,
  value: unknown,
  option: string,
  limits: Limits = anySize,
): Value {
  const admitted = admit(compiled, value, {
    origin: "host",
    limits,
    shapeCode: "options_invalid",
    strict: true,
    previous: undefined,
    partial: false,
  });
  if (admitted.ok) return admitted.value as Value;
  const { problems } = admitted;
  const text = `${option} cannot be written. ${formatProblems(problems)}.`;
  throw new GlassineError("options_invalid", text, { option, problems });
}
