/** Checks how callers are identified: with a mistake there, one could be taken for another. */
import { BlockList, isIP } from "node:net";
import { isGlassineError, quoted } from "../../core/errors/index.ts";
import { subjectFromClaims } from "../../providers/http/index.ts";
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import { isLocal } from "./listen-rules.ts";
import type { GatewayConfig } from "./schema.ts";

type Settings = GatewayConfig["identity"];

export function* identityProblems({ jwt, trustedHeaders }: Settings): Generator<ConfigProblem> {
  if (jwt !== undefined) yield* tokenProblems(jwt);
  if (trustedHeaders !== undefined) yield* headerProblems(trustedHeaders);
}

/** RFC 6749 §3.3. Checked because the challenge quotes the scopes. */
const scopeToken = /^[!#-[\]-~]+$/;

function* tokenProblems({ keys, scopes, subject }: NonNullable<Settings["jwt"]>) {
  const found = (key: readonly string[], text: string) =>
    problemAt(["identity", "jwt", ...key], text);
  const wrong = scopes.find((scope) => !scopeToken.test(scope));
  if (wrong !== undefined) yield found(["scopes"], `expected scopes, got ${quoted(wrong)}.`);
  try {
    subjectFromClaims({}, { ...subject, requireId: false });
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    yield found(["subject"], error.message);
  }
  const url = "url" in keys ? new URL(keys.url) : undefined;
  if (url !== undefined && url.protocol !== "https:" && !isLocal(url.hostname))
    yield found(
      ["keys", "url"],
      `expected https, since anybody on the way to ${quoted(url.origin, 256)} could answer with keys of their own: use https, or a key file.`,
    );
}

/** Headers that already have another meaning. */
const taken =
  /^(?:accept.*|authorization|connection|content-.*|cookie|date|expect|forwarded|host|keep-alive|mcp-.*|origin|proxy-.*|range|referer|te|trailer|transfer-encoding|upgrade|user-agent|via|x-forwarded-for|x-forwarded-host|x-forwarded-port|x-forwarded-proto)$/;

function* headerProblems(settings: NonNullable<Settings["trustedHeaders"]>) {
  const { from, subject, roles, teams, client } = settings;
  const found = (key: string, text: string) => problemAt(["identity", "trustedHeaders", key], text);
  for (const entry of from) {
    const fault = rangeFault(entry);
    if (fault !== undefined) yield found("from", fault);
  }
  const names = new Set<string>();
  for (const [key, given] of Object.entries({ subject, roles, teams, client })) {
    if (given === undefined) continue;
    const name = given.toLowerCase();
    if (taken.test(name))
      yield found(
        key,
        `${quoted(given)} has another meaning: choose a header that only the proxy sets.`,
      );
    if (names.has(name))
      yield found(key, `${quoted(given)} is already used: choose a different header for each.`);
    names.add(name);
  }
}

/** Returns what is wrong with an address or a range of addresses. */
function rangeFault(entry: string): string | undefined {
  const [address = "", prefix, ...more] = entry.split("/");
  const version = isIP(address);
  const bits = version === 4 ? 32 : 128;
  const length = prefix === undefined ? bits : Number(/^\d{1,3}$/.test(prefix) ? prefix : -1);
  if (version === 0 || address.includes("%") || length < 0 || length > bits || more.length > 0)
    return `expected an IP address, or a range such as "10.0.0.0/8", got ${quoted(entry)}.`;
  if (length === 0) return `${quoted(entry)} includes everybody: list only the proxies.`;
  if (version === 6 && mapped.check(address, "ipv6"))
    return `${quoted(entry)} is an IPv4-mapped address: write it as IPv4.`;
  return undefined;
}

/** IPv4-mapped IPv6 addresses, whose prefix length would mean something else. */
const mapped = new BlockList();
mapped.addSubnet("::ffff:0:0", 96, "ipv6");
