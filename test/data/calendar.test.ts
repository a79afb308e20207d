/** Instants of every day and zone, compared with what Date says. */
import process from "node:process";
import { isMainThread } from "node:worker_threads";
import { createExtensions, isGlassineError } from "glassine";
import { expect, it } from "vitest";

const dayMs = 86_400_000;
const trimmed = (date: Date) => date.toISOString().replace(/\.?0*Z$/, "Z");
const padded = (value: number, width = 2) => String(value).padStart(width, "0");

const kept = (timestamp: string) =>
  createExtensions({
    delegation: { chain: [{ subject_id: "s", subject_type: "user", timestamp }] },
  }).delegation?.chain[0]?.timestamp;

/** The form in which an instant is kept, or `undefined` if it is refused. */
function canonicalInstant(text: string): string | undefined {
  try {
    return kept(text);
  } catch (error) {
    if (isGlassineError(error)) return undefined;
    throw error;
  }
}

/** The date of a day, or `undefined` if there is no such day. */
function dateOf(year: number, month: number, day: number): Date | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? date : undefined;
}

it.each([0, 1, 4, 99, 100, 400, 1582, 1899, 1900, 1970, 1999, 2000, 2024, 2026, 2100, 9999])(
  "the days of the year %i are those of the calendar",
  (year) => {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const text = `${padded(year, 4)}-${padded(month)}-${padded(day)}T12:34:56Z`;
        const isDay = month > 0 && day > 0 && dateOf(year, month, day) !== undefined;
        expect(canonicalInstant(text)).toBe(isDay ? text : undefined);
      }
    }
  },
);

it("a time is kept as Date writes it, from the year 0 to 9999", () => {
  const first = Date.parse("0000-01-01T00:00:00Z");
  const last = Date.parse("9999-12-31T23:59:59.999Z");
  for (let time = first; time <= last; time += 211 * dayMs + 12_345_678) {
    const text = trimmed(new Date(time));
    expect(kept(text)).toBe(text);
  }
});

it("a zone moves a time by its hours and minutes", () => {
  for (const hours of [0, 1, 9, 10, 23]) {
    for (const minutes of [0, 1, 30, 59]) {
      const at = Date.parse("2026-03-01T00:30:15Z");
      const zone = `${padded(hours)}:${padded(minutes)}`;
      const offset = (hours * 60 + minutes) * 60_000;
      expect(kept(`2026-03-01T00:30:15+${zone}`)).toBe(trimmed(new Date(at - offset)));
      expect(kept(`2026-03-01T00:30:15-${zone}`)).toBe(trimmed(new Date(at + offset)));
    }
  }
});

// A worker thread keeps the time zone of its process.
it.runIf(isMainThread)("a time without a zone is in UTC, wherever the process runs", () => {
  const before = process.env.TZ;
  process.env.TZ = "Asia/Kolkata";
  try {
    expect(new Date("2026-03-01T00:00:00").toISOString()).toBe("2026-02-28T18:30:00.000Z");
    for (const text of ["2026-03-01 00:30:15", "2026-03-01t00:30:15Z", "2026-03-01T00:30:15z"])
      expect(kept(text)).toBe("2026-03-01T00:30:15Z");
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});
