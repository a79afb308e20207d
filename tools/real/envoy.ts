/** Runs Envoy from PyPI, if it is installed: `.ci/run` installs it and sets the variable below. */
import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import process from "node:process";

const { GLASSINE_ENVOY_PYTHON: python = "" } = process.env;
export const hasEnvoy = python !== "";

/** Runs a Python program and returns what it prints. */
export function pythonPrints(program: string): string {
  const { stdout, stderr, status } = spawnSync(python, ["-c", program], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Python ended with ${status}:\n${stderr}`);
  return stdout.trim();
}

let found: string | undefined;

function program(): string {
  found ??= pythonPrints(
    "import sysconfig; print(sysconfig.get_path('purelib') + '/envoy/_bin/envoy')",
  );
  return found;
}

/** Returns what the real Envoy says about a configuration; empty if it accepts it. */
export function validate(file: string): string {
  const { stderr, status } = spawnSync(program(), ["--mode", "validate", "-c", file], {
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

/** The ports that an Envoy listens on. */
interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

export interface RunningEnvoy {
  readonly pid: number | undefined;
  /** Resolves when Envoy accepts requests and considers every processor healthy. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an Envoy with its configuration in a file in `folder`. */
export async function startEnvoy(
  folder: string,
  config: string,
  { port, adminPort }: Ports,
): Promise<RunningEnvoy> {
  const file = `${folder}/envoy.yaml`;
  await writeFile(file, config);
  const child = spawn(
    program(),
    ["-c", file, "--use-dynamic-base-id", "--concurrency", "1", "--log-level", "error"],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  const lines: string[] = [];
  child.stderr.on("data", (text) => lines.push(String(text)));
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    pid: child.pid,
    async ready() {
      while (!((await areHealthy(adminPort)) && (await isListening(port)))) {
        if (child.exitCode !== null) throw new Error(`Envoy ended:\n${lines.join("")}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function areHealthy(adminPort: number): Promise<boolean> {
  const text = await fetch(`http://127.0.0.1:${adminPort}/clusters`).then(
    (response) => response.text(),
    () => "",
  );
  const flags = [...text.matchAll(/^glassine::.*::health_flags::(.*)$/gm)].map(([, flag]) => flag);
  // A configuration without the filter has no processors, so no flags.
  return text !== "" && flags.every((flag) => flag === "healthy");
}

/** Envoy can start listening later than it reports all processors healthy. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => done(true)).once("error", () => done(false));
    function done(listens: boolean) {
      socket.destroy();
      resolve(listens);
    }
  });
}
