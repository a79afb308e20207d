/**
 * Runs a gateway in front of one server.
 *
 *     node tools/conformance/gateway.mjs '{"url": "http://127.0.0.1:3001/mcp"}' six
 *     node tools/conformance/gateway.mjs '{"url": "http://127.0.0.1:3001/mcp"}' six envoy
 *
 * Prints its URL, then its warnings. Without `six` it has no plugins; with `envoy` it runs behind
 * the Envoy from `GLASSINE_ENVOY_PYTHON`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createPluginManager } from "glassine";
import { createGateway } from "glassine/gateway";
import { envoyInFront } from "./envoy.mjs";
import { sixPlugins } from "./six-plugins.mjs";

const [server, plugins, front] = process.argv.slice(2);
const folder = front === "envoy" ? await mkdtemp(join(tmpdir(), "conformance-envoy-")) : undefined;
const envoy = folder && (await envoyInFront(folder, JSON.parse(server)));
const manager = await createPluginManager({ plugins: plugins === "six" ? sixPlugins() : [] });
const note = (event, fields) => {
  process.stdout.write(`${event} ${JSON.stringify(fields)}\n`);
};
const gateway = await createGateway({
  manager,
  config: {
    servers: { fixture: JSON.parse(server) },
    listen: { port: envoy?.port ?? 0 },
    identity: { anonymous: true },
    // Benchmarks send more requests than any real client.
    limits: { requestsPerMinute: 100_000_000 },
  },
  secrets: String,
  log: { info() {}, warn: note, error: note },
  ...(envoy && { envoy: { at: { socket: envoy.socket }, leaveMs: 0 } }),
});
await envoy?.ready();
process.stdout.write(`http://127.0.0.1:${envoy?.port ?? gateway.address.port}/mcp\n`);
process.once("SIGTERM", async () => {
  await envoy?.close();
  await gateway.close();
  await manager.close();
  if (folder) await rm(folder, { recursive: true });
});
