/** Counts what a far side says without being asked, so that it can be ended. */

/** The most lines, and the most UTF-16 units in them. */
const most = { lines: 1_000, units: 16 * 1024 * 1024 };

/** Why a far side that said more is ended. */
export const saidTooMuch = "sent too much that nobody asked for";

export function strayCounter() {
  let lines = 0;
  let units = 0;
  return {
    /** Counts a line, and returns whether that is too much. */
    add(line: string): boolean {
      lines += 1;
      units += line.length;
      return lines > most.lines || units > most.units;
    },
    reset(): void {
      lines = 0;
      units = 0;
    },
  };
}
