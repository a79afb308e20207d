/** The data of a JSON-RPC error as a text, for parts that have no room for JSON. */
export function dataText(data: unknown): string | undefined {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** The data that a changed text stands for. Text stays text; in place of other data it may be JSON. */
export function readDataText(changed: string | undefined, original: unknown): unknown {
  if (changed === undefined) return undefined;
  if (changed === dataText(original)) return original;
  if (typeof original === "string" || original === undefined) return changed;
  try {
    return JSON.parse(changed);
  } catch {
    return changed;
  }
}
