/** Draws a curve as SVG with axes, units, a grid and a legend, for light and dark pages. */
import type { Captions, Series } from "./curve.ts";

const width = 720;
const height = 400;
const plot = { left: 72, right: 700, top: 88, bottom: 344 };

const lightInk = ["#0072b2", "#d55e00", "#007a5a", "#a3418b", "#5c5c5c"];
const darkInk = ["#56b4e9", "#f0a04b", "#3ecf9f", "#e39bc9", "#b8b8b8"];
const dashes = ["none", "8 4", "2 4", "10 4 2 4", "5 3"];

/** `at` maps a value to its position on the axis, 0 to 1; `ticks` are the values with a tick. */
interface Axis {
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/**
 * Returns the SVG text of a drawing.
 *
 * @throws Error for no series, a series without points, more series than inks, names that are too
 *   long for two rows, or a value that an axis cannot show
 */
export function drawn({ title, x, y, scale }: Captions, series: readonly Series[]): string {
  const points = series.flatMap((each) => each.points);
  if (series.length > lightInk.length) throw new Error(`"${title}" has more series than inks.`);
  if (points.length === 0 || series.some((each) => each.points.length === 0)) {
    throw new Error(`"${title}" has a series without points.`);
  }
  const xs = logAxis(points.map((point) => point.x));
  const ys = (scale === "log" ? logAxis : linearAxis)(points.map((point) => point.y));
  const toX = (value: number) => round(plot.left + xs.at(value) * (plot.right - plot.left));
  const toY = (value: number) => round(plot.bottom - ys.at(value) * (plot.bottom - plot.top));
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style()}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="title" x="${plot.left}" y="28">${escaped(title)}</text>`,
    ...ys.ticks.flatMap((tick) => [
      `<path class="grid" d="M${plot.left} ${toY(tick)}H${plot.right}"/>`,
      `<text class="y" x="${plot.left - 8}" y="${round(toY(tick) + 4)}">${short(tick)}</text>`,
    ]),
    ...xs.ticks.flatMap((tick) => [
      `<path class="grid" d="M${toX(tick)} ${plot.top}V${plot.bottom}"/>`,
      `<text class="x" x="${toX(tick)}" y="${plot.bottom + 18}">${short(tick)}</text>`,
    ]),
    `<path class="axis" d="M${plot.left} ${plot.top}V${plot.bottom}H${plot.right}"/>`,
    `<text class="x" x="${(plot.left + plot.right) / 2}" y="${plot.bottom + 42}">${escaped(x)}</text>`,
    `<text class="x" transform="translate(18 ${(plot.top + plot.bottom) / 2}) rotate(-90)">${escaped(y)}</text>`,
    ...series.flatMap((each, i) => lineOf(each, i, toX, toY)),
    ...legendOf(series),
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

function lineOf(
  { points }: Series,
  i: number,
  toX: (value: number) => number,
  toY: (value: number) => number,
): string[] {
  const places = points.map(({ x, y }) => `${toX(x)} ${toY(y)}`);
  return [
    `<path class="line ink${i}" d="M${places.join("L")}"/>`,
    ...points.map(({ x, y }) => `<circle class="dot${i}" cx="${toX(x)}" cy="${toY(y)}" r="3"/>`),
  ];
}

/** Draws the names of the series, each next to a piece of its line, in one or two rows. */
function legendOf(series: readonly Series[]): string[] {
  let x = plot.left;
  let y = 50;
  return series.flatMap(({ name }, i) => {
    // A character of this size is about seven units wide.
    const wide = 36 + name.length * 7;
    if (x > plot.left && x + wide > plot.right) {
      x = plot.left;
      y += 20;
      if (y >= plot.top) throw new Error("The names of the series need too many rows.");
    }
    const start = x;
    x += wide + 24;
    return [
      `<path class="line ink${i}" d="M${start} ${y}H${start + 28}"/>`,
      `<text x="${start + 36}" y="${y + 4}">${escaped(name)}</text>`,
    ];
  });
}

function style(): string {
  const inks = (colours: readonly string[]) =>
    colours
      .map(
        (colour, i) =>
          `.ink${i}{stroke:${colour};stroke-dasharray:${dashes[i]}}.dot${i}{fill:${colour}}`,
      )
      .join("");
  return [
    "text{font:13px system-ui,sans-serif;fill:#1f2328}",
    ".title{font-weight:600;font-size:15px}.x{text-anchor:middle}.y{text-anchor:end}",
    ".page{fill:#fff}.grid{stroke:#d8dee4;fill:none}.axis{stroke:#59636e;fill:none}",
    ".line{fill:none;stroke-width:2}",
    inks(lightInk),
    "@media (prefers-color-scheme:dark){",
    "text{fill:#e6edf3}.page{fill:#0d1117}.grid{stroke:#30363d}.axis{stroke:#9198a1}",
    inks(darkInk),
    "}",
  ].join("");
}

/** Spans from the largest power of ten below all values to the smallest above them. */
function logAxis(values: readonly number[]): Axis {
  const exponents = values.map((value) => Math.log10(value));
  if (!exponents.every(Number.isFinite)) throw new Error("Powers of ten have no place for this.");
  const low = Math.floor(Math.min(...exponents));
  const high = Math.max(low + 1, Math.ceil(Math.max(...exponents)));
  return {
    at: (value) => (Math.log10(value) - low) / (high - low),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => Number(`1e${low + i}`)),
  };
}

/** Spans from zero to a round number at or above the largest value. */
function linearAxis(values: readonly number[]): Axis {
  if (!values.every((value) => Number.isFinite(value) && value >= 0)) {
    throw new Error("An axis from nought has no place for this.");
  }
  const greatest = Math.max(...values) || 1;
  const power = 10 ** Math.floor(Math.log10(greatest / 4));
  const step =
    [1, 2, 5, 10].map((n) => n * power).find((each) => greatest / each <= 5) ?? power * 10;
  const count = Math.ceil(greatest / step);
  return {
    at: (value) => value / (count * step),
    ticks: Array.from({ length: count + 1 }, (_, i) => Number((i * step).toPrecision(6))),
  };
}

/** Formats 1000 as 1k and a million as 1M. */
function short(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1e3 ? `${value / 1e3}k` : String(value);
}

const round = (value: number): number => Math.round(value * 10) / 10;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
