/**
 * Registers loaded plugins temporarily, to see whether they fit together and to check their health.
 * Keeps nothing that they do.
 */

import { type ManifestError, PluginDependencyError } from "../../core/errors/index.ts";
import {
  type AnyManager,
  type HealthReport,
  type Refusal,
  refusalsIn,
} from "../../core/plugins/index.ts";
import type { Fault } from "./fault.ts";
import { hookPlugins, type LoadReport, without, withoutOrphans } from "./load-stage.ts";

interface AssessInput {
  readonly createPluginManager: (options: never) => Promise<unknown>;
  readonly env: { readonly [name: string]: string | undefined };
  /** The services that the host supplies to plugins, if known. */
  readonly services: object | undefined;
}

/** Plugins that register together, and the health of each. */
export interface Assessment extends LoadReport {
  /** The names of hook plugins, in the order in which they registered. */
  readonly order: readonly string[];
  readonly health: ReadonlyMap<string, HealthReport>;
  /** By capability: whether the host supplies what it opens. Empty if that is not known. */
  readonly supplied: ReadonlyMap<string, boolean>;
}

export async function assess(
  { createPluginManager, env, services }: AssessInput,
  report: LoadReport,
): Promise<Assessment> {
  let fit = report;
  // Each round removes at least one plugin.
  for (;;) {
    const plugins = hookPlugins(fit.loaded);
    if (plugins.length === 0) return { order: [], health: new Map(), supplied: new Map(), ...fit };
    const given = services === undefined ? {} : { services };
    const options = { plugins, env, ...given, logger: {} };
    let manager: AnyManager;
    try {
      manager = (await createPluginManager(options as never)) as AnyManager;
    } catch (error) {
      const faults = faultsOf(refusalsIn(error));
      if (faults.size === 0) throw error;
      fit = withoutOrphans(without(fit, ({ source }) => faults.get(source.entry.id)));
      continue;
    }
    const reports = await manager.checkHealth();
    const capabilities = Object.entries(manager.capabilityReport());
    await manager.close();
    return {
      ...fit,
      order: manager.plugins.map(({ name }) => name),
      health: new Map(reports.map((each) => [each.pluginName, each])),
      // Without the host's services, it is unknown what is supplied.
      supplied: new Map(
        services === undefined ? [] : capabilities.map(([name, each]) => [name, each.supplied]),
      ),
    };
  }
}

/** What depends on a plugin is judged in a later round, once no plugin has a fault of its own. */
function faultsOf(refusals: readonly Refusal[]): ReadonlyMap<string, Fault> {
  const isOwn = ({ error }: Refusal) => !(error instanceof PluginDependencyError);
  const isLacking = ({ error }: Refusal) => error.data.missing !== undefined;
  const judged = [isOwn, isLacking, () => true].map((is) => refusals.filter(is));
  return new Map(judged.find(({ length }) => length > 0)?.flatMap(faultsIn));
}

function faultsIn({ plugin, reason, error }: Refusal): readonly (readonly [string, Fault])[] {
  const { missing, circle } = error.data as {
    readonly missing?: readonly { readonly dependencies: readonly string[] }[];
    readonly circle?: string;
  };
  if (missing !== undefined) {
    const names = missing.flatMap(({ dependencies }) => dependencies).join(", ");
    const lacks = `it depends on ${names}, which is not installed`;
    return [[plugin.name, { code: "dependency_missing", reason: lacks }]];
  }
  if (circle !== undefined)
    return circle
      .split(" -> ")
      .map((name) => [name, { code: "dependency_cycle", reason: circle }] as const);
  const { problems } = error as ManifestError;
  const isUnfit = problems.some(({ field }) => field === "requiresHost");
  const code = reason.startsWith("config_") ? "config_rejected" : "manifest_invalid";
  return [
    [plugin.name, { code: isUnfit ? "incompatible_host" : code, reason: error.message }] as const,
  ];
}
