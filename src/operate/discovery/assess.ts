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
import { rejected } from "./load-fault.ts";
import { type LoadReport, withoutOrphans } from "./load-stage.ts";
import type { LoadedPlugin, Refused, StaticPlugin } from "./types.ts";

/** What looking at plugins takes. */
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
  let { loaded, refused } = await fitting(input.surface, report);
  // Each round takes at least one plugin away.
  for (;;) {
    const plugins = loaded.flatMap(({ loaded: of }) => (of.kind === "hooks" ? [of.plugin] : []));
    if (plugins.length === 0) return { ...nothing, loaded, refused };
    const attempt = await registered(input, plugins);
    if ("manager" in attempt) {
      const { manager } = attempt;
      const reports = await manager.checkHealth();
      const capabilities = Object.entries(manager.capabilityReport());
      await manager.close();
      return {
        loaded,
        refused,
        order: manager.plugins.map(({ name }) => name),
        health: new Map(reports.map((each) => [each.pluginName, each])),
        // Without the host's services nothing is known of them.
        supplied: new Map(
          services === undefined ? [] : capabilities.map(([name, each]) => [name, each.supplied]),
        ),
      };
    }
    ({ loaded, refused } = without(loaded, refused, attempt.faults));
  }
}

interface Fault {
  readonly name: string;
  readonly code: "dependency_missing" | "dependency_cycle" | "config_rejected" | "manifest_invalid";
  readonly reason: string;
}

/** Those that are for this version of the host. */
async function fitting(surface: Surface, { loaded, refused }: LoadReport): Promise<LoadReport> {
  const unfit = new Map<StaticPlugin, string>();
  for (const { source, loaded: of } of loaded) {
    const fault = of.kind === "hooks" ? await hostFault(of.plugin, surface.profile) : undefined;
    if (fault !== undefined) unfit.set(source, fault);
  }
  return withoutOrphans(
    loaded.filter(({ source }) => !unfit.has(source)),
    [
      ...refused,
      ...[...unfit].map(([source, reason]) => refusedFor(source, "incompatible_host", reason)),
    ],
  );
}

function without(
  loaded: readonly LoadedPlugin[],
  refused: readonly Refused[],
  faults: readonly Fault[],
): LoadReport {
  const byName = new Map(faults.map((fault) => [fault.name, fault]));
  const gone = loaded.flatMap(({ source }) => {
    const fault = byName.get(source.entry.id);
    return fault === undefined ? [] : [refusedFor(source, fault.code, fault.reason)];
  });
  return withoutOrphans(
    loaded.filter(({ source }) => !byName.has(source.entry.id)),
    [...refused, ...gone],
  );
}

function refusedFor(source: StaticPlugin, code: Refused["code"], reason: string): Refused {
  const { entry, package: found } = source;
  const { id, entryPoint } = entry;
  return { id, package: found.name, entryPoint, ...rejected(id, code, reason), source };
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
