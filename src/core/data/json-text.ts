/** Parses and writes JSON text, in a realm that may have been patched. */
import { GlassineError, type Problem } from "../errors/index.ts";
import {
  arrayPrototype,
  enumerableKeys,
  getPrototypeOf,
  hasOwn,
  isArray,
  objectPrototype,
  parseJson,
  stringifyJson,
} from "./intrinsics.ts";
import type { Limits } from "./limits.ts";
import { type Admitted, admit, type Reader } from "./read.ts";
import type { ReadOptions } from "./read-state.ts";

/**
 * Parses JSON text, unless it is longer than the limit. Errors do not contain the text.
 *
 * @throws GlassineError `syntax_invalid`
 */
function parseText(
  text: string,
  { textUnits }: Limits,
): { readonly value: unknown; readonly problem: Problem | undefined } {
  if (text.length > textUnits) {
    const expected = `JSON text of at most ${textUnits} UTF-16 units`;
    const problem = {
      path: [],
      code: "snapshot_limit",
      expected,
      received: "a longer one",
    } as const;
    return { value: undefined, problem };
  }
  try {
    return { value: parseJson(text), problem: undefined };
  } catch {
    throw new GlassineError(
      "syntax_invalid",
      "Expected JSON text, got text that cannot be parsed.",
      {
        units: text.length,
      },
    );
  }
}

type AdmittedDocument =
  | Extract<Admitted, { readonly ok: true }>
  | {
      readonly ok: false;
      readonly problems: readonly Problem[];
      /** The parsed or given value. */
      readonly value: unknown;
    };

/**
 * Reads a document: JSON text, or any value from the host.
 *
 * @throws GlassineError `syntax_invalid`
 */
export function admitDocument(
  read: Reader,
  input: unknown,
  { limits, shapeCode, strict }: Omit<ReadOptions, "origin">,
  how: "whole" | "open" = "whole",
): AdmittedDocument {
  const isText = typeof input === "string";
  const { value, problem } = isText
    ? parseText(input, limits)
    : { value: input, problem: undefined };
  if (problem !== undefined) return { ok: false, problems: [problem], value };
  const options = { origin: isText ? "parsed" : "host", limits, shapeCode, strict } as const;
  const admitted = admit(read, value, options, undefined, how);
  return admitted.ok ? admitted : { ...admitted, value };
}

/** Writes plain data as JSON text, without absent parts. Calls no `toJSON` of a prototype. */
export function writeText(value: unknown): string {
  return isJsonPatched() ? write(value) : stringifyJson(value);
}

/** Whether `JSON.stringify` could find a `toJSON` on a prototype. */
function isJsonPatched(): boolean {
  return (
    hasOwn(objectPrototype, "toJSON") ||
    hasOwn(arrayPrototype, "toJSON") ||
    getPrototypeOf(arrayPrototype) !== objectPrototype
  );
}

/** Reads own properties only. */
function write(value: unknown): string {
  if (typeof value !== "object" || value === null) return stringifyJson(value);
  const isList = isArray(value);
  const keys = enumerableKeys(value);
  let text = "";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string;
    const part = (value as Record<string, unknown>)[key];
    if (part === undefined) continue;
    if (text !== "") text += ",";
    text += isList ? write(part) : `${stringifyJson(key)}:${write(part)}`;
  }
  return isList ? `[${text}]` : `{${text}}`;
}
