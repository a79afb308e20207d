/** What a handler answers: `allow`, or `deny` with a reason. */
import { admit, attempt, extensionsLimits, type Json, sharedNotes } from "../data/index.ts";
import {
  createStamp,
  enumerableKeys,
  execPattern,
  forEach,
  freeze,
  getPrototypeOf,
  includes,
  isArray,
  isProxy,
  ownData,
  ownValue,
} from "../data/intrinsics.ts";
import { quoted, RejectError, rejectionReason, suggestion } from "../errors/index.ts";
import { mendedBy } from "../schema/index.ts";
import { oneLine, wellFormed } from "./shown-text.ts";

/** Why a plugin stopped an operation. The strings are the plugin's: one line, capped, untrusted. */
export interface Violation {
  /** The plugin that stopped it; absent if the host aborted. */
  readonly plugin?: string;
  readonly code: string;
  readonly reason: string;
  readonly description?: string;
  readonly details?: { readonly [key: string]: Json };
}

/** What `deny` takes: a reason, or a reason with a code and more. */
export type DenyInput =
  | string
  | {
      /** Letters, digits and `_ . : -`, at most 64. Default `denied`. */
      readonly code?: string | undefined;
      readonly reason: string;
      readonly description?: string | undefined;
      /** JSON data. If it is too large, or has a key such as `__proto__`, `left_out` says so. */
      readonly details?: { readonly [key: string]: unknown } | undefined;
    };

declare const decision: unique symbol;

/** The answer "go on". Only `allow` makes it, in any copy of this library; no look-alike counts. */
export interface Allow {
  readonly [decision]: "allow";
  readonly allow: true;
}

/** The answer "stop". Only `deny` makes it, in any copy of this library; no look-alike counts. */
export interface Denial {
  readonly [decision]: "deny";
}

/** A denial as the host receives it: who denied, and why. A handler may return it, too. */
export interface Denied extends Denial, Violation {
  readonly allow: false;
}

/** What a voting hook resolves to. */
export type Decision = Allow | Denied;

const denials = createStamp<Violation>();
/** Lets other library copies recognize an answer. Of use only to code that may vote anyway. */
const answers = sharedNotes("answers");
/** The brand that every error of this library has, in every copy. */
const errorBrand = Symbol.for("glassine.error");
// Handlers resolve promises with answers. Without a prototype, these inherit no patched `then`.
const allowed = freeze({ __proto__: null, allow: true }) as unknown as Allow;
answers.set(allowed, true);

/**
 * The answer "go on". On message hooks, returning nothing means the same.
 *
 * @example
 * ```ts
 * import { allow } from "glassine";
 *
 * console.log(allow() === allow()); // true
 * ```
 */
export function allow(): Allow {
  return allowed;
}

/**
 * The answer "stop", with a reason. Return it from a handler: calling `deny` alone has no effect. To
 * stop from deep inside your code, throw a `RejectError` instead.
 *
 * @throws RejectError when the reason is missing or empty, or a field is invalid: thrown by a
 * handler, it denies as well
 * @example
 * ```ts
 * import { definePlugin, deny } from "glassine";
 *
 * const plugin = definePlugin({
 *   name: "no-tools",
 *   version: "1.0.0",
 *   hooks: {
 *     tool_pre_invoke(payload) {
 *       if (payload.name === "rm") return deny({ code: "tool_denied", reason: "rm is not allowed" });
 *     },
 *   },
 * });
 * console.log(plugin.name); // no-tools
 * ```
 */
export function deny(input: DenyInput): Denial;
export function deny(input: DenyInput, ...others: readonly unknown[]): Denial {
  if (others.length > 0) throw misuse("one argument, such as { code, reason }, got more");
  const given = typeof input === "string" ? { reason: input } : input;
  if (typeof given !== "object" || given === null) throw misuse("a reason, or an object with one");
  forEach(enumerableKeys(given), (key) => {
    if (includes(fieldNames, key)) return;
    const names = "code, reason, description and details";
    throw misuse(`${names}, got ${quoted(key)}`, suggestion(key, fieldNames));
  });
  return denialOf(given);
}

/** The denial of a nested run may become that of this one, with what the manager adds. */
const fieldNames = ["code", "reason", "description", "details", "plugin", "allow"];

function denialOf(given: object): Denial {
  // Own values, so that nothing is taken from a patched prototype.
  const { code = "denied" } = { code: ownValue(given, "code") };
  const reason = ownValue(given, "reason");
  const description = ownValue(given, "description");
  const details = ownValue(given, "details");
  if (typeof code !== "string" || !isViolationCode(code)) {
    throw misuse("a code of letters, digits and _ . : -, at most 64 characters");
  }
  const why = typeof reason === "string" ? oneLine(reason, maxReason) : "";
  if (why === "") throw misuse("a reason that is not empty");
  if (description !== undefined && typeof description !== "string")
    throw misuse("a description that is a string");
  // On the wire, an empty description means that there is none.
  const described = description === undefined ? "" : oneLine(description, 2000);
  const violation: Violation = freeze({
    code,
    reason: why,
    ...(described === "" ? {} : { description: described }),
    ...(details === undefined ? {} : { details: readDetails(details) }),
  });
  // The key makes a spread or clone of it an invalid result; an empty object would be a valid one.
  return sealed({ __proto__: null, deny: true }, violation) as Denial;
}

function sealed(answer: object, violation: Violation): object {
  answers.set(answer, violation);
  return freeze(denials.put(answer, violation));
}

/** Returns the violation of a `RejectError` that a handler threw; `undefined` for anything else. */
export function rejectionOf(thrown: unknown): Violation | undefined {
  const reason = rejectionReason(thrown) ?? reasonOfCopy(thrown);
  if (reason === undefined) return undefined;
  return violationOf(deny(isReason(reason) ? reason : "rejected"));
}

/** The reason of another copy's `RejectError`. Anybody can forge one, but `deny` does the same. */
function reasonOfCopy(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || isProxy(thrown)) return undefined;
  if (ownData(thrown, errorBrand) !== true || ownData(thrown, "code") !== "rejected")
    return undefined;
  const reason = ownData(thrown, "reason");
  return typeof reason === "string" ? reason : undefined;
}

/** Turns a violation into the denial that the host receives from a voting hook. */
export function deniedBy(violation: Violation): Denied {
  return sealed({ __proto__: null, allow: false, ...violation }, violation) as Denied;
}

const codePattern = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}$/;

/** Whether a string can be the code of a violation. */
export function isViolationCode(code: string): boolean {
  return execPattern(codePattern, code) !== null;
}

const maxReason = 500;

/** Whether a string can be the reason of a violation: it must have something that can be shown. */
export function isReason(text: string): boolean {
  return oneLine(text, maxReason) !== "";
}

/**
 * Returns `"allow"`, or the violation of a denial; `undefined` for anything that neither `allow`
 * nor `deny` made, in this or another copy of the library.
 */
export function answerOf(value: unknown): "allow" | Violation | undefined {
  if (value === allowed) return "allow";
  // Answers have no prototype. Most results have one and need no lookup.
  if (typeof value !== "object" || value === null) return undefined;
  if (isProxy(value) || getPrototypeOf(value) !== null) return undefined;
  const own = denials.of(value);
  if (own !== undefined) return own;
  const recorded = answers.get(value);
  if (recorded === true) return "allow";
  if (typeof recorded !== "object" || recorded === null) return undefined;
  // Read like an argument of `deny`, because any code can write such a note.
  return denials.of(attempt(() => denialOf(recorded)));
}

/** Returns the violation of a denial; `undefined` for anything `deny` did not make. */
export function violationOf(value: unknown): Violation | undefined {
  const answer = answerOf(value);
  return answer === "allow" ? undefined : answer;
}

const detailOptions = {
  origin: "plugin",
  limits: extensionsLimits,
  shapeCode: "result_shape",
  strict: true,
} as const;
const detail = mendedBy(wellFormed);

/**
 * Reads the details of a denial. They may contain what a caller wrote, who could otherwise undo the
 * denial: by half a character where a handler cuts a text, by its size or by its keys.
 */
function readDetails(details: unknown): { readonly [key: string]: Json } {
  const admitted = admit(detail, details, detailOptions);
  const fault = admitted.ok ? undefined : admitted.problems[0]?.code;
  if (fault === "snapshot_limit" || fault === "snapshot_key") return freeze({ left_out: fault });
  const read = admitted.ok ? admitted.value : undefined;
  if (typeof read !== "object" || read === null || isArray(read)) {
    throw misuse("details that are a plain object of JSON data");
  }
  return read as { readonly [key: string]: Json };
}

/** Denies as well where a handler throws it, so that no text undoes a denial. */
function misuse(expected: string, hint = ""): RejectError {
  return new RejectError(`deny expects ${expected}.${hint}`);
}
