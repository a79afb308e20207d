/** What somebody may have meant who misspelt a name. */
import { closest } from "../errors/index.ts";
import { single } from "./read-plain.ts";

/** Behind a sentence: ` Did you mean 'x'?`, or nothing. */
export function orSentence(name: string, known: Iterable<string>): string {
  return near(name, known, " Did");
}

/** In a sentence: `; did you mean 'x'?`, or nothing. */
export function orClause(name: string, known: Iterable<string>): string {
  return near(name, known, "; did");
}

function near(name: string, known: Iterable<string>, begin: string): string {
  const match = closest(name, known);
  return match === undefined ? "" : `${begin} you mean ${single(match)}?`;
}
