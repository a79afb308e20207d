import type { ErrorCode } from "./codes.ts";

// Captured: an error must come out as ever where a plugin has patched these.
const { defineProperty, freeze } = Object;

/** Registered, so that errors of a second copy of this package are recognised. */
const brand: unique symbol = Symbol.for("glassine.error") as never;

/** One thing that is wrong with an input: where, what was expected, what came. Never a value. */
export interface Problem {
  /** Keys and indexes from the root. Keys are data: escape them before printing. */
  readonly path: readonly (string | number)[];
  readonly code: ErrorCode;
  readonly expected: string;
  readonly received: string;
}

/** What each error carries beside its message. Fields depend on the code. */
export interface ErrorData {
  readonly [field: string]: unknown;
  readonly problems?: readonly Problem[];
}

/** The code of an error that this very copy of the library made. @internal */
export let ownErrorCode: (value: unknown) => ErrorCode | undefined;

/**
 * The one base class of all errors this library throws.
 *
 * `code` is stable. `data` has the facts behind the message. Neither holds
 * values of slots: names and types only.
 *
 * @example
 * ```ts
 * import { createExtensions, isGlassineError } from "glassine";
 *
 * try {
 *   createExtensions({ secruity: {} } as never);
 * } catch (error) {
 *   if (isGlassineError(error)) console.log(error.code); // slot_unknown
 * }
 * ```
 */
export class GlassineError extends Error {
  override readonly name: string = "GlassineError";
  readonly code: ErrorCode;
  readonly data: ErrorData;
  /** Cannot be forged: a look-alike that a plugin throws stays opaque. */
  readonly #code: ErrorCode;

  static {
    ownErrorCode = (value) =>
      typeof value === "object" && value !== null && #code in value ? value.#code : undefined;
  }

  constructor(code: ErrorCode, message: string, data: ErrorData = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.#code = code;
    this.data = freeze({ ...data });
    defineProperty(this, brand, { __proto__: null, value: true } as PropertyDescriptor);
  }
}

/** A returned change broke a tier. `data` has `slot`, `tier` and, where known, `plugin`. */
export class TierViolationError extends GlassineError {
  override readonly name = "TierViolationError";

  // Written out: the implied one hands its arguments on by the iterator of arrays, which a plugin may have patched.
  constructor(code: ErrorCode, message: string, data?: ErrorData) {
    super(code, message, data);
  }
}

/** A plugin definition is not acceptable. `problems` lists every field at fault. */
export class ManifestError extends GlassineError {
  override readonly name = "ManifestError";
  readonly problems: readonly ManifestProblem[];

  constructor(code: ErrorCode, message: string, problems: readonly ManifestProblem[]) {
    super(code, message, { manifestProblems: problems });
    this.problems = problems;
  }
}

/** One field of a manifest that is at fault. */
export interface ManifestProblem {
  readonly field: string;
  readonly message: string;
}

/** Whether `value` is an error of this library, also of another copy of it. */
export function isGlassineError(value: unknown): value is GlassineError {
  return value instanceof Error && Object.hasOwn(value, brand);
}
