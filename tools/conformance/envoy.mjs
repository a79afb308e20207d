/** The real Envoy, with the configuration that `glassine envoy-config` prints. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const command = fileURLToPath(new URL("../../dist/gateway/command/main.js", import.meta.url));
const python = process.env.GLASSINE_ENVOY_PYTHON ?? "";

export const hasEnvoy = python !== "";

/** Starts an Envoy in front of one server, in a folder that holds what it needs. `change` edits its configuration. */
export async function startEnvoy(folder, server, change = (text) => text) {
  const [port, admin] = [await freePort(), await freePort()];
  const socket = join(folder, "processor.sock");
  const config = join(folder, "glassine.config.json");
  await writeFile(config, JSON.stringify({ servers: { fixture: server }, listen: { port } }));
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...[command, "envoy-config", "--config", config, "--admin-port", String(admin)],
    ...["--processor", `unix:${socket}`],
  ]);
  const file = join(folder, "envoy.yaml");
  await writeFile(file, change(stdout));
  const find = "import sysconfig; print(sysconfig.get_path('purelib') + '/envoy/_bin/envoy')";
  const program = execFileSync(python, ["-c", find], { encoding: "utf8" }).trim();
  const flags = ["--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"];
  const child = spawn(program, ["-c", file, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  return {
    ...{ port, admin, socket },
    pid: child.pid,
    /** Resolves when it takes requests and has a processor to ask. */
    async ready() {
      for (;;) {
        if (child.exitCode !== null) throw new Error("Envoy ended.");
        const text = await fetch(`http://127.0.0.1:${admin}/clusters`).then(
          (response) => response.text(),
          () => "",
        );
        if (/^glassine::.*::health_flags::healthy$/m.test(text)) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    close: () => child.kill("SIGKILL"),
  };
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
