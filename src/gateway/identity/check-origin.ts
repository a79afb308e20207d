/**
 * Checks the Host and Origin headers, before anything else.
 *
 * A web page can make its own host name resolve to this machine (DNS rebinding). The browser still
 * sends the host it was asked for and the page's origin, so both are compared with a list, in full:
 * no suffixes, no wildcards, no alternative spellings of an address.
 */
import { quoted } from "../../core/errors/index.ts";
import { type GatewayConfig, isLocal } from "../config/index.ts";
import { answerOf, type Refusal, type RefusalCode } from "./refusals.ts";

export type Listen = NonNullable<GatewayConfig["listen"]>;

/** The settings that the check uses. `port` is the actual port, never 0. */
type Address = Pick<Listen, "host" | "port" | "allowedHosts" | "allowedOrigins">;

const localNames = ["localhost", "127.0.0.1", "[::1]"];

/** Refuses a request that is not addressed to this gateway, or comes from a foreign page. */
export function checkOrigin(
  request: Request,
  listen: Address,
  onRefused?: (refusal: Refusal) => void,
): Response | undefined {
  const host = request.headers.get("host")?.toLowerCase();
  const origin = request.headers.get("origin")?.toLowerCase();
  if (host === undefined || !hostsOf(listen).includes(host)) {
    return refused(
      "host_refused",
      "The Host header is not one of this gateway.",
      host === undefined
        ? "There is no Host header."
        : `The Host header is ${quoted(host, 100)}: if callers reach the gateway by that name, add it to listen.allowedHosts.`,
    );
  }
  if (origin === undefined || isAllowedOrigin(origin, host, listen)) return undefined;
  return refused(
    "origin_refused",
    "Requests from this origin are not accepted.",
    `The Origin header is ${quoted(origin, 100)}: if its pages may use the gateway, add it to listen.allowedOrigins.`,
  );

  function refused(code: RefusalCode, reason: string, detail: string): Response {
    const refusal = { status: 403, code, reason, detail } as const;
    onRefused?.(refusal);
    return answerOf(refusal);
  }
}

function hostsOf({ host, port, allowedHosts }: Address): readonly string[] {
  if (allowedHosts !== undefined) return allowedHosts.map((each) => each.toLowerCase());
  if (!isLocal(host)) return [];
  const names = host.startsWith("127.") ? [...localNames, host] : localNames;
  // Clients leave out port 80, HTTP's default.
  return names.flatMap((each) => (port === 80 ? [each, `${each}:80`] : `${each}:${port}`));
}

/** The gateway's own origin is allowed too, but only with the default list of hosts. */
function isAllowedOrigin(origin: string, host: string, listen: Address): boolean {
  if (listen.allowedOrigins.some((each) => each.toLowerCase() === origin)) return true;
  return listen.allowedHosts === undefined && origin === `http://${host}`;
}
