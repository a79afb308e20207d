/** Helpers for writing generated pages. */

export function generatedFrom(source: string): string {
  return `<!-- Generated from ${source} by \`npm run generate\`. Edit the source, not this page. -->`;
}

/** Returns a table as the formatter writes it: aligned, each cell on one line, bars escaped. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map(cell));
  const widths = head.map((_, at) => Math.max(3, ...cells.map((row) => (row[at] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, at) => (row[at] ?? "").padEnd(width)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  const [first = [], ...others] = cells;
  return [line(first), rule, ...others.map(line)].join("\n");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s+/g, " ");
}

export function code(text: string): string {
  return `\`${text}\``;
}

/** `a`, `b` or `c` */
export function either(names: readonly string[], word = "or"): string {
  const all = names.map(code);
  return all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} ${word} ${all.at(-1)}`;
}

/** Joins blocks with a blank line between them, and ends the page with one line break. */
export function page(blocks: readonly string[]): string {
  return `${blocks.join("\n\n")}\n`;
}

/** Returns the file name at the end of a path. */
export function fileOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
