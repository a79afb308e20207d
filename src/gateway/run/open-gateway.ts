/** Wires a gateway: fronts, guards, servers. */

import process from "node:process";
import { within } from "../../core/data/index.ts";
import type { GuardEnd } from "../../providers/mcp/index.ts";
import { type Definitions, type Pins, readPins } from "../definitions/index.ts";
import {
  errorOf,
  isLasting,
  type Message,
  type Refusable,
  stdioFront,
  whenClosed,
} from "../ends/index.ts";
import { type EnvoyNote, type EnvoyServer, envoyNotes, envoyServer } from "../envoy/index.ts";
import {
  checkOrigin,
  createIdentifier,
  type Identifier,
  type Identity,
  localIdentity,
  type Refusal,
} from "../identity/index.ts";
import { beginsExchange, type ModelRoute, rejectionFor } from "../models/index.ts";
import {
  createMetrics,
  failureOf,
  type GatewayMetrics,
  type HookRan,
  loadTelemetry,
  numberedLog,
  recordHook,
  tracingBy,
} from "../observe/index.ts";
import { Homes } from "../router/index.ts";
import { type AdminOptions, openAdminPort, type Readiness } from "./admin-port.ts";
import { answer, codeOf, refusalFor } from "./answers.ts";
import { none, sum } from "./counts.ts";
import { limitOf, type McpEndpoint } from "./endpoint.ts";
import { checkFixed } from "./fixed-settings.ts";
import { type Caller, labelSessionOf, slotsOf } from "./guarded-server.ts";
import { openLabelStore } from "./label-store.ts";
import { type Connection, closeNow, type Listening, listenOn } from "./listen.ts";
import { loadSdk } from "./load-sdk.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { ModelRoutes } from "./model-routes.ts";
import { forPage } from "./pages.ts";
import type { Address, EnvoyFront, Gateway, GatewayCounts, GatewayParts } from "./parts.ts";
import { passEndpoint } from "./pass-endpoint.ts";
import { requestRate } from "./request-rate.ts";
import { type Server, serverOf } from "./server.ts";
import { strictTrail } from "./strict-trail.ts";
import { wire } from "./wire.ts";

/** How often sessions without traffic are looked for. */
const sweepMs = 60_000;
/** How long refusals may take to be sent when the gateway ends. */
const lastAnswersMs = 2000;

/** Starts a gateway of parts that were checked. */
export async function openGateway(parts: GatewayParts): Promise<Gateway<GatewayParts>> {
  const opened: (() => unknown)[] = [];
  try {
    return await start(parts, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

/** `opened` gets what has to be closed where a later step fails. */
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
  const callers = new Map<string, Caller>();
  const { store, close: closeStore } = await openLabelStore(parts);
  opened.push(closeStore);
  let current = parts;
  const trail = strictTrail(() => current);
  let state: Readiness = "starting";
  /** Guards and connections of this generation and of those that still have sessions. */
  const all = new Set<Server>();
  /** Counted by guards that are gone, and failures of the audit of managers that are. */
  const past = { counts: none, auditFailures: 0 };
  /** HTTP answers that are not sent to their end. */
  let openAnswers = 0;
  /** Messages that ends dropped; guards count those that they drop themselves. */
  let dropped = 0;
  /** A server or caller that floods us does not fill the log: so many lines of a kind a minute. */
  const lines = requestRate(() => 60);
  const limit = limitOf(() => current.config.limits.requestsPerMinute);
  let servers: readonly Server[] = [];
  let finish: (end: { code?: string }) => void = () => {};
  const ended = new Promise<{ code?: string }>((resolve) => {
    finish = resolve;
  });

  const { listen, admin, definitionsFile } = parts.config;
  const metrics = admin && (parts.metrics ?? createMetrics());
  const adminPort = admin && metrics && (await openAdminPort(admin, adminOptions(metrics)));
  if (adminPort !== undefined) opened.push(() => closeNow(adminPort));
  const managers = new Set([parts.manager]);
  const known = new Map<string, Definitions>();
  let identifier = await makeIdentifier(parts);

  servers = makeServers(parts, await readPins(definitionsFile));
  const homes = new Homes(servers.map(nameOf));
  const models = new ModelRoutes({
    ...{ store, tracing, metrics, parts: () => current, hookRecorder },
    onFailure: (route, failed) => noteFailure({ route }, failed),
    webhook: parts.envoy?.webhook,
  });
  void models.use(models.make(parts));
  const endpoint = listen && (await openEndpoint());
  const { envoy } = parts;
  const processor = listen && endpoint && envoy && (await serveEnvoy(envoy, listen, endpoint));
  const http =
    listen && endpoint && envoy === undefined ? await serve(listen, endpoint) : undefined;
  const webhookPort = endpoint && envoy?.webhook && (await serveWebhook(envoy, endpoint));
  const address = http?.address;
  const front = listen === undefined ? await serveStdio() : undefined;
  const sweep = setInterval(() => void endpoint?.endIdle(), sweepMs).unref();
  const ports = {
    ...(address ?? {}),
    ...(adminPort && { admin: adminPort.address }),
    ...(webhookPort && { webhook: webhookPort.address }),
  };
  parts.log.info("started", { ...ports, servers: servers.map(nameOf) });
  state = "ready";

  function adminOptions(counted: GatewayMetrics): AdminOptions {
    return {
      ...{ store, generation: () => generation },
      state: () => (state === "ready" && trail.isLosing() ? "audit_failed" : state),
      metrics: () =>
        counted.text({
          ...{ generation, open_requests: counts().open, open_sessions: endpoint?.sessions() ?? 0 },
          audit_failures_total: [...managers]
            .map(auditFailuresOf)
            .reduce((all, each) => all + each, past.auditFailures),
        }),
    };
  }

  function noteRefusal({ code, status, reason, detail = reason }: Refusal): void {
    metrics?.refused(code);
    const event = status === 403 && /^(?:host|origin)_/.test(code) ? code : "identity_refused";
    current.log.warn(event, { code, status, text: detail });
  }

  /** A request that the gateway itself refused, before any server. */
  function noteAnswer(code: string | undefined, status: number): void {
    if (code === undefined) return;
    metrics?.refused(code);
    if (lines.take(`refused ${code}`) === undefined) current.log.info("refused", { code, status });
  }

  async function makeIdentifier({ config }: GatewayParts): Promise<Identifier | undefined> {
    return listen && createIdentifier(config.identity, { listen, onRefused: noteRefusal });
  }

  /** Also sessions that go on hide the headers that name a subject now. */
  function headersToShow(headers: Headers): Readonly<Record<string, string>> {
    return identifier?.headersToShow(headers) ?? {};
  }

  function makeServers(of: GatewayParts, pins: ReadonlyMap<string, Pins>): readonly Server[] {
    const made = Object.entries(of.config.servers).map(([name, config]) =>
      serverOf(name, config, {
        ...{ parts: of, store, callers, tracing, onEnd, onHook: hookRecorder(of) },
        onFailure: (server, failed) => noteFailure({ server }, failed),
        ...{ pins: pins.get(name), known },
        headersToShow,
        onRestarted: (server) => metrics?.processRestarted(server),
        onDropped,
        onError,
      }),
    );
    for (const each of made) all.add(each);
    return made;
  }

  function onDropped(server: string, { method }: Message): void {
    dropped += 1;
    metrics?.messageDropped(server);
    if (lines.take(`dropped ${server}`) !== undefined) return;
    const of = typeof method === "string" ? { method } : {};
    current.log.warn("message_dropped", { server, ...of });
  }

  function onError(server: string, error: Error): void {
    if (lines.take(`error ${server}`) !== undefined) return;
    const { code } = error as NodeJS.ErrnoException;
    const { message } = error;
    current.log.warn("server_error", { server, code, text: message === "" ? error.name : message });
  }

  /** Also the guards of sessions that go on write with the manager that is in use. */
  function hookRecorder({ audit, config: { tenant } }: GatewayParts) {
    if (audit?.hooks !== true) return undefined;
    return (ran: HookRan) => recordHook(current.manager, tenant, ran);
  }

  /** Why a message could not be checked: whoever sent it learns no more than that. */
  function noteFailure(at: object, { request, point, error }: HookRan): void {
    if (lines.take(`failed ${JSON.stringify(at)}`) !== undefined) return;
    current.log.warn("guard_error", { request, ...at, point, ...failureOf(error) });
  }

  function onEnd(server: string, end: GuardEnd): void {
    metrics?.requestEnded(server, end);
    const { request, method, name, subject, outcome, code, plugin, timings } = end;
    const fields = { request, server, method, name, subject, outcome, code, plugin };
    current.log.info("request", { ...fields, totalMs: Math.round(timings.totalMs * 10) / 10 });
  }

  async function openEndpoint(): Promise<McpEndpoint> {
    const sdk = await loadSdk();
    const limits = () => current.config.limits;
    const { log } = parts;
    const of = { sdk, servers: () => servers, callers, tracing, log };
    if (parts.envoy !== undefined)
      return passEndpoint({ ...of, parts: () => current, store, onDropped });
    const path = listen?.path ?? "/";
    return mcpEndpoint({ ...of, path, limits, homes: () => homes });
  }

  async function serveEnvoy(
    { at, tls }: EnvoyFront,
    settings: NonNullable<typeof listen>,
    mcp: McpEndpoint,
  ): Promise<EnvoyServer> {
    const serving = await envoyServer({
      ...{ listen: at, tls, respond: (...asked) => respond(settings, mcp, ...asked) },
      single: (name) => identifier?.isTrusted(name) === true,
      onNote: (note) => noteEnvoy(note),
    });
    opened.push(() => serving.close());
    return serving;
  }

  function noteEnvoy(note: EnvoyNote): void {
    if (lines.take(`envoy ${note}`) === undefined)
      current.log.warn(`envoy_${note}`, { text: envoyNotes[note] });
  }

  async function serve(settings: NonNullable<typeof listen>, mcp: McpEndpoint): Promise<Listening> {
    const listening = await listenOn(settings, (...asked) =>
      respond({ ...settings, ...listening.address }, mcp, ...asked),
    );
    opened.push(() => closeNow(listening));
    return listening;
  }

  async function serveWebhook({ webhook: at, tls }: EnvoyFront, mcp: McpEndpoint) {
    const listening = await listenOn(
      at as Address,
      async (request, connection) => {
        const response = await counted(connection, async () => {
          // Browsers say of every POST which page sent it. What asks may use any name for this host.
          const named = { allowedHosts: [request.headers.get("host") ?? ""] };
          const settings = { ...(listen as NonNullable<typeof listen>), ...named };
          const foreign = checkOrigin(request, settings, noteRefusal);
          const identity = foreign ?? (await admit(request, connection, beginsExchange(request)));
          if (identity instanceof Response) return identity;
          return ask(models.webhook as ModelRoute, { request, identity, connection, mcp });
        });
        return response.ok ? response : rejectionFor(response);
      },
      tls,
    );
    opened.push(() => closeNow(listening));
    return listening;
  }

  function respond(
    settings: NonNullable<typeof listen>,
    mcp: McpEndpoint,
    request: Request,
    connection: Connection,
  ): Promise<Response> {
    return counted(connection, async () => {
      const foreign = checkOrigin(request, settings, noteRefusal);
      return foreign ?? forPage(request, () => respondTo(request, connection, mcp));
    });
  }

  /** What answers, counted while it is open. Whatever it throws is an answer, too. */
  async function counted(
    connection: Connection,
    respond: () => Promise<Response>,
  ): Promise<Response> {
    openAnswers += 1;
    connection.onSent(() => {
      openAnswers -= 1;
    });
    try {
      const response = await respond();
      noteAnswer(codeOf(response), response.status);
      return response;
    } catch (error) {
      current.log.error("internal_error", { text: errorOf(error).message });
      return answer("internal_error");
    }
  }

  async function respondTo(
    request: Request,
    connection: Connection,
    mcp: McpEndpoint,
  ): Promise<Response> {
    const metadata = identifier?.metadata(request);
    if (metadata !== undefined) return metadata;
    const { pathname } = new URL(request.url);
    if (models.at(pathname) === undefined && !mcp.isAt(pathname)) return answer("not_found");
    const identity = await admit(request, connection);
    if (identity instanceof Response) return identity;
    // Not before: a reload may have replaced it meanwhile.
    const route = models.at(pathname);
    if (route === undefined) return await mcp.handle(request, identity, connection);
    return ask(route, { request, identity, connection, mcp });
  }

  /** Who asks, or why nobody or not this one may now. */
  async function admit(
    request: Request,
    { remote }: Connection,
    isCounted = true,
  ): Promise<Identity | Response> {
    if (state === "shutting_down") return answer("shutting_down", { "retry-after": "5" });
    if (envoy?.closed?.() !== undefined) return answer("envoy_unsafe");
    const identity = await (identifier as Identifier).identify(request, remote);
    if (identity instanceof Response) return identity;
    const limited = isCounted ? limit(identity) : undefined;
    if (limited !== undefined) return limited;
    return trail.isLosing() ? answer("audit_failed", { "retry-after": "5" }) : identity;
  }

  function ask(route: ModelRoute, { request, identity, connection, mcp }: Asked) {
    const caller = { identity, session: mcp.sessionFor(request, identity) };
    const facts = {
      labelSession: labelSessionOf(current.config.labels.session, caller),
      subject: identity.subject?.id,
      envelope: slotsOf(identity, request.headers, { parts: current, headersToShow }),
    };
    const handle = () => route.handle(request, facts, connection);
    return tracing === undefined ? handle() : tracing.http(request, route, handle);
  }

  async function serveStdio() {
    const { limits, identity: settings } = parts.config;
    const { stdin, stdout } = parts.stdio ?? process;
    const identity = localIdentity(settings);
    const end = stdioFront({
      ...{ stdin, stdout, authInfo: identity },
      ...{ maxBytes: limits.messageBytes, queuedBytes: limits.queuedBytes },
      drainMs: limits.shutdownMs,
      refuses: () => (trail.isLosing() ? refusalFor("audit_failed") : undefined),
    });
    end.sessionId = "stdio";
    callers.set("stdio", { identity, session: "stdio" });
    const { log } = parts;
    const wired = await wire(end, {
      ...{ servers, latest: () => servers, homes, log, tracing },
      ...{ key: identity.key, session: "stdio" },
    });
    whenClosed(end, () => {
      const isGone = wired.isGone() && state !== "shutting_down";
      if (isGone) log.error("servers_gone", { text: "No server is left: see the lines before." });
      finish(isGone ? { code: "servers_gone" } : {});
    });
    return wired;
  }

  return {
    address,
    get generation() {
      return generation;
    },
    counts,
    async reload(of) {
      const next = prepared(of);
      checkFixed(current.config, next.config);
      const nextIdentifier = await makeIdentifier(next);
      const madeRoutes = models.make(next);
      const pins = await readPins(next.config.definitionsFile);
      const before = [...all];
      const made = makeServers(next, pins);
      const unused = before.map((each) =>
        each.use(
          next,
          made.find(({ name }) => name === each.name),
        ),
      );
      const over = servers.filter(({ isOver }) => isOver).map(nameOf);
      for (const each of servers) void forget(each);
      const routesUnused = models.use(madeRoutes);
      const { manager, onUnused } = current;
      void Promise.all([...unused, routesUnused]).then(() => {
        if (manager !== current.manager) {
          past.auditFailures += auditFailuresOf(manager);
          managers.delete(manager);
        }
        onUnused?.();
      });
      identifier = nextIdentifier;
      servers = made;
      homes.use(servers.map(nameOf));
      managers.add(next.manager);
      current = next;
      generation += 1;
      void endpoint?.endWith(new Set(over));
      next.log.info("reloaded", { servers: servers.map(nameOf) });
    },
    async close() {
      if (state === "shutting_down") return;
      if (processor !== undefined) {
        processor.leave();
        await quiet(() => false, envoy?.leaveMs ?? 0);
      }
      state = "shutting_down";
      void processor?.drain();
      clearInterval(sweep);
      http?.server.close();
      webhookPort?.server.close();
      await refuse(isLasting);
      await quiet(() => openRequests() === 0, current.config.limits.shutdownMs);
      await refuse(() => true);
      await models.close();
      await endpoint?.close();
      await front?.close();
      await Promise.allSettled([...all].map((each) => each.close()));
      await quiet(() => openAnswers === 0, lastAnswersMs);
      http?.server.closeAllConnections();
      webhookPort?.server.closeAllConnections();
      processor?.close();
      if (adminPort !== undefined) closeNow(adminPort);
      await closeStore();
      current.log.info("stopped");
      finish({});
    },
    ended,
  };

  /** Refuses what is open of these methods: the gateway ends, also where a caller does not read. */
  async function refuse(isMeant: Parameters<Refusable["refuse"]>[1]): Promise<void> {
    const refusal = refusalFor("shutting_down");
    await within(lastAnswersMs, () =>
      Promise.all([endpoint, front].map((each) => each?.refuse(refusal, isMeant))),
    );
  }

  /** Those to servers, and those to models. */
  function openRequests(): number {
    return models.open() + counts().open;
  }

  /** A reload replaced it. */
  async function forget(server: Server): Promise<void> {
    await server.retire();
    all.delete(server);
    past.counts = sum(past.counts, server.guard.counts());
  }

  function counts(): GatewayCounts {
    const ofModels = { ...none, ...models.counts(), dropped };
    return [...all].map(({ guard }) => guard.counts()).reduce(sum, sum(past.counts, ofModels));
  }
}

interface Asked {
  readonly request: Request;
  readonly identity: Identity;
  readonly connection: Connection;
  readonly mcp: McpEndpoint;
}

const nameOf = ({ name }: Server): string => name;

function auditFailuresOf({ auditFailures }: GatewayParts["manager"]): number {
  return auditFailures?.().total ?? 0;
}

/** Waits until `isQuiet`, no longer than `ms`. */
async function quiet(isQuiet: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!isQuiet() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
