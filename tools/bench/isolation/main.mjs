/**
 * What an isolated plugin costs compared with the same plugin in process, and what a hundred cost.
 *
 *     npm run bench:isolation
 *     npm run bench:isolation -- --rounds 3 --plugins 10   a short trial run
 *
 * Each round calls every kind in random order, one call after the other. Processor time includes
 * this process and all its descendants, from /proc. The report has the median of the rounds, minus
 * that of the plugin in process. Writes report.md next to this file.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { createExtensions, createPluginManager } from "glassine";
import { isolatePlugin } from "glassine/isolate";
import { createMessage } from "glassine/messages";
import { createJiti } from "jiti";
import { processorMs } from "../gateway/calls.mjs";
import { make } from "./scanner.mjs";

const { medianOf, shuffled } = await createJiti(import.meta.url).import("../rows.ts");

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "15" },
    calls: { type: "string", default: "2000" },
    plugins: { type: "string", default: "100" },
  },
});
const [rounds, calls, plugins] = ["rounds", "calls", "plugins"].map((name) => Number(values[name]));
if (!(rounds >= 1 && calls >= 1 && plugins >= 1))
  throw new Error("--rounds, --calls and --plugins are numbers from 1 on.");
if (process.platform !== "linux") throw new Error("Processor time is read from /proc, on Linux.");

const file = new URL("scanner.mjs", import.meta.url);
const exportName = "make";
const kinds = ["worker", "process", "quickjs"];
const goals = { process: "100 µs", quickjs: "16 µs and the codec" };
const sizes = { "1 KB": 900, "100 KB": 90_000 };
const extensions = createExtensions({ http: { headers: { "X-A": "1" } } });
const startLoad = loadavg()[0];

/** Returns the ids of this process and all its descendants. */
async function family() {
  const parents = new Map();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    parents.set(Number(name), Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]));
  }
  const found = [process.pid];
  for (const pid of found)
    for (const [each, parent] of parents) if (parent === pid) found.push(each);
  return found;
}

async function allProcessorMs(pids) {
  let sum = 0;
  for (const pid of pids) sum += await processorMs(pid).catch(() => 0);
  return sum;
}

async function memoryMb() {
  let kib = 0;
  for (const pid of await family()) {
    // Pss divides each shared page among the processes that share it.
    const smaps = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    kib += Number(/^Pss:\s+(\d+)/m.exec(smaps)?.[1] ?? 0);
  }
  return kib / 1024;
}

const managerOf = (plugin) => createPluginManager({ plugins: [plugin] });
const managers = { "in process": await managerOf(make()) };
for (const isolate of kinds)
  managers[isolate] = await managerOf((await isolatePlugin(file, { isolate, exportName })).plugin);

const us = {};
for (const [size, length] of Object.entries(sizes)) {
  const text = "x".repeat(length);
  const message = createMessage({ role: "user", content: [{ content_type: "text", text }] });
  const ask = (name) => managers[name].invoke("cmf.llm_input", message, { extensions });
  const each = length > 10_000 ? Math.ceil(calls / 5) : calls;
  const found = Object.fromEntries(Object.keys(managers).map((name) => [name, []]));
  // Warm up until the code is compiled.
  for (const name of Object.keys(managers)) for (let i = 0; i < each * 3; i++) await ask(name);
  const pids = await family();
  for (let round = 0; round < rounds; round++)
    for (const name of shuffled(Object.keys(managers))) {
      const cpu = await allProcessorMs(pids);
      const clock = performance.now();
      for (let i = 0; i < each; i++) await ask(name);
      const took = performance.now() - clock;
      found[name].push([(await allProcessorMs(pids)) - cpu, took].map((ms) => (ms * 1000) / each));
    }
  us[size] = Object.fromEntries(
    Object.entries(found).map(([name, of]) => [
      name,
      [0, 1].map((at) => medianOf(of.map((pair) => pair[at]))),
    ]),
  );
}
for (const manager of Object.values(managers)) await manager.close();

const many = {};
for (const isolate of kinds) {
  const before = await memoryMb();
  const clock = performance.now();
  const started = await Promise.all(
    Array.from({ length: plugins }, () =>
      isolatePlugin(file, { isolate, exportName, startTimeoutMs: 300_000 }),
    ),
  );
  const seconds = (performance.now() - clock) / 1000;
  many[isolate] = { seconds, mb: ((await memoryMb()) - before) / plugins };
  await Promise.all(started.map(({ close }) => close()));
  await sleep(1_000);
}

const line = (...cells) => `| ${cells.join(" | ")} |`;
const whole = (value) => value.toFixed(0);
const rows = kinds.map((name) => {
  const over = (size, at) => whole(us[size][name][at] - us[size]["in process"][at]);
  return line(
    name,
    goals[name] ?? "–",
    over("1 KB", 0),
    over("1 KB", 1),
    over("100 KB", 0),
    over("100 KB", 1),
    many[name].seconds.toFixed(1),
    many[name].mb.toFixed(1),
  );
});
const local = (size) => us[size]["in process"].map((value) => `${whole(value)} µs`).join(" and ");
const report = [
  "# What isolation costs",
  "",
  "Written by `npm run bench:isolation`; the header of `main.mjs` says how it is measured.",
  "",
  `- date: ${new Date().toISOString().slice(0, 10)}`,
  `- node: ${process.version}`,
  `- processor: ${cpus()[0]?.model}, ${availableParallelism()} cores`,
  `- load: ${startLoad.toFixed(2)} at the start, ${loadavg()[0].toFixed(2)} at the end`,
  `- rounds: ${rounds} of ${calls} calls at 1 KB, ${Math.ceil(calls / 5)} at 100 KB`,
  `- in process, processor time and latency: ${local("1 KB")} at 1 KB, ${local("100 KB")} at 100 KB`,
  ...(startLoad > 0.5 ? ["", "The machine was busy: these figures are too high."] : []),
  "",
  `Over the plugin in process, in µs for one call; and ${plugins} plugins that start at once.`,
  "",
  line(
    "`isolate`",
    "goal at 1 KB",
    "processor, 1 KB",
    "latency",
    "processor, 100 KB",
    "latency",
    "start of all, s",
    "memory of each, MB",
  ),
  line("---", "---", "---:", "---:", "---:", "---:", "---:", "---:"),
  ...rows,
  "",
].join("\n");
await writeFile(new URL("report.md", import.meta.url), report);
console.log(report);
