/**
 * A real MCP server behind a real Envoy that calls glassine. Run it with `npm run start:envoy`.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { findEnvoy } from "./find-envoy.ts";

const config = "examples/envoy/glassine.config.json";
const glassine = fileURLToPath(new URL("gateway/command/main.js", import.meta.resolve("glassine")));
const everything = createRequire(import.meta.url).resolve(
  "@modelcontextprotocol/server-everything/package.json",
);
const url = new URL("http://127.0.0.1:18080/mcp");
const folder = mkdtempSync(join(tmpdir(), "glassine-envoy-"));
const children: ChildProcess[] = [];

try {
  const envoy = findEnvoy();
  const at = `unix:${folder}/glassine.sock`;
  const ports = ["--admin-port", "19901"];
  const args = [glassine, "envoy-config", "--config", config, "--processor", at, ...ports];
  writeFileSync(`${folder}/envoy.yaml`, execFileSync(process.execPath, args));

  const server = join(dirname(everything), "dist/index.js");
  await start("server", process.execPath, [server, "streamableHttp"], /listening/i);
  await start(
    "glassine",
    process.execPath,
    [glassine, "extproc", "--config", config, "--listen", at],
    /"ready"/,
  );
  await start(
    "envoy",
    envoy,
    ["-c", `${folder}/envoy.yaml`, "--use-dynamic-base-id"],
    /starting main dispatch loop/,
  );
  await listening();

  const client = new Client({ name: "example", version: "1.0.0" });
  await client.connect(new StreamableHTTPClientTransport(url));
  console.log(`connected to ${client.getServerVersion()?.name} through Envoy`);
  for (const message of ["Ahoy", "the key is AKIAIOSFODNN7EXAMPLE", "Ahoy"]) {
    console.log(`echo ${JSON.stringify(message)}`);
    console.log(`  ${await echo(client, message)}`);
  }
  await client.close();
} finally {
  for (const child of children.reverse()) child.kill();
  rmSync(folder, { recursive: true });
}

async function echo(client: Client, message: string): Promise<string> {
  try {
    const { content } = await client.callTool({ name: "echo", arguments: { message } });
    return (content as { text: string }[]).map(({ text }) => text).join("\n");
  } catch (error) {
    return (error as Error).message;
  }
}

/** Starts a program and waits for the line that says it is ready. */
function start(name: string, program: string, args: readonly string[], ready: RegExp) {
  const child = spawn(program, args, {
    env: { ...process.env, PORT: "18081" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return new Promise<void>((resolve, reject) => {
    const read = (line: string) => {
      if (ready.test(line)) resolve();
    };
    createInterface(child.stdout).on("line", read);
    createInterface(child.stderr).on("line", read);
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
}

/** Waits until Envoy listens, which it does once it knows the health of its upstreams. */
async function listening(): Promise<void> {
  const answers = () =>
    fetch(new URL("/", url)).then(
      () => true,
      () => false,
    );
  while (!(await answers())) await new Promise((resolve) => setTimeout(resolve, 50));
}
