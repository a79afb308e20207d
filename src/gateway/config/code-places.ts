/** Finds where in an operator's own files something was thrown. */
import { fileURLToPath } from "node:url";
import { attempt } from "../../core/data/index.ts";
import { printable } from "../../operate/trust/index.ts";

const here = import.meta.url;
/** The folder of this library's code, built or not. */
const own = here.slice(0, Math.max(here.lastIndexOf("/dist/"), here.lastIndexOf("/src/")) + 5);
const frame = /^\s+at (?:.*\()?(file:\/\/\S+?|\/\S+?):(\d+):\d+\)?$/;
/** The first line of a syntax error's stack. */
const head = /^(file:\/\/\S+?|\/\S+?):(\d+)$/;
const maxPlaces = 3;

/** Returns the innermost places outside this library, each as `file:line`. Never throws. */
export function placesOf(thrown: unknown): readonly string[] {
  const found = stackOf(thrown).flatMap((line, at) => {
    const [, file = "", number] = (at === 0 ? head : frame).exec(line) ?? [];
    const path = pathOf(file);
    return path === undefined ? [] : [`${path}:${number}`];
  });
  return [...new Set(found)].slice(0, maxPlaces);
}

/** Returns the stack's lines. Anything can be thrown, so even reading `stack` may throw. */
export function stackOf(thrown: unknown): readonly string[] {
  const stack: unknown = attempt(() => (thrown as Error).stack);
  return typeof stack === "string" ? stack.split("\n").slice(0, 50).map(shown) : [];
}

/** Keeps leading spaces. */
function shown(line: string): string {
  return printable(line.slice(0, 500));
}

function pathOf(file: string): string | undefined {
  if (file.startsWith("/")) return file.startsWith(fileURLToPath(own)) ? undefined : file;
  if (!file.startsWith("file:") || file.startsWith(own)) return undefined;
  // The URL of a file that was imported again has the file's state after a question mark.
  return attempt(() => fileURLToPath(file.replace(/\?.*$/, "")));
}

/** Returns ` (at p.js:3, from q.js:7)`, or an empty string. */
export function atPlaces(thrown: unknown): string {
  const [first, ...others] = placesOf(thrown);
  if (first === undefined) return "";
  return ` (at ${[first, ...others].join(", from ")})`;
}
