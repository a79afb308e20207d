/** Envoy from PyPI, where there is one: `.ci/run` installs it and says where. */
import { spawn, spawnSync } from "node:child_process";
import { writeFile } from "node:fs/promises";
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

export interface RunningEnvoy {
  close(): Promise<void>;
}

/** Starts an Envoy, and waits until it takes requests and knows the health of what it asks. */
export async function startEnvoy(
  folder: string,
  config: string,
  adminPort: number,
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
  await isReady(adminPort, () => {
    if (child.exitCode !== null) throw new Error(`Envoy ended:\n${lines.join("")}`);
  });
  return {
    async close() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

async function isReady(adminPort: number, check: () => void): Promise<void> {
  for (;;) {
    check();
    const text = await fetch(`http://127.0.0.1:${adminPort}/clusters`).then(
      (response) => response.text(),
      () => "",
    );
    if (/^glassine::.*::health_flags::healthy$/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
