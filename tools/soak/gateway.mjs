/** Runs the built command in a process of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startGateway as start } from "../programs.mjs";

/** A small heap, so that garbage is collected constantly and only leaks make memory grow. */
const heap = "--max-old-space-size=100";

export async function startGateway(url) {
  const folder = await mkdtemp(join(tmpdir(), "glassine-soak-"));
  const config = {
    servers: { bad: { url, timeoutMs: 5000 } },
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
  const complaints = [];
  let admin;
  const gateway = await start(folder, config, {
    flags: [heap],
    onLine(line) {
      const entry = line.startsWith("{") ? JSON.parse(line) : undefined;
      if (entry === undefined || entry.level === "error") complaints.push(line);
      if (entry?.event === "ready") admin = entry.admin;
    },
  });
  return {
    ...gateway,
    async metrics() {
      const response = await fetch(`http://${admin.host}:${admin.port}/metrics`);
      return readMetrics(await response.text());
    },
    async close() {
      const code = await gateway.close();
      await rm(folder, { recursive: true });
      return { code, complaints: complaints.slice(0, 5).join(" ") };
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
