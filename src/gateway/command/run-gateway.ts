/** Runs a gateway from its start to its end: reloads, signals, and what is said of its faults. */
import { isGlassineError } from "../../core/errors/index.ts";
import { describeThrown } from "../../core/observe/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { printable } from "../../operate/cli/index.ts";
import {
  type LoadedConfig,
  type ResolvedPlugins,
  resolvePlugins,
  type StockPlugins,
  secretReader,
} from "../config/index.ts";
import {
  type CreateGateway,
  createMetrics,
  type Gateway,
  type GatewayLog,
  type GatewayMetrics,
  type GatewayParts,
} from "../run/index.ts";
import { type ReloadOutcome, serveReloads } from "./control-socket.ts";
import { missingCommands, missingSecrets } from "./missing.ts";
import { startFault } from "./start-fault.ts";

type SignalName = "SIGHUP" | "SIGINT" | "SIGTERM";

/** What is needed of `process` for signals. */
export interface SignalSource {
  on(signal: SignalName, listener: () => void): unknown;
  off(signal: SignalName, listener: () => void): unknown;
}

export interface RunInput {
  readonly createGateway: CreateGateway;
  readonly stock: StockPlugins;
  readonly env: Environment;
  readonly lock: string | undefined;
  readonly log: GatewayLog;
  readonly signals: SignalSource;
  readonly stdio: NonNullable<GatewayParts["stdio"]>;
  /** Reads the configuration anew. */
  readonly load: () => Promise<LoadedConfig>;
}

/**
 * Resolves when the gateway has ended: without a code where it was asked to, or its caller left.
 *
 * @throws GlassineError what is wrong with the configuration or its plugins
 * @throws CommandFailure what the system refuses, in words for an operator
 */
export async function runGateway(input: RunInput): Promise<{ readonly code?: string }> {
  const { log, signals, env } = input;
  const sets: ResolvedPlugins[] = [];
  const stopListening: (() => unknown)[] = [];
  try {
    const metrics = createMetrics();
    const first = await prepare(input, sets, { metrics, generation: 1 });
    const gateway = await input.createGateway(first.parts).catch((error: unknown) => {
      throw startFault(error);
    });
    const reload = reloader(input, gateway, sets, metrics);
    const { file } = first;
    if (file !== undefined) stopListening.push(await answering(file, env, reload, log));
    const onHangUp = () => void reload();
    signals.on("SIGHUP", onHangUp);
    stopListening.push(() => signals.off("SIGHUP", onHangUp));
    const stopped = stopSignal(signals);
    stopListening.push(stopped.off);
    log.info("ready", readyFields(gateway, first.parts));
    const end = await Promise.race([gateway.ended, stopped.signal]);
    // The default of the system is back: a second signal ends the process at once.
    stopped.off();
    if ("signal" in end) log.info("stopping", { signal: end.signal });
    await gateway.close();
    const { code } = "signal" in end ? {} : end;
    log.info("ended", code === undefined ? {} : { code });
    return code === undefined ? {} : { code };
  } finally {
    for (const stop of stopListening) await stop();
    for (const set of sets) await set.close().catch(() => {});
  }
}

function readyFields(gateway: Gateway, { config, manager }: GatewayParts): object {
  const { address, generation } = gateway;
  return {
    generation,
    front: address ?? "stdio",
    servers: Object.keys(config.servers),
    models: Object.keys(config.models),
    plugins: manager.plugins?.map(nameOf) ?? [],
    mode: config.mode,
  };
}

interface Prepared extends Pick<LoadedConfig, "file"> {
  readonly parts: GatewayParts;
}

const nameOf = ({ name }: { readonly name: string }): string => name;

/** Reads the configuration and loads its plugins. `sets` gets them, to be closed at the end. */
async function prepare(
  input: RunInput,
  sets: ResolvedPlugins[],
  { metrics, generation }: { readonly metrics: GatewayMetrics; readonly generation: number },
): Promise<Prepared> {
  const { env, log, stdio, stock, lock } = input;
  const { config, folder, file } = await input.load();
  const missing = [...(await missingCommands(config, folder, env)), ...missingSecrets(config, env)];
  for (const text of missing) log.warn("missing", { text });
  const logger = {
    warn: (text: string) => log.warn("plugins", { text }),
    error: (text: string) => log.error("plugins", { text }),
  };
  const services = { write: (line: object) => log.info("passed", line) };
  const set = await resolvePlugins(
    { config, folder },
    {
      ...{ env, stock, lock, logger, services, generation },
      ...(config.admin !== undefined && { metrics: metrics.plugins }),
    },
  );
  sets.push(set);
  const { manager } = set;
  return { file, parts: { config, manager, metrics, secrets: secretReader(env), log, stdio } };
}

/** One reload at a time; what is asked for meanwhile is the next one. */
function reloader(
  input: RunInput,
  gateway: Gateway,
  sets: ResolvedPlugins[],
  metrics: GatewayMetrics,
): () => Promise<ReloadOutcome> {
  const { log } = input;
  let last: Promise<unknown> = Promise.resolve();
  const once = async (): Promise<ReloadOutcome> => {
    const fresh: ResolvedPlugins[] = [];
    try {
      const { parts } = await prepare(input, fresh, {
        metrics,
        generation: gateway.generation + 1,
      });
      await gateway.reload(parts);
      // Requests under way may still use those before: they are closed at the end.
      sets.push(...fresh);
      const { generation } = gateway;
      log.info("configured", { generation, plugins: parts.manager.plugins?.map(nameOf) });
      return { ok: true, generation };
    } catch (error) {
      for (const set of fresh) await set.close().catch(() => {});
      const { generation } = gateway;
      const why = reasonOf(error);
      log.error("reload_refused", { generation, ...why });
      return { ok: false, generation, ...why };
    }
  };
  return () => {
    const next = last.then(once);
    last = next;
    return next;
  };
}

function reasonOf(error: unknown): { readonly code: string; readonly message: string } {
  if (isGlassineError(error)) return { code: error.code, message: printable(error.message) };
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  const name = typeof code === "string" ? "io_failed" : "internal_error";
  return { code: name, message: printable(describeThrown(error).text) };
}

/** Without the socket SIGHUP still reloads, so that it stops nothing. */
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
