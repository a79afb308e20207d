/** Splits a stream of text into lines. */

/** The longest line, in UTF-16 units. */
const maxLine = 32 * 1024 * 1024;

/** The longest text that fits into a line after its document. */
export const maxText: number = maxLine - 65_536;

/**
 * Assembles lines from pieces of text. Scans each piece once, however long its line is. If a line
 * gets too long, drops what was read of it.
 */
export function linesTo(
  onLine: (line: string) => void,
  onTooLong: () => void,
): (piece: string) => void {
  let begun = "";
  return (piece) => {
    let from = 0;
    for (let end = piece.indexOf("\n"); end !== -1; end = piece.indexOf("\n", from)) {
      onLine(begun + piece.slice(from, end));
      begun = "";
      from = end + 1;
    }
    begun += piece.slice(from);
    if (begun.length <= maxLine) return;
    begun = "";
    onTooLong();
  };
}
