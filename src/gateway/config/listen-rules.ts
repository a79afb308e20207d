/** Checks where a gateway listens: one that is open to anybody, or to nobody, does not start. */
import { quoted } from "../../core/errors/index.ts";
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import type { GatewayConfig } from "./schema.ts";

type Listen = NonNullable<GatewayConfig["listen"]>;

/** Whether only this machine can reach an address. */
export function isLocal(host: string): boolean {
  return /^(?:localhost|::1|\[::1\]|127(?:\.\d{1,3}){3})$/.test(host);
}

/** Writes a host and a port as URLs do, with an IPv6 address in brackets. */
export function hostAndPort(host: string, port: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A Host header: a host or `[address]`, and a port if it is not the default one. */
const hostHeader = /^(?:\[[\d:.a-f]+\]|[\w-]+(?:\.[\w-]+)*)(?::\d{1,5})?$/i;
const originHeader = /^[a-z][\d+.a-z-]*:\/\/[^\s#*,/?@]+$/i;

/** Returns the problems. A local address needs no identity: only this machine can reach it. */
export function* listenProblems(
  { jwt, trustedHeaders, anonymous }: GatewayConfig["identity"],
  listen: Pick<Listen, "host" | "allowedHosts" | "allowedOrigins">,
): Generator<ConfigProblem> {
  const { host, allowedOrigins } = listen;
  const isKnown = jwt !== undefined || trustedHeaders !== undefined || anonymous;
  if (!isKnown && !isLocal(host))
    yield problemAt(
      ["identity"],
      `expected \`jwt\` or \`trustedHeaders\`, since others can reach ${quoted(host)}: say who is asking, listen on 127.0.0.1, or write \`anonymous: true\` to let everybody in.`,
    );
  yield* hostProblems("listen", listen);
  for (const [index, each] of allowedOrigins.entries())
    if (!originHeader.test(each))
      yield problemAt(
        ["listen", "allowedOrigins", index],
        `expected an origin without a path, such as "https://app.example.com" or "https://app.example.com:8443", got ${shown(each)}${each === "null" ? ", which would allow any page" : wildcards(each)}.`,
      );
}

function wildcards(text: string): string {
  return text.includes("*") ? ": wildcards are not supported" : "";
}

/** Not the whole, if there may be a password in it. */
function shown(text: string): string {
  return text.includes("@") ? "one with a user name" : quoted(text);
}

/** Returns what is wrong with the list of `Host` headers that a port accepts. */
export function* hostProblems(
  key: "listen" | "admin",
  { host, allowedHosts }: Pick<Listen, "host" | "allowedHosts">,
): Generator<ConfigProblem> {
  const path = [key, "allowedHosts"];
  if (allowedHosts === undefined ? !isLocal(host) : allowedHosts.length === 0)
    yield problemAt(
      path,
      'expected the `Host` headers that callers send, such as ["gateway.example.com"]: without them, every request would be refused.',
    );
  for (const [index, each] of (allowedHosts ?? []).entries())
    if (!hostHeader.test(each))
      yield problemAt(
        [...path, index],
        `expected a host, such as "gateway.example.com" or "gateway.example.com:8443", got ${shown(each)}${wildcards(each)}.`,
      );
}
