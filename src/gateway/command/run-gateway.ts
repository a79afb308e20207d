/** Runs a gateway from start to end, with reloads, signals and reports of faults. */
import { setTimeout as pause } from "node:timers/promises";
import { isGlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import type { Environment, Logger } from "../../core/plugins/index.ts";
import {
  type CommandContext,
  type Outcome,
  printable,
  refusal,
  stepsOfRefusal,
} from "../../operate/cli/index.ts";
import {
  type KnownSecrets,
  knownSecrets,
  type LoadedConfig,
  placesOf,
  type ResolvedPlugins,
  type ResolveOptions,
  resolvePlugins,
  type StockPlugins,
  secretReader,
  stackOf,
} from "../config/index.ts";
import { pinFaults, readPins } from "../definitions/index.ts";
import {
  createMetrics,
  currentLog,
  type GatewayLog,
  type GatewayMetrics,
  numberedLogs,
  redactedLog,
} from "../observe/index.ts";
import type { GatewayParts, OpenedGateway, OpenGateway } from "../run/parts.ts";
import { ChildFailure } from "../transports/index.ts";
import { unmatchedServers } from "./check-gateway.ts";
import { type ReloadOutcome, serveReloads } from "./control-socket.ts";
import { missingHere } from "./missing.ts";
import { oddSettings } from "./odd-settings.ts";
import type { GatewayServices, SignalName, SignalSource } from "./services.ts";

interface RunInput {
  readonly openGateway: OpenGateway;
  readonly stock: StockPlugins;
  readonly env: Environment;
  readonly host: CommandContext["host"];
  readonly log: GatewayLog;
  readonly secrets: KnownSecrets;
  readonly signals: SignalSource;
  /** For a gateway that speaks over stdio. */
  readonly stdio?: GatewayParts["stdio"];
  /** For a gateway behind Envoy. */
  readonly envoy?: GatewayParts["envoy"];
  /** Whether to log the stacks of thrown errors. */
  readonly verbose: boolean;
  readonly reportFailuresTo: GatewayServices["reportFailuresTo"];
  readonly onStuck: GatewayServices["onStuck"];
  /** Reads the configuration, at the start and for each reload. */
  readonly load: () => Promise<LoadedConfig>;
}

/** Runs a gateway for a command, and returns its outcome. Throws what `runGateway` throws. */
export async function serveGateway(
  { env, host, options }: CommandContext,
  { openGateway, stock, signals, logStream, reportFailuresTo, onStuck }: GatewayServices,
  own: Pick<RunInput, "log" | "stdio" | "envoy" | "load">,
): Promise<Outcome<never>> {
  const { verbose = false } = options;
  const secrets = knownSecrets(secretReader(env));
  const log = redactedLog(own.log, secrets);
  const given = { openGateway, stock, signals, reportFailuresTo, onStuck, env, host, verbose };
  const running = runGateway({ ...given, ...own, secrets, log });
  const { code } = await running.finally(() => written(logStream));
  // Never printed: --json needs --check.
  return { exitCode: code === undefined ? 0 : 1, document: undefined as never, lines: [] };
}

/** How long the reader of the log has for the last lines. */
const lastLinesMs = 2000;

/** Waits until the log is written: what is left when the process ends is lost. */
async function written(logStream: GatewayServices["logStream"]): Promise<void> {
  const until = performance.now() + lastLinesMs;
  while (logStream.writableLength > 0 && performance.now() < until) await pause(20);
}

/**
 * Resolves when the gateway has ended: without a code if it was asked to end, or its caller left.
 *
 * @throws GlassineError if something is wrong with the configuration or its plugins
 * @throws CommandFailure if the system refuses something, with a message for operators
 */
async function runGateway(input: RunInput): Promise<{ readonly code?: string }> {
  const { signals, env, stdio } = input;
  let running: OpenedGateway | undefined;
  const logOf = numberedLogs();
  const log = currentLog(() => logOf(input.log, running?.generation ?? 1));
  const sets = new Set<ResolvedPlugins>();
  const stopListening: (() => unknown)[] = [];
  stopListening.push(
    input.reportFailuresTo((thrown) => {
      const { text } = describeThrown(thrown);
      const plugin = pluginAt(placesOf(thrown), [...sets]);
      log.error("failed_outside", { plugin, text, ...thrownAt(thrown, input.verbose) });
    }),
  );
  // A signal during the start would otherwise end the process.
  let hasHungUp = false;
  let onHangUp = () => {
    hasHungUp = true;
  };
  const hangUp = () => onHangUp();
  signals.on("SIGHUP", hangUp);
  stopListening.push(() => signals.off("SIGHUP", hangUp));
  try {
    const metrics = createMetrics();
    const hurry = new AbortController();
    const about = { metrics, hurried: hurry.signal, logOf };
    const first = await prepare(input, sets, { ...about, generation: 1 });
    sets.add(first.set);
    const { file } = first;
    const gateway = await input.openGateway(first.parts).catch((error: unknown) => {
      // A server's command that cannot be started is not a bug of the gateway.
      if (error instanceof ChildFailure) throw refusal("io_failed", printable(error.message));
      throw error;
    });
    running = gateway;
    const stopped = stopSignal(signals);
    stopListening.push(stopped.off);
    const asked = Promise.race([gateway.ended, stopped.signal]);
    const reload = reloader(input, gateway, sets, { ...about, ending: asked });
    if (file !== undefined) stopListening.push(await answering(file, env, reload, log));
    onHangUp = () => void reload();
    if (hasHungUp) onHangUp();
    gateway.announce({ mode: first.parts.config.mode });
    const end = await asked;
    stopped.off();
    // A third signal is left to the system, which ends the process at once.
    const again = stopSignal(signals);
    stopListening.push(again.off);
    void again.signal.then(() => {
      again.off();
      hurry.abort();
    });
    if ("signal" in end) {
      log.info("stopping", { signal: end.signal });
      // Nobody reads the answers to open requests, and whoever sent the signal kills it soon.
      if (stdio?.stdin.readableEnded) hurry.abort();
    }
    await gateway.close();
    return "signal" in end ? {} : end;
  } finally {
    // The latest first: a reload socket in use takes a while, and SIGHUP would end the process.
    for (const stop of stopListening.reverse()) await stop();
    for (const set of sets) await close(set);
  }
}

/** Ignores errors, so that a failing set does not keep others from being closed. */
async function close(set: ResolvedPlugins): Promise<void> {
  await set.close().catch(() => {});
}

/** What every generation shares. */
interface Common {
  readonly metrics: GatewayMetrics;
  readonly hurried: AbortSignal;
  /** Returns the log of a generation. */
  readonly logOf: ReturnType<typeof numberedLogs>;
}

interface Prepared extends Pick<LoadedConfig, "file"> {
  readonly parts: GatewayParts;
  readonly set: ResolvedPlugins;
  /** Sentences about what is missing, or probably a mistake. */
  readonly warnings: readonly string[];
}

/** Reads the configuration and loads its plugins. Their set leaves `sets` when nothing uses it. */
async function prepare(
  input: RunInput,
  sets: Set<ResolvedPlugins>,
  { metrics, hurried, logOf, generation }: Common & { readonly generation: number },
): Promise<Prepared> {
  const { env, stdio, stock, envoy, secrets: known } = input;
  // Uses the next generation even for problems of a configuration that is refused in the end.
  const log = logOf(input.log, generation);
  const loaded = await input.load();
  const { config, file, lock } = loaded;
  const { commands, folders, secrets } = await missingHere(loaded, env);
  const missing = [...commands, ...folders, ...secrets];
  // The gateway logs these.
  const pins = pinFaults(config, await readPins(config.definitionsFile));
  const odd = oddSettings(config);
  for (const text of missing) log.warn("missing", { text });
  for (const text of odd) log.warn("setting_odd", { text });
  const logger: Logger = {
    warn: (text, failure) =>
      failure === undefined
        ? log.warn("plugins", { text })
        : log.warn("plugin_disabled", { ...failure, text }),
    error: (text, failure) =>
      failure === undefined
        ? log.error("plugins", { text })
        : log.error("plugin_failed", { ...failure, text }),
  };
  const onHandlerError: NonNullable<ResolveOptions["onHandlerError"]> = (thrown, at, text) =>
    log.error("plugin_failed", { ...at, text, ...thrownAt(thrown, input.verbose) });
  const services = { write: (line: object) => log.info("passed", line) };
  const set = await resolvePlugins(loaded, {
    env,
    stock,
    lock,
    secrets: known,
    onStuck(file) {
      log.error("audit_stuck", { file: printable(file) });
      input.onStuck();
    },
    logger,
    onPrinted: (plugin, text) => log.warn("plugin_printed", { plugin, text: text.trimEnd() }),
    onHandlerError,
    services,
    generation,
    ...(config.admin !== undefined && { metrics: metrics.plugins }),
  });
  const unmatched = set.plugins.flatMap((each) =>
    unmatchedServers(config, each).map((text) => ({ plugin: each.plugin.name, text })),
  );
  for (const skipped of unmatched) log.warn("plugin_skipped", skipped);
  const onUnused = () => void close(set).finally(() => sets.delete(set));
  return {
    file,
    set,
    warnings: [...missing, ...pins, ...odd],
    parts: {
      config,
      audit: config.audit,
      manager: set.manager,
      metrics: config.admin && metrics,
      secrets: known.read,
      log,
      generation,
      hurried,
      stdio,
      envoy,
      onUnused,
    },
  };
}

/**
 * Runs one reload at a time. Requests that come during one share the next, which reads the
 * configuration after all of them. When the gateway ends, open requests are refused at once, so that
 * they do not keep it.
 */
function reloader(
  input: RunInput,
  gateway: OpenedGateway,
  sets: Set<ResolvedPlugins>,
  { ending, ...about }: Common & { readonly ending: Promise<unknown> },
): () => Promise<ReloadOutcome> {
  const log = currentLog(() => about.logOf(input.log, gateway.generation));
  let isEnding = false;
  const refused = ending.then((): ReloadOutcome => {
    isEnding = true;
    const message = "the gateway is shutting down; start it again with the new configuration";
    return { ok: false, generation: gateway.generation, code: "shutting_down", message };
  });
  let last: Promise<unknown> = Promise.resolve();
  let waiting: Promise<ReloadOutcome> | undefined;
  const once = async (): Promise<ReloadOutcome> => {
    let fresh: Prepared | undefined;
    log.info("reloading");
    try {
      fresh = await prepare(input, sets, { ...about, generation: gateway.generation + 1 });
      const { parts, set, warnings } = fresh;
      await gateway.reload(parts);
      sets.add(set);
      return { ok: true, generation: gateway.generation, warnings };
    } catch (error) {
      if (fresh !== undefined) await close(fresh.set);
      const { generation } = gateway;
      const why = reasonOf(error);
      const steps = isGlassineError(error) ? stepsOfRefusal(error, input.host) : [];
      const todo = steps.length > 0 && { todo: steps.join("\n").trim() };
      log.error("reload_refused", { ...why, ...todo });
      return { ok: false, generation, ...why, steps };
    }
  };
  return () => {
    if (waiting === undefined) {
      waiting = last.then(() => {
        waiting = undefined;
        return isEnding ? refused : once();
      });
      last = waiting;
    }
    return Promise.race([waiting, refused]);
  };
}

function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (isGlassineError(error)) return { code: error.code, message: printable(error.message) };
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const name = typeof code === "string" ? "io_failed" : "internal_error";
  return { code: name, message: printable(describeThrown(error).text) };
}

/** Serves the reload socket. A failure is only logged, since SIGHUP still reloads. */
async function answering(
  file: string,
  env: Environment,
  reload: () => Promise<ReloadOutcome>,
  log: GatewayLog,
): Promise<() => unknown> {
  try {
    return await serveReloads(file, env, reload);
  } catch (error) {
    const text = `\`gateway reload\` does not reach this gateway, SIGHUP does: ${describeThrown(error).text}`;
    log.warn("no_reload_socket", { text: printable(text) });
    return () => {};
  }
}

function stopSignal(signals: SignalSource) {
  const names = ["SIGINT", "SIGTERM"] as const;
  const listeners = new Map<SignalName, () => void>();
  const signal = new Promise<{ readonly signal: SignalName }>((resolve) => {
    for (const name of names) listeners.set(name, () => resolve({ signal: name }));
  });
  for (const [name, listener] of listeners) signals.on(name, listener);
  return {
    signal,
    off: () => {
      for (const [name, listener] of listeners) signals.off(name, listener);
    },
  };
}

/** Returns where something was thrown, as log fields. */
function thrownAt(thrown: unknown, verbose: boolean): object {
  const at = placesOf(thrown);
  return { ...(at.length > 0 && { at }), ...(verbose && { stack: stackOf(thrown) }) };
}

/** Returns the name of the plugin, a file or a package, that one of the places is in. */
function pluginAt(places: readonly string[], sets: readonly ResolvedPlugins[]): string | undefined {
  const all = sets.flatMap(({ plugins }) => plugins);
  const isIn = (place: string, { from, source }: (typeof all)[number]) =>
    from === "path" ? place.startsWith(`${source}:`) : place.includes(`/node_modules/${source}/`);
  const found = places.flatMap((place) => all.filter((each) => isIn(place, each)));
  return found[0]?.plugin.name;
}
