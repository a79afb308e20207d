/** One line on a terminal that says how far long work has come, and goes away again. */
import { printable } from "./print/printable.ts";
import type { Environment, Progress } from "./services.ts";

export interface ProgressLine {
  readonly show: (step: Progress) => void;
  /** Takes the line away. Nothing is shown after that. */
  readonly end: () => void;
}

interface ProgressOptions {
  readonly isTerminal: boolean;
  readonly env: Environment;
  readonly write: (text: string) => void;
  /** Milliseconds of a clock that only goes on. */
  readonly now: () => number;
}

/** Work that is done by then is not worth a line. */
const firstAfterMs = 400;
const everyMs = 100;
const maxCharacters = 78;
const eraseLine = "\r\u001b[2K";

export function progressLine({ isTerminal, env, write, now }: ProgressOptions): ProgressLine {
  if (!isTerminal || env.TERM === "dumb") return { show: () => {}, end: () => {} };
  const begun = now();
  let last: number | undefined;
  let ended = false;
  return {
    show: (step) => {
      const time = now();
      if (ended || time - begun < firstAfterMs) return;
      if (last !== undefined && time - last < everyMs) return;
      last = time;
      write(`${eraseLine}${[...textOf(step)].slice(0, maxCharacters).join("")}`);
    },
    end: () => {
      if (last !== undefined && !ended) write(eraseLine);
      ended = true;
    },
  };
}

function textOf({ what, done, total, name }: Progress): string {
  const count = total === undefined ? `${done}` : `${done}/${total}`;
  return printable(`${what} ${count}${name === undefined ? "" : ` ${name}`}`);
}
