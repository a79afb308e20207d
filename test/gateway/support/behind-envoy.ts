/** `glassine extproc` as processes behind a real Envoy, all from the built command. */
import { execFile, spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ConfigInput } from "glassine/gateway";
import { startEnvoy } from "../../../tools/real/envoy.ts";
import { freePort } from "../../../tools/real/free-port.ts";

const command = fileURLToPath(new URL("../../../dist/gateway/command/main.js", import.meta.url));

interface Processor {
  /** Resolves when the process has ended. */
  kill(signal: "SIGKILL" | "SIGTERM"): Promise<number | null>;
  readonly log: readonly string[];
}

export interface BehindEnvoy {
  /** The URL for callers. */
  readonly url: URL;
  readonly processors: Processor[];
  /** Starts the processor at an index again. */
  start(place: number): Promise<Processor>;
  close(): Promise<void>;
}

export interface BehindEnvoyOptions {
  readonly processors?: number;
  readonly bodyMode?: "streamed" | "buffered";
  /** Flags of `extproc`. */
  readonly flags?: (adminPort: number) => readonly string[];
  readonly change?: (config: string) => string;
  readonly env?: Readonly<Record<string, string>>;
}

export async function behindEnvoy(
  config: ConfigInput,
  options: BehindEnvoyOptions = {},
): Promise<BehindEnvoy> {
  const { processors: count = 1, bodyMode = "streamed", flags, change, env = {} } = options;
  const folder = await mkdtemp(join(tmpdir(), "glassine-envoy-"));
  const port = await freePort();
  const adminPort = await freePort();
  const file = join(folder, "glassine.config.json");
  await writeFile(file, JSON.stringify({ ...config, listen: { ...config.listen, port } }));
  const places = Array.from({ length: count }, (_, place) => `unix:${folder}/${place}.sock`);
  const start = (place: number) =>
    startProcessor(
      ["--config", file, "--listen", String(places[place]), ...(flags?.(adminPort) ?? [])],
      { ...env, XDG_RUNTIME_DIR: `${folder}` },
    );
  const asked = places.flatMap((place) => ["--processor", place]);
  const { stdout } = await promisify(execFile)(process.execPath, [
    command,
    "envoy-config",
    "--config",
    file,
    "--admin-port",
    String(adminPort),
    "--body-mode",
    bodyMode,
    ...asked,
  ]);
  const processors = await Promise.all(places.map((_, place) => start(place)));
  const envoy = await startEnvoy(folder, change?.(stdout) ?? stdout, { port, adminPort });
  await envoy.ready();
  return {
    url: new URL(`http://127.0.0.1:${port}/mcp`),
    processors,
    start,
    async close() {
      await envoy.close();
      await Promise.all(processors.map((each) => each.kill("SIGKILL")));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startProcessor(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Processor> {
  const child = spawn(process.execPath, [command, "extproc", ...args], {
    env: { ...env, PATH: process.env.PATH },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const log: string[] = [];
  await new Promise<void>((resolve, reject) => {
    // Read to the end, since a full pipe would block the process.
    createInterface(child.stderr).on("line", (line) => {
      log.push(line);
      if (line.includes('"event":"ready"')) resolve();
    });
    void ended.then((code) => reject(new Error(`It ended with ${code}:\n${log.join("\n")}`)));
  });
  return {
    log,
    async kill(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
