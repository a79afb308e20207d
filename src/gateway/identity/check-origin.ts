/**
 * The check of Host and Origin, which comes before anything else.
 *
 * A page in a browser can make its own host name resolve to this machine (DNS rebinding). The browser
 * then says which host it means, and from which page it comes, so both are compared with a list,
 * whole: no suffix, no wildcard, no other spelling of an address.
 */
import { quoted } from "../../core/errors/index.ts";
import { type GatewayConfig, isLocal } from "../config/index.ts";
import { answerOf, type Refusal, type RefusalCode } from "./refusals.ts";

export type Listen = NonNullable<GatewayConfig["listen"]>;

/** What the check needs to know. `port` is the one that it listens on, never 0. */
type Address = Pick<Listen, "host" | "port" | "allowedHosts" | "allowedOrigins">;

const localNames = ["localhost", "127.0.0.1", "[::1]"];

/** The refusal of a request that is not addressed to this gateway, or comes from a foreign page. */
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
    `The Origin header is ${quoted(origin, 100)}: if its pages may ask the gateway, add it to listen.allowedOrigins.`,
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
  // The port of HTTP is left out.
  return names.flatMap((each) => (port === 80 ? [each, `${each}:80`] : `${each}:${port}`));
}

/** A page of this very gateway is not foreign, but only where the list of hosts is ours. */
function isAllowedOrigin(origin: string, host: string, listen: Address): boolean {
  if (listen.allowedOrigins.some((each) => each.toLowerCase() === origin)) return true;
  return listen.allowedHosts === undefined && origin === `http://${host}`;
}
