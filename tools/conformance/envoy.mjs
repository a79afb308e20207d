/** Runs the real Envoy with the configuration that `glassine envoy-config` prints. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { createJiti } from "jiti";
import { command } from "../programs.mjs";

const jiti = createJiti(import.meta.url);
const { hasEnvoy, startEnvoy } = await jiti.import("../real/envoy.ts");
const { freePort } = await jiti.import("../real/free-port.ts");

export { hasEnvoy };

/** Starts an Envoy in front of a server, with its files in `folder`. `change` edits its config. */
export async function envoyInFront(folder, server, change = (text) => text) {
  const port = await freePort();
  const adminPort = await freePort();
  const socket = join(folder, "processor.sock");
  const config = join(folder, "glassine.config.json");
  await writeFile(config, JSON.stringify({ servers: { fixture: server }, listen: { port } }));
  const { stdout } = await promisify(execFile)(process.execPath, [
    command,
    "envoy-config",
    "--config",
    config,
    "--admin-port",
    String(adminPort),
    "--processor",
    `unix:${socket}`,
  ]);
  const envoy = await startEnvoy(folder, change(stdout), { port, adminPort });
  return { ...envoy, port, socket };
}
