/** Wires a gateway: fronts, guards, servers. */

import process from "node:process";
import { within } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { notify } from "../../providers/guard/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { type Pins, pinFaults, readPins } from "../definitions/index.ts";
import {
  createIdentifier,
  type Identifier,
  localIdentity,
  type Refusal,
} from "../identity/index.ts";
import {
  createMetrics,
  currentLog,
  type GatewayMetrics,
  type HookRan,
  loadTelemetry,
  recordHook,
  Tracing,
} from "../observe/index.ts";
import { RoutingMemory } from "../router/index.ts";
import { isLasting, type Refusable, stdioFront, whenClosed } from "../transports/index.ts";
import { openAdminPort, type Readiness } from "./admin-port.ts";
import { refusalFor } from "./answers.ts";
import { AuditFailures } from "./audit-failures.ts";
import { none, sum } from "./counts.ts";
import type { McpEndpoint } from "./endpoint.ts";
import { checkFixed } from "./fixed-settings.ts";
import { GatewayEvents } from "./gateway-events.ts";
import type { Caller } from "./guarded-server.ts";
import { HttpRequests } from "./http-requests.ts";
import { openLabelStore } from "./label-store.ts";
import { closeNow, type Listening } from "./listen.ts";
import { loadSdk } from "./load-sdk.ts";
import { DirectEndpoint } from "./mcp-endpoint.ts";
import { ModelRoutes } from "./model-routes.ts";
import type { GatewayCounts, GatewayLog, GatewayParts, OpenedGateway } from "./parts.ts";
import { PassEndpoint } from "./pass-endpoint.ts";
import { type Listen, Ports } from "./ports.ts";
import { type Kept, type Server, serverOf } from "./server.ts";
import { Servers } from "./servers.ts";
import { skippedPlugins } from "./skipped.ts";
import { strictTrail } from "./strict-trail.ts";
import { type Wire, type Wired, wireWith } from "./wire.ts";

/** How often idle sessions are looked for. */
const sweepMs = 60_000;
/** How long sending the last refusals may take when the gateway ends. */
const lastAnswersMs = 2000;

type OpenLabelStore = Awaited<ReturnType<typeof openLabelStore>>;

/** Starts a gateway from checked parts. */
export async function openGateway(parts: GatewayParts): Promise<OpenedGateway> {
  const tracing = parts.config.tracing ? new Tracing(await loadTelemetry()) : undefined;
  let gateway: RunningGateway | undefined;
  const log = currentLog(() => gateway?.log ?? parts.log);
  gateway = new RunningGateway(parts, tracing, await openLabelStore({ ...parts, log }));
  try {
    await gateway.start();
    return gateway;
  } catch (error) {
    await gateway.release();
    throw error;
  }
}

class RunningGateway implements OpenedGateway {
  readonly #tracing: Tracing | undefined;
  /** A reload replaces them. */
  #parts: GatewayParts;
  readonly #labels: OpenLabelStore;
  /** For what outlives a reload. */
  readonly #log = currentLog(() => this.#parts.log);
  readonly #metrics: GatewayMetrics | undefined;
  readonly #events: GatewayEvents;
  readonly #trail: ReturnType<typeof strictTrail>;
  readonly #auditFailures = new AuditFailures();
  readonly #callers = new Map<string, Caller>();
  readonly #servers: Servers;
  readonly #models: ModelRoutes;
  readonly #memory: RoutingMemory;
  readonly #wire: Wire;
  readonly #ports = new Ports();
  #state: Readiness = "starting";
  #adminPort: Listening | undefined;
  #identifier: Identifier | undefined;
  #endpoint: McpEndpoint | undefined;
  #requests: HttpRequests | undefined;
  #stdio: Wired | undefined;
  #sweep: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;
  #finish: (end: { code?: string }) => void = () => {};
  readonly ended = new Promise<{ code?: string }>((resolve) => {
    this.#finish = resolve;
  });

  constructor(parts: GatewayParts, tracing: Tracing | undefined, labels: OpenLabelStore) {
    const { config, metrics, envoy } = parts;
    this.#tracing = tracing;
    this.#parts = this.#traced(parts);
    this.#labels = labels;
    this.#metrics = metrics ?? (config.admin && createMetrics());
    this.#events = new GatewayEvents(this.#log, this.#metrics);
    if (tracing !== undefined)
      tracing.onError = ({ message: text }) => this.#log.warn("tracing_error", { text });
    this.#servers = new Servers((...from) => this.#makeServer(...from), this.#events);
    this.#trail = strictTrail(() => this.#parts, this.#auditFailures);
    this.#memory = new RoutingMemory(Object.keys(config.servers));
    this.#wire = wireWith({
      latest: () => this.#servers.current,
      memory: this.#memory,
      log: this.#log,
      events: this.#events,
      tracing,
    });
    this.#models = new ModelRoutes({
      store: labels.store,
      tracing,
      log: this.#log,
      events: this.#events,
      hookRecorder: (parts) => this.#hookRecorder(parts),
      webhook: envoy?.webhook,
    });
  }

  async start(): Promise<void> {
    const parts = this.#parts;
    const { listen } = parts.config;
    await this.#openAdminPort();
    this.#identifier = await this.#makeIdentifier(parts);
    this.#auditFailures.add(parts.manager);
    const pins = await readPins(parts.config.definitionsFile);
    warn(parts, pins);
    this.#servers.use(parts, pins);
    void this.#models.use(this.#models.make(parts));
    if (listen === undefined) await this.#serveStdio(parts);
    else await this.#serveHttp(parts, listen);
    this.#sweep = setInterval(() => void this.#endpoint?.sessions.endIdle(), sweepMs).unref();
    this.#state = "ready";
  }

  announce(more?: object): void {
    const parts = this.#parts;
    const { address, webhookAddress } = this.#ports;
    parts.log.info("ready", {
      front: parts.envoy?.at ?? address ?? "stdio",
      ...(this.#adminPort && { admin: this.#adminPort.address }),
      ...(webhookAddress && { webhook: webhookAddress }),
      ...namesIn(parts),
      ...more,
    });
  }

  async #openAdminPort(): Promise<void> {
    const { admin } = this.#parts.config;
    const metrics = this.#metrics;
    if (admin === undefined || metrics === undefined) return;
    this.#adminPort = await openAdminPort(admin, {
      store: this.#labels.store,
      generation: () => this.generation,
      state: () =>
        this.#state === "ready" && this.#trail.isLosing() ? "audit_failed" : this.#state,
      metrics: () =>
        metrics.text({
          generation: this.generation,
          open_requests: this.#servers.openRequests,
          open_sessions: this.#endpoint?.sessions.size ?? 0,
          audit_failures_total: this.#auditFailures.total(),
          log_lines_lost_total: this.#parts.log.lost?.() ?? 0,
        }),
    });
  }

  async #makeIdentifier({ config }: GatewayParts): Promise<Identifier | undefined> {
    const { listen } = this.#parts.config;
    const onRefused = (refusal: Refusal) => this.#events.refused(refusal);
    return listen && createIdentifier(config.identity, { listen, onRefused });
  }

  #makeServer(name: string, config: ServerConfig, parts: GatewayParts, kept: Kept): Server {
    return serverOf(name, config, {
      parts,
      log: this.#log,
      store: this.#labels.store,
      callers: this.#callers,
      tracing: this.#tracing,
      ...kept,
      // By the current identifier, so that older sessions hide the current identity headers too.
      headersToShow: (headers) => this.#identifier?.headersToShow(headers) ?? {},
      events: this.#events,
      onHook: this.#hookRecorder(parts),
    });
  }

  /** Uses the current manager, also for the guards of older sessions. */
  #hookRecorder({ audit, config: { tenant } }: GatewayParts) {
    if (audit?.hooks !== true) return undefined;
    return (ran: HookRan) => recordHook(this.#parts.manager, tenant, ran);
  }

  async #serveHttp(parts: GatewayParts, listen: Listen): Promise<void> {
    const { envoy } = parts;
    const mcp = await this.#openEndpoint(parts, listen);
    const requests = new HttpRequests({
      parts: () => this.#parts,
      identifier: () => this.#identifier as Identifier,
      mcp,
      models: this.#models,
      tracing: this.#tracing,
      events: this.#events,
      isEnding: () => this.#state === "shutting_down",
      isUnsafe: () => envoy?.closed?.() !== undefined,
      isLosing: () => this.#trail.isLosing(),
    });
    this.#endpoint = mcp;
    this.#requests = requests;
    if (envoy === undefined)
      return this.#ports.listen(listen, requests, ({ code, status }) =>
        this.#events.answered(code, status),
      );
    return this.#ports.listenBehindEnvoy(envoy, listen, requests, {
      single: (name) => this.#identifier?.isTrusted(name) === true,
      onNote: (note) => this.#events.envoy(note),
    });
  }

  async #openEndpoint({ envoy }: GatewayParts, { path }: Listen): Promise<McpEndpoint> {
    const about = {
      sdk: await loadSdk(),
      servers: () => this.#servers.current,
      callers: this.#callers,
      wire: this.#wire,
      log: this.#log,
      events: this.#events,
      forgetLabels: this.#labels.forget,
    };
    if (envoy !== undefined)
      return new PassEndpoint({
        ...about,
        parts: () => this.#parts,
        store: this.#labels.store,
      });
    return new DirectEndpoint({
      ...about,
      path,
      limits: () => this.#parts.config.limits,
    });
  }

  async #serveStdio({ config, stdio }: GatewayParts): Promise<void> {
    const { limits } = config;
    const { stdin, stdout } = stdio ?? process;
    const identity = localIdentity(config.identity);
    const transport = stdioFront({
      stdin,
      stdout,
      authInfo: identity,
      maxBytes: limits.messageBytes,
      queuedBytes: limits.queuedBytes,
      drainMs: limits.shutdownMs,
      onCut: () => this.#log.warn("reader_too_slow"),
      refuses: () => (this.#trail.isLosing() ? refusalFor("audit_failed") : undefined),
    });
    transport.sessionId = "stdio";
    this.#callers.set("stdio", { identity, session: "stdio" });
    const about = { key: identity.key, session: "stdio" };
    const wired = await this.#wire(transport, this.#servers.current, about);
    this.#stdio = wired;
    whenClosed(transport, () => {
      const isGone = wired.isGone() && this.#state !== "shutting_down";
      if (isGone)
        this.#log.error("servers_gone", { text: "No server is left: see the lines before." });
      this.#finish(isGone ? { code: "servers_gone" } : {});
    });
  }

  get address() {
    return this.#ports.address;
  }

  get generation(): number {
    return this.#parts.generation;
  }

  get log(): GatewayLog {
    return this.#parts.log;
  }

  counts(): GatewayCounts {
    const here = { ...none, ...this.#models.counts(), dropped: this.#events.dropped };
    return sum(this.#servers.counts(), here);
  }

  async reload(parts: GatewayParts): Promise<void> {
    const next = this.#traced(parts);
    checkFixed(this.#parts.config, next.config);
    const identifier = await this.#makeIdentifier(next);
    const pins = await readPins(next.config.definitionsFile);
    if (this.#closing !== undefined)
      throw new GlassineError("manager_closed", "The gateway is closed; create a new one.");
    const routes = this.#models.make(next);
    const { removed, unused } = this.#servers.use(next, pins);
    const routesUnused = this.#models.use(routes);
    const replaced = this.#parts;
    void Promise.all([unused, routesUnused]).then(() => this.#retire(replaced));
    this.#identifier = identifier;
    this.#memory.use(this.#servers.names);
    this.#auditFailures.add(next.manager);
    this.#parts = next;
    warn(next, pins);
    void this.#endpoint?.endWith(removed);
    next.log.info("reloaded", namesIn(next));
  }

  #traced(parts: GatewayParts): GatewayParts {
    return { ...parts, manager: this.#tracing?.manager(parts.manager) ?? parts.manager };
  }

  /** No request uses these replaced parts any more. */
  #retire({ manager, onUnused }: GatewayParts): void {
    if (manager !== this.#parts.manager) this.#auditFailures.remove(manager);
    notify(onUnused, () => undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    await this.#ports.leave();
    this.#state = "shutting_down";
    this.#ports.drain();
    clearInterval(this.#sweep);
    await this.#refuse(isLasting);
    // A question of a server does not keep the gateway: its caller may never answer it.
    const openRequests = () => this.#models.open() + this.#servers.openRequests;
    const { hurried, config } = this.#parts;
    const isDone = () => openRequests() === 0 || hurried?.aborted === true;
    await waitUntil(isDone, config.limits.shutdownMs);
    await this.#refuse(() => true);
    await this.#models.close();
    await this.#endpoint?.connected.closeAll();
    await this.#stdio?.close();
    await this.#servers.close();
    const unsent = () => this.#models.open() + (this.#requests?.open ?? 0);
    await waitUntil(() => unsent() === 0, lastAnswersMs);
    await this.release();
    this.#log.info("stopped");
    this.#finish({});
  }

  /** Refuses open requests with these methods. Does not wait long for callers that do not read. */
  async #refuse(isMeant: Parameters<Refusable["refuse"]>[1]): Promise<void> {
    const refusal = refusalFor("shutting_down");
    await within(lastAnswersMs, () =>
      Promise.all(
        [this.#endpoint?.connected, this.#stdio].map((each) => each?.refuse(refusal, isMeant)),
      ),
    );
  }

  /** Closes the ports and the label store, also if the gateway could not be started. */
  async release(): Promise<void> {
    this.#ports.close();
    if (this.#adminPort !== undefined) closeNow(this.#adminPort);
    await this.#labels.close();
  }
}

/** Logs what is probably a mistake. */
function warn(parts: GatewayParts, pins: ReadonlyMap<string, Pins>): void {
  const { config, log } = parts;
  for (const text of pinFaults(config, pins)) log.warn("pins", { text });
  for (const skipped of skippedPlugins(parts)) log.warn("plugin_skipped", skipped);
}

function namesIn({ config, manager }: GatewayParts): object {
  return {
    servers: Object.keys(config.servers),
    models: Object.keys(config.models),
    plugins: manager.plugins.map(({ name }) => name),
  };
}

/** Waits until `isDone` returns true, but no longer than `ms`. */
async function waitUntil(isDone: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!isDone() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
