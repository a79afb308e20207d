/** Wires a gateway: fronts, guards, servers. */

import process from "node:process";
import type { ModelEnd } from "../../providers/http/index.ts";
import type { GuardEnd } from "../../providers/mcp/index.ts";
import { type Pins, readPins } from "../definitions/index.ts";
import { errorOf, type Message, stdioFront } from "../ends/index.ts";
import {
  checkOrigin,
  createIdentifier,
  type Identifier,
  localIdentity,
  type Refusal,
} from "../identity/index.ts";
import { type ModelRoute, modelRoute } from "../models/index.ts";
import {
  createMetrics,
  type GatewayMetrics,
  type HookRan,
  loadTelemetry,
  recordHook,
  tracingBy,
} from "../observe/index.ts";
import { Homes } from "../router/index.ts";
import { type AdminOptions, openAdminPort, type Readiness } from "./admin-port.ts";
import { answer, codeOf } from "./answers.ts";
import { checkFixed } from "./fixed-settings.ts";
import { type Caller, labelSessionOf, slotsOf } from "./guarded-server.ts";
import { openLabelStore } from "./label-store.ts";
import { type Listening, listenOn } from "./listen.ts";
import { loadSdk } from "./load-sdk.ts";
import { type McpEndpoint, mcpEndpoint } from "./mcp-endpoint.ts";
import { forPage } from "./pages.ts";
import type { Gateway, GatewayCounts, GatewayParts } from "./parts.ts";
import { requestRate } from "./request-rate.ts";
import { type Server, serverOf } from "./server.ts";
import { wire } from "./wire.ts";

/** How often sessions without traffic are looked for. */
const sweepMs = 60_000;

/**
 * Starts a gateway.
 *
 * @throws GlassineError (as a rejection) `config_invalid`, `config_unreadable`, `setting_invalid`,
 *   `label_store_failed`: with a sentence that says what to do
 */
export async function createGateway(parts: GatewayParts): Promise<Gateway> {
  const opened: (() => unknown)[] = [];
  try {
    return await start(parts, opened);
  } catch (error) {
    for (const close of opened.reverse()) await close();
    throw error;
  }
}

/** `opened` gets what has to be closed where a later step fails. */
async function start(given: GatewayParts, opened: (() => unknown)[]): Promise<Gateway> {
  const tracing = given.config.tracing ? tracingBy(await loadTelemetry()) : undefined;
  const traced = (of: GatewayParts): GatewayParts =>
    tracing === undefined ? of : { ...of, manager: tracing.manager(of.manager) };
  const parts = traced(given);
  const callers = new Map<string, Caller>();
  const { store, close: closeStore } = await openLabelStore(parts);
  opened.push(closeStore);
  let current = parts;
  let generation = 1;
  let state: Readiness = "starting";
  /** Guards and connections of this generation and of those that still have sessions. */
  const all = new Set<Server>();
  const allRoutes = new Set<ModelRoute>();
  /** Messages that ends dropped; guards count those that they drop themselves. */
  let dropped = 0;
  const droppedLines = requestRate(() => 60);
  const modelCounts = { allowed: 0, denied: 0, errored: 0, aborted: 0 };
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
  const seen = new Map<string, Map<string, string>>();
  let identifier = await makeIdentifier(parts);

  servers = makeServers(parts, await readPins(definitionsFile));
  let homes = new Homes(servers.map(nameOf));
  let routes = makeRoutes(parts);
  const endpoint = listen && (await openEndpoint());
  const http = listen && endpoint && (await serve(listen, endpoint));
  const address = http?.address;
  const front = listen === undefined ? await serveStdio() : undefined;
  const sweep = setInterval(() => void endpoint?.endIdle(), sweepMs).unref();
  const ports = { ...(address ?? {}), ...(adminPort && { admin: adminPort.address }) };
  parts.log.info("started", { generation, ...ports, servers: servers.map(nameOf) });
  state = "ready";

  function adminOptions(counted: GatewayMetrics): AdminOptions {
    return {
      ...{ store, state: () => state, generation: () => generation },
      metrics: () =>
        counted.text({
          ...{ generation, open_requests: counts().open, open_sessions: endpoint?.sessions() ?? 0 },
          audit_failures_total: [...managers]
            .map((each) => each.auditFailures?.().total ?? 0)
            .reduce((all, each) => all + each, 0),
        }),
    };
  }

  function noteRefusal({ code, status, reason, detail = reason }: Refusal): void {
    metrics?.refused(code);
    current.log.warn("identity_refused", { code, status, text: detail });
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
        ...{ pins: pins.get(name), seen: seenOf(name) },
        headersToShow,
        onRestarted: (server) => metrics?.processRestarted(server),
        onDropped,
      }),
    );
    for (const each of made) all.add(each);
    return made;
  }

  function seenOf(server: string): Map<string, string> {
    const known = seen.get(server) ?? new Map<string, string>();
    seen.set(server, known);
    return known;
  }

  function onDropped(server: string, { method }: Message): void {
    dropped += 1;
    metrics?.messageDropped(server);
    // A server that floods us does not fill the log.
    if (droppedLines.take(server) !== undefined) return;
    const of = typeof method === "string" ? { method } : {};
    current.log.warn("message_dropped", { server, ...of });
  }

  function makeRoutes(of: GatewayParts): readonly ModelRoute[] {
    const { models, limits, tenant, audit } = of.config;
    const { manager, secrets } = of;
    const made = Object.entries(models).map(([name, config]) =>
      modelRoute(config, {
        ...{ manager, store, secrets, tenant, access: audit?.access },
        messageBytes: limits.messageBytes,
        onEnd: (end) => onModelEnd(name, end),
        onHook: hookRecorder(of),
        traceHeaders: () => tracing?.headers() ?? {},
      }),
    );
    for (const each of made) allRoutes.add(each);
    // The longest path is the closest match.
    return made.toSorted((one, other) => other.path.length - one.path.length);
  }

  /** Also the guards of sessions that go on write with the manager that is in use. */
  function hookRecorder({ config: { audit, tenant } }: GatewayParts) {
    if (audit?.hooks !== true) return undefined;
    return (ran: HookRan) => recordHook(current.manager, tenant, ran);
  }

  function onModelEnd(route: string, end: ModelEnd): void {
    modelCounts[end.outcome] += 1;
    metrics?.modelEnded(route, end);
    const { request, provider, name, subject, outcome, code, plugin, timings } = end;
    const fields = { request, route, provider, name, subject, outcome, code, plugin, generation };
    current.log.info("model", { ...fields, totalMs: Math.round(timings.totalMs * 10) / 10 });
  }

  function onEnd(server: string, end: GuardEnd): void {
    metrics?.requestEnded(server, end);
    const { request, method, name, subject, outcome, code, plugin, timings } = end;
    const fields = { request, server, method, name, subject, outcome, code, plugin, generation };
    current.log.info("request", { ...fields, totalMs: Math.round(timings.totalMs * 10) / 10 });
  }

  async function openEndpoint(): Promise<McpEndpoint> {
    const sdk = await loadSdk();
    const limits = () => current.config.limits;
    const of = { servers: () => servers, homes: () => homes, tracing };
    return mcpEndpoint({ sdk, limits, callers, ...of, log: parts.log });
  }

  async function serve(settings: NonNullable<typeof listen>, mcp: McpEndpoint): Promise<Listening> {
    const { path } = settings;
    const listening = await listenOn(settings, respond);
    opened.push(() => closeNow(listening));
    return listening;

    async function respond(request: Request, remote: string | undefined): Promise<Response> {
      try {
        const bound = { ...settings, ...listening.address };
        const foreign = checkOrigin(request, bound, noteRefusal);
        if (foreign !== undefined) return foreign;
        const response = await forPage(request, () => respondTo(request, remote));
        const refused = codeOf(response);
        if (refused !== undefined) metrics?.refused(refused);
        return response;
      } catch (error) {
        current.log.error("internal_error", { text: errorOf(error).message });
        return answer("internal_error");
      }
    }

    async function respondTo(request: Request, remote: string | undefined): Promise<Response> {
      const named = identifier as Identifier;
      const metadata = named.metadata(request);
      if (metadata !== undefined) return metadata;
      const { pathname } = new URL(request.url);
      const route = routes.find((each) => pathname.startsWith(`${each.path}/`));
      if (route === undefined && pathname !== path) return answer("not_found");
      if (state === "shutting_down") return answer("shutting_down", { "retry-after": "5" });
      const identity = await named.identify(request, remote);
      if (identity instanceof Response) return identity;
      const limited = mcp.limit(identity);
      if (limited !== undefined) return limited;
      if (route === undefined) return await mcp.handle(request, identity);
      const caller = { identity, session: mcp.sessionFor(request, identity) };
      const handle = () =>
        route.handle(request, {
          labelSession: labelSessionOf(current.config.labels.session, caller),
          envelope: slotsOf(identity, request.headers, {
            parts: current,
            headersToShow,
          }),
        });
      return tracing === undefined ? handle() : tracing.http(request, route, handle);
    }
  }

  async function serveStdio() {
    const { limits, identity: settings } = parts.config;
    const { stdin, stdout } = parts.stdio ?? process;
    const identity = localIdentity(settings);
    const end = stdioFront({
      ...{ stdin, stdout, authInfo: undefined },
      ...{ maxBytes: limits.messageBytes, queuedBytes: limits.queuedBytes },
    });
    end.sessionId = "stdio";
    callers.set("stdio", { identity, session: "stdio" });
    const { log } = parts;
    const wired = await wire(end, {
      ...{ servers, homes, log, tracing, key: identity.key, session: "stdio" },
    });
    const closed = end.onclose;
    end.onclose = () => {
      closed?.();
      finish({});
    };
    return wired;
  }

  return {
    address,
    get generation() {
      return generation;
    },
    counts,
    async reload(of) {
      const next = traced(of);
      checkFixed(current.config, next.config);
      const nextIdentifier = await makeIdentifier(next);
      const made = makeServers(next, await readPins(next.config.definitionsFile));
      // Sessions go on with their connections, under the new plugins.
      for (const { guard, retire } of servers) {
        guard.use(next.manager);
        retire();
      }
      identifier = nextIdentifier;
      servers = made;
      homes = new Homes(servers.map(nameOf));
      routes = makeRoutes(next);
      managers.add(next.manager);
      current = next;
      generation += 1;
      next.log.info("reloaded", { generation, servers: servers.map(nameOf) });
    },
    async close() {
      if (state === "shutting_down") return;
      state = "shutting_down";
      clearInterval(sweep);
      http?.server.close();
      await quiet(() => counts().open === 0, current.config.limits.shutdownMs);
      await endpoint?.close();
      await front?.close();
      await Promise.allSettled([...all, ...allRoutes].map((each) => each.close()));
      http?.server.closeAllConnections();
      if (adminPort !== undefined) closeNow(adminPort);
      await closeStore();
      current.log.info("stopped", { generation });
      finish({});
    },
    ended,
  };

  function counts(): GatewayCounts {
    const ended = Object.values(modelCounts).reduce((all, each) => all + each, 0);
    const models = { ...none, ...modelCounts, started: ended, dropped };
    return [...all].map(({ guard }) => guard.counts()).reduce(sum, models);
  }
}

const nameOf = ({ name }: Server): string => name;

const none: GatewayCounts = {
  ...{ started: 0, allowed: 0, denied: 0, errored: 0, aborted: 0, open: 0, dropped: 0 },
};

function sum(one: GatewayCounts, other: GatewayCounts): GatewayCounts {
  const names = Object.keys(none) as (keyof GatewayCounts)[];
  const added = names.map((name) => [name, one[name] + other[name]] as const);
  return { ...none, ...Object.fromEntries(added) };
}

function closeNow({ server }: Listening): void {
  server.close();
  server.closeAllConnections();
}

/** Waits until `isQuiet`, no longer than `ms`. */
async function quiet(isQuiet: () => boolean, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (!isQuiet() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, 20));
}
