/** Starts the gateway from a program. */
import process from "node:process";
import {
  expectOptions,
  hasFunctions,
  ignore,
  kindOf,
  readOption,
  typeName,
} from "../../core/data/index.ts";
import { GlassineError, optionsInvalid } from "../../core/errors/index.ts";
import { type AnyHookManager, checkManager, readAccess } from "../../providers/guard/index.ts";
import {
  checkConfig,
  configInvalid,
  type KnownSecrets,
  knownSecrets,
  problemAt,
  type SecretReader,
  secretReader,
} from "../config/index.ts";
import { type GatewayLog, lineLog, numberedLogs, redactedLog } from "../observe/index.ts";
import { openGateway } from "./open-gateway.ts";
import type { AuditedTraffic, Gateway, GatewayOptions, GatewayParts } from "./parts.ts";
import { handlersOf } from "./skipped.ts";

/** The log itself counts lines that cannot be written. */
const loseLine = () => {};

/** How long a server's process has to end by itself once a caller over stdio has left. */
const politeMs = 750;

/**
 * Starts a gateway in front of servers and models, with the plugins of a manager. It listens when
 * the promise resolves. Closing it does not close the manager.
 *
 * @throws GlassineError (as a rejection) `config_invalid`, `config_unreadable`, `setting_invalid`,
 *   `options_invalid`, `label_store_failed`; over stdio, if no server can be reached, also
 *   `secret_missing`, or an Error whose `code` is `command_missing` or `command_failed`: with a
 *   message that says what to do
 *
 * @example
 * ```ts
 * import { createPluginManager } from "glassine";
 * import { createGateway } from "glassine/gateway";
 * import { secretScanner } from "glassine/plugins";
 *
 * const manager = await createPluginManager({ plugins: [secretScanner()] });
 * const gateway = await createGateway({
 *   manager,
 *   config: {
 *     listen: { port: 0 },
 *     servers: { files: { url: "http://127.0.0.1:3001/mcp" } },
 *   },
 *   log: { info() {}, warn: console.warn, error: console.error },
 * });
 * console.log(gateway.address?.host, gateway.counts().open); // 127.0.0.1 0
 * await gateway.close();
 * await manager.close();
 * ```
 */
export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  // One for all reloads: until it has drained, what a reload replaced still uses older secrets.
  const known = knownSecrets(secretReader(process.env));
  // The same, so that its count of lost lines goes on.
  const standard = lineLog(process.stderr);
  const logOf = numberedLogs();
  const hurry = new AbortController();
  const partsOf = (given: GatewayOptions, generation: number): GatewayParts => {
    const made = partsFrom(given, known, standard);
    return { ...made, log: logOf(made.log, generation), generation, hurried: hurry.signal };
  };
  const parts = partsOf(options, 1);
  const gateway = await openGateway(parts);
  gateway.announce();
  const { address, ended } = gateway;
  // Over stdio: whoever closed the input sends SIGTERM two seconds later, SIGKILL after two more.
  void ended.then(() => setTimeout(() => hurry.abort(), politeMs).unref());
  const isLeft = () =>
    parts.config.listen === undefined && (parts.stdio ?? process).stdin.readableEnded;
  let reloaded = Promise.resolve();
  return {
    address,
    ended,
    get generation() {
      return gateway.generation;
    },
    counts: () => gateway.counts(),
    // One at a time: otherwise one that takes longer could replace a later one.
    reload(next) {
      const done = reloaded.then(() => gateway.reload(partsOf(next, gateway.generation + 1)));
      reloaded = ignore(done);
      return done;
    },
    close() {
      // Nobody reads the answers to open requests.
      if (gateway.counts().open > 0 && isLeft()) hurry.abort();
      return gateway.close();
    },
  };
}

const knownOptions = [
  ...(["config", "manager", "audit", "secrets", "log", "metrics", "stdio", "envoy"] as const),
  "onUnused",
] satisfies readonly (keyof GatewayOptions)[];

/** Keys that only the command reads. They are rejected, since they would have no effect here. */
const misplaced = {
  plugins: "is not allowed here: plugins belong to the manager.",
  mode: "is not allowed here: it is about the plugins, which belong to the manager.",
  audit:
    "is not allowed here: the trail is the manager's. `audit` next to `config` says what the gateway writes to it.",
};

/**
 * Turns a program's options into checked parts, with all defaults.
 *
 * @throws GlassineError `config_invalid`, `options_invalid`
 */
export function partsFrom(
  options: GatewayOptions,
  known: KnownSecrets,
  standard: GatewayLog,
): Omit<GatewayParts, "generation"> {
  expectOptions(options, knownOptions, "createGateway");
  const { manager, audit, stdio, secrets, metrics } = options;
  checkManager(manager, "createGateway");
  expectStrict(manager);
  const { log = standard } = options;
  if (secrets !== undefined && secrets !== null && typeof secrets !== "function") {
    const came = kindOf(secrets);
    throw optionsInvalid(`createGateway expects secrets to be a function, got ${came}.`);
  }
  expectMethods("log", log, ["info", "warn", "error"]);
  // A log that nobody reads any more must not end the program. Only once, for any number of gateways.
  if (log === standard) process.stderr.off("error", loseLine).on("error", loseLine);
  // Otherwise the admin port would fail, and calls would not be counted.
  if (metrics !== undefined && metrics !== null)
    expectMethods("metrics", metrics, ["requestEnded", "text"]);
  // Not by default: whoever reads `process.stdin` opens it.
  if (stdio !== undefined && stdio !== null) {
    expectMethods("stdio.stdin", stdio.stdin, ["on"]);
    expectMethods("stdio.stdout", stdio.stdout, ["on", "write"]);
  }
  const problems = Object.entries(misplaced).flatMap(([key, text]) =>
    Object.hasOwn(options.config ?? {}, key) ? [problemAt([key], text)] : [],
  );
  if (problems.length > 0) throw configInvalid(problems, "`config` is not a valid configuration.");
  return {
    ...options,
    secrets: secrets ? known.readerOf(textsOf(secrets)) : known.read,
    log: redactedLog(log, known),
    config: checkConfig(options.config, "`config`"),
    audit: audit ? auditFrom(audit, manager) : undefined,
  };
}

/** Refuses a manager with which a plugin could append hops that a gateway is to refuse. */
function expectStrict(manager: AnyHookManager): void {
  if (manager.strictDelegation) return;
  const free = handlersOf(manager).find(({ capabilities }) =>
    capabilities.includes("append_delegation"),
  );
  if (free === undefined) return;
  throw optionsInvalid(
    `createGateway expects a manager with strictDelegation: true, because plugin ${free.plugin} may append to delegation chains.`,
  );
}

/** A misspelt `strict` would let requests pass while records are lost, as a missing sink would. */
function auditFrom(
  audit: Partial<AuditedTraffic>,
  { isAudited }: Pick<AnyHookManager, "isAudited">,
): AuditedTraffic {
  expectOptions(audit, ["access", "hooks", "strict"], "audit, an option of createGateway,");
  const access = readAccess(audit, "createGateway") ?? "refused";
  const hooks = readOption(audit, "hooks", "boolean") ?? false;
  const strict = readOption(audit, "strict", "boolean") ?? false;
  if (isAudited) return { access, hooks, strict };
  throw optionsInvalid(
    "createGateway has the option audit, but its manager has nothing that keeps records: give createPluginManager an audit.sink.",
  );
}

/**
 * Refuses whatever is not text, such as the promise of an asynchronous function. A value that the
 * configuration has itself is not asked for, and no error may quote it.
 */
function textsOf(read: SecretReader): SecretReader {
  return (secret) => {
    if (typeof secret === "string") return secret;
    const value: unknown = read(secret);
    if (typeof value === "string") return value;
    const text = `secrets, an option of createGateway, must return a string: it returned ${kindOf(value)} for ${JSON.stringify(secret)}`;
    throw new GlassineError("secret_missing", text);
  };
}

/** Refuses a part that would fail only when the gateway uses it. */
function expectMethods(name: string, part: unknown, methods: readonly string[]): void {
  if (hasFunctions(part, methods)) return;
  throw optionsInvalid(
    `createGateway expects ${name} to be an object with ${methods.join(", ")}, got ${typeName(part)}.`,
  );
}
