/** What `--check` finds out without starting anything: who sees what, and what can never happen. */
import { isGlassineError } from "../../core/errors/index.ts";
import { compilePattern } from "../../core/messages/index.ts";
import type { Environment } from "../../core/plugins/index.ts";
import { describePermissions, standardTables } from "../../operate/discovery/index.ts";
import { wiringOf } from "../../providers/mcp/wiring.ts";
import type {
  GatewayConfig,
  LoadedConfig,
  ResolvedPlugin,
  ResolvedPlugins,
} from "../config/index.ts";
import { createIdentifier } from "../identity/index.ts";
import { missingCommands, missingSecrets } from "./missing.ts";

/** One plugin, as a reviewer wants to know it. */
export interface PluginReport {
  readonly name: string;
  readonly version: string;
  readonly from: ResolvedPlugin["from"];
  readonly source: string;
  readonly hooks: readonly string[];
  readonly capabilities: readonly string[];
  readonly runs_on: readonly string[];
  readonly sees: readonly string[];
  readonly hidden: readonly string[];
  readonly may_change: readonly string[];
  readonly uses: readonly string[];
  readonly never: readonly string[];
}

export interface CheckReport {
  /** What every plugin sees and changes. */
  readonly always: readonly string[];
  readonly plugins: readonly PluginReport[];
  /** What would keep it from working. */
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}

export async function checkGateway(
  { config, folder }: LoadedConfig,
  { plugins, manager, warnings }: ResolvedPlugins,
  env: Environment,
): Promise<CheckReport> {
  const handlers = handlersOf(manager, plugins);
  return {
    always: describePermissions(standardTables, { capabilities: [], hooks: [] }).always,
    plugins: plugins.map((each) =>
      reportOf(
        each,
        neverIn(
          config,
          manager,
          handlers.filter(({ plugin }) => plugin === each.plugin.name),
          each,
        ),
      ),
    ),
    problems: [...(await identityFaults(config)), ...(await missingCommands(config, folder, env))],
    warnings: [...warnings, ...missingSecrets(config, env)],
  };
}

/** Why the gateway would not find out who asks: nothing is asked of a server for that. */
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
  never: readonly string[],
): PluginReport {
  const { name, version, hooks } = plugin;
  const capabilities = grant === undefined ? plugin.capabilities : [...grant].sort();
  const words = describePermissions(standardTables, { capabilities, hooks });
  const { runsOn, sees, hidden, changes, uses } = words;
  return {
    ...{ name, version, from, source, hooks, capabilities },
    ...{ runs_on: runsOn, sees, hidden, may_change: changes, uses, never },
  };
}

type Handler = ReturnType<ResolvedPlugins["manager"]["handlersFor"]>[number];

/** Every handler once, also one that covers several hooks. */
function handlersOf(
  { handlersFor }: ResolvedPlugins["manager"],
  plugins: readonly ResolvedPlugin[],
): readonly Handler[] {
  const hooks = new Set(plugins.flatMap(({ plugin }) => plugin.hooks));
  // A plugin's own names of hooks: the manager was made, so it knows them.
  const all = [...hooks].flatMap((hook) => handlersFor(hook as Parameters<typeof handlersFor>[0]));
  return all.filter(
    (each, at) =>
      all.findIndex(({ handler, hook }) => handler === each.handler && hook === each.hook) === at,
  );
}

/** The hooks of a route to a model. Those of a server's guard its wiring knows. */
const modelHooks: ReadonlySet<string> = new Set([
  ...["cmf.llm_input", "cmf.llm_output", "cmf.tool_pre_invoke"],
  ...["message_pre_invoke", "message_post_invoke"],
]);
/** Before a request is sent: what is written there can still be sent with it. */
const ofRequests = /_pre_\w+$|_input$|_request$/;

/** What of a plugin can never have an effect. */
function neverIn(
  config: GatewayConfig,
  manager: ResolvedPlugins["manager"],
  handlers: readonly Handler[],
  { plugin }: ResolvedPlugin,
): readonly string[] {
  const { servers, tenant } = config;
  const [server, ...others] = Object.keys(servers);
  const names = server === undefined ? [] : [server, ...others];
  const never =
    server === undefined ? unrun(plugin.hooks) : wiringFor(manager, server, plugin.name);
  const active = handlers.filter(({ mode }) => mode !== "disabled");
  for (const { hook, conditions } of active) {
    const { servers: ofServers, tenants: ofTenants } = conditions ?? {};
    if (ofServers !== undefined && !names.some((name) => matchesAny(ofServers, name)))
      never.push(
        `on ${hook} it is for the servers ${ofServers.join(", ")}, and there is ${names.length === 0 ? "no server" : `${names.join(", ")} only`}: it is always skipped.`,
      );
    if (ofTenants !== undefined && !(tenant !== undefined && matchesAny(ofTenants, tenant)))
      never.push(
        `on ${hook} it is for the tenants ${ofTenants.join(", ")}, and \`tenant\` is ${tenant === undefined ? "not set" : "another"}: it is always skipped.`,
      );
  }
  return [...new Set([...never, ...unsentHeaders(config, active)])];
}

/** Where there are routes only. */
function unrun(hooks: readonly string[]): string[] {
  return hooks
    .filter((hook) => !modelHooks.has(hook))
    .map((hook) => `${hook} is never run here: its handler has no effect.`);
}

/** What the guard of a server says of one plugin; of servers and tenants there is more to say here. */
function wiringFor(manager: ResolvedPlugins["manager"], serverId: string, name: string): string[] {
  const begin = `plugin ${name} `;
  // A guard asks a manager what its type for known hooks does not say.
  const lines = wiringOf(manager as never, { serverId, tenant: "default" });
  return lines.filter((line) => line.startsWith(begin)).map((line) => line.slice(begin.length));
}

function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => compilePattern(pattern)(name));
}

/** Headers travel over HTTP only. */
function unsentHeaders(
  { servers }: GatewayConfig,
  handlers: readonly Handler[],
): readonly string[] {
  const writers = handlers.filter(
    ({ mode, capabilities }) =>
      (mode === "sequential" || mode === "transform") && capabilities.includes("write_headers"),
  );
  return writers.flatMap(({ hook, conditions }) => {
    if (!ofRequests.test(hook)) return [];
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
