/**
 * Registers loaded plugins for the length of a look at them: whether they fit together, and how they
 * say they are. Nothing they do is kept.
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
import type { RejectionCode } from "../packages/index.ts";
import { refusedFor } from "./fault.ts";
import { hookPlugins, type LoadReport, withoutOrphans } from "./load-stage.ts";

interface AssessInput {
  readonly surface: Surface;
  readonly createPluginManager: (options: never) => Promise<unknown>;
  readonly env: { readonly [name: string]: string | undefined };
  /** What the host supplies to plugins, where that is known. */
  readonly services: object | undefined;
}

/** Plugins that register together, and how each of them is. */
export interface Assessment extends LoadReport {
  /** The names of hook plugins, in the order in which they registered. */
  readonly order: readonly string[];
  readonly health: ReadonlyMap<string, HealthReport>;
  /** By capability: whether the host supplies what it opens. Empty where that is not known. */
  readonly supplied: ReadonlyMap<string, boolean>;
}

const nothing = { order: [], health: new Map(), supplied: new Map() };

export async function assess(input: AssessInput, report: LoadReport): Promise<Assessment> {
  const { services } = input;
  let fit = without(report, await unfitIn(report, input.surface));
  // Each round takes at least one plugin away.
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
        // Without the host's services nothing is known of them.
        supplied: new Map(
          services === undefined ? [] : capabilities.map(([name, each]) => [name, each.supplied]),
        ),
      };
    }
    fit = without(fit, attempt.faults);
  }
}

interface Fault {
  readonly name: string;
  readonly code: RejectionCode;
  readonly reason: string;
}

/** Those that are for another version of the host. */
async function unfitIn({ loaded }: LoadReport, { profile }: Surface): Promise<readonly Fault[]> {
  const faults: Fault[] = [];
  for (const plugin of hookPlugins(loaded)) {
    const reason = await hostFault(plugin, profile);
    if (reason !== undefined) faults.push({ name: plugin.name, code: "incompatible_host", reason });
  }
  return faults;
}

function without({ loaded, refused }: LoadReport, faults: readonly Fault[]): LoadReport {
  const byName = new Map(faults.map((fault) => [fault.name, fault]));
  const gone = loaded.flatMap(({ source }) => {
    const { id } = source.entry;
    const fault = byName.get(id);
    return fault === undefined
      ? []
      : [refusedFor(source, { code: fault.code, reason: fault.reason })];
  });
  const kept = loaded.filter(({ source }) => !byName.has(source.entry.id));
  return withoutOrphans(kept, [...refused, ...gone]);
}

async function registered(
  { createPluginManager, env, services }: AssessInput,
  plugins: readonly Plugin[],
): Promise<{ readonly manager: AnyManager } | { readonly faults: readonly Fault[] }> {
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
    if (faults.length === 0) throw error;
    return { faults };
  }
}

/** What the error and the records of it say of plugins, each named. */
function faultsOf(error: unknown, events: readonly AuditEvent[]): readonly Fault[] {
  if (!(error instanceof GlassineError)) return [];
  const {
    missing,
    circle,
    manifestProblems = [],
  } = error.data as {
    manifestProblems?: readonly { readonly field: string; readonly message: string }[];
    missing?: readonly { readonly plugin: string; readonly dependencies: readonly string[] }[];
    circle?: string;
  };
  if (missing !== undefined)
    return missing.map(({ plugin, dependencies }) => ({
      name: plugin,
      code: "dependency_missing",
      reason: `it depends on ${dependencies.join(", ")}, which is not installed`,
    }));
  if (circle !== undefined)
    return [...new Set(circle.split(" -> "))].map((name) => ({
      name,
      code: "dependency_cycle",
      reason: circle,
    }));
  // A fault of a schema has no value in it, and what a record leaves out of it is needed here: of
  // `apiKey: expected string` a record keeps neither word.
  const faultOfConfig = (name: string) =>
    manifestProblems.find(
      ({ field, message }) => field === "configSchema" && message.startsWith(`plugin '${name}' `),
    )?.message;
  // Faults of dependencies are reported in the next round, when there are no others.
  return events
    .filter(({ eventType }) => eventType === "plugin.registration_failed")
    .filter(({ metadata }) => !String(metadata.reason).startsWith("dependency"))
    .map(({ metadata }) => ({
      name: String(metadata.plugin_name),
      code: String(metadata.reason).startsWith("config_") ? "config_rejected" : "manifest_invalid",
      reason: faultOfConfig(String(metadata.plugin_name)) ?? String(metadata.validation_failure),
    }));
}
