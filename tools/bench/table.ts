/** The table of a run, for people to read. */
import type { Row } from "./rows.ts";

const headings = ["id", "workload", "goal", "min", "median", "max", "", "ours", "baseline"];

/** Returns a line of headings and one line for each row, in aligned columns. */
export function tableOf(rows: readonly Row[]): readonly string[] {
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, i) => Math.max(...lines.map((line) => line[i]?.length ?? 0)));
  return lines.map((line) =>
    line
      .map((cell, i) => (i === 1 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join("  "),
  );
}

function cellsOf(row: Row): string[] {
  const figures = [row.min, row.median, row.max].map((figure) =>
    figure.toFixed(figure < 1000 ? 3 : 0),
  );
  const sides = [row.ours, row.baseline].map((side) =>
    side === null ? "" : `${side.toFixed(row.unit === "ms" ? 1 : 0)} ${row.unit}`.trim(),
  );
  const verdict = row.met === null ? "reported" : row.met ? "met" : "missed";
  return [row.id, row.workload, String(row.goal ?? "–"), ...figures, verdict, ...sides];
}
