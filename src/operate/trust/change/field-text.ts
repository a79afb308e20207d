/** Fields of a journal line: text of others that breaks no line and gains no field. */

/** Backslash, control characters, separators of lines and paragraphs, and lone surrogates. */
const special = /[\\\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/gu;
const escaped = /\\(?:([\\tnr])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,6})\})/g;

const short: ReadonlyMap<string, string> = new Map([
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);
const meant: ReadonlyMap<string, string> = new Map(
  [...short].map(([character, written]) => [written.slice(1), character]),
);

/** A tab becomes `\t`, NUL `\x00`, the line separator `\u{2028}`; most text stays as it is. */
export function escapeField(text: string): string {
  return text.replaceAll(special, (character) => {
    const point = character.codePointAt(0) ?? 0;
    const hex = point.toString(16);
    return short.get(character) ?? (point > 0xff ? `\\u{${hex}}` : `\\x${hex.padStart(2, "0")}`);
  });
}

/** The text that a field stands for. A backslash before anything else is one that a hand wrote. */
export function unescapeField(field: string): string {
  return field.replaceAll(escaped, (written, letter?: string, byte?: string, point?: string) => {
    if (letter !== undefined) return meant.get(letter) ?? written;
    const code = Number.parseInt(byte ?? point ?? "", 16);
    return code > 0x10ffff ? written : String.fromCodePoint(code);
  });
}
