/**
 * Runs one session after another through a gateway to a server that lies, dies, hangs and answers
 * twice. Once a second it records the gateway's counters and memory.
 *
 *     npm run soak                    an hour
 *     npm run soak -- --minutes 10
 *
 * Checks that each request gets one answer, nothing is open at the end, and memory has not grown.
 * Writes report.md and memory.svg next to this file. Reads memory from /proc, so it needs Linux.
 */
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startBadServer } from "./bad-server.mjs";
import { startGateway } from "./gateway.mjs";
import { plotOf } from "./plot.mjs";
import { runSessions } from "./sessions.mjs";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "60" },
    workers: { type: "string", default: "16" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error("--minutes is a number above 0.");
if (process.platform !== "linux") throw new Error("Memory is read from /proc, on Linux.");

const beside = (name) => new URL(name, import.meta.url);
const server = await startBadServer();
const gateway = await startGateway(server.url);
const loadBefore = loadavg()[0];
const samples = [];

const stop = new AbortController();
const said = { sessions: 0, answered: {}, unanswered: 0, faults: [] };
const workers = Array.from({ length: Number(values.workers) }, (_, at) =>
  runSessions(gateway.url, at, said, stop.signal),
);
const begun = performance.now();
while (performance.now() - begun < minutes * 60_000) {
  await sleep(1000);
  samples.push(await sample());
}
stop.abort();
await Promise.all(workers);
// Wait until abandoned requests are canceled and late answers dropped.
await until(async () => (await gateway.metrics()).open_requests === 0);
const last = await sample();
const counts = await gateway.metrics();
const { code, complaints } = await gateway.close();
await server.close();

const problems = [...problemsOf(), ...said.faults.slice(0, 10)];
await writeFile(beside("memory.svg"), plotOf(samples));
await writeFile(beside("report.md"), report());
process.stdout.write(report());
process.exitCode = problems.length === 0 ? 0 : 1;

async function sample() {
  const status = await readFile(`/proc/${gateway.pid}/status`, "utf8");
  const mebibytes = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  const { open_requests, open_sessions } = await gateway.metrics();
  const seconds = Math.round((performance.now() - begun) / 1000);
  return { seconds, mebibytes, requests: open_requests, sessions: open_sessions };
}

async function until(isSo) {
  const end = performance.now() + 60_000;
  while (!(await isSo()) && performance.now() < end) await sleep(200);
}

/** Returns the least memory in each tenth of the run: what remains after garbage collection. */
function floors() {
  const size = Math.ceil(samples.length / 10);
  return Array.from({ length: 10 }, (_, at) => samples.slice(at * size, (at + 1) * size))
    .filter((part) => part.length > 0)
    .map((part) => Math.min(...part.map(({ mebibytes }) => mebibytes)));
}

function problemsOf() {
  const { allowed = 0, denied = 0, errored = 0, aborted = 0 } = counts.outcomes;
  const all = floors();
  const middle = Math.max(...all.slice(2, 6));
  const end = Math.min(...all.slice(7));
  return [
    [last.requests === 0, `${last.requests} requests are open`],
    [last.sessions === 0, `${last.sessions} sessions are open`],
    [said.unanswered === 0, `${said.unanswered} requests got no answer, or more than one`],
    [
      [allowed, denied, errored, aborted].every((count) => count > 0),
      "one of the outcomes allowed, denied, errored and aborted did not come up",
    ],
    [end <= middle * 1.1, `memory grew from ${middle.toFixed(1)} to ${end.toFixed(1)} MiB`],
    [code === 0, `the gateway ended with ${code}: ${complaints}`],
  ].flatMap(([isFine, what]) => (isFine ? [] : [what]));
}

function report() {
  const row = (name, value) => `| ${name} | ${value} |`;
  const tallies = (record) =>
    Object.entries(record)
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, count]) => `${name} ${count}`)
      .join(", ");
  return `${[
    "# A long run of the gateway",
    "",
    "Written by `npm run soak`, whose header says what it does.",
    "",
    `- date: ${new Date().toISOString().slice(0, 10)}`,
    `- node: ${process.version}`,
    `- processor: ${cpus()[0]?.model ?? "unknown"}, ${availableParallelism()} cores`,
    `- load: ${loadBefore.toFixed(2)} at the start, ${loadavg()[0].toFixed(2)} at the end`,
    `- minutes: ${minutes}, with ${values.workers} clients at a time`,
    "",
    problems.length === 0 ? "Everything held." : `Problems: ${problems.join("; ")}.`,
    "",
    "| What | Result |",
    "| --- | --- |",
    row("sessions", said.sessions),
    row("what callers got", tallies(said.answered)),
    row("what the gateway counted", tallies(counts.outcomes)),
    row("messages that it dropped", counts.dropped),
    row("open at the end", `${last.requests} requests, ${last.sessions} sessions`),
    row(
      "least memory of each tenth, MiB",
      floors()
        .map((each) => each.toFixed(1))
        .join(", "),
    ),
    "",
    "![Memory and open sessions over the time](memory.svg)",
  ].join("\n")}\n`;
}
