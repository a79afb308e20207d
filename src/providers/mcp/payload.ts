import { ownValue } from "../../core/data/intrinsics.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { isRemoved, sameJson, type Written } from "../rewrite/index.ts";
import { copyJson, isObject, type JsonObject } from "./json.ts";

/** The error for a plugin's change that MCP cannot express, or for data that hooks cannot show. */
export function payloadFault(what: string): GlassineError {
  return new GlassineError("payload_shape", `The MCP adapter expected ${what}.`);
}

/**
 * Writes a changed document into `target`, field by field. No change is dropped silently: if MCP
 * cannot express one, this throws. Only losses from items that the plugin removed are accepted.
 *
 * `shown` has the fields of `target` as plugins saw them: a value that is still the same object
 * keeps its original from `target`.
 */
export function applyWritten(
  target: JsonObject,
  { document, lost }: Written<object>,
  shown: unknown = {},
): void {
  const first = lost.find((item) => !isRemoved(item));
  if (first !== undefined) throw payloadFault(`a change that MCP can express at ${first.path}`);
  for (const key of Object.keys(target)) {
    if (!Object.hasOwn(document, key)) delete target[key];
  }
  for (const [key, value] of Object.entries(document)) {
    setField(target, key, overShown(value, ownValue(shown, key), target[key]));
  }
}

/** Copies `value`, but puts the parts of `original` back wherever plugins kept what they saw. */
function overShown(value: unknown, shown: unknown, original: unknown): unknown {
  if (value === shown || value === original) return original;
  if (typeof value !== "object" || value === null) return value;
  const field = (key: string | number, item: unknown) =>
    overShown(item, ownValue(shown, key), ownValue(original, key));
  if (Array.isArray(value)) return value.map((item, place) => field(place, item));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, field(key, item)]));
}

/** Refuses a change to a field of an older payload that the guard does not write. */
export function checkUnwritable(
  shown: JsonObject,
  changed: JsonObject,
  writable: readonly string[],
): void {
  const isLost = (key: string) =>
    !writable.includes(key) && !sameJson(changed[key], ownValue(shown, key));
  const lost = Object.keys(changed).find(isLost);
  if (lost !== undefined) throw payloadFault(`no change of ${lost}`);
}

/** Writes a changed name or URI. */
export function writeText(target: JsonObject, key: string, changed: unknown): void {
  if (typeof changed !== "string" || changed === "") throw payloadFault(`a string as ${key}`);
  target[key] = changed;
}

/** Whether params have a name, and arguments that can be shown, or none. */
export function isNamedCall({ name, arguments: values }: JsonObject): boolean {
  return typeof name === "string" && (values === undefined || isObject(values));
}

/** Writes changed arguments. Omitted arguments stay omitted as long as they are empty. */
export function writeArguments(params: JsonObject, changed: unknown): void {
  if (!isObject(changed)) throw payloadFault("an object as arguments");
  if (!sameJson(changed, params.arguments ?? {})) params.arguments = copyJson(changed);
}

/**
 * Replaces the fields of `target` that plugins saw with the fields of `changed`.
 * Hidden fields stay, and a plugin cannot set them.
 */
export function writeShown(
  target: JsonObject,
  shown: JsonObject,
  changed: unknown,
  hidden: readonly string[],
): void {
  if (!isObject(changed)) throw payloadFault("an object");
  if (Object.keys(changed).some((key) => hidden.includes(key))) {
    throw payloadFault(`no field named ${hidden.join(" or ")}`);
  }
  for (const key of Object.keys(shown)) {
    if (changed[key] === undefined) delete target[key];
  }
  for (const [key, value] of Object.entries(changed)) {
    if (value !== undefined && !sameJson(value, shown[key])) setField(target, key, copyJson(value));
  }
}

/** Assigns a field, even one named `__proto__`. */
export function setField(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, {
    value,
    writable: true,
    enumerable: true,
    configurable: true,
  });
}

/** The error of an answer. */
export function errorOf(outcome: JsonObject): JsonObject | undefined {
  if (outcome.error === undefined) return undefined;
  if (!isObject(outcome.error)) throw payloadFault("an object as error");
  return outcome.error;
}

/** The result of an answer. Throws if it has none, so look for an error first. */
export function resultOf(outcome: JsonObject): JsonObject {
  if (!isObject(outcome.result)) throw payloadFault("an object as result");
  return outcome.result;
}

/** Writes a changed error: a string replaces the whole error except `code`, which always stays. */
export function writeError(error: JsonObject, changed: unknown): void {
  const next = typeof changed === "string" ? { code: error.code, message: changed } : changed;
  if (!isObject(next) || typeof next.message !== "string" || next.code !== error.code) {
    throw payloadFault("an error with its code, a message and optional data");
  }
  writeShown(error, { ...error }, next, []);
}
