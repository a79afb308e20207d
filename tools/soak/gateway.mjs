/** Runs the built command in a process of its own. */
import { spawn } from "node:child_process";
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A small heap, so that garbage is collected constantly and only leaks make memory grow. */
const heap = "--max-old-space-size=100";
const command = fileURLToPath(new URL("../../dist/gateway/command/main.js", import.meta.url));

export async function startGateway(url) {
  const folder = await mkdtemp(join(tmpdir(), "glassine-soak-"));
  const file = join(folder, "glassine.config.json");
  const config = {
    servers: { bad: { url, timeoutMs: 5000 } },
    listen: { port: 0 },
    admin: { port: 0 },
    identity: { anonymous: true },
    limits: { requestsPerMinute: 1_000_000, sessionsPerSubject: 1000 },
    plugins: [
      { use: "secret-scanner", options: { action: "label" } },
      { use: "pii" },
      { use: "role-guard", options: { tools: { forbidden: ["admin"] }, otherwise: "allow" } },
      { use: "header-writer", options: { headers: { "x-gateway": "soak" } } },
    ],
  };
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [heap, command, "gateway", "--config", file], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const complaints = [];
  const ended = new Promise((resolve) => child.once("close", resolve));
  const started = new Promise((resolve, reject) => {
    createInterface(child.stderr).on("line", (line) => {
      const entry = line.startsWith("{") ? JSON.parse(line) : undefined;
      if (entry === undefined || entry.level === "error") complaints.push(line);
      if (entry?.event === "ready") resolve(entry);
    });
    void ended.then(() => reject(new Error(`It did not start:\n${complaints.join("\n")}`)));
  });
  const { front, admin } = await started;
  return {
    url: `http://${front.host}:${front.port}/mcp`,
    pid: child.pid,
    async metrics() {
      const response = await fetch(`http://${admin.host}:${admin.port}/metrics`);
      return readMetrics(await response.text());
    },
    async close() {
      child.kill("SIGTERM");
      return { code: await ended, complaints: complaints.slice(0, 5).join(" ") };
    },
  };
}

function readMetrics(text) {
  const lines = [...text.matchAll(/^glassine_gateway_(\w+?)(?:\{(.*)\})? (\S+)$/gm)];
  const sum = (name) =>
    lines
      .filter(([, each]) => each === name)
      .reduce((total, [, , , value]) => total + Number(value), 0);
  const outcomes = {};
  for (const [, name, labels, value] of lines) {
    if (name !== "requests_total") continue;
    const outcome = /outcome="(\w+)"/.exec(labels)?.[1];
    outcomes[outcome] = (outcomes[outcome] ?? 0) + Number(value);
  }
  return {
    outcomes,
    open_requests: sum("open_requests"),
    open_sessions: sum("open_sessions"),
    dropped: sum("dropped_messages_total"),
  };
}
