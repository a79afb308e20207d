/** Plots memory in MiB and open sessions over time, as an SVG. */

const width = 900;
const height = 300;
const left = 60;
const bottom = 40;

export function plotOf(samples) {
  const seconds = Math.max(...samples.map((each) => each.seconds));
  const memory = samples.map(({ seconds: at, mebibytes }) => [at, mebibytes]);
  const sessions = samples.map((each) => [each.seconds, each.sessions]);
  const top = 1.1 * Math.max(...memory.map(([, value]) => value));
  const most = 1.1 * Math.max(1, ...sessions.map(([, value]) => value));
  const x = (at) => left + (at / seconds) * (width - 2 * left);
  const y = (share) => (1 - share) * (height - bottom) + 10;
  const line = (points, max, color) =>
    `<polyline fill="none" stroke="${color}" points="${points
      .map(([at, value]) => `${x(at).toFixed(1)},${y(value / max).toFixed(1)}`)
      .join(" ")}"/>`;
  const label = (at, up, text, color = "black") =>
    `<text x="${at}" y="${up}" font-size="12" font-family="sans-serif" fill="${color}">${text}</text>`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">`,
    "<title>Memory and open sessions over the time</title>",
    '<rect width="100%" height="100%" fill="white"/>',
    line(memory, top, "#1f5fa8"),
    line(sessions, most, "#c0622d"),
    label(5, 20, `${Math.round(top)} MiB`, "#1f5fa8"),
    label(5, y(0), "0"),
    label(width - left + 5, 20, `${Math.round(most)}`, "#c0622d"),
    label(left, height - 8, "0 s"),
    label(width - left - 20, height - 8, `${seconds} s`),
    label(width / 2 - 120, height - 8, "memory (blue), open sessions (orange)"),
    "</svg>",
  ].join("\n")}\n`;
}
