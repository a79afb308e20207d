/** The forms of a secret in a string: as it is, line by line, and as JSON and URLs encode it. */
import { intrinsics } from "../data/index.ts";
import { spelledOut } from "./one-line.ts";

const { toLowerAscii } = intrinsics;

/** A part of fewer units is a word like any other, and is looked for as a word only. */
export const minPart = 4;

/**
 * In lower case, without blanks around it, each once. A text that is spelled out already has the
 * form that is spelled out; a raw text has the secret as it is.
 */
export function formsOf(secret: string): ReadonlySet<string> {
  const bare = secret.trim();
  const lines = bare.split(/[\r\n]/).map((line) => line.trim());
  const forms = [
    ...[bare, JSON.stringify(bare).slice(1, -1), urlForm(bare)],
    ...lines.filter((line) => line.length >= minPart),
  ];
  const lower = forms.flatMap((form) => [toLowerAscii(form), toLowerAscii(spelledOut(form))]);
  return new Set(lower.filter((form) => form !== ""));
}

function urlForm(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // No URL has it: it is not valid Unicode.
    return "";
  }
}
