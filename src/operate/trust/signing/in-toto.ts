/** The statement that a Sigstore bundle for a package is over. */

import { quoteName } from "../../../core/hooks/index.ts";
import { isObject } from "../../packages/index.ts";
import { jsonOf } from "./json-file.ts";

/** The media type of such a statement in an envelope. */
export const inTotoPayload = "application/vnd.in-toto+json";

const statementTypes = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

/**
 * Why a statement does not speak for a package with `hash`; `undefined` where it does.
 *
 * A statement about the package may say the opposite of what is wanted, that a test of it failed.
 * So its kind is one of `predicateTypes`.
 */
export function statementFault(
  payload: Uint8Array,
  hash: string,
  predicateTypes: readonly string[],
): string | undefined {
  const json = jsonOf(payload);
  if ("fault" in json) return `its statement ${json.fault}`;
  const { value } = json;
  if (!isObject(value) || !statementTypes.includes(value._type as string))
    return "its statement is not one of in-toto";
  const { predicateType, subject } = value;
  if (typeof predicateType !== "string" || !predicateTypes.includes(predicateType)) {
    const kind = typeof predicateType === "string" ? quoteName(predicateType, 200) : "no text";
    return `its statement is of the kind ${kind}, which does not vouch for a package`;
  }
  const isAbout = Array.isArray(subject) && subject.some((each) => digestOf(each) === hash);
  return isAbout ? undefined : "its statement is about other files than these";
}

function digestOf(subject: unknown): string | undefined {
  const digest = isObject(subject) ? subject.digest : undefined;
  const { sha256 } = isObject(digest) ? digest : {};
  return typeof sha256 === "string" ? `sha256:${sha256}` : undefined;
}
