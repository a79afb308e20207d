/** Checks that span several keys of a configuration. */

import { headerFault } from "../../core/envelope/index.ts";
import { isGlassineError, quoted } from "../../core/errors/index.ts";
import { memoryDefaults } from "../../core/labels/index.ts";
import { isTransportHeader } from "../../providers/guard/index.ts";
import { readAllow } from "../../providers/rewrite/index.ts";
import { type ConfigProblem, problemAt } from "./config-problems.ts";
import { identityProblems } from "./identity-rules.ts";
import { hostProblems, isLocal, listenProblems } from "./listen-rules.ts";
import { endsOf, type GatewayConfig, type SinglePluginEntry } from "./schema.ts";
import { withoutBrackets } from "./url-schemas.ts";

/**
 * Returns a problem for each obvious mistake. `given` is the configuration before defaults; with
 * `serves`, callers are served with it.
 */
export function ruleProblems(
  config: GatewayConfig,
  given: unknown,
  serves: boolean,
): readonly ConfigProblem[] {
  const { servers, models, listen, identity, admin } = config;
  const problems: ConfigProblem[] = admin === undefined ? [] : [...hostProblems("admin", admin)];
  const found = (path: readonly (string | number)[], text: string) =>
    problems.push(problemAt(path, text));
  problems.push(...limitProblems(config, given), ...labelProblems(config));
  problems.push(...headerProblems(config));
  for (const [name, { allow }] of Object.entries(models))
    for (const [index, entry] of allow.entries())
      for (const text of allowProblems(entry)) found(["models", name, "allow", index], text);
  if (Object.keys(servers).length + Object.keys(models).length === 0)
    found(["servers"], "expected a server, or a route under `models`: there is nothing to guard.");
  for (const [index, entry] of config.plugins.entries())
    if (typeof entry === "object" && !("kind" in entry))
      for (const { key, text } of isolationProblems(entry)) found(["plugins", index, key], text);
  if (serves && config.mode === "production" && config.audit === undefined)
    found(["audit"], "is required in production: name the `file` that records what plugins do.");
  if (listen === undefined) {
    if (!serves) return problems;
    if (Object.keys(models).length > 0)
      found(["models"], "routes need `listen`: they are reached over HTTP only.");
    for (const key of ["jwt", "trustedHeaders"] as const)
      if (identity[key] !== undefined)
        found(["identity", key], "is for HTTP, but there is no `listen`: use `identity.local`.");
    return problems;
  }
  problems.push(...listenProblems(identity, listen), ...identityProblems(identity));
  if (identity.local !== undefined)
    found(
      ["identity", "local"],
      "is for stdio, but there is a `listen`: use `jwt` or `trustedHeaders`.",
    );
  if (admin !== undefined && admin.port !== 0 && admin.port === listen.port)
    found(["admin", "port"], "must not be the port of `listen`.");
  for (const [name, server] of Object.entries(servers))
    if ("url" in server && isOwnUrl(server.url, listen))
      found(["servers", name, "url"], "is the gateway's own endpoint: name the server behind it.");
  const { subject, roles, teams, client } = identity.trustedHeaders ?? {};
  const ofProxy = new Set(
    [subject, roles, teams, client].flatMap((each) =>
      each === undefined ? [] : withHyphens(each),
    ),
  );
  for (const { path, end } of endsOf(config))
    for (const each of "forward" in end ? end.forward : [])
      if (ofProxy.has(withHyphens(each)))
        found(
          [...path, "forward"],
          `${quoted(each)} is an identity header from the proxy in front, and only for the gateway: a server could not tell it from a forged one.`,
        );
  const paths = new Map([[listen.path, "listen"]]);
  for (const [name, model] of Object.entries(models)) {
    // To a route, a slash at the end makes no other path.
    const path = model.path.replace(/\/+$/, "");
    const other = paths.get(path) ?? paths.get(model.path);
    if (other !== undefined)
      found(["models", name, "path"], `must not be the path of \`${other}\`.`);
    else paths.set(path, `models.${name}`);
  }
  return problems;
}

/**
 * Returns the name of a header in the spelling in which names are compared: some programs, such as
 * CGI servers, treat `_` and `-` as the same.
 */
export function withHyphens(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** Whether a URL leads back to the gateway, which would ask itself without end. */
function isOwnUrl(url: string, listen: NonNullable<GatewayConfig["listen"]>): boolean {
  const { protocol, hostname, port, pathname } = new URL(url);
  const { host, path } = listen;
  if (protocol !== "http:" || Number(port || 80) !== listen.port || pathname !== path) return false;
  const asked = withoutBrackets(hostname);
  if (asked === host) return true;
  // Another address of this machine may be another program's, even if the port is the same.
  return ["0.0.0.0", "::"].includes(host)
    ? isLocal(asked)
    : asked === "localhost" && ["127.0.0.1", "::1"].includes(host);
}

function* allowProblems(entry: string) {
  try {
    readAllow([entry]);
  } catch (error) {
    if (!isGlassineError(error)) throw error;
    yield error.message.replace(/^allow /, "");
  }
}

/** Finds headers of the connection itself: setting them breaks it or has no effect. */
function* headerProblems(config: GatewayConfig) {
  const isOwn = (lower: string) =>
    !harmless.includes(lower) &&
    (isTransportHeader(lower) || headerFault(lower, undefined) !== undefined);
  for (const { path, end } of endsOf(config)) {
    if (!("headers" in end)) continue;
    const written = new Set<string>();
    for (const header of Object.keys(end.headers)) {
      const lower = header.toLowerCase();
      const place = [...path, "headers", header];
      // Accept-Encoding is allowed because some servers compress unless asked not to.
      if (isOwn(lower) && lower !== "accept-encoding") yield problemAt(place, ownHeader);
      else if (written.has(lower))
        yield problemAt(place, "appears twice, since case does not matter: leave one out.");
      written.add(lower);
    }
    for (const [index, header] of end.forward.entries()) {
      const lower = header.toLowerCase();
      const place = [...path, "forward", index];
      if (header === "*")
        yield problemAt(place, "expected the name of a header: there are no wildcards.");
      else if (isOwn(lower)) yield problemAt(place, `${quoted(header)} ${ownHeader}`);
      else if (written.has(lower) && !harmless.includes(lower))
        yield problemAt(
          place,
          `${quoted(header)} is in \`headers\` too: leave out one of them, so that it is clear whether the caller decides.`,
        );
    }
  }
}

/** Headers that many people list by habit. The gateway sets them correctly in any case. */
const harmless: readonly string[] = ["accept", "content-type"];

const ownHeader = "is a header of the connection, which the gateway writes itself: leave it out.";

/** Finds isolation settings without effect: the operator would think the plugin is isolated. */
function* isolationProblems(entry: SinglePluginEntry) {
  if ("use" in entry && entry.isolate !== undefined)
    yield {
      key: "isolate",
      text: "is for packages and paths only: a stock plugin is part of the gateway and runs in it.",
    };
  if (entry.isolate === "process") return;
  const keys = ["accept", "readable", ...(entry.isolate === undefined ? ["memoryMb"] : [])];
  for (const key of keys)
    if (entry[key as keyof typeof entry] !== undefined)
      yield {
        key,
        text:
          entry.isolate === undefined
            ? "needs `isolate`: code that runs in the gateway can do whatever the gateway can."
            : "needs `isolate: process`: it has no effect on the other kinds.",
      };
}

/** The size of an event beyond its message. */
const eventBytes = 1024;

/** Raises the defaults of `queuedBytes` and `inFlightBytes` if needed: the longest message fits. */
export function withRoom(config: GatewayConfig, given: unknown): GatewayConfig {
  const { limits } = config;
  const { messageBytes } = limits;
  const raised = (name: "queuedBytes" | "inFlightBytes", least: number) =>
    isGiven(name, given) ? limits[name] : Math.max(limits[name], least);
  const queuedBytes = raised("queuedBytes", messageBytes + eventBytes);
  const inFlightBytes = raised("inFlightBytes", 2 * messageBytes);
  return { ...config, limits: { ...limits, queuedBytes, inFlightBytes } };
}

/** `queuedBytes` is checked only if both are given: too little room cuts off only long answers. */
function* limitProblems({ limits, servers }: GatewayConfig, given: unknown) {
  const { messageBytes, queuedBytes, inFlightBytes } = limits;
  if (isGiven("inFlightBytes", given) && inFlightBytes < 2 * messageBytes)
    yield problemAt(
      ["limits", "inFlightBytes"],
      `expected at least ${2 * messageBytes}, twice \`messageBytes\`, got ${inFlightBytes}: one subject may take half, and the longest messages would always be refused.`,
    );
  if (Object.keys(servers).length === 0) return;
  if (!isGiven("messageBytes", given) || !isGiven("queuedBytes", given)) return;
  if (queuedBytes < messageBytes + eventBytes)
    yield problemAt(
      ["limits", "queuedBytes"],
      `expected at least ${eventBytes} more than \`messageBytes\`: the longest answers would always be cut off.`,
    );
}

/** Finds labels that are forgotten while their session is open: its data would have none then. */
function* labelProblems({ labels: { store }, limits: { idleSessionMs } }: GatewayConfig) {
  const keptMs = (store === "memory" ? memoryDefaults : store).ttlMs;
  if (idleSessionMs + 60_000 > keptMs)
    yield problemAt(
      ["limits", "idleSessionMs"],
      `expected at most ${keptMs - 60_000}, a minute less than \`labels.store.ttlMs\` (${memoryDefaults.ttlMs} in memory), got ${idleSessionMs}: an open session would forget its labels.`,
    );
}

function isGiven(name: keyof GatewayConfig["limits"], given: unknown): boolean {
  const { limits } = given as { readonly limits?: Readonly<Record<string, unknown>> };
  return limits?.[name] !== undefined;
}
