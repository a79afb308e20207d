/** Wires a gateway: fronts, guards, servers. */

import process from "node:process";
import { within } from "../../core/data/index.ts";
import { type Definitions, type Pins, readPins } from "../definitions/index.ts";
import { type EnvoyServer, envoyServer } from "../envoy/index.ts";
import {
  createIdentifier,
  type Identifier,
  localIdentity,
  type Refusal,
} from "../identity/index.ts";
import {
  createMetrics,
  type GatewayMetrics,
  type HookRan,
  loadTelemetry,
  numberedLog,
  recordHook,
  tracingBy,
} from "../observe/index.ts";
import { RoutingMemory } from "../router/index.ts";
import {
  isLasting,
  type Message,
  type Refusable,
  stdioFront,
  whenClosed,
} from "../transports/index.ts";
import { type AdminOptions, openAdminPort, type Readiness } from "./admin-port.ts";
import { refusalFor } from "./answers.ts";
import { AuditFailures } from "./audit-failures.ts";
import { none, sum } from "./counts.ts";
import type { McpEndpoint } from "./endpoint.ts";
import { checkFixed } from "./fixed-settings.ts";
import { GatewayEvents } from "./gateway-events.ts";
import type { Caller } from "./guarded-server.ts";
import { HttpRequests } from "./http-requests.ts";
import { openLabelStore } from "./label-store.ts";
import { closeNow, type Listening, listenOn } from "./listen.ts";
import { loadSdk } from "./load-sdk.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { ModelRoutes } from "./model-routes.ts";
import type { EnvoyFront, Gateway, GatewayCounts, GatewayParts } from "./parts.ts";
import { passEndpoint } from "./pass-endpoint.ts";
import { type Server, serverOf } from "./server.ts";
import { Servers } from "./servers.ts";
import { strictTrail } from "./strict-trail.ts";
import { wire } from "./wire.ts";

/** How often idle sessions are looked for. */
const sweepMs = 60_000;
/** How long sending the last refusals may take when the gateway ends. */
const lastAnswersMs = 2000;

type Listen = NonNullable<GatewayParts["config"]["listen"]>;

/** Starts a gateway from checked parts. */
export async function openGateway(parts: GatewayParts): Promise<Gateway<GatewayParts>> {
  const opened: (() => unknown)[] = [];
  try {
    return await start(parts, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

/** Adds to `opened` what has to be closed if a later step fails. */
async function start(
  given: GatewayParts,
  opened: (() => unknown)[],
): Promise<Gateway<GatewayParts>> {
  const tracing = given.config.tracing ? tracingBy(await loadTelemetry()) : undefined;
  let generation = 1;
  const prepared = (of: GatewayParts): GatewayParts => ({
    ...of,
    log: numberedLog(of.log, () => generation),
    manager: tracing === undefined ? of.manager : tracing.manager(of.manager),
  });
  const parts = prepared(given);
  let current = parts;
  let state: Readiness = "starting";
  const { envoy } = parts;
  const { listen, admin } = parts.config;
  const { store, close: closeStore } = await openLabelStore(parts);
  opened.push(closeStore);

  const metrics = admin && (parts.metrics ?? createMetrics());
  const events = new GatewayEvents(() => current.log, metrics);
  const trail = strictTrail(() => current);
  const auditFailures = new AuditFailures();
  const callers = new Map<string, Caller>();
  const known = new Map<string, Definitions>();
  const servers = new Servers(makeServers);
  const models = new ModelRoutes({
    store,
    tracing,
    metrics,
    parts: () => current,
    hookRecorder,
    onFailure: (route, failed) => events.failed({ route }, failed),
    webhook: envoy?.webhook,
  });
  let finish: (end: { code?: string }) => void = () => {};
  const ended = new Promise<{ code?: string }>((resolve) => {
    finish = resolve;
  });
  let identifier: Identifier | undefined;
  let endpoint: McpEndpoint | undefined;

  const adminPort = admin && metrics && (await openAdminPort(admin, adminOptions(metrics)));
  if (adminPort !== undefined) opened.push(() => closeNow(adminPort));
  identifier = await makeIdentifier(parts);
  auditFailures.add(parts.manager);
  servers.use(parts, await readPins(parts.config.definitionsFile));
  void models.use(models.make(parts));
  const memory = new RoutingMemory(servers.names);
  endpoint = listen && (await openEndpoint());
  const requests = endpoint && httpRequests(endpoint);
  const processor = listen && requests && envoy && (await serveEnvoy(envoy, listen, requests));
  const http = listen && requests && !envoy ? await serve(listen, requests) : undefined;
  const webhook = listen && requests && envoy && (await serveWebhook(envoy, listen, requests));
  const stdio = listen === undefined ? await serveStdio() : undefined;
  const sweep = setInterval(() => void endpoint?.endIdle(), sweepMs).unref();
  parts.log.info("started", {
    ...http?.address,
    ...(adminPort && { admin: adminPort.address }),
    ...(webhook && { webhook: webhook.address }),
    servers: servers.names,
  });
  state = "ready";

  function adminOptions(counted: GatewayMetrics): AdminOptions {
    return {
      store,
      generation: () => generation,
      state: () => (state === "ready" && trail.isLosing() ? "audit_failed" : state),
      metrics: () =>
        counted.text({
          generation,
          open_requests: counts().open,
          open_sessions: endpoint?.sessions() ?? 0,
          audit_failures_total: auditFailures.total(),
        }),
    };
  }

  async function makeIdentifier({ config }: GatewayParts): Promise<Identifier | undefined> {
    const onRefused = (refusal: Refusal) => events.refused(refusal);
    return listen && createIdentifier(config.identity, { listen, onRefused });
  }

  /** Uses the current identifier, so that older sessions hide the current identity headers too. */
  function headersToShow(headers: Headers): Readonly<Record<string, string>> {
    return identifier?.headersToShow(headers) ?? {};
  }

  function makeServers(of: GatewayParts, pins: ReadonlyMap<string, Pins>): readonly Server[] {
    return Object.entries(of.config.servers).map(([name, config]) =>
      serverOf(name, config, {
        parts: of,
        store,
        callers,
        tracing,
        pins: pins.get(name),
        known,
        headersToShow,
        onEnd: (server, end) => events.ended(server, end),
        onHook: hookRecorder(of),
        onFailure: (server, failed) => events.failed({ server }, failed),
        onRestarted: (server) => events.serverRestarted(server),
        onDropped,
        onError: (server, error) => events.serverFailed(server, error),
      }),
    );
  }

  function onDropped(server: string, message: Message): void {
    events.droppedMessage(server, message);
  }

  /** Uses the current manager, also for the guards of older sessions. */
  function hookRecorder({ audit, config: { tenant } }: GatewayParts) {
    if (audit?.hooks !== true) return undefined;
    return (ran: HookRan) => recordHook(current.manager, tenant, ran);
  }

  async function openEndpoint(): Promise<McpEndpoint> {
    const of = {
      sdk: await loadSdk(),
      servers: () => servers.current,
      callers,
      tracing,
      log: parts.log,
    };
    if (envoy !== undefined)
      return passEndpoint({
        ...of,
        parts: () => current,
        store,
        onDropped,
      });
    return mcpEndpoint({
      ...of,
      path: listen?.path ?? "/",
      limits: () => current.config.limits,
      memory: () => memory,
    });
  }

  function httpRequests(mcp: McpEndpoint): HttpRequests {
    return new HttpRequests({
      parts: () => current,
      identifier: () => identifier as Identifier,
      mcp,
      models,
      tracing,
      events,
      isEnding: () => state === "shutting_down",
      isUnsafe: () => envoy?.closed?.() !== undefined,
      isLosing: () => trail.isLosing(),
    });
  }

  async function serve(settings: Listen, to: HttpRequests): Promise<Listening> {
    const listening = await listenOn("listen", settings, (request, connection) =>
      to.answer(request, connection, { ...settings, ...listening.address }),
    );
    opened.push(() => closeNow(listening));
    return listening;
  }

  async function serveEnvoy(
    { at, tls }: EnvoyFront,
    settings: Listen,
    to: HttpRequests,
  ): Promise<EnvoyServer> {
    const serving = await envoyServer({
      listen: at,
      tls,
      respond: (request, connection) => to.answer(request, connection, settings),
      single: (name) => identifier?.isTrusted(name) === true,
      onNote: (note) => events.envoy(note),
    });
    opened.push(() => serving.close());
    return serving;
  }

  async function serveWebhook(
    { webhook: at, tls }: EnvoyFront,
    settings: Listen,
    to: HttpRequests,
  ): Promise<Listening | undefined> {
    if (at === undefined) return undefined;
    const listening = await listenOn(
      "--webhook",
      at,
      (request, connection) => to.answerWebhook(request, connection, settings),
      tls,
    );
    opened.push(() => closeNow(listening));
    return listening;
  }

  async function serveStdio() {
    const { limits, identity: settings } = parts.config;
    const { stdin, stdout } = parts.stdio ?? process;
    const identity = localIdentity(settings);
    const transport = stdioFront({
      stdin,
      stdout,
      authInfo: identity,
      maxBytes: limits.messageBytes,
      queuedBytes: limits.queuedBytes,
      drainMs: limits.shutdownMs,
      refuses: () => (trail.isLosing() ? refusalFor("audit_failed") : undefined),
    });
    transport.sessionId = "stdio";
    callers.set("stdio", { identity, session: "stdio" });
    const { log } = parts;
    const wired = await wire(transport, {
      servers: servers.current,
      latest: () => servers.current,
      memory,
      log,
      tracing,
      key: identity.key,
      session: "stdio",
    });
    whenClosed(transport, () => {
      const isGone = wired.isGone() && state !== "shutting_down";
      if (isGone) log.error("servers_gone", { text: "No server is left: see the lines before." });
      finish(isGone ? { code: "servers_gone" } : {});
    });
    return wired;
  }

  async function reload(of: GatewayParts): Promise<void> {
    const next = prepared(of);
    checkFixed(current.config, next.config);
    const nextIdentifier = await makeIdentifier(next);
    const routes = models.make(next);
    const pins = await readPins(next.config.definitionsFile);
    const { removed, unused } = servers.use(next, pins);
    const routesUnused = models.use(routes);
    const { manager, onUnused } = current;
    void Promise.all([unused, routesUnused]).then(() => {
      if (manager !== current.manager) auditFailures.remove(manager);
      onUnused?.();
    });
    identifier = nextIdentifier;
    memory.use(servers.names);
    auditFailures.add(next.manager);
    current = next;
    generation += 1;
    void endpoint?.endWith(removed);
    next.log.info("reloaded", { servers: servers.names });
  }

  async function close(): Promise<void> {
    if (state === "shutting_down") return;
    if (processor !== undefined) {
      processor.leave();
      await waitUntil(() => false, envoy?.leaveMs ?? 0);
    }
    state = "shutting_down";
    void processor?.drain();
    clearInterval(sweep);
    http?.server.close();
    webhook?.server.close();
    await refuse(isLasting);
    await waitUntil(() => openRequests() === 0, current.config.limits.shutdownMs);
    await refuse(() => true);
    await models.close();
    await endpoint?.close();
    await stdio?.close();
    await servers.close();
    await waitUntil(() => requests === undefined || requests.open === 0, lastAnswersMs);
    http?.server.closeAllConnections();
    webhook?.server.closeAllConnections();
    processor?.close();
    if (adminPort !== undefined) closeNow(adminPort);
    await closeStore();
    current.log.info("stopped");
    finish({});
  }

  /** Refuses open requests with these methods. Does not wait long for callers that do not read. */
  async function refuse(isMeant: Parameters<Refusable["refuse"]>[1]): Promise<void> {
    const refusal = refusalFor("shutting_down");
    await within(lastAnswersMs, () =>
      Promise.all([endpoint, stdio].map((each) => each?.refuse(refusal, isMeant))),
    );
  }

  /** How many requests to servers and models are open. */
  function openRequests(): number {
    return models.open() + counts().open;
  }

  function counts(): GatewayCounts {
    return sum(servers.counts(), { ...none, ...models.counts(), dropped: events.dropped });
  }

  return {
    address: http?.address,
    get generation() {
      return generation;
    },
    counts,
    reload,
    close,
    ended,
  };
}

/** Waits until `isDone` returns true, but no longer than `ms`. */
async function waitUntil(isDone: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!isDone() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
