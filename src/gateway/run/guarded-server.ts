/** The guard of one server, and the envelope of its requests. */
import { createHash } from "node:crypto";
import { type LabelStore, labelsFromAnnotations, labelsFromIfc } from "../../core/labels/index.ts";
import {
  createGuard,
  type Guard,
  type GuardEnd,
  type GuardedRequest,
} from "../../providers/mcp/index.ts";
import type { ServerConfig } from "../config/index.ts";
import type { Identity } from "../identity/index.ts";
import type { GatewayParts } from "./parts.ts";

/** Who is at the other end of a front. */
export interface Caller {
  readonly identity: Identity;
  /** The session; for an exchange, which has none, that of all exchanges of the subject. */
  readonly session: string;
}

export interface GuardSettings {
  readonly parts: GatewayParts;
  readonly store: LabelStore;
  /** By the `sessionId` of their fronts, so that a server's own requests find their caller, too. */
  readonly callers: ReadonlyMap<string, Caller>;
  /** Headers that plugins may see. */
  readonly headersToShow: (headers: Headers) => Readonly<Record<string, string>>;
  readonly onEnd: (server: string, end: GuardEnd) => void;
}

export function guardOf(name: string, server: ServerConfig, settings: GuardSettings): Guard {
  const { parts, store, onEnd } = settings;
  const { config, manager, log } = parts;
  const { labels, tenant, audit } = config;
  const { wireLabels } = server;
  return createGuard(manager, {
    serverId: name,
    pass: server.pass,
    onDeny: server.onDeny,
    ...(tenant !== undefined && { tenant }),
    ...(audit !== undefined && { access: audit.access }),
    envelope: (request) => envelopeOf(request, settings),
    labels: {
      store,
      session(request) {
        const { identity, session } = callerOf(request, settings);
        return sessionName(labels.session === "subject" ? identity.key : session);
      },
      fromWire: {
        ...(wireLabels.ifc && { meta: (meta: unknown) => labelsFromIfc(meta) }),
        ...(wireLabels.annotations && {
          annotations: (annotations: unknown) => labelsFromAnnotations(annotations),
        }),
      },
    },
    onEnd: (end) => onEnd(name, end),
    onWarning: (text) => log.warn("guard_warning", { server: name, text }),
  });
}

function envelopeOf(request: GuardedRequest, settings: GuardSettings): object {
  const { parts, headersToShow } = settings;
  const { identity } = callerOf(request, settings);
  const { requestInfo } = request;
  const { initial } = parts.config.labels;
  return {
    security: {
      labels: [...initial],
      ...(identity.subject && { subject: identity.subject }),
      ...(identity.client && { client: identity.client }),
    },
    ...(requestInfo instanceof Request && {
      http: { headers: headersToShow(requestInfo.headers) },
    }),
    mcp: request.mcp,
  };
}

function callerOf({ sessionId }: GuardedRequest, { callers }: GuardSettings): Caller {
  const caller = callers.get(sessionId ?? "");
  if (caller === undefined) throw new Error("It is not known who asks.");
  return caller;
}

/** Stores take names of up to 1024 units. */
function sessionName(text: string): string {
  return text.length <= 1024 ? text : createHash("sha256").update(text).digest("hex");
}
