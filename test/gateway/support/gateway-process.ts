/** `glassine gateway` as a process, from the built command. `npm test` builds first. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "glassine/gateway";

const command = fileURLToPath(new URL("../../../dist/gateway/command/main.js", import.meta.url));

export interface GatewayProcess {
  readonly port: number;
  /** Resolves when the process has ended. */
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
}

export async function startGatewayProcess(config: ConfigInput): Promise<GatewayProcess> {
  if (!existsSync(command)) throw new Error("dist is missing: run `npm run build` first.");
  const folder = await mkdtemp(join(tmpdir(), "glassine-gateway-"));
  const file = join(folder, "glassine.config.json");
  await writeFile(file, JSON.stringify(config));
  const child = spawn(process.execPath, [command, "gateway", "--config", file, "--port", "0"], {
    env: { PATH: process.env.PATH, XDG_RUNTIME_DIR: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const port = await new Promise<number>((resolve, reject) => {
    const lines: string[] = [];
    // Read to the end, since a full pipe would block the process.
    createInterface(child.stderr).on("line", (line) => {
      lines.push(line);
      const ready = /"event":"ready".*?"port":(\d+)/.exec(line)?.[1];
      if (ready !== undefined) resolve(Number(ready));
    });
    void ended.then((code) => reject(new Error(`It ended with ${code}:\n${lines.join("\n")}`)));
  });
  return {
    port,
    async kill(signal) {
      child.kill(signal);
      const code = await ended;
      await rm(folder, { recursive: true, force: true });
      return code;
    },
  };
}
