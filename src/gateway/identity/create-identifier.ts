/** Finds out who is asking: from a token, from the headers of a proxy in front, or anonymous. */

import { describeThrown } from "../../core/observe/index.ts";
import { notify } from "../../providers/guard/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { createBearer, tokenIn } from "./bearer.ts";
import type { Listen } from "./check-origin.ts";
import { type Identity, identityOf, subjectOf } from "./identity.ts";
import { type ProtectedResource, protectedResource } from "./protected-resource.ts";
import { answerOf, type Refusal, Refused } from "./refusals.ts";
import { shownHeaders } from "./shown-headers.ts";
import { trustedHeaders } from "./trusted-headers.ts";

type Settings = GatewayConfig["identity"];

export interface Identifier {
  /** Resolves to the caller's identity, or to the HTTP response that refuses it. Never rejects. */
  identify(request: Request, remoteAddress: string | undefined): Promise<Identity | Response>;
  /**
   * Returns the headers of an identified request that plugins and servers may see, by lower-case
   * name: no credentials, no trusted headers, no hop-by-hop headers.
   */
  headersToShow(headers: Headers): Readonly<Record<string, string>>;
  /** Whether a header, by lower-case name, identifies the caller, and so must not be repeated. */
  isTrusted(name: string): boolean;
  /**
   * Answers /.well-known/oauth-protected-resource…; undefined for any other request, and if there
   * is no such document.
   */
  metadata(request: Request): Response | undefined;
}

interface IdentifierOptions {
  /** Where the gateway listens. */
  readonly listen: Listen;
  /** Milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
  /** Receives every refusal, for the operator. It quotes nothing that a caller sent. */
  readonly onRefused?: (refusal: Refusal) => void;
}

/**
 * @param settings of a checked configuration
 * @throws GlassineError (as a rejection) `config_unreadable` and `setting_invalid`, with a message
 *   that says what to change
 */
export async function createIdentifier(
  settings: Settings,
  { listen, now = Date.now, onRefused }: IdentifierOptions,
): Promise<Identifier> {
  const takesAnonymous = mayBeAnonymous(settings);
  const { jwt } = settings;
  const bearer = jwt && (await createBearer(jwt, now));
  const resource = jwt && protectedResource(jwt, listen.path);
  const proxies = settings.trustedHeaders && trustedHeaders(settings.trustedHeaders);
  const shown = shownHeaders(proxies?.names ?? []);

  const find = async (headers: Headers, remoteAddress: string | undefined): Promise<Identity> => {
    shown.check(headers);
    const byProxy = proxies?.identityOf(headers, remoteAddress);
    const token = bearer && tokenIn(headers);
    if (byProxy && token !== undefined) throw new Refused(ambiguous);
    if (byProxy) return byProxy;
    if (bearer && token !== undefined) return await bearer(token);
    if (takesAnonymous) return anonymous;
    throw new Refused(bearer ? noToken : notByProxy);
  };

  return Object.freeze<Identifier>({
    async identify(request, remoteAddress) {
      try {
        return await find(request.headers, remoteAddress);
      } catch (error) {
        const refusal = error instanceof Refused ? error.refusal : failed(error);
        notify(onRefused, () => refusal);
        return answerOf(refusal, challengeOf(refusal, resource));
      }
    },
    headersToShow: (headers) => shown.of(headers),
    isTrusted: (name) => name === "authorization" || proxies?.names.includes(name) === true,
    metadata: (request) => resource?.metadata(request),
  });
}

/** The identity of the caller over stdio: whoever started the gateway. */
export function localIdentity({ local }: Settings): Identity {
  if (local === undefined) return identityOf("local", []);
  return identityOf("local", [local.id], { subject: subjectOf(local) });
}

const anonymous = identityOf("anonymous", []);

/** Whether different people may have this identity. */
export function isAnonymous({ key }: Identity): boolean {
  return key === anonymous.key;
}

/** Also true if nothing is configured: `listenProblems` allows that on a local address only. */
function mayBeAnonymous({ anonymous, jwt, trustedHeaders }: Settings): boolean {
  return anonymous || (jwt === undefined && trustedHeaders === undefined);
}

/** RFC 9110 §15.5.2: a 401 carries a challenge. Only a token can satisfy the gateway's. */
function challengeOf(
  refusal: Refusal,
  resource: ProtectedResource | undefined,
): Readonly<Record<string, string>> {
  const isChallenge = refusal.status === 401 || refusal.error !== undefined;
  if (resource && isChallenge) return { "www-authenticate": resource.challenge(refusal) };
  return refusal.status === 503 ? { "retry-after": "5" } : {};
}

const noToken: Refusal = {
  status: 401,
  code: "identity_missing",
  reason: "A token is required.",
};
const notByProxy: Refusal = {
  status: 403,
  code: "identity_missing",
  reason: "Requests are accepted only through the proxy in front, and must name a subject.",
};
const ambiguous: Refusal = {
  status: 400,
  code: "identity_ambiguous",
  reason: "The request has both a token and the headers of the proxy in front.",
  error: "invalid_request",
};

function failed(error: unknown): Refusal {
  const detail = `The caller cannot be identified: ${describeThrown(error).text}`;
  const reason = "The caller cannot be identified at the moment.";
  return { status: 503, code: "identity_failed", reason, detail };
}
