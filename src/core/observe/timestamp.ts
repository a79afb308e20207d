/** Times of records: UTC, ISO 8601, with milliseconds. */

export function timestampNow(): string {
  return new Date().toISOString();
}

const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z$/;

/** An instant in UTC in the form of records; `undefined` for anything else. */
export function timestampOf(text: unknown): string | undefined {
  if (typeof text !== "string" || !instant.test(text)) return undefined;
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return undefined;
  const at = date.toISOString();
  // JavaScript takes the 30th of February for the 1st of March.
  return at.slice(0, 19) === text.slice(0, 19) ? at : undefined;
}
