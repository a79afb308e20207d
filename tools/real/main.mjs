/**
 * Runs the gateway between third-party clients and servers: every client with every server, and
 * three stock plugins between them. Each client lists the tools and must get those that the server
 * lists without a gateway; calls a tool and must get its answer; and calls a tool that a plugin
 * refuses and must get the refusal as the client's own kind of error.
 *
 *     npm run real
 *
 * Packages that are not dependencies are installed under build/. The report names those that could
 * not be. Writes report.md next to this file. Exits with 1 if anything went wrong.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { command, startGateway } from "../programs.mjs";
import { clients, fastMcp, toolsOf } from "./clients.mjs";
import { packages, servers } from "./servers.mjs";

const folder = await mkdtemp(join(tmpdir(), "glassine-real-"));
const file = join(folder, "glassine.config.json");
/** The same gateway, for a client that starts it itself. */
const overStdio = { command: process.execPath, args: [command, "gateway", "--config", file] };

/** Starts the built command in front of one server. */
async function gatewayOf({ server, refused }) {
  const gateway = await startGateway(folder, {
    servers: { real: server },
    plugins: [
      { use: "secret-scanner", options: { action: "label" } },
      { use: "pii" },
      { use: "role-guard", options: { tools: { [refused]: [] }, otherwise: "allow" } },
    ],
  });
  return { ...gateway, ...overStdio };
}

/** Describes what is wrong with what a client got; `undefined` if nothing is. */
function faultOf({ names, text, refusal }, { tool, refused, answers }, expected) {
  // Some servers list more tools to clients with more capabilities.
  const missing = [...expected, tool, refused].filter((name) => !names.includes(name));
  if (missing.length > 0) return `did not list ${missing.join(", ")}`;
  if (!text.includes(answers)) return `was answered ${JSON.stringify(text.slice(0, 100))}`;
  if (!/The caller has no role for this tool/.test(refusal))
    return `was not refused: ${refusal.slice(0, 200)}`;
  return undefined;
}

const rows = [];
const all = await clients();
try {
  for (const server of await servers(folder)) {
    const gateway = await gatewayOf(server);
    const expected = await toolsOf(server.server);
    for (const client of all) {
      if (client.isModern && !server.isModern) continue;
      const outcome = await client
        .run(gateway, { ...server, args: server.args() })
        .then((got) => faultOf(got, server, expected))
        .catch(({ message, stderr }) => `failed: ${lastLine(stderr || message)}`);
      rows.push({ server: server.name, client: client.name, outcome });
      process.stdout.write(
        `${outcome === undefined ? "ok  " : "FAIL"} ${server.name}, ${client.name} ${outcome ?? ""}\n`,
      );
    }
    await gateway.close();
    server.close?.();
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

const line = (...cells) => `| ${cells.join(" | ")} |`;
const columns = [...new Set(rows.map(({ server }) => server))];
const lines = [...new Set(rows.map(({ client }) => client))];
const cell = (client, server) => {
  const row = rows.find((each) => each.client === client && each.server === server);
  if (row === undefined) return "–";
  return row.outcome === undefined ? "as it should" : row.outcome;
};
const wanted = [...Object.values(packages), fastMcp];
const named = (each) => rows.some((row) => `${row.server} ${row.client}`.includes(shortOf(each)));
const shortOf = (each) => each.replace("==", "@").replace("@modelcontextprotocol/server", "server");
const absent = wanted.filter((each) => !named(each));
const report = [
  "# The gateway between servers and clients that are not ours",
  "",
  "Written by `npm run real`. The header of `main.mjs` says what each pair has to do. A dash stands",
  "for a pair that has no version of MCP in common.",
  "",
  `Of ${new Date().toISOString().slice(0, 10)}, the gateway on Node ${process.version}.`,
  ...(absent.length === 0 ? [] : ["", `Left out, not installed: ${absent.join(", ")}.`]),
  "",
  line("client", ...columns),
  line("---", ...columns.map(() => "---")),
  ...lines.map((client) => line(client, ...columns.map((server) => cell(client, server)))),
  "",
];
await writeFile(new URL("report.md", import.meta.url), report.join("\n"));
if (rows.some(({ outcome }) => outcome !== undefined)) process.exitCode = 1;

function lastLine(text) {
  return text.trim().split("\n").at(-1);
}
