/** Texts of somebody else's in a message: they end no line, hide nothing, and close no quotes. */

/** In single quotes, at most `max` characters of it. */
export function single(text: string, max = 64): string {
  return `'${spelled(text, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\\']/gu, max)}'`;
}

/** On one line, at most `max` characters of it. */
export function oneLine(text: string, max: number): string {
  return spelled(text, /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]/gu, max);
}

/** A path on one line, whole. Backslashes stay: some paths are full of them. */
export function printable(path: string): string {
  return oneLine(path, Number.POSITIVE_INFINITY);
}

/** A line feed becomes `\u{a}`, and so on. */
function spelled(text: string, unsafe: RegExp, max: number): string {
  const short = text.length > max ? `${text.slice(0, max)}…` : text;
  return short.replace(unsafe, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}
