/** Finds what never runs in a configuration, and no guard notices, as each knows only one server. */
import { quoted } from "../../core/errors/index.ts";
import { compilePattern } from "../../core/messages/index.ts";
import type { HandlerInfo } from "../../core/plugins/index.ts";
import type { AnyHookManager } from "../../providers/mcp/index.ts";
import type { GatewayConfig } from "../config/index.ts";
import { splitName } from "../router/index.ts";
import type { GatewayParts } from "./parts.ts";

/** Returns each handler once per hook. */
export function handlersOf(manager: AnyHookManager): readonly HandlerInfo[] {
  const hooks = new Set(manager.plugins.flatMap((plugin) => plugin.hooks));
  // The casts are safe: the manager has accepted these plugins, so it knows their hooks.
  const infosOf = (hook: string) => manager.handlersFor(hook as never) as readonly HandlerInfo[];
  const all = [...hooks].flatMap(infosOf);
  return all.filter(
    (each, at) =>
      all.findIndex(({ handler, hook }) => handler === each.handler && hook === each.hook) === at,
  );
}

/** The hooks of model routes. The wiring of guards knows those of servers. */
export const modelHooks: ReadonlySet<string> = new Set([
  "cmf.llm_input",
  "cmf.llm_output",
  "cmf.tool_pre_invoke",
  "message_pre_invoke",
  "message_post_invoke",
]);

export const hasModels = ({ models }: GatewayConfig) => Object.keys(models).length > 0;

/** Whether a handler may run for a model. A call of a model is to no server. */
export function mayJudgeModels(config: GatewayConfig, { hook, conditions }: HandlerInfo): boolean {
  return hasModels(config) && modelHooks.has(hook) && conditions?.servers === undefined;
}

/** Returns which plugins are always skipped, and why. */
export function skippedPlugins({ config, manager }: Pick<GatewayParts, "config" | "manager">) {
  const handlers = handlersOf(manager);
  return manager.plugins.flatMap(({ name }) => {
    const own = handlers.filter(({ plugin }) => plugin === name);
    return skippedOn(config, own).map((text) => ({ plugin: name, text }));
  });
}

export function skippedOn(
  config: GatewayConfig,
  handlers: readonly HandlerInfo[],
): readonly string[] {
  const { servers, tenant } = config;
  const names = Object.keys(servers);
  const never: string[] = [];
  for (const handler of handlers) {
    const { hook, conditions, mode } = handler;
    if (mode === "disabled") continue;
    const { servers: ofServers, tenants: ofTenants, tools } = conditions ?? {};
    const isPrefixed = (tool: string) => names.includes(splitName(tool)?.server ?? "");
    // Models call tools by the names that callers know.
    if (names.length > 1 && !mayJudgeModels(config, handler) && tools?.every(isPrefixed) === true)
      never.push(
        `on ${hook} it is for the tools ${list(tools)}, but plugins see tool names without the server's prefix: drop the prefix, and use \`conditions.servers\` instead.`,
      );
    if (ofServers !== undefined && !names.some((name) => matchesAny(ofServers, name)))
      never.push(
        `on ${hook} it is for the servers ${list(ofServers)}, and ${configured(names)}: it is always skipped.`,
      );
    if (ofTenants !== undefined && !(tenant !== undefined && matchesAny(ofTenants, tenant)))
      never.push(
        `on ${hook} it is for the tenants ${list(ofTenants)}, and \`tenant\` ${tenant === undefined ? "is not set" : "has another value"}: it is always skipped.`,
      );
  }
  return [...new Set(never)];
}

export function list(names: readonly string[]): string {
  return names.map((name) => quoted(name)).join(", ");
}

export function configured(names: readonly string[]): string {
  if (names.length === 0) return "no server is configured";
  return `only ${list(names)} ${names.length === 1 ? "is" : "are"} configured`;
}

export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => compilePattern(pattern)(name));
}
