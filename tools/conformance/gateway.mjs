/**
 * A gateway in front of one server.
 *
 *     node tools/conformance/gateway.mjs '{"url": "http://127.0.0.1:3001/mcp"}' six
 *
 * It prints its URL, then its warnings. Without `six` it has no plugins.
 */
import process from "node:process";
import { createPluginManager } from "glassine";
import { createGateway } from "glassine/gateway";
import { createJiti } from "jiti";
import { sixPlugins } from "./six-plugins.mjs";

const { configSchema } = await createJiti(import.meta.url).import(
  "../../src/gateway/config/schema.ts",
);
const [server, plugins] = process.argv.slice(2);
const manager = await createPluginManager({ plugins: plugins === "six" ? sixPlugins() : [] });
const note = (event, fields) => {
  process.stdout.write(`${event} ${JSON.stringify(fields)}\n`);
};
const gateway = await createGateway({
  manager,
  config: configSchema.parse({
    servers: { fixture: JSON.parse(server) },
    listen: { port: 0 },
    identity: { anonymous: true },
  }),
  secrets: String,
  log: { info() {}, warn: note, error: note },
});
process.stdout.write(`http://127.0.0.1:${gateway.address.port}/mcp\n`);
process.once("SIGTERM", () => void gateway.close().then(() => manager.close()));
