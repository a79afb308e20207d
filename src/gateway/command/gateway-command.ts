/** `gateway`: runs the gateway, or checks its configuration. */
import { Readable, Writable } from "node:stream";
import * as z from "zod";
import {
  type Command,
  type CommandContext,
  defineCommand,
  misuse,
  mode,
  type Outcome,
  printable,
  say,
  text,
  textOrNull,
  texts,
  warnings,
} from "../../operate/cli/index.ts";
import { readPluginMode } from "../../operate/trust/index.ts";
import {
  type ConfigFlags,
  type LoadedConfig,
  loadConfig,
  portOf,
  resolvePlugins,
  type StockPlugins,
} from "../config/index.ts";
import type { CreateGateway } from "../run/index.ts";
import { type CheckReport, checkGateway, type PluginReport } from "./check-gateway.ts";
import { lineLog } from "./log.ts";
import { runGateway, type SignalSource } from "./run-gateway.ts";

/** What the command is made of. */
export interface GatewayServices {
  readonly createGateway: CreateGateway;
  readonly stock: StockPlugins;
  readonly signals: SignalSource;
  /** Writes a line of the log. */
  readonly writeLog: (line: string) => void;
}

const pluginReport = z.object({
  name: text,
  version: text,
  from: z.enum(["stock", "package", "path"]),
  source: text.describe("Its name, id or path in the configuration."),
  hooks: texts.nullable(),
  capabilities: texts.nullable().describe("What it declares, or less where `grant` says so."),
  runs_on: texts,
  sees: texts,
  hidden: texts.describe("Slots and fields that it does not see."),
  may_change: texts,
  uses: texts,
  never: texts.describe("What of it can never have an effect."),
});

const document = z
  .object({
    config_file: textOrNull.describe("Null where the command line says everything."),
    mode,
    front: z.enum(["stdio", "http"]),
    servers: texts,
    models: texts,
    always: texts,
    plugins: z.array(pluginReport),
    problems: texts.describe("What would keep it from working, a sentence each."),
    warnings,
  })
  .describe("What `gateway --check --json` prints.");

export function gatewayCommand(services: GatewayServices): Command {
  return defineCommand({
    path: ["gateway"],
    summary: "run the gateway in front of MCP servers and models",
    about: [
      "Without a port it speaks over standard input and output, which belong to the protocol then; the log is on standard error.",
      "Behind -- stands the command of the only server; no configuration is needed for it.",
      "SIGHUP reloads the configuration; a wrong one leaves the last good one running.",
      "SIGTERM and SIGINT end it when what is in flight is done, a second one ends it at once.",
    ],
    arguments: [],
    rest: { name: "COMMAND ARGS…", what: "the command of the only server" },
    options: [
      ...(["config", "plugin", "use", "port", "address", "checkConfig"] as const),
      ...(["pluginMode", "pluginsLock", "json", "verbose"] as const),
    ],
    exits: {
      1: "the server is gone for good; with --check, something in the configuration cannot work",
    },
    examples: [
      {
        line: "gateway --plugin ./p.js -- npx @modelcontextprotocol/server-everything stdio",
        what: "one plugin in front of one server",
      },
      { line: "gateway --check", what: "what each plugin of glassine.config.* will see" },
      { line: "gateway --port 8080", what: "serve the configuration over HTTP" },
    ],
    document: { name: "gateway", schema: document },
    run: (context) =>
      context.options.checkConfig === true ? check(context, services) : serve(context, services),
  });
}

function flagsOf({ options, operands }: CommandContext): ConfigFlags {
  const { config, plugin = [], use = [], port, address, pluginMode } = options;
  const [command, ...args] = operands;
  if (command?.trim() === "") throw misuse("the command behind -- is empty");
  return {
    file: config,
    port: portOf("--port", port),
    host: address,
    mode: pluginMode === undefined ? undefined : readPluginMode(pluginMode),
    server: command === undefined ? undefined : { command, args },
    plugins: [...plugin, ...use.map((name) => ({ use: name }))],
  };
}

async function load(context: CommandContext): Promise<LoadedConfig> {
  const { cwd, env, options } = context;
  const loaded = await loadConfig({ cwd, env, flags: flagsOf(context) });
  if (options.address !== undefined && loaded.config.listen === undefined)
    throw misuse("--host needs --port, or `listen` in the configuration");
  return loaded;
}

async function serve(context: CommandContext, services: GatewayServices): Promise<Outcome<never>> {
  const { env, stdin, stdout, options } = context;
  if (options.json === true) throw misuse("--json goes with --check");
  const { code } = await runGateway({
    ...{ env, lock: options.pluginsLock },
    ...{ createGateway: services.createGateway, stock: services.stock, signals: services.signals },
    log: lineLog(services.writeLog),
    stdio: { stdin: readable(stdin), stdout: writable(stdout) },
    load: () => load(context),
  });
  // Never printed: --json goes with --check.
  return { exitCode: code === undefined ? 0 : 1, document: undefined as never, lines: [] };
}

function readable(stdin: CommandContext["stdin"]): Readable {
  return stdin instanceof Readable ? stdin : Readable.from(stdin);
}

/** The real standard output: that of the process leads to standard error, for what plugins print. */
function writable(stdout: CommandContext["stdout"]): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write: (piece: string | Buffer, _encoding, done) => void stdout.write(String(piece), done),
  });
  stdout.on("error", (error) => stream.destroy(error));
  return stream;
}

async function check(context: CommandContext, { stock }: GatewayServices) {
  const { env, options } = context;
  const loaded = await load(context);
  const logger = { warn: () => {}, error: () => {} };
  const asked = { env, stock, lock: options.pluginsLock, logger, records: false };
  // No line of a check is a record of a call.
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
  { paint }: CommandContext,
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

function pluginLines(report: PluginReport, paint: CommandContext["paint"]): readonly string[] {
  const { name, version, from, source, runs_on, sees, hidden, may_change, uses, never } = report;
  const where = from === "stock" ? "stock" : say`${from} ${source}`;
  return [
    `${paint.title(say`${name} ${version}`)} (${where})`,
    ...[...runs_on, ...sees, ...may_change, ...uses].map((sentence) => `  ${printable(sentence)}`),
    ...(hidden.length === 0 ? [] : [`  Does not see ${hidden.join(", ")}.`]),
    ...never.map((sentence) => `  ${paint.bad(`Never: ${printable(sentence)}`)}`),
  ];
}
