/**
 * A list of source text: on one line where it fits into a hundred columns behind `before`, as the
 * formatter has it.
 */
export function listSource(items: readonly string[], before = "    keys: "): string {
  const line = `[${items.join(", ")}]`;
  const rows = items.map((item) => `      ${item},\n`).join("");
  return before.length + line.length < 100 ? line : `[\n${rows}    ]`;
}
