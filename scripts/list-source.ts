/** A list of source text: on one line where it fits into a hundred columns, as the formatter has it. */
export function listSource(items: readonly string[]): string {
  const line = `[${items.join(", ")}]`;
  const rows = items.map((item) => `      ${item},\n`).join("");
  return line.length <= 88 ? line : `[\n${rows}    ]`;
}
