/** What `gateway` does: runs the gateway, or checks its configuration. */
import { Readable, Writable } from "node:stream";
import { misuse, type Outcome, say } from "../../operate/cli/index.ts";
import { readPluginMode } from "../../operate/trust/index.ts";
import {
  type ConfigFlags,
  hostAndPort,
  type LoadedConfig,
  loadConfig,
  portOf,
} from "../config/index.ts";
import { lineLog } from "../observe/index.ts";
import { checkGateway } from "./check-gateway.ts";
import { checkOutcome } from "./check-report.ts";
import type { GatewayContext } from "./options.ts";
import { serveGateway } from "./run-gateway.ts";
import type { GatewayServices } from "./services.ts";

/** Returns the plugins that a command line names by file. */
function pathsIn({ plugin = [], isolate, accept = [] }: GatewayContext["options"]) {
  if (accept.length > 0 && isolate !== "process") throw misuse("--accept needs --isolate process");
  if (isolate === undefined) return plugin;
  if (plugin.length === 0)
    throw misuse("--isolate needs --plugin: it says where the code of each runs");
  return plugin.map((path) => ({ path, isolate, accept: [...accept] }));
}

function flagsOf({ options, operands }: GatewayContext): ConfigFlags {
  const { config, use = [], port, host, pluginMode, pluginsLock: lock } = options;
  const [command, ...args] = operands;
  if (command?.trim() === "") throw misuse("the command after -- is empty");
  return {
    file: config,
    lock,
    port: portOf("--port", port),
    host,
    mode: pluginMode === undefined ? undefined : readPluginMode(pluginMode),
    server: command === undefined ? undefined : { command, args },
    plugins: [...pathsIn(options), ...use.map((name) => ({ use: name }))],
  };
}

async function load(context: GatewayContext): Promise<LoadedConfig> {
  const { cwd, env, options } = context;
  const loaded = await loadConfig({ cwd, env, flags: flagsOf(context), takesServer: true });
  if (options.host !== undefined && loaded.config.listen === undefined)
    throw misuse("--host needs --port, or `listen` in the configuration");
  return loaded;
}

export async function serve(
  context: GatewayContext,
  services: GatewayServices,
): Promise<Outcome<never>> {
  const { stdin, stdout, options } = context;
  if (options.json === true) throw misuse("--json needs --check");
  return serveGateway(context, services, {
    log: lineLog(services.logStream),
    stdio: { stdin: readable(stdin), stdout: writable(stdout) },
    load: () => load(context),
  });
}

function readable(stdin: GatewayContext["stdin"]): Readable {
  return stdin instanceof Readable ? stdin : Readable.from(stdin);
}

/** Wraps the real standard output. The process's own leads to stderr, since plugins may print. */
function writable(stdout: GatewayContext["stdout"]): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write: (piece: string | Buffer, _encoding, done) => void stdout.write(String(piece), done),
  });
  stdout.on("error", (error) => stream.destroy(error));
  return stream;
}

export async function check(context: GatewayContext, { stock }: GatewayServices) {
  const loaded = await load(context);
  const report = await checkGateway(loaded, context, stock);
  const { servers, models, listen } = loaded.config;
  const names = (record: object) => Object.keys(record).join(", ") || "none";
  const front = {
    front: listen === undefined ? ("stdio" as const) : ("http" as const),
    servers: Object.keys(servers),
    models: Object.keys(models),
  };
  return checkOutcome(loaded, report, context.paint, front, [
    listen === undefined
      ? "front: stdio"
      : say`front: http://${hostAndPort(listen.host, listen.port)}${listen.path}`,
    `servers: ${names(servers)}`,
    `models: ${names(models)}`,
  ]);
}
