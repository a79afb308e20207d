/**
 * Values in the SDK's documents that are not JSON: URLs, bytes, dates, and undefined fields.
 *
 * Plugins only get JSON, so these become text. On the way back, copies of the host's own values are
 * used again.
 */

import { isPlain, payloadLimitsInForce } from "../../core/data/index.ts";
import { ownValue } from "../../core/data/intrinsics.ts";
import { type ErrorCode, GlassineError, isGlassineError } from "../../core/errors/index.ts";
import { base64Of, viewedBytes } from "../rewrite/index.ts";

/** Fields by name. Keys are data. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a list no longer than readers accept. A sparse one could have any length. */
export function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value) && value.length <= payloadLimitsInForce().nodes;
}

/** The signal that aborts a call with these options. */
export function signalIn(options: unknown): AbortSignal | undefined {
  const signal = ownValue(options, "abortSignal");
  return signal instanceof AbortSignal ? signal : undefined;
}

/**
 * The JSON of a value, as from `JSON.stringify` but with bytes as base64.
 *
 * A value that contains itself, or is deeper or longer than readers accept, stays as it is, so that
 * the reader refuses it with its path.
 */
export function jsonOf(value: unknown): unknown {
  return jsonWithin(value, [], new Map());
}

/** `known` holds the JSON of each visited object, which can occur in many places. */
function jsonWithin(
  value: unknown,
  above: readonly object[],
  known: Map<object, unknown>,
): unknown {
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "object" || value === null) return value;
  if (above.length > payloadLimitsInForce().depth || above.includes(value)) return value;
  if (Array.isArray(value) && !isList(value)) return value;
  if (known.has(value)) return known.get(value);
  const inside = [...above, value];
  const json = objectJson(value, (inner) => jsonWithin(inner, inside, known));
  known.set(value, json);
  return json;
}

function objectJson(value: object, jsonInside: (inner: unknown) => unknown): unknown {
  const text = textOf(value);
  if (text !== undefined) return text;
  if (isList(value)) return Array.from(value, (item) => jsonInside(item) ?? null);
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return jsonInside(toJSON.call(value));
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, field]) => {
      const json = jsonInside(field);
      return json === undefined ? [] : [[key, json]];
    }),
  );
}

/**
 * A frozen copy with URLs, bytes and dates of its own. Values of other classes, which only the
 * host can copy, are shared.
 */
export function hostCopy<Value>(value: Value): Value {
  return copyWithin(value, Object.freeze, 0, new Map()) as Value;
}

/** A copy that is not frozen: a provider, or a framework such as Mastra, writes to what it gets. */
export function unfrozen<Value>(value: Value): Value {
  if (!Object.isFrozen(value)) return value;
  return copyWithin(value, (copy) => copy, 0, new Map()) as Value;
}

/** `copies` holds the copy of each visited object; while it is being made, the object itself. */
function copyWithin(
  value: unknown,
  finish: (copy: object) => object,
  depth: number,
  copies: Map<object, unknown>,
): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isUrl(value)) return new URL(value.href);
  if (isDate(value)) return new Date(value.getTime());
  if (value instanceof ArrayBuffer) return value.slice(0);
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (depth > payloadLimitsInForce().depth || !(isList(value) || isPlain(value))) return value;
  if (copies.has(value)) return copies.get(value);
  copies.set(value, value);
  const copyOf = (item: unknown) => copyWithin(item, finish, depth + 1, copies);
  const copy = finish(
    isList(value)
      ? Array.from(value, copyOf)
      : Object.fromEntries(Object.entries(value).map(([key, field]) => [key, copyOf(field)])),
  );
  copies.set(value, copy);
  return copy;
}

/** The text of a URL, of bytes (base64) or of a date. */
export function textOf(value: object): string | undefined {
  if (isUrl(value)) return value.href;
  const bytes = bytesOf(value);
  if (bytes !== undefined) return base64Of(bytes);
  if (isDate(value)) return Number.isNaN(value.getTime()) ? undefined : value.toISOString();
  return undefined;
}

const { toString: describe } = Object.prototype;

// Recognized by tag, not class: a test runner or an edge runtime can have several realms.
function isUrl(value: object): value is URL {
  return describe.call(value) === "[object URL]" && typeof (value as URL).href === "string";
}

function isDate(value: object): value is Date {
  return describe.call(value) === "[object Date]" && typeof (value as Date).getTime === "function";
}

function bytesOf(value: object): Uint8Array | undefined {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : viewedBytes(value);
}

/**
 * Runs code that reads host values, which may throw: getters, proxies, `toJSON`.
 *
 * @throws GlassineError `code`, for any other error
 */
export function reading<Result>(
  what: string,
  act: () => Result,
  code: ErrorCode = "document_invalid",
): Result {
  try {
    return act();
  } catch (error) {
    if (isGlassineError(error)) throw error;
    const text = `The ${what} is not readable: reading one of its values throws.`;
    throw new GlassineError(code, text, {}, error);
  }
}
