/**
 * Identities that a proxy in front vouches for, in headers that it sets.
 *
 * Rule: a header counts only on a connection from one of the configured addresses, and only if it
 * is not repeated. Repeated headers arrive joined by a comma and a space, so neither a name nor a
 * list item may contain that.
 */
import { BlockList, isIP } from "node:net";
import { isGlassineError, quoted } from "../../core/errors/index.ts";
import { clientFromClaims } from "../../providers/http/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { type Identity, identityOf, subjectOf } from "./identity.ts";
import { Refused } from "./refusals.ts";

type Settings = NonNullable<GatewayConfig["identity"]["trustedHeaders"]>;

export function trustedHeaders(settings: Settings) {
  const proxies = rangesOf(settings.from);
  const { subject, roles, teams, client } = settings;
  const names = [subject, roles, teams, client].flatMap((each) => each?.toLowerCase() ?? []);
  return {
    /** The header names in lower case. */
    names,
    /** Returns undefined if no proxy sent the headers, or they name nobody. Throws `Refused`. */
    identityOf(headers: Headers, remoteAddress: string | undefined): Identity | undefined {
      if (remoteAddress === undefined || !isWithin(proxies, remoteAddress)) return undefined;
      const id = nameIn(headers, subject);
      if (id === undefined) return undefined;
      const named = {
        id,
        type: settings.type,
        roles: listIn(headers, roles),
        teams: listIn(headers, teams),
      };
      const client_id = client === undefined ? undefined : nameIn(headers, client);
      try {
        return identityOf("proxy", [id], {
          subject: subjectOf(named),
          client: clientFromClaims({ client_id }),
        });
      } catch (error) {
        if (!isGlassineError(error)) throw error;
        throw malformed(error.message);
      }
    },
  };
}

/** Visible ASCII without commas; spaces are allowed except at the ends. */
const item = /^[!-+\--~](?:[ -+\--~]*[!-+\--~])?$/;
const longest = 256;

function nameIn(headers: Headers, name: string): string | undefined {
  const value = headers.get(name) ?? "";
  if (value === "") return undefined;
  return checked(value, name);
}

function listIn(headers: Headers, name: string | undefined): readonly string[] {
  const value = name === undefined ? "" : (headers.get(name) ?? "");
  if (name === undefined || value === "") return [];
  return value.split(",").map((each) => checked(each, name));
}

function checked(text: string, name: string): string {
  if (text.length <= longest && item.test(text)) return text;
  throw malformed(
    `The proxy's header ${quoted(name)} is repeated, too long, or has characters that a name cannot have.`,
  );
}

function malformed(detail: string | undefined): Refused {
  const reason = "An identity header is malformed or repeated.";
  return new Refused({ status: 400, code: "header_invalid", reason, detail });
}

function rangesOf(entries: readonly string[]): BlockList {
  const ranges = new BlockList();
  for (const entry of entries) {
    const [address = "", prefix] = entry.split("/");
    const isV4 = isIP(address) === 4;
    ranges.addSubnet(address, Number(prefix ?? (isV4 ? 32 : 128)), isV4 ? "ipv4" : "ipv6");
  }
  return ranges;
}

function isWithin(ranges: BlockList, address: string): boolean {
  const version = isIP(address);
  return version !== 0 && ranges.check(address, version === 4 ? "ipv4" : "ipv6");
}
