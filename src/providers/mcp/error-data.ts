/** The data of a JSON-RPC error as text, for parts that cannot hold JSON. */
export function dataText(data: unknown): string | undefined {
  return typeof data === "string" ? data : JSON.stringify(data);
}

/** The data for a changed text. Text stays text; in place of other data it may be JSON. */
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
