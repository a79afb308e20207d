/** Names that somebody else chose, in messages. */
import { intrinsics } from "../data/index.ts";

const { apply, execPattern, slice } = intrinsics;
const { codePointAt } = String.prototype;
const { toString: numberText } = Number.prototype;

/** Control, invisible and unknown characters, what ends a line, and what would end the name. */
const unsafe = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800\\']/u;

/** In single quotes, on one line, at most `max` characters of it. */
export function quoteName(name: string, max = 64): string {
  let rest = name.length > max ? `${slice(name, 0, max)}…` : name;
  let text = "";
  for (;;) {
    const found = execPattern(unsafe, rest);
    if (found === null) return `'${text}${rest}'`;
    const [character] = found;
    const point = apply(codePointAt, character, [0]) as number;
    text += `${slice(rest, 0, found.index)}\\u{${apply(numberText, point, [16])}}`;
    rest = slice(rest, found.index + character.length);
  }
}
