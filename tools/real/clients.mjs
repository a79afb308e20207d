/**
 * Third-party clients. Each lists the tools, calls one, and calls one that the gateway refuses:
 * `(gateway, { tool, args, refused }) => { names, text, refusal }`, where a gateway has a `url` and
 * a `command` with `args` that starts one over stdio.
 */
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import {
  Client as ClientV2,
  StreamableHTTPClientTransport as HttpV2,
} from "@modelcontextprotocol/client";
import { Client as ClientV1 } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport as Stdio } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport as HttpV1 } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { pythonPeer } from "../peers.mjs";

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const info = { name: "real", version: "1.0.0" };
const inspector = "@modelcontextprotocol/inspector@2.12.0";
export const fastMcp = "fastmcp==4.1.2";

const { devDependencies } = require("../../package.json");
const versionOf = (name) => `${name}@${devDependencies[name]}`;
const textOf = (content) => content.map(({ text = "" }) => text).join("");

async function withSdk(client, transport, { tool, args, refused }) {
  await client.connect(transport);
  try {
    const { tools } = await client.listTools();
    const { content } = await client.callTool({ name: tool, arguments: args });
    const refusal = await client.callTool({ name: refused, arguments: {} }).then(
      () => "",
      ({ message }) => message,
    );
    return { names: tools.map(({ name }) => name), text: textOf(content), refusal };
  } finally {
    await client.close();
  }
}

/** Lists a server's tools without a gateway. */
export async function toolsOf({ url, command, args, env }) {
  const client = new ClientV1(info);
  const transport =
    url === undefined
      ? new Stdio({ command, args, env: { ...process.env, ...env }, stderr: "ignore" })
      : new HttpV1(new URL(url));
  await client.connect(transport);
  const { tools } = await client.listTools();
  await client.close();
  return tools.map(({ name }) => name);
}

/** The inspector needs a newer Node, which npx provides. */
async function inspect(url, ...args) {
  const packages = ["--package=node@24", `--package=${inspector}`];
  const quoted = ["--cli", url, "--transport", "http", ...args]
    .map((each) => `'${each}'`)
    .join(" ");
  const command = `node "$(readlink -f "$(command -v mcp-inspector)")" ${quoted}`;
  return run("npx", ["-y", "--engine-strict=false", ...packages, "-c", command], {
    timeout: 300_000,
  });
}

async function withInspector({ url }, { tool, args, refused }) {
  const { stdout: listed } = await inspect(url, "--method", "tools/list");
  const call = (name, given) =>
    inspect(
      url,
      "--method",
      "tools/call",
      "--tool-name",
      name,
      "--tool-args-json",
      JSON.stringify(given),
    );
  const { stdout: called } = await call(tool, args);
  const refusal = await call(refused, {}).then(
    () => "",
    ({ stdout, stderr }) => stdout + stderr,
  );
  const { tools } = JSON.parse(listed);
  return {
    names: tools.map(({ name }) => name),
    text: textOf(JSON.parse(called).content),
    refusal,
  };
}

async function pythonClient() {
  const python = await pythonPeer(fastMcp);
  if (python === undefined) return [];
  const script = fileURLToPath(new URL("fastmcp-client.py", import.meta.url));
  return [
    {
      name: fastMcp.replace("==", "@"),
      run: async ({ url }, step) =>
        JSON.parse((await run(python, [script, url, JSON.stringify(step)])).stdout),
    },
  ];
}

const modern = { versionNegotiation: { mode: { pin: "2026-07-28" } } };

/** A client with `isModern` speaks MCP 2026-07-28 and is tried only with servers that do. */
export const clients = async () => [
  {
    name: versionOf("@modelcontextprotocol/sdk"),
    run: ({ url }, step) => withSdk(new ClientV1(info), new HttpV1(new URL(url)), step),
  },
  {
    name: `${versionOf("@modelcontextprotocol/sdk")}, gateway over stdio`,
    run: ({ command, args }, step) =>
      withSdk(new ClientV1(info), new Stdio({ command, args, stderr: "ignore" }), step),
  },
  {
    name: versionOf("@modelcontextprotocol/client"),
    run: ({ url }, step) => withSdk(new ClientV2(info), new HttpV2(new URL(url)), step),
  },
  {
    name: `${versionOf("@modelcontextprotocol/client")}, 2026-07-28`,
    isModern: true,
    run: ({ url }, step) => withSdk(new ClientV2(info, modern), new HttpV2(new URL(url)), step),
  },
  { name: `${inspector} --cli`, run: withInspector },
  ...(await pythonClient()),
];
