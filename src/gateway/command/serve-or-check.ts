/** What `gateway` does: runs the gateway, or checks its configuration. */
import { Readable, Writable } from "node:stream";
import { misuse, type Outcome, printable, say } from "../../operate/cli/index.ts";
import { isIsolation, isOpening, isolations, openings } from "../../operate/isolate/kinds.ts";
import { readPluginMode } from "../../operate/trust/index.ts";
import {
  type ConfigFlags,
  type LoadedConfig,
  loadConfig,
  portOf,
  resolvePlugins,
} from "../config/index.ts";
import { lineLog } from "../observe/index.ts";
import { checkGateway } from "./check-gateway.ts";
import type { CheckReport, PluginReport } from "./check-report.ts";
import type { GatewayContext } from "./options.ts";
import { inputOf, runGateway } from "./run-gateway.ts";
import type { GatewayServices } from "./services.ts";

/** Returns the plugins that a command line names by file. */
function pathsIn({ plugin = [], isolate, accept = [] }: GatewayContext["options"]) {
  if (isolate === undefined) {
    if (accept.length > 0) throw misuse("--accept goes with --isolate");
    return plugin;
  }
  if (plugin.length === 0) throw misuse("--isolate goes with --plugin");
  if (!isIsolation(isolate)) throw misuse(`--isolate takes ${isolations.join(", ")}`);
  if (!accept.every(isOpening)) throw misuse(`--accept takes ${Object.keys(openings).join(", ")}`);
  return plugin.map((path) => ({ path, isolate, accept: [...accept] }));
}

function flagsOf({ options, operands }: GatewayContext): ConfigFlags {
  const { config, use = [], port, host, pluginMode } = options;
  const [command, ...args] = operands;
  if (command?.trim() === "") throw misuse("the command after -- is empty");
  return {
    file: config,
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
  if (options.json === true) throw misuse("--json goes with --check");
  const { code } = await runGateway({
    ...inputOf(context, services),
    log: lineLog(services.writeLog),
    stdio: { stdin: readable(stdin), stdout: writable(stdout) },
    load: () => load(context),
  });
  // Never printed: --json goes with --check.
  return { exitCode: code === undefined ? 0 : 1, document: undefined as never, lines: [] };
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
  const { env, options } = context;
  const loaded = await load(context);
  const logger = { warn: () => {}, error: () => {} };
  const asked = { env, stock, lock: options.pluginsLock, logger, records: false };
  // Nothing in a check is a call that stock plugins should record.
  const resolved = await resolvePlugins(loaded, { ...asked, services: { write: () => {} } });
  try {
    const report = await checkGateway(loaded, resolved, env);
    const isFine =
      report.problems.length + report.plugins.flatMap(({ never }) => never).length === 0;
    const { config, file } = loaded;
    return {
      exitCode: isFine ? (0 as const) : (1 as const),
      document: {
        config_file: file ?? null,
        mode: config.mode,
        front: config.listen === undefined ? ("stdio" as const) : ("http" as const),
        servers: Object.keys(config.servers),
        models: Object.keys(config.models),
        ...report,
      },
      lines: linesOf(loaded, report, context),
      warnings: report.warnings,
    };
  } finally {
    await resolved.close();
  }
}

function linesOf(
  { config, file }: LoadedConfig,
  { always, plugins, problems }: CheckReport,
  { paint }: GatewayContext,
): readonly string[] {
  const { servers, models, listen } = config;
  const names = (record: object) => Object.keys(record).join(", ") || "none";
  const isFine = problems.length === 0 && plugins.every(({ never }) => never.length === 0);
  return [
    say`configuration: ${file ?? "the command line"}`,
    `plugin mode: ${config.mode}`,
    listen === undefined
      ? "front: stdio"
      : say`front: http://${listen.host}:${listen.port}${listen.path}`,
    `servers: ${names(servers)}`,
    `models: ${names(models)}`,
    "",
    paint.title("Every plugin:"),
    ...always.map((sentence) => `  ${sentence}`),
    ...plugins.flatMap((each) => ["", ...pluginLines(each, paint)]),
    ...(problems.length === 0 ? [] : ["", paint.title("Problems:")]),
    ...problems.map((problem) => `  ${paint.bad(printable(problem))}`),
    "",
    isFine
      ? paint.good("The configuration can work.")
      : paint.bad("The configuration cannot work as it is."),
  ];
}

function pluginLines(report: PluginReport, paint: GatewayContext["paint"]): readonly string[] {
  const { name, version, from, source, runs_in, runs_on, only_for } = report;
  const { sees, hidden, may_change, uses, never } = report;
  const where = from === "stock" ? "stock" : say`${from} ${source}`;
  return [
    `${paint.title(say`${name} ${version}`)} (${where})`,
    ...[...runs_in, ...runs_on, ...only_for, ...sees, ...may_change, ...uses].map(
      (sentence) => `  ${printable(sentence)}`,
    ),
    ...(hidden.length === 0 ? [] : [`  Does not see ${hidden.join(", ")}.`]),
    ...never.map((sentence) => `  ${paint.bad(`Never: ${printable(sentence)}`)}`),
  ];
}
