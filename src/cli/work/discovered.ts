/** Runs a discovery for a command. */

import {
  type Assessment,
  assess,
  loadStage,
  type ReadDiscoverOptions,
  readDiscoverOptions,
  type StaticReport,
  staticStage,
} from "../../discovery/index.ts";
import type { standardHost } from "../../host/index.ts";
import type { CommandScope } from "../services.ts";

/** What is looked at. */
export interface Asked extends CommandScope {
  readonly mode: "dev" | "production";
  readonly lockFaults: "throw" | "report";
}

/** What the static stage found, and by which options. */
export interface Surveyed {
  readonly options: ReadDiscoverOptions;
  readonly report: StaticReport;
}

/** Where things are and what the settings say. No package is looked at. */
export async function optionsFor(asked: Asked): Promise<ReadDiscoverOptions> {
  const { root, env, mode, lockfile, localPlugins, cwd, bin, lockFaults, host, discovery } = asked;
  return await readDiscoverOptions(
    {
      ...discovery,
      host,
      root,
      env,
      mode,
      ...(lockfile === undefined ? {} : { lock: lockfile }),
      ...(localPlugins === undefined ? {} : { local: [localPlugins] }),
    },
    { cwd, bin, lockFaults },
  );
}

export async function surveyFor(asked: Asked): Promise<Surveyed> {
  const options = await optionsFor(asked);
  asked.progress({ what: "reading packages", done: 0 });
  const report = await staticStage(options);
  return { options, report };
}

/** Loads what was accepted, unless nothing of it may run. */
export async function assessmentFor(
  { host, services, env, progress }: Asked,
  { options, report }: Surveyed,
  load: boolean,
): Promise<Assessment> {
  if (!load) {
    const none = { order: [], health: new Map(), supplied: new Map() };
    return { loaded: [], refused: report.refused, ...none };
  }
  progress({ what: "loading", done: 0, total: report.accepted.length });
  const { createPluginManager } = host as typeof standardHost;
  const input = {
    surface: options.surface,
    createPluginManager: createPluginManager as (given: never) => Promise<unknown>,
    env,
    services,
  };
  return await assess(input, await loadStage(options, report));
}
