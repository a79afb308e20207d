/** What `extproc` does: serves Envoy, or reports what would keep it from doing so. */
import { resolve } from "node:path";
import { attempt } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { misuse, type Outcome, say } from "../../operate/cli/index.ts";
import { readPluginMode } from "../../operate/trust/index.ts";
import {
  configInvalid,
  type GatewayConfig,
  hostAndPort,
  isLocal,
  type LoadedConfig,
  loadConfig,
  problemAt,
} from "../config/index.ts";
import {
  checkBehindEnvoy,
  type EnvoyProblem,
  type EnvoyTls,
  requireGrpc,
  serverPaths,
  watchEnvoy,
} from "../envoy/index.ts";
import { type GatewayLog, lineLog } from "../observe/index.ts";
import { checkGateway } from "./check-gateway.ts";
import { checkOutcome } from "./check-report.ts";
import { listenAt } from "./envoy-addresses.ts";
import { problemsInFile } from "./envoy-file.ts";
import type { ExtprocContext } from "./options.ts";
import { serveGateway } from "./run-gateway.ts";
import type { GatewayServices } from "./services.ts";
import { readTlsFiles, tlsPathsIn } from "./tls-files.ts";

/** Envoy notices within a second that a processor is leaving, and still asks it until then. */
const leaveMs = 3000;

async function load({ cwd, env, options }: ExtprocContext): Promise<LoadedConfig> {
  const { config, use = [], plugin = [], pluginMode, pluginsLock: lock } = options;
  const loaded = await loadConfig({
    cwd,
    env,
    isHttp: true,
    flags: {
      file: config,
      lock,
      mode: pluginMode === undefined ? undefined : readPluginMode(pluginMode),
      plugins: [...plugin, ...use.map((name) => ({ use: name }))],
    },
  });
  checkBehindEnvoy(loaded.config);
  return loaded;
}

export async function serve(
  context: ExtprocContext,
  services: GatewayServices,
): Promise<Outcome<never>> {
  if (context.options.json === true) throw misuse("--json needs --check");
  const { signals } = services;
  // Until `serveGateway` listens, the signal would end the process. It reads the configuration then.
  const onHangUp = () => {};
  signals.on("SIGHUP", onHangUp);
  try {
    return await serveEnvoy(context, services);
  } finally {
    signals.off("SIGHUP", onHangUp);
  }
}

async function serveEnvoy(
  context: ExtprocContext,
  services: GatewayServices,
): Promise<Outcome<never>> {
  const log = lineLog(services.logStream);
  const { config } = await load(context);
  const { at, webhook, tls, admin } = await frontOf(context, config);
  const isProduction = config.mode === "production";
  await checkFile(context, isProduction, log);
  const watched = watch(admin, isProduction, log);
  try {
    return await serveGateway(context, services, {
      log,
      load: async () => {
        const loaded = await load(context);
        // The mode at the start decided what was asked of Envoy.
        if (loaded.config.mode === config.mode) return loaded;
        const problem = problemAt(["mode"], "can only be changed by a restart.");
        throw configInvalid([problem], "Behind Envoy, this configuration cannot be applied.");
      },
      envoy: { at, tls, webhook, leaveMs, closed: watched.closed },
    });
  } finally {
    watched.close();
  }
}

/** Where clients connect, and where Envoy itself is asked. */
async function frontOf(context: ExtprocContext, { mode }: GatewayConfig) {
  const { listen } = context.options;
  if (listen === undefined)
    throw misuse("extproc needs --listen: where Envoy finds it, such as unix:/run/glassine.sock");
  const at = listenAt("--listen", listen);
  const webhook = webhookIn(context);
  // Port 0 picks a free one for each.
  if (
    webhook !== undefined &&
    webhook.host === at.host &&
    webhook.port === at.port &&
    at.port !== 0
  )
    throw misuse("--webhook expects another address than --listen");
  const tls = await tlsFor(context, [at, webhook]);
  return { at, webhook, tls, admin: adminIn(context, mode === "production") };
}

function webhookIn({ options }: ExtprocContext) {
  const { webhook, maskAnswers = false } = options;
  if (webhook === undefined) {
    if (maskAnswers) throw misuse("--mask-answers needs --webhook");
    return undefined;
  }
  const { socket, host, port } = listenAt("--webhook", webhook);
  if (socket !== undefined) throw misuse(say`--webhook expects HOST:PORT, got ${webhook}`);
  return { host, port, masksAnswers: maskAnswers };
}

/**
 * Clients are believed about who the callers are, and, like Envoy, get the servers' secrets to pass
 * on. So they must be on this machine or have a certificate, unless `--plaintext` is given.
 */
async function tlsFor(
  { cwd, options }: ExtprocContext,
  places: readonly ({ readonly host?: string | undefined } | undefined)[],
): Promise<EnvoyTls | undefined> {
  const { plaintext } = options;
  const paths = tlsPathsIn(options);
  if (paths === undefined) {
    const host = places.map((each) => each?.host).find((each) => each && !isLocal(each));
    if (host === undefined || plaintext === true) return undefined;
    throw misuse(
      say`others can connect to ${host}, and could then say who is calling and receive the servers' secrets: give --tls-cert, --tls-key and --tls-ca, listen on 127.0.0.1 or a unix socket, or use --plaintext if the network itself admits only Envoy`,
    );
  }
  if (plaintext === true) throw misuse("--plaintext cannot be combined with --tls-cert");
  return readTlsFiles(cwd, paths);
}

/** Returns the problems in Envoy's configuration file. */
async function problemsIn({ cwd, options }: ExtprocContext): Promise<readonly EnvoyProblem[]> {
  const { envoyConfig: file } = options;
  if (file === undefined) return [];
  return problemsInFile("--envoy-config", resolve(cwd, file));
}

async function checkFile(context: ExtprocContext, isProduction: boolean, log: GatewayLog) {
  const problems = await problemsIn(context);
  const open = problems.filter(({ isOpen }) => isOpen);
  if (isProduction && open.length > 0)
    throw new GlassineError(
      "setting_invalid",
      `Envoy lets unjudged traffic pass. ${open.map(({ text }) => text).join(" ")}`,
    );
  for (const { text } of problems) log.warn("envoy_odd", { text });
}

interface Watched {
  /** Returns why nothing may pass now, if nothing may. */
  closed(): string | undefined;
  close(): void;
}

const notAsked =
  "Envoy's admin interface has not been reached yet, so it is not known whether Envoy is configured safely.";

const notAskedAgain =
  "Envoy's admin interface cannot be reached any more: what it said last still counts.";

function adminIn({ options }: ExtprocContext, isProduction: boolean): string | undefined {
  const { envoyAdmin, envoyConfig } = options;
  if (isProduction && envoyAdmin === undefined && envoyConfig === undefined)
    throw misuse(
      "production needs --envoy-admin or --envoy-config: with `failure_mode_allow`, Envoy lets unjudged traffic pass",
    );
  // Without a scheme, `localhost:9901` is a URL whose scheme is `localhost`.
  const scheme = attempt(() => new URL(envoyAdmin ?? "").protocol);
  if (envoyAdmin !== undefined && scheme !== "http:" && scheme !== "https:")
    throw misuse("--envoy-admin expects an http or https URL, such as http://127.0.0.1:9901");
  return envoyAdmin;
}

function watch(admin: string | undefined, isProduction: boolean, log: GatewayLog): Watched {
  if (admin === undefined) return { closed: () => undefined, close() {} };
  const watched = watchEnvoy({
    url: admin,
    onChange(problems) {
      for (const { isOpen, text } of problems)
        log[isOpen && isProduction ? "error" : "warn"]("envoy_odd", { text });
      if (problems.length === 0) log.info("envoy_safe");
    },
    onUnreachable(why) {
      const known = watched.problems() === undefined ? notAsked : notAskedAgain;
      log.warn("envoy_unreachable", { text: `${known} ${why}` });
    },
  });
  return {
    closed() {
      if (!isProduction) return undefined;
      const problems = watched.problems();
      return problems === undefined ? notAsked : problems.find(({ isOpen }) => isOpen)?.text;
    },
    close: watched.close,
  };
}

export async function check(context: ExtprocContext, { stock }: GatewayServices) {
  const loaded = await load(context);
  const { config } = loaded;
  const { at, webhook } = await frontOf(context, config);
  const inEnvoy = await problemsIn(context);
  const found = await checkGateway(loaded, context, stock, [requireGrpc]);
  const textsOf = (isFatal: boolean) =>
    inEnvoy
      .filter(({ isOpen }) => (isOpen && config.mode === "production") === isFatal)
      .map(({ text }) => text);
  const report = {
    ...found,
    problems: [...found.problems, ...textsOf(true)],
    warnings: [...found.warnings, ...textsOf(false)],
  };
  const { socket, host, port } = at;
  const listens_at = socket === undefined ? hostAndPort(host, port) : `unix:${socket}`;
  const webhook_at = webhook === undefined ? null : hostAndPort(webhook.host, webhook.port);
  const models = Object.entries(config.models).map(([name, { path }]) => [path, name] as const);
  const served_at = Object.fromEntries([...serverPaths(config), ...models]);
  const lines = [
    say`listens at: ${listens_at}`,
    ...(webhook_at === null ? [] : [say`webhook at: ${webhook_at}`]),
    ...Object.entries(served_at).map(([path, name]) => say`${path}: ${name}`),
  ];
  return checkOutcome(loaded, report, context.paint, { listens_at, webhook_at, served_at }, lines);
}
