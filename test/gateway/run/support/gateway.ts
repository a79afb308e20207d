/** A gateway for tests, with servers and clients for it. */

import { createRequire } from "node:module";
import process from "node:process";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { createPluginManager } from "glassine";
import {
  type ConfigInput,
  createGateway,
  createMetrics,
  type Gateway,
  type GatewayLog,
  type GatewayOptions,
} from "glassine/gateway";

const everything = createRequire(import.meta.url)
  .resolve("@modelcontextprotocol/server-everything/package.json")
  .replace(/package\.json$/, "dist/index.js");

export const everythingOverStdio = { command: process.execPath, args: [everything, "stdio"] };

interface Line {
  readonly level: keyof GatewayLog;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines. */
export function keptLog(): GatewayLog & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const to = (level: keyof GatewayLog) => (event: string, fields?: object) =>
    void lines.push({ level, event, fields: { ...fields } });
  return { lines, info: to("info"), warn: to("warn"), error: to("error") };
}

type ManagerOptions = NonNullable<Parameters<typeof createPluginManager>[0]>;
type Plugins = ManagerOptions["plugins"];

export interface Started {
  readonly gateway: Gateway;
  readonly log: ReturnType<typeof keptLog>;
  readonly url: URL;
  readonly adminUrl: URL;
  /** Returns an answer of the admin port. */
  admin(path: string): Promise<{ readonly status: number; readonly text: string }>;
  readonly parts: GatewayOptions;
  close(): Promise<void>;
}

export async function startGateway(
  config: ConfigInput,
  plugins: Plugins = [],
  {
    stdio,
    envoy,
    records,
    secrets = (secret) => (typeof secret === "string" ? secret : "a secret"),
    ...more
  }: Pick<ManagerOptions, "audit" | "logger"> &
    Pick<GatewayOptions, "stdio" | "envoy"> & {
      /** Default: made up. With `null`, the gateway gets no reader and reads them by itself. */
      readonly secrets?: GatewayOptions["secrets"] | null;
      /** What the gateway writes to the audit trail. */
      readonly records?: NonNullable<GatewayOptions["audit"]>;
    } = {},
): Promise<Started> {
  const metrics = createMetrics();
  const manager = await createPluginManager({ plugins, metrics: metrics.plugins, ...more });
  const log = keptLog();
  const parts: GatewayOptions = {
    manager,
    log,
    metrics,
    stdio,
    envoy,
    ...(records && { audit: records }),
    config: { listen: { port: 0 }, ...config },
    ...(secrets && { secrets }),
  };
  const gateway = await createGateway(parts);
  const { host, port } = gateway.address ?? { host: "none", port: 0 };
  const url = new URL(`http://${host}:${port}/mcp`);
  const { admin } = log.lines.find(({ event }) => event === "ready")?.fields ?? {};
  // The port that the gateway logged.
  const adminUrl = new URL(
    `http://127.0.0.1:${(admin as { port: number } | undefined)?.port ?? 0}`,
  );
  return {
    gateway,
    log,
    url,
    parts,
    adminUrl,
    async admin(path) {
      const response = await fetch(new URL(path, adminUrl));
      return { status: response.status, text: await response.text() };
    },
    async close() {
      await gateway.close();
      await manager.close();
    },
  };
}

/** A connected client, which the caller of this function closes. */
export async function connectClient(
  { url }: Started,
  headers: Record<string, string> = {},
): Promise<Client> {
  const client = new Client({ name: "test", version: "1.0.0" });
  const transport = new StreamableHTTPClientTransport(url, { requestInit: { headers } });
  // The SDK's own types disagree under exactOptionalPropertyTypes.
  await client.connect(transport as never);
  return client;
}
