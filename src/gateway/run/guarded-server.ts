/** The options of one server's guard, and the envelope of its requests. */
import { createHash } from "node:crypto";
import { createExtensions } from "../../core/host/index.ts";
import { type LabelStore, labelsFromAnnotations, labelsFromIfc } from "../../core/labels/index.ts";
import type { GuardedRequest, GuardOptions } from "../../providers/mcp/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { changedLabel, type Definitions } from "../definitions/index.ts";
import type { Identity } from "../identity/index.ts";
import type { HookRan } from "../observe/index.ts";
import type { GatewayEvents } from "./gateway-events.ts";
import type { GatewayParts } from "./parts.ts";

/** The caller at the other end of a front. */
export interface Caller {
  /** The identity of the newest request, which is used for what a server begins by itself. */
  readonly identity: Identity;
  /** The session; for an exchange, which has none, the one shared by the subject's exchanges. */
  readonly session: string;
}

export interface GuardSettings {
  readonly parts: GatewayParts;
  readonly store: LabelStore;
  /** The callers, by the `sessionId` of their fronts. */
  readonly callers: ReadonlyMap<string, Caller>;
  /** Returns the headers that plugins may see. */
  readonly headersToShow: (headers: Headers) => Readonly<Record<string, string>>;
  readonly definitions: Definitions;
  readonly events: GatewayEvents;
  /** Absent if hooks are not recorded. */
  readonly onHook?: ((ran: HookRan) => void) | undefined;
}

export function guardOptions(
  name: string,
  server: ServerConfig,
  settings: GuardSettings,
): GuardOptions {
  const { parts, store, events, onHook } = settings;
  const { config, log, audit } = parts;
  const { labels, tenant } = config;
  const { wireLabels } = server;
  return {
    serverId: name,
    pass: server.pass,
    onDeny: server.onDeny,
    tenant,
    access: audit?.access,
    envelope: (request) => envelopeOf(request, settings),
    labels: {
      store,
      session: (request) => labelSessionOf(labels.session, callerOf(request, settings)),
      // The same functions after a reload: a guard caches what it read from annotations by them.
      fromWire: {
        meta: wireLabels.ifc ? labelsFromIfc : undefined,
        annotations: wireLabels.annotations ? labelsFromAnnotations : undefined,
      },
    },
    onEnd: (end) => events.ended(name, end),
    onFailure: (failed) => events.failed({ server: name }, failed),
    onResult: onHook,
    onWarning: (text) => log.warn("guard_warning", { server: name, text }),
  };
}

function envelopeOf(request: GuardedRequest, settings: GuardSettings): object {
  const { requestInfo } = request;
  const headers = requestInfo instanceof Request ? requestInfo.headers : undefined;
  const { identity } = callerOf(request, settings);
  const { method, params } = request;
  const isChanged = method === "tools/call" && settings.definitions.labels(params.name);
  const labels = isChanged ? [changedLabel] : [];
  return createExtensions({
    mcp: request.mcp,
    ...slotsOf(identity, headers, settings, labels),
  });
}

/** Returns the slots that the gateway can fill in for any request. */
export function slotsOf(
  { subject, client }: Identity,
  headers: Headers | undefined,
  { headersToShow }: Pick<GuardSettings, "headersToShow">,
  labels: readonly string[] = [],
): object {
  return {
    security: { labels, ...(subject && { subject }), ...(client && { client }) },
    ...(headers && { http: { headers: headersToShow(headers) } }),
  };
}

/** Returns the name under which labels follow a caller from request to request. */
export function labelSessionOf(
  kind: GatewayParts["config"]["labels"]["session"],
  { identity, session }: Caller,
): string {
  const name = kind === "subject" ? identity.key : session;
  // Stores take names of up to 1024 units.
  return name.length <= 1024 ? name : createHash("sha256").update(name).digest("hex");
}

/** Returns the session for requests without one: their subject's. */
export function sessionOfSubject({ key }: Identity): string {
  return `subject ${key}`;
}

/** Requests of one session may have different tokens, so a request's own identity comes first. */
function callerOf({ sessionId, authInfo }: GuardedRequest, { callers }: GuardSettings): Caller {
  const caller = callers.get(sessionId ?? "");
  if (caller === undefined) throw new Error("The caller is not known.");
  return authInfo === undefined ? caller : { ...caller, identity: authInfo as Identity };
}
