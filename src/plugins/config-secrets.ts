/** Keeps the values of a configuration out of what is said about it. */
import { intrinsics } from "../admit/index.ts";

const { indexOf, isArray, slice, stringifyJson, toLowerAscii } = intrinsics;

/** A shorter text is a word like any other, and would take every message apart. */
const minSecret = 4;

/** The texts of a value that count as secret, without repeats. */
export function secretsOf(value: unknown): readonly string[] {
  const texts = leavesOf(value).filter((leaf) => typeof leaf === "string");
  return [...new Set(texts.filter((text) => text.trim().length >= minSecret))];
}

/** Every value in a value, as it would be printed. */
export function printedValues(value: unknown): readonly string[] {
  const printed = leavesOf(value).filter((leaf) => leaf !== null && leaf !== undefined);
  return [...new Set(printed.map(String).filter((text) => text.trim() !== ""))];
}

function leavesOf(value: unknown): readonly unknown[] {
  if (typeof value !== "object" || value === null) return [value];
  const parts: readonly unknown[] = isArray(value) ? value : Object.values(value);
  return parts.flatMap(leavesOf);
}

const mark = "[REDACTED]";

/**
 * The text with a mark in place of each secret: as it is, without the blanks around it, line by
 * line, and as JSON and URLs write it; capital letters are no difference. A secret of up to three
 * characters is one only as a word of its own.
 */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const lower = toLowerAscii(text);
  const isHidden = new Uint8Array(text.length);
  let any = false;
  for (const secret of secrets) {
    // What is longer has no form that could be in the text.
    const forms = secret.trim().length > text.length ? linesOf(secret) : formsOf(secret);
    for (const form of forms) {
      for (let at = indexOf(lower, form); at !== -1; at = indexOf(lower, form, at + 1)) {
        const end = at + form.length;
        if (form.length < minSecret && isInWord(lower, at, end)) continue;
        isHidden.fill(1, at, end);
        any = true;
      }
    }
  }
  return any ? marked(text, isHidden) : text;
}

function marked(text: string, isHidden: Uint8Array): string {
  let out = "";
  for (let i = 0; i < text.length; ) {
    const hidden = isHidden[i];
    let end = i + 1;
    while (end < text.length && isHidden[end] === hidden) end += 1;
    out += hidden === 1 ? mark : slice(text, i, end);
    i = end;
  }
  return out;
}

function formsOf(secret: string): readonly string[] {
  const trimmed = secret.trim();
  const forms = [trimmed, stringifyJson(trimmed).slice(1, -1), ...linesOf(secret)];
  try {
    forms.push(encodeURIComponent(trimmed));
  } catch {
    // No URL has it: it is no valid Unicode.
  }
  return [...new Set(forms.map(toLowerAscii))].filter((form) => form !== "");
}

/** The lines of a text that has some. */
function linesOf(secret: string): readonly string[] {
  const lines = secret.split(/[\r\n]+/);
  if (lines.length === 1) return [];
  return lines.map((line) => toLowerAscii(line.trim())).filter((line) => line.length >= minSecret);
}

/** Whether a letter or digit touches a part of a text. */
function isInWord(text: string, start: number, end: number): boolean {
  return isWordy(text[start - 1]) || isWordy(text[end]);
}

function isWordy(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
