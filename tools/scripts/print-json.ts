/**
 * Prints JSON as the formatter does: one key per line for objects, a list of scalars on one line
 * if it fits, and everything else with one element per line.
 */
const lineWidth = 100;

export function printJson(value: unknown): string {
  return `${print(value, "", 0)}\n`;
}

/** `taken` counts the columns used on the value's line, before and after the value. */
function print(value: unknown, indent: string, taken: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    const scalars = value.every((item) => typeof item !== "object" || item === null);
    const line = `[${value.map((item) => JSON.stringify(item)).join(", ")}]`;
    if (scalars && (value.length === 0 || taken + line.length <= lineWidth)) return line;
    const items = value.map((item) => deeper + print(item, deeper, deeper.length + 1));
    return `[\n${items.join(",\n")}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, item]) => item !== undefined);
  if (entries.length === 0) return "{}";
  const lines = entries.map(([key, item]) => {
    const head = `${deeper}${JSON.stringify(key)}: `;
    return head + print(item, deeper, head.length + 1);
  });
  return `{\n${lines.join(",\n")}\n${indent}}`;
}
