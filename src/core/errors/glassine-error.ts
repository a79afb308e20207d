import type { ErrorCode } from "./codes.ts";

// Captured at load, so that a plugin that patches these cannot change how errors are built.
const { defineProperty, freeze } = Object;

/** In the symbol registry, so that errors of a second copy of this package are recognized. */
const brand: unique symbol = Symbol.for("glassine.error") as never;

/** One problem with an input: where, what was expected, what was received. Never a value. */
export interface Problem {
  /** Keys and indexes from the root. Keys are data: escape them before printing. */
  readonly path: readonly (string | number)[];
  readonly code: ErrorCode;
  readonly expected: string;
  readonly received: string;
}

/** What an error carries in addition to its message. The fields depend on the code. */
export interface ErrorData {
  readonly [field: string]: unknown;
  readonly problems?: readonly Problem[];
}

/** Returns the code of an error that this very copy of the library made. @internal */
export let ownErrorCode: (value: unknown) => ErrorCode | undefined;

/**
 * The base class of all errors this library throws.
 *
 * `code` is stable. `data` has the facts behind the message. Neither contains values of slots: only
 * names and types.
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
  /** Cannot be forged: `ownErrorCode` ignores a look-alike that a plugin throws. */
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

/** Makes the error for an option that a function does not accept. */
export function optionsInvalid(message: string, data?: ErrorData): GlassineError {
  return new GlassineError("options_invalid", message, data);
}

/** A returned change broke a tier. `data` has `slot`, `tier` and, if known, `plugin`. */
export class TierViolationError extends GlassineError {
  override readonly name = "TierViolationError";

  // Explicit: the implied constructor can pass its arguments on through the array iterator, which a
  // plugin may have patched.
  constructor(code: ErrorCode, message: string, data?: ErrorData) {
    super(code, message, data);
  }
}

/**
 * A plugin definition is invalid. `problems` lists every faulty field. `data.plugin` is the
 * plugin's name, if it has a usable one.
 */
export class ManifestError extends GlassineError {
  override readonly name = "ManifestError";
  readonly problems: readonly ManifestProblem[];

  constructor(
    code: ErrorCode,
    message: string,
    problems: readonly ManifestProblem[],
    cause?: unknown,
    data: ErrorData = {},
  ) {
    super(code, message, { ...data, manifestProblems: problems }, cause);
    this.problems = problems;
  }
}

/** One faulty field of a manifest. */
export interface ManifestProblem {
  readonly field: string;
  readonly message: string;
}

/** A handler asked for a service whose capability its plugin did not declare. */
export class CapabilityError extends GlassineError {
  override readonly name = "CapabilityError";
  readonly plugin: string;
  readonly capability: string;
  /** The accessor, spelled as in the host. */
  readonly accessor: string;

  constructor(message: string, plugin: string, capability: string, accessor: string) {
    super("capability_denied", message, { plugin, capability, accessor });
    this.plugin = plugin;
    this.capability = capability;
    this.accessor = accessor;
  }
}

/** A handler threw (`cause`), took too long, or returned what its hook does not allow. */
export class PluginExecutionError extends GlassineError {
  override readonly name = "PluginExecutionError";

  constructor(message: string, data?: ErrorData, cause?: unknown) {
    super("execution_failed", message, data, cause);
  }
}

/** A plugin depends on a missing plugin, or plugins depend on each other in a cycle. */
export class PluginDependencyError extends GlassineError {
  override readonly name = "PluginDependencyError";

  constructor(message: string, data?: ErrorData) {
    super("dependency_unresolved", message, data);
  }
}

/** What is wrong with one installed package. */
export interface PackageProblem {
  /** The plugin's id, if it is known. */
  readonly id: string | undefined;
  readonly package: string;
  /** A code that `plugins list` prints, such as `hash_mismatch`. */
  readonly code: string;
  readonly message: string;
}

/** Installed packages cannot be loaded as plugins. `problems` lists everything that is wrong. */
export class PluginDiscoveryError extends GlassineError {
  override readonly name = "PluginDiscoveryError";
  readonly problems: readonly PackageProblem[];

  constructor(message: string, problems: readonly PackageProblem[], cause?: unknown) {
    super("discovery_failed", message, { packageProblems: problems }, cause);
    this.problems = problems;
  }
}

/** A plugin is unsigned, its signature does not verify, or its signer is not trusted. */
export class PluginSignatureError extends GlassineError {
  override readonly name = "PluginSignatureError";

  constructor(message: string, data?: ErrorData) {
    super("signature_rejected", message, data);
  }
}

/** Returns the reason of a `RejectError` that this very copy of the library made. @internal */
export let rejectionReason: (value: unknown) => string | undefined;

/**
 * Thrown by a handler, at any call depth, to deny: the same as returning `deny(reason)`.
 * On a filter-chain, score or fire-and-forget hook it is an ordinary failure.
 *
 * @example
 * ```ts
 * import { createPluginManager, definePlugin, RejectError } from "glassine";
 *
 * const plugin = definePlugin({
 *   name: "strict-names",
 *   version: "1.0.0",
 *   hooks: {
 *     tool_pre_invoke({ name }) {
 *       if (name.startsWith("_")) throw new RejectError("private tools are not called");
 *     },
 *   },
 * });
 * const manager = await createPluginManager({ plugins: [plugin] });
 * const { violation } = await manager.invoke("tool_pre_invoke", { name: "_reset" });
 * console.log(violation?.reason); // private tools are not called
 * ```
 */
export class RejectError extends GlassineError {
  override readonly name = "RejectError";
  readonly reason: string;
  readonly #reason: string;

  static {
    rejectionReason = (value) =>
      typeof value === "object" && value !== null && #reason in value ? value.#reason : undefined;
  }

  constructor(reason: string) {
    const text = typeof reason === "string" && reason !== "" ? reason : "rejected";
    super("rejected", text);
    this.reason = text;
    this.#reason = text;
  }
}

/** Whether `value` is an error of this library, or of another copy of it. Never throws. */
export function isGlassineError(value: unknown): value is GlassineError {
  try {
    return value instanceof Error && Object.hasOwn(value, brand);
  } catch {
    // A plugin may throw a proxy whose traps throw, or a revoked one.
    return false;
  }
}
