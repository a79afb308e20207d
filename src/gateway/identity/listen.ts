/**
 * What may be listened on, and the check of Host and Origin that comes before anything else.
 *
 * A page in a browser can make its own host name resolve to this machine (DNS rebinding). The browser
 * then says which host it means, and from which page it comes, so both are compared with a list,
 * whole: no suffix, no wildcard, no other spelling of an address.
 */
import { GlassineError, quoted } from "../../core/errors/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { answerOf, type RefusalCode } from "./refusals.ts";

export type Listen = NonNullable<GatewayConfig["listen"]>;

/** What the check needs to know. `port` is the one that it listens on, never 0. */
type Address = Pick<Listen, "host" | "port" | "allowedHosts" | "allowedOrigins">;

const localNames = ["localhost", "127.0.0.1", "[::1]"];

/** Whether nobody but this machine can reach an address or host name. */
export function isLocal(host: string): boolean {
  return (
    host === "localhost" || host === "::1" || host === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(host)
  );
}

/** The refusal of a request that is not addressed to this gateway, or comes from a foreign page. */
export function checkOrigin(request: Request, listen: Address): Response | undefined {
  const host = request.headers.get("host")?.toLowerCase();
  const origin = request.headers.get("origin")?.toLowerCase();
  if (host === undefined || !hostsOf(listen).includes(host)) {
    return refused("host_refused", "The Host header is not one of this gateway.");
  }
  if (origin === undefined || isAllowedOrigin(origin, host, listen)) return undefined;
  return refused("origin_refused", "Requests from this origin are not accepted.");
}

function hostsOf({ host, port, allowedHosts }: Address): readonly string[] {
  if (allowedHosts !== undefined) return allowedHosts.map((each) => each.toLowerCase());
  if (!isLocal(host)) return [];
  const names = host.startsWith("127.") ? [...localNames, host] : localNames;
  // The port of HTTP is left out.
  return names.flatMap((each) => (port === 80 ? [each, `${each}:80`] : `${each}:${port}`));
}

/** A page of this very gateway is not foreign, but only where the list of hosts is ours. */
function isAllowedOrigin(origin: string, host: string, listen: Address): boolean {
  if (listen.allowedOrigins.some((each) => each.toLowerCase() === origin)) return true;
  return listen.allowedHosts === undefined && origin === `http://${host}`;
}

function refused(code: RefusalCode, reason: string): Response {
  return answerOf({ status: 403, code, reason });
}

/** As a browser or a client sends them: a name or an address, and a port that is not the default. */
const hostHeader = /^(?:\[[\d:.a-f]+\]|[\w-]+(?:\.[\w-]+)*)(?::\d{1,5})?$/i;
const originHeader = /^[a-z][\d+.a-z-]*:\/\/[^\s#,/?@]+$/i;

/** @throws GlassineError `setting_invalid` for addresses that would be open to anybody, or closed to all */
export function checkListen({ host, allowedHosts, allowedOrigins }: Address): void {
  if (allowedHosts === undefined ? !isLocal(host) : allowedHosts.length === 0) {
    throw invalid(
      `The gateway would listen on ${quoted(host)} without knowing its own name. Add \`listen.allowedHosts\` with the Host headers that callers send, such as "gateway.example.com", or listen on 127.0.0.1.`,
    );
  }
  for (const each of allowedHosts ?? []) {
    if (hostHeader.test(each)) continue;
    throw invalid(
      `\`listen.allowedHosts\` has ${quoted(each)}, which no Host header can be. Write a host and, unless it is the default one, a port: "gateway.example.com:8443". Wildcards are not supported.`,
    );
  }
  for (const each of allowedOrigins) {
    if (originHeader.test(each)) continue;
    throw invalid(
      `\`listen.allowedOrigins\` has ${quoted(each)}. Write a scheme, a host and, unless it is the default one, a port: "https://app.example.com". "null" and wildcards stand for any page, and are not supported.`,
    );
  }
}

function invalid(text: string): GlassineError {
  return new GlassineError("setting_invalid", text);
}
