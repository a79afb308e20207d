/** One line on a terminal that shows the progress of long work, and is removed at the end. */

import type { Environment } from "../../core/plugins/index.ts";
import { printable } from "./print/printable.ts";

export interface Progress {
  readonly what: "reading packages" | "hashing" | "loading";
  readonly done: number;
  /** `undefined` if the total is unknown. */
  readonly total?: number | undefined;
  readonly name?: string | undefined;
}

interface ProgressOptions {
  readonly isTerminal: boolean;
  readonly env: Environment;
  readonly write: (text: string) => void;
}

/** Shorter work shows no line. */
const firstAfterMs = 400;
const everyMs = 100;
const maxCharacters = 78;
const eraseLine = "\r\u001b[2K";

export function progressLine({ isTerminal, env, write }: ProgressOptions) {
  if (!isTerminal || env.TERM === "dumb") return { show: (_: Progress) => {}, end: () => {} };
  const begun = performance.now();
  let last: number | undefined;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const show = (step: Progress) => {
    last = performance.now();
    write(`${eraseLine}${[...textOf(step)].slice(0, maxCharacters).join("")}`);
  };
  return {
    show: (step: Progress) => {
      if (ended) return;
      clearTimeout(timer);
      const time = performance.now();
      const earliest = last === undefined ? begun + firstAfterMs : last + everyMs;
      // A step can take long, so one that comes too early is shown later, unless another follows.
      if (time < earliest) timer = setTimeout(show, earliest - time, step).unref();
      else show(step);
    },
    /** Removes the line. Nothing is shown after that. */
    end: () => {
      clearTimeout(timer);
      if (last !== undefined && !ended) write(eraseLine);
      ended = true;
    },
  };
}

function textOf({ what, done, total, name }: Progress): string {
  const count = total === undefined ? `${done}` : `${done}/${total}`;
  return printable(`${what} ${count}${name === undefined ? "" : ` ${name}`}`);
}
