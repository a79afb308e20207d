/**
 * Reads the claims of a verified token by path, and checks their types.
 *
 * Rule: an error says which claim is wrong and of which type it is, never its value.
 */
import * as z from "zod/mini";
import { extensionsLimits, type Json, kindOf } from "../../core/data/index.ts";
import { formatPath, GlassineError, optionsInvalid, quoted } from "../../core/errors/index.ts";
import { isJsonObject, type JsonObject, readDocument } from "../rewrite/index.ts";

/**
 * Where a claim is: its exact name, or the names that lead to it, from the outside in. Dots and
 * slashes are part of a name: `"https://example.com/roles"`, `["realm_access", "roles"]`.
 */
export type ClaimPath = string | readonly string[];

/** A checked path. */
export type Names = readonly string[];

/**
 * Claims that plugins never see: those that identify one token or login, those that prove its
 * possession, and tokens inside tokens.
 * RFC 7519, RFC 7800, OpenID Connect Core §2, §3.3.2.11 and §5.6.2.
 */
const secrets: ReadonlySet<string> = new Set([
  "jti",
  "nonce",
  "at_hash",
  "c_hash",
  "s_hash",
  "rt_hash",
  "cnf",
  "sid",
  "access_token",
  "id_token",
  "refresh_token",
  "_claim_sources",
]);

const isSecret = (name: string) => secrets.has(name.toLowerCase());

/**
 * A frozen copy of a payload.
 *
 * @throws GlassineError `claims_invalid` if it is not a plain JSON object, or is too large
 */
export function readClaims(payload: unknown): JsonObject {
  const anyObject = z.looseObject({});
  const read = readDocument(anyObject, payload, "claims", "claims_invalid", extensionsLimits);
  return read as JsonObject;
}

/**
 * Reads the paths of an option, or returns `defaults` if it is absent.
 *
 * @throws GlassineError `options_invalid`
 */
export function readPaths(
  option: string,
  given: unknown,
  defaults: readonly Names[] = [],
): readonly Names[] {
  if (given === undefined) return defaults;
  if (Array.isArray(given)) return given.map((path) => readPath(option, path));
  throw optionsInvalid(
    `The option ${quoted(option)} expects a list of claims, got ${kindOf(given)}.`,
  );
}

/**
 * Reads a path as the names that lead to the claim.
 *
 * @throws GlassineError `options_invalid`
 */
export function readPath(option: string, given: unknown): Names {
  const names: readonly unknown[] = Array.isArray(given) ? [...given] : [given];
  const isPath = names.every((name) => typeof name === "string" && name !== "");
  if (!isPath || names.length === 0) {
    throw optionsInvalid(
      `The option ${quoted(option)} expects the name of a claim, or a list of names that lead to it.`,
    );
  }
  const secret = (names as Names).find(isSecret);
  if (secret === undefined) return names as Names;
  throw optionsInvalid(`The option ${quoted(option)} names ${quoted(secret)}, which stays secret.`);
}

/** The claim at a path. `undefined` if it is absent or null. */
function claimAt(payload: JsonObject, names: Names): Json | undefined {
  let value: Json = payload;
  for (let depth = 0; depth < names.length; depth++) {
    if (!isJsonObject(value)) throw wrongType(names.slice(0, depth), "an object", value);
    const name = names[depth] as string;
    const next: Json | undefined = Object.hasOwn(value, name) ? value[name] : undefined;
    if (next === undefined || next === null) return undefined;
    value = next;
  }
  return value;
}

/** The string at a path; an empty one counts as absent. */
export function stringAt(payload: JsonObject, names: Names): string | undefined {
  const value = claimAt(payload, names) ?? "";
  if (typeof value !== "string") throw wrongType(names, "a string", value);
  return value === "" ? undefined : value;
}

/**
 * The strings at several paths. A claim is a list or a single string; in `scope` and `scp`, a
 * string is a list of scopes separated by spaces (RFC 8693 §4.2).
 */
export function stringsAt(payload: JsonObject, paths: readonly Names[]): readonly string[] {
  return paths.flatMap((names) => {
    const value = claimAt(payload, names) ?? [];
    const last = names[names.length - 1];
    const isScope = last === "scope" || last === "scp";
    const list = typeof value === "string" ? (isScope ? value.split(" ") : [value]) : value;
    if (!Array.isArray(list)) throw wrongType(names, "a string or a list of strings", value);
    const wrong = list.findIndex((item) => typeof item !== "string");
    if (wrong >= 0) throw wrongType([...names, wrong], "a string", list[wrong]);
    return (list as readonly string[]).filter((text) => text !== "");
  });
}

/**
 * The claim at a path as a string: a string as it is, anything else as JSON, without the secret
 * claims inside it.
 */
export function textAt(payload: JsonObject, names: Names): string | undefined {
  const value = claimAt(payload, names);
  if (value === undefined || typeof value === "string") return value;
  return JSON.stringify(value, (name, inner) => (isSecret(name) ? undefined : inner));
}

/** The error for a claim that has the wrong type, or that is required and missing. */
export function wrongType(
  path: readonly (string | number)[],
  expected: string,
  value: unknown,
): GlassineError {
  const received = kindOf(value);
  const text = `The claim ${formatPath(path)} must be ${expected}, got ${received}.`;
  const problem = { path, code: "claims_invalid", expected, received } as const;
  return new GlassineError("claims_invalid", text, { problems: [problem] });
}
