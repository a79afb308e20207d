/** Writes the text of report.md for a run. */
import { peers } from "./sides.mjs";

const line = (...cells) => `| ${cells.join(" | ")} |`;
const number = (value) => (value === undefined ? "–" : value.toFixed(2));

export function reportOf({ conditions, rows, medians, sides }) {
  const absent = Object.entries(peers)
    .filter(([name]) => !Object.keys(sides).some((side) => side.startsWith(name)))
    .map(([, wanted]) => wanted);
  return [
    "# What the gateway adds",
    "",
    "Written by `npm run bench:gateway`: each ratio is the median of its rounds, and all of them are",
    "of one run. The header of `main.mjs` says how they are taken.",
    "",
    ...Object.entries(conditions.shown).map(([name, value]) => `- ${name}: ${value}`),
    `- compared with: ${Object.values(peers).join(", ")}`,
    ...(absent.length === 0 ? [] : [`- left out, not installed: ${absent.join(", ")}`]),
    ...(conditions.isBusy ? ["", "The machine was busy: this run shows only that it works."] : []),
    "",
    line("id", "ours / baseline", "goal", "min", "median", "max", "", "ours, ms", "baseline, ms"),
    line("---", "---", "---:", "---:", "---:", "---:", "---", "---:", "---:"),
    ...rows.map(({ id, workload, goal, min, median, max, met, ours, baseline }) =>
      line(
        id,
        workload,
        goal ?? "–",
        ...[min, median, max].map(number),
        met === null ? "" : met ? "met" : "missed",
        number(ours),
        number(baseline),
      ),
    ),
    "",
    "Medians in ms for one call: the processor time of the process in front, and the latency. For",
    "`direct` it is the processor time of the server.",
    "",
    line("side", "1 KB", "", "100 KB", "", "first event", ""),
    line("---", "---:", "---:", "---:", "---:", "---:", "---:"),
    ...medians.map(({ name, of }) =>
      line(
        name,
        ...["1 KB", "100 KB", "first event"].flatMap((size) => [
          number(of[size]?.cpu),
          number(of[size]?.latency),
        ]),
      ),
    ),
    "",
  ].join("\n");
}
