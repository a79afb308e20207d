/** Colours, or none. Text is made printable before it is painted. */
import colours from "picocolors";
import type { Environment } from "../../../core/plugins/index.ts";

export interface Paint {
  readonly title: (text: string) => string;
  readonly faint: (text: string) => string;
  readonly good: (text: string) => string;
  readonly doubtful: (text: string) => string;
  readonly bad: (text: string) => string;
}

/** Colours on a terminal that can show them, unless `NO_COLOR` has a value. */
export function paintFor(isTerminal: boolean, env: Environment): Paint {
  const wanted = isTerminal && !isSet(env.NO_COLOR) && env.TERM !== "dumb";
  const { bold, dim, green, yellow, red } = colours.createColors(wanted);
  return { title: bold, faint: dim, good: green, doubtful: yellow, bad: red };
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== "";
}
