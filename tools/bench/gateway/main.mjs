/**
 * What the gateway adds to a call, compared with a direct connection and with other proxies:
 * processor time and latency, as ratios within one run.
 *
 *     npm run bench:gateway
 *     npm run bench:gateway -- --rounds 3 --calls 50   a short trial run
 *
 * All sides run at once, each as a process with one connection. Every round calls them in random
 * order, one call after the other, and produces one ratio; the median of the rounds decides.
 * Processor time is that of the proxy without the server behind it, from /proc. mcp-proxy and
 * FastMCP are installed under build/, or left out if that fails. Writes report.md in this folder.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import process from "node:process";
import { parseArgs } from "node:util";
import { createJiti } from "jiti";
import { connect, processorMs } from "./calls.mjs";
import { reportOf } from "./report.mjs";
import { startSides } from "./sides.mjs";

const jiti = createJiti(import.meta.url);
const { medianOf, rowOf, shuffled } = await jiti.import("../rows.ts");
const { tableOf } = await jiti.import("../table.ts");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    calls: { type: "string", default: "200" },
  },
});
const rounds = Number(values.rounds);
const calls = Number(values.calls);
if (!(rounds >= 1 && calls >= 1)) throw new Error("--rounds and --calls are numbers from 1 on.");
if (process.platform !== "linux") throw new Error("Processor time is read from /proc, on Linux.");

/** The workloads for every side; `calls` is the number of calls per round. */
const workloads = {
  "1 KB": { calls, run: (side) => side.call("small", 900) },
  "100 KB": { calls: Math.ceil(calls / 5), run: (side) => side.call("large", 90_000) },
  "first event": { calls: Math.ceil(calls / 5), run: (side) => side.firstEvent() },
};
/** Enough rounds for the code to be compiled. */
const warmUpRounds = 5;
const withoutStreams = ["mcp-proxy, stdio behind", "gateway, six plugins, stdio behind", "FastMCP"];

/** Opens a connection to each side, and one of each era to gateways in front of HTTP. */
async function lanesOf(sides) {
  const lanes = [];
  for (const [side, { url, pid }] of Object.entries(sides)) {
    lanes.push({ side, name: side, pid, connection: await connect(url, "session") });
    if (!side.startsWith("gateway") || side.includes("stdio")) continue;
    const connection = await connect(url, "exchange");
    lanes.push({ side, name: `${side}, 2026-07-28`, pid, connection });
  }
  return lanes;
}

/** The figures of all rounds, by lane and workload. */
const results = {};

function note({ name }, workload, { cpu, latency }) {
  results[name] ??= {};
  results[name][workload] ??= { cpu: [], latency: [] };
  results[name][workload].cpu.push(cpu);
  results[name][workload].latency.push(latency);
}

async function measure(lane, { calls: times, run }) {
  const took = [];
  const before = await processorMs(lane.pid);
  for (let call = 0; call < times; call += 1) took.push(await run(lane.connection));
  const cpu = ((await processorMs(lane.pid)) - before) / times;
  return { cpu, latency: medianOf(took) };
}

const began = loadavg()[0];
const sides = await startSides();
try {
  const lanes = await lanesOf(sides);
  const wanted = (workload) =>
    lanes.filter(({ side }) => workload !== "first event" || !withoutStreams.includes(side));
  for (const [workload, of] of Object.entries(workloads))
    for (const lane of wanted(workload))
      await measure(lane, { ...of, calls: of.calls * warmUpRounds });
  for (let round = 0; round < rounds; round += 1) {
    for (const [workload, of] of Object.entries(workloads))
      for (const lane of shuffled(wanted(workload))) note(lane, workload, await measure(lane, of));
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
  }
  for (const { connection } of lanes) await connection.close();
} finally {
  await Promise.all(Object.values(sides).map((side) => side.close()));
}

/** Returns the ratio of ours to a baseline; `undefined` if that peer is missing. */
function ratio(id, what, goal, [figure, ours, baseline, size, isAdded = false]) {
  const of = (name) => results[name]?.[size]?.[figure];
  if (of(baseline) === undefined) return undefined;
  const direct = of("direct");
  const less = (values) => values.map((value, at) => (isAdded ? value - direct[at] : value));
  const workload = `${what}, ${size}`;
  const inMs = { ours: less(of(ours)), baseline: less(of(baseline)), unit: "ms" };
  return rowOf({ id, workload, goal }, inMs);
}

const sizes = ["1 KB", "100 KB"];
const both = (id, what, goal, [figure, ours, baseline, isAdded]) =>
  sizes.map((size) => ratio(id, what, goal, [figure, ours, baseline, size, isAdded]));
const [none, one, six] = ["no plugins", "one plugin", "six plugins"].map((of) => `gateway, ${of}`);
const later = "2026-07-28";
const rows = [
  ...both("P1", "processor time, six plugins / bare", 2, ["cpu", six, "bare"]),
  ...both("P1", `processor time, six plugins, ${later} / bare`, 2, [
    "cpu",
    `${six}, ${later}`,
    "bare",
  ]),
  ...both("", "processor time, one plugin / bare", null, ["cpu", one, "bare"]),
  ...both("P2", "processor time, no plugins / bare", 1.5, ["cpu", none, "bare"]),
  ...both("P2", `processor time, no plugins, ${later} / bare`, 1.5, [
    "cpu",
    `${none}, ${later}`,
    "bare",
  ]),
  ...both("", "latency, bare / direct", null, ["latency", "bare", "direct"]),
  ...[none, one, six].flatMap((name) =>
    both("", `latency, ${name.slice(9)} / direct`, null, ["latency", name, "direct"]),
  ),
  ...both("P3", "latency added, six plugins / FastMCP", 1, ["latency", six, "FastMCP", true]),
  ...both("P3", "latency added, six plugins, stdio behind / mcp-proxy", 1, [
    "latency",
    `${six}, stdio behind`,
    "mcp-proxy, stdio behind",
    true,
  ]),
  ...both("", "processor time, six plugins / FastMCP", null, ["cpu", six, "FastMCP"]),
  ...both("", "processor time, six plugins, stdio behind / mcp-proxy", null, [
    "cpu",
    `${six}, stdio behind`,
    "mcp-proxy, stdio behind",
  ]),
  ratio("P4", "latency, no plugins / bare", 1.2, ["latency", none, "bare", "first event"]),
  ratio("P4", `latency, no plugins, ${later} / bare`, 1.2, [
    "latency",
    `${none}, ${later}`,
    "bare",
    "first event",
  ]),
].filter(Boolean);

const ended = loadavg()[0];
const shown = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  processor: `${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
  load: `${began.toFixed(2)} at the start, ${ended.toFixed(2)} at the end`,
  rounds,
  calls,
};
// The run itself keeps a little more than one core busy.
const isBusy = Math.max(began, ended - 1) > 1;
const conditions = { shown, isBusy };
const table = tableOf(rows);
process.stdout.write(`${table.join("\n")}\n`);
const medians = Object.entries(results).map(([name, of]) => ({
  name,
  of: Object.fromEntries(
    Object.entries(of).map(([size, { cpu, latency }]) => [
      size,
      { cpu: medianOf(cpu), latency: medianOf(latency) },
    ]),
  ),
}));
await writeFile(
  new URL("report.md", import.meta.url),
  reportOf({ conditions, rows, medians, sides }),
);
