/** What `--check` finds out without starting anything: who sees what, and what has no effect. */
import { isGlassineError, quoted } from "../../core/errors/index.ts";
import { modes } from "../../core/hooks/index.ts";
import { type Environment, type HandlerInfo, isolationOf } from "../../core/plugins/index.ts";
import type { CommandContext } from "../../operate/cli/index.ts";
import { describePermissions, standardTables } from "../../operate/discovery/index.ts";
import {
  guestProcess,
  isIsolation,
  kinds,
  type Opening,
  openings,
} from "../../operate/isolate/kinds.ts";
import { isGuarded, wiringOf } from "../../providers/mcp/wiring.ts";
import {
  auditFileFaults,
  type GatewayConfig,
  type LoadedConfig,
  type ResolvedPlugin,
  type ResolvedPlugins,
  resolvePlugins,
  type StockPlugins,
  secretReader,
} from "../config/index.ts";
import { pinFaults, readPins } from "../definitions/index.ts";
import { createIdentifier } from "../identity/index.ts";
import { missingPeers } from "../run/missing-peers.ts";
import {
  configured,
  handlersOf,
  hasModels,
  list,
  matchesAny,
  mayJudgeModels,
  modelHooks,
  skippedOn,
} from "../run/skipped.ts";
import type { CheckReport, PluginReport } from "./check-report.ts";
import { missingHere } from "./missing.ts";
import { oddSettings } from "./odd-settings.ts";

/**
 * Loads the plugins as a start would, and reports on them and on the rest of the configuration.
 * `more` loads the packages that a command needs besides.
 *
 * @throws GlassineError what `resolvePlugins` throws, and `config_invalid`
 */
export async function checkGateway(
  loaded: LoadedConfig,
  { env }: Pick<CommandContext, "env">,
  stock: StockPlugins,
  more: Parameters<typeof missingPeers>[2] = [],
): Promise<CheckReport> {
  const said: string[] = [];
  const resolved = await resolvePlugins(loaded, {
    env,
    stock,
    lock: loaded.lock,
    logger: { warn: (text) => void said.push(text), error: () => {} },
    records: false,
    // Nothing in a check is a call that stock plugins should record.
    services: { write: () => {} },
  });
  try {
    // Some warnings come from the discovery as well as from the manager.
    const warnings = [...new Set([...resolved.warnings, ...said])];
    return await reportOn(loaded, { ...resolved, warnings }, env, more);
  } finally {
    await resolved.close();
  }
}

async function reportOn(
  loaded: LoadedConfig,
  { plugins, manager, warnings }: ResolvedPlugins,
  env: Environment,
  more: Parameters<typeof missingPeers>[2],
): Promise<CheckReport> {
  const { config } = loaded;
  const handlers = handlersOf(manager);
  const { commands, folders, secrets } = await missingHere(loaded, env);
  const audit = await auditFileFaults(config);
  return {
    always: describePermissions(standardTables, { capabilities: [], hooks: [] }).always,
    plugins: plugins.map((each) => {
      const own = handlers.filter(({ plugin }) => plugin === each.plugin.name);
      const report = reportOf(each, own);
      return {
        ...report,
        sees: [...report.sees, ...(report.capabilities.length > 0 ? blindOn(own) : [])],
        only_for: own.flatMap(onlyFor),
        never: neverIn(config, manager, own, each),
      };
    }),
    problems: [
      ...(await identityFaults(config)),
      ...(await missingPeers(config, secretReader(env), more)),
      ...commands,
      ...audit.problems,
    ],
    warnings: [
      ...warnings,
      ...secrets,
      ...folders,
      ...audit.warnings,
      ...pinFaults(config, await readPins(config.definitionsFile)),
      ...oddSettings(config),
      ...wiringOf(manager as never).foreign,
      ...disabledAmong(plugins, handlers),
      ...plugins.flatMap(ungranted),
    ],
  };
}

/** Returns why the gateway could not identify callers. Contacts no server to find out. */
async function identityFaults({ identity, listen }: GatewayConfig): Promise<readonly string[]> {
  if (listen === undefined) return [];
  try {
    await createIdentifier(identity, { listen });
    return [];
  } catch (error) {
    if (isGlassineError(error)) return [error.message];
    throw error;
  }
}

function reportOf(
  { plugin, from, source, grant }: ResolvedPlugin,
  handlers: readonly HandlerInfo[],
) {
  const { name, version, hooks } = plugin;
  const capabilities = grant === undefined ? plugin.capabilities : [...grant].sort();
  const modes = Object.fromEntries(handlers.map(({ hook, mode }) => [hook, mode ?? "sequential"]));
  const words = describePermissions(standardTables, { capabilities, hooks, modes });
  const { runsOn, sees, hidden, changes, uses } = words;
  return {
    name,
    version,
    from,
    source,
    ...placeOf(plugin, from),
    hooks,
    capabilities,
    runs_on: runsOn,
    sees,
    hidden,
    may_change: handlers.length > 0 && handlers.every(hasNoEffect) ? [] : changes,
    uses,
  };
}

/** Whether nothing that the handler returns is applied, in its mode. */
function hasNoEffect({ mode }: HandlerInfo): boolean {
  const { mayHalt, mayModify } = modes[mode ?? "sequential"];
  return !mayHalt && !mayModify;
}

function placeOf(
  plugin: ResolvedPlugin["plugin"],
  from: ResolvedPlugin["from"],
): Pick<PluginReport, "isolate" | "runs_in"> {
  const isolation = isolationOf(plugin);
  if (isolation === undefined)
    return { isolate: null, runs_in: ["Its code runs in the process of the gateway."] };
  const { kind, open } = isolation;
  const node = isIsolation(kind) ? ` ${kinds[kind]}` : "";
  const says = from === "cpex" ? ` ${guestProcess}` : node;
  const can = open.map((each) => `${openings[each as Opening]} (${each})`);
  return {
    isolate: kind,
    runs_in: [
      `Its code runs isolated, in ${quoted(kind)}.${says}`,
      ...can.map((each) => `Not prevented there, as was accepted: it can ${each}.`),
    ],
  };
}

/** Reports handlers without extensions: a wrapped handler may have lost its third parameter. */
function blindOn(handlers: readonly HandlerInfo[]): readonly string[] {
  const blind = handlers.filter(({ extensions, mode }) => !extensions && mode !== "disabled");
  return blind.map(
    ({ hook }) =>
      `On ${hook} it sees no extensions: its handler has no third parameter, or says \`extensions: false\`.`,
  );
}

/** For each kind of condition, a call has to match one of the patterns. */
function onlyFor({ hook, conditions }: HandlerInfo): readonly string[] {
  const kinds = Object.entries({ ...conditions }).map(
    ([kind, patterns]) => `${kind} ${patterns.map((each) => JSON.stringify(each)).join(" or ")}`,
  );
  // Without any, as in `{}`, it runs for everything.
  if (kinds.length === 0) return [];
  return [`On ${hook} it runs only for ${kinds.join(" and ")}.`];
}

/** Hooks that run before a request is sent, so that headers written there can be sent with it. */
const ofRequests = /_pre_\w+$|_input$|_request$/;

function disabledAmong(
  plugins: readonly ResolvedPlugin[],
  handlers: readonly HandlerInfo[],
): readonly string[] {
  const running = new Set(
    handlers.flatMap(({ plugin, mode }) => (mode === "disabled" ? [] : [plugin])),
  );
  const disabled = plugins.filter(
    ({ plugin: { name, hooks } }) => hooks.length > 0 && !running.has(name),
  );
  return disabled.map(({ plugin }) => `plugin ${plugin.name} is disabled: it never runs.`);
}

function ungranted({ plugin, grant }: ResolvedPlugin): readonly string[] {
  const missing = grant && plugin.capabilities.filter((each) => !grant.includes(each));
  if (missing === undefined || missing.length === 0) return [];
  return [
    `plugin ${plugin.name} declares ${missing.join(", ")}, which its \`grant\` leaves out: it does not see what they show, and changes that need them are refused.`,
  ];
}

/** Returns what can never have an effect in a plugin. */
function neverIn(
  config: GatewayConfig,
  manager: ResolvedPlugins["manager"],
  handlers: readonly HandlerInfo[],
  each: ResolvedPlugin,
): readonly string[] {
  const { plugin } = each;
  const hasServers = Object.keys(config.servers).length > 0;
  return [
    ...unrun(plugin.hooks, hasServers ? isGuarded : (hook) => modelHooks.has(hook)),
    ...(hasServers ? oddFor(config, manager, plugin.name) : []),
    ...skippedOn(config, handlers),
    ...unmatchedServers(config, each),
    ...unsentHeaders(config, handlers),
  ];
}

/** Checks the server names in the egress guard's options, like those in conditions. */
export function unmatchedServers(
  { servers }: GatewayConfig,
  { from, source, options }: ResolvedPlugin,
): readonly string[] {
  if (from !== "stock" || source !== "egress-guard") return [];
  const names = Object.keys(servers);
  return Object.entries((options ?? {}) as EgressOptions).flatMap(([key, targets]) => {
    const patterns = key === "allow" || key === "refuse" ? targets?.servers : undefined;
    if (patterns === undefined || patterns.length === 0) return [];
    if (names.some((name) => matchesAny(patterns, name))) return [];
    return [
      `its option ${key} is for the servers ${list(patterns)}, and ${configured(names)}: that matches nothing.`,
    ];
  });
}

/** The options have this form, since the plugin has read them. */
type EgressOptions = Readonly<Record<string, { readonly servers?: readonly string[] } | undefined>>;

/** Reports hooks that never run, unless one does: the others may be for other hosts. */
function unrun(hooks: readonly string[], isRun: (hook: string) => boolean): readonly string[] {
  if (hooks.some(isRun)) return [];
  return hooks.map((hook) => `${hook} never runs here: its handler has no effect.`);
}

/** Returns what the guards of servers find odd in a plugin, except what is reported here. */
function oddFor(
  config: GatewayConfig,
  manager: ResolvedPlugins["manager"],
  name: string,
): readonly string[] {
  // The cast is needed because a guard takes managers of any hooks, not only of known ones.
  const found = wiringOf(manager as never).oddities.filter(({ plugin, about, hook }) => {
    // Messages to and from models may have calls, results and resources in them.
    const mayMatch = hasModels(config) && hook?.startsWith("cmf.llm_") === true;
    // `unrun` already reports hooks that no guard runs.
    return plugin === name && about !== "hooks" && !mayMatch;
  });
  return [...new Set(found.map(({ text }) => text))];
}

/** Reports headers that cannot be sent, because the servers are not reached over HTTP. */
function unsentHeaders(config: GatewayConfig, handlers: readonly HandlerInfo[]): readonly string[] {
  const { servers } = config;
  const writers = handlers.filter(
    ({ mode, capabilities }) =>
      (mode === "sequential" || mode === "transform") && capabilities.includes("write_headers"),
  );
  return writers.flatMap((handler) => {
    const { hook, conditions } = handler;
    // Those written when a model asks for a tool call are sent with no request.
    const isSent = mayJudgeModels(config, handler) && hook !== "cmf.tool_pre_invoke";
    if (!ofRequests.test(hook) || isSent) return [];
    const reached = Object.entries(servers).filter(
      ([name]) => conditions?.servers === undefined || matchesAny(conditions.servers, name),
    );
    const over = reached.filter(([, server]) => "command" in server).map(([name]) => name);
    if (over.length === 0 || over.length < reached.length) return [];
    return [
      `headers that it writes on ${hook} are not sent: ${over.join(", ")} ${over.length === 1 ? "is" : "are"} reached over stdio.`,
    ];
  });
}
