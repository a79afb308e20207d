/** Envoy from PyPI, where there is one: `.ci/run` installs it and says where. */
import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { connect } from "node:net";
import process from "node:process";

const { GLASSINE_ENVOY_PYTHON: python = "" } = process.env;
export const hasEnvoy = python !== "";

/** What a program of Python prints. */
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

/** What the real Envoy says of a configuration; nothing where it takes it. */
export function validate(file: string): string {
  const { stderr, status } = spawnSync(program(), ["--mode", "validate", "-c", file], {
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

/** Where an Envoy listens. */
interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

export interface RunningEnvoy {
  readonly pid: number | undefined;
  /** Resolves when it takes requests and knows of every processor that it is well. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Starts an Envoy, with its configuration in a file of `folder`. */
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
  // Without the filter no processor is in the configuration.
  return text !== "" && flags.every((flag) => flag === "healthy");
}

/** It listens only when it knows the health of all, which can be later than it says that they are well. */
function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => done(true)).once("error", () => done(false));
    function done(listens: boolean) {
      socket.destroy();
      resolve(listens);
    }
  });
}
