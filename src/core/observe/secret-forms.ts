/** How a secret may stand in a text: as it is, line by line, and as JSON and URLs write it. */
import { intrinsics } from "../data/index.ts";
import { spelledOut } from "./one-line.ts";

const { append, charCodeAt, newList, slice, stringifyJson, toLowerAscii, trim } = intrinsics;
// Captured: a patched one would be handed every secret.
const encodeUrl = encodeURIComponent;

/** A part of fewer units is a word like any other, and is looked for as a word only. */
export const minPart = 4;

/**
 * In lower case, without blanks around it, each once. A text that is spelled out already has the
 * form that is spelled out; a raw text has the secret as it is.
 */
export function formsOf(secret: string): intrinsics.List<string> {
  const forms = newList<string>();
  const bare = trim(secret);
  addForm(forms, bare);
  if (bare === "") return forms;
  addForm(forms, slice(stringifyJson(bare), 1, -1));
  try {
    addForm(forms, encodeUrl(bare));
  } catch {
    // No URL has it: it is no valid Unicode.
  }
  addLines(forms, bare);
  return forms;
}

function addForm(forms: intrinsics.List<string>, form: string): void {
  addOnce(forms, toLowerAscii(form));
  addOnce(forms, toLowerAscii(spelledOut(form)));
}

function addOnce(forms: intrinsics.List<string>, form: string): void {
  if (form === "") return;
  for (let i = 0; i < forms.length; i++) if (forms[i] === form) return;
  append(forms, form);
}

/** The lines of a text that has some. */
function addLines(forms: intrinsics.List<string>, text: string): void {
  let from = 0;
  for (let at = 0; at <= text.length; at++) {
    if (at < text.length && !isLineEnd(charCodeAt(text, at))) continue;
    const line = trim(slice(text, from, at));
    if (line.length >= minPart) addForm(forms, line);
    from = at + 1;
  }
}

function isLineEnd(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d;
}
