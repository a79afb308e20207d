/** What the guard of one server goes by, and the envelope of its requests. */
import { createHash } from "node:crypto";
import { createExtensions } from "../../core/host/index.ts";
import { type LabelStore, labelsFromAnnotations, labelsFromIfc } from "../../core/labels/index.ts";
import type { GuardEnd, GuardedRequest, GuardOptions } from "../../providers/mcp/index.ts";
import type { ServerConfig } from "../config/index.ts";
import { changedLabel } from "../definitions/index.ts";
import type { Identity } from "../identity/index.ts";
import type { HookRan, Tracing } from "../observe/index.ts";
import type { GatewayParts } from "./parts.ts";

/** Who is at the other end of a front. */
export interface Caller {
  /** Of the newest request: what a server begins by itself has no other. */
  readonly identity: Identity;
  /** The session; for an exchange, which has none, that of all exchanges of the subject. */
  readonly session: string;
}

export interface GuardSettings {
  readonly parts: GatewayParts;
  readonly store: LabelStore;
  /** By the `sessionId` of their fronts. */
  readonly callers: ReadonlyMap<string, Caller>;
  /** Headers that plugins may see. */
  readonly headersToShow: (headers: Headers) => Readonly<Record<string, string>>;
  /** Whether a tool is labelled, because its definition is not the pinned one. */
  readonly isChanged: (tool: unknown) => boolean;
  readonly onEnd: (server: string, end: GuardEnd) => void;
  readonly tracing?: Tracing | undefined;
  /** What could not be checked, and is refused therefore. */
  readonly onFailure: (server: string, failed: HookRan) => void;
  /** Absent where nobody asks for it. */
  readonly onHook?: ((ran: HookRan) => void) | undefined;
}

/** What a guard says is for whoever embeds it. */
const checkIt = "`glassine gateway --check` says what of each plugin has no effect here, and why";

export function guardOptions(
  name: string,
  server: ServerConfig,
  settings: GuardSettings,
): GuardOptions {
  const { parts, store, onEnd, onFailure, onHook } = settings;
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
      fromWire: {
        meta: wireLabels.ifc ? ifcLabels : undefined,
        annotations: wireLabels.annotations ? annotationLabels : undefined,
      },
    },
    onEnd: (end) => onEnd(name, end),
    onFailure: (failed) => onFailure(name, failed),
    onResult: onHook,
    onWarning: (text) => log.warn("guard_warning", { server: name, text, todo: checkIt }),
  };
}

/** The same over a reload: what a guard has read of annotations, it keeps by the function. */
const annotationLabels = (annotations: unknown) => labelsFromAnnotations(annotations);
const ifcLabels = (meta: unknown) => labelsFromIfc(meta);

function envelopeOf(request: GuardedRequest, settings: GuardSettings): object {
  const { requestInfo } = request;
  const headers = requestInfo instanceof Request ? requestInfo.headers : undefined;
  const { identity } = callerOf(request, settings);
  const isChanged = request.method === "tools/call" && settings.isChanged(request.params.name);
  const labels = isChanged ? [changedLabel] : [];
  return createExtensions({
    ...slotsOf(identity, headers, settings, labels),
    mcp: request.mcp,
  });
}

/** What the gateway knows about any request. */
export function slotsOf(
  { subject, client }: Identity,
  headers: Headers | undefined,
  {
    parts,
    headersToShow,
  }: Pick<GuardSettings, "headersToShow"> & { readonly parts: Pick<GatewayParts, "config"> },
  further: readonly string[] = [],
): object {
  const labels = [...parts.config.labels.initial, ...further];
  return {
    security: { labels, ...(subject && { subject }), ...(client && { client }) },
    ...(headers && { http: { headers: headersToShow(headers) } }),
  };
}

/** Whose labels follow from request to request. */
export function labelSessionOf(
  kind: GatewayParts["config"]["labels"]["session"],
  { identity, session }: Caller,
): string {
  return sessionName(kind === "subject" ? identity.key : session);
}

/** The session of requests that have none of their own: that of their subject. */
export function sessionOfSubject({ key }: Identity): string {
  return `subject ${key}`;
}

/** Requests of one session may come with different tokens, so each says itself who asks. */
function callerOf({ sessionId, authInfo }: GuardedRequest, { callers }: GuardSettings): Caller {
  const caller = callers.get(sessionId ?? "");
  if (caller === undefined) throw new Error("It is not known who asks.");
  return authInfo === undefined ? caller : { ...caller, identity: authInfo as Identity };
}

/** Stores take names of up to 1024 units. */
function sessionName(text: string): string {
  return text.length <= 1024 ? text : createHash("sha256").update(text).digest("hex");
}
