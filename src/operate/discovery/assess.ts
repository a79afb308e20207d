/**
 * Registers loaded plugins temporarily, to see whether they fit together and to check their health.
 * Keeps nothing that they do.
 */

import { GlassineError } from "../../core/errors/index.ts";
import type { AuditEvent } from "../../core/observe/index.ts";
import {
  type AnyManager,
  type HealthReport,
  hostFault,
  type Plugin,
  type Surface,
} from "../../core/plugins/index.ts";
import type { Fault } from "./fault.ts";
import { hookPlugins, type LoadReport, without, withoutOrphans } from "./load-stage.ts";

interface AssessInput {
  readonly surface: Surface;
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

const nothing = { order: [], health: new Map(), supplied: new Map() };

export async function assess(input: AssessInput, report: LoadReport): Promise<Assessment> {
  const { services } = input;
  let fit = withoutNamed(report, await unfitIn(report, input.surface));
  // Each round removes at least one plugin.
  for (;;) {
    const plugins = hookPlugins(fit.loaded);
    if (plugins.length === 0) return { ...nothing, ...fit };
    const attempt = await registered(input, plugins);
    if ("manager" in attempt) {
      const { manager } = attempt;
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
    fit = withoutNamed(fit, attempt.faults);
  }
}

/** Keyed by plugin name. */
type Faults = ReadonlyMap<string, Fault>;

function withoutNamed(report: LoadReport, faults: Faults): LoadReport {
  return withoutOrphans(without(report, ({ source }) => faults.get(source.entry.id)));
}

/** Faults of plugins that are for another version of the host. */
async function unfitIn({ loaded }: LoadReport, { profile }: Surface): Promise<Faults> {
  const faults = new Map<string, Fault>();
  for (const plugin of hookPlugins(loaded)) {
    const reason = await hostFault(plugin, profile);
    if (reason !== undefined) faults.set(plugin.name, { code: "incompatible_host", reason });
  }
  return faults;
}

async function registered(
  { createPluginManager, env, services }: AssessInput,
  plugins: readonly Plugin[],
): Promise<{ readonly manager: AnyManager } | { readonly faults: Faults }> {
  const events: AuditEvent[] = [];
  const options = {
    plugins,
    env,
    ...(services === undefined ? {} : { services }),
    audit: { sink: (event: AuditEvent) => events.push(event) },
    logger: {},
  };
  try {
    return { manager: (await createPluginManager(options as never)) as AnyManager };
  } catch (error) {
    const faults = faultsOf(error, events);
    if (faults.size === 0) throw error;
    return { faults };
  }
}

/** The faults that the error and its audit records report, by plugin name. */
function faultsOf(error: unknown, events: readonly AuditEvent[]): Faults {
  const faults = new Map<string, Fault>();
  if (!(error instanceof GlassineError)) return faults;
  const {
    missing,
    circle,
    manifestProblems = [],
  } = error.data as {
    manifestProblems?: readonly { readonly field: string; readonly message: string }[];
    missing?: readonly { readonly plugin: string; readonly dependencies: readonly string[] }[];
    circle?: string;
  };
  for (const { plugin, dependencies } of missing ?? []) {
    const reason = `it depends on ${dependencies.join(", ")}, which is not installed`;
    faults.set(plugin, { code: "dependency_missing", reason });
  }
  if (missing !== undefined) return faults;
  if (circle !== undefined) {
    for (const name of circle.split(" -> "))
      faults.set(name, { code: "dependency_cycle", reason: circle });
    return faults;
  }
  // Schema faults contain no values, so take their text from the error. A record leaves out too
  // much: of `apiKey: expected string` it keeps neither word.
  const faultOfConfig = (name: string) =>
    manifestProblems.find(
      ({ field, message }) => field === "configSchema" && message.startsWith(`plugin '${name}' `),
    )?.message;
  // Dependency faults are reported in a later round, once there are no others.
  for (const { eventType, metadata } of events) {
    const reason = String(metadata.reason);
    if (eventType !== "plugin.registration_failed" || reason.startsWith("dependency")) continue;
    const name = String(metadata.plugin_name);
    faults.set(name, {
      code: reason.startsWith("config_") ? "config_rejected" : "manifest_invalid",
      reason: faultOfConfig(name) ?? String(metadata.validation_failure),
    });
  }
  return faults;
}
