/** Runs a discovery for a command. */

import type { standardHost } from "../../../core/host/index.ts";
import {
  type Assessment,
  assess,
  loadStage,
  type ReadDiscoverOptions,
  readDiscoverOptions,
  type StaticReport,
  staticStage,
} from "../../discovery/index.ts";
import type { CommandScope } from "../services.ts";
import { lockPlaceWarnings } from "./lock-place.ts";

/** What is looked at. */
export interface Asked extends CommandScope {
  readonly mode: "dev" | "production";
  readonly faults: "throw" | "report";
  /** Whether packages are looked at though the settings switch discovery off. */
  readonly looksAlways?: boolean;
}

/** What the static stage found, and by which options. */
export interface Surveyed {
  readonly options: ReadDiscoverOptions;
  readonly report: StaticReport;
}

/** Where things are and what the settings say. No package is looked at. */
export async function optionsFor(asked: Asked): Promise<ReadDiscoverOptions> {
  const { root, env, mode, lockfile, localPlugins, cwd, bin, faults, host, discovery } = asked;
  const { looksAlways = false } = asked;
  const options = await readDiscoverOptions(
    {
      ...discovery,
      host,
      root,
      env,
      mode,
      bin,
      ...(lockfile === undefined ? {} : { lock: lockfile }),
      ...(localPlugins === undefined ? {} : { local: [localPlugins] }),
    },
    { cwd, faults, looksAlways },
  );
  const ofPlace = await lockPlaceWarnings(asked, options);
  return { ...options, warnings: [...options.warnings, ...ofPlace] };
}

export async function surveyFor(asked: Asked): Promise<Surveyed> {
  const options = await optionsFor(asked);
  asked.progress({ what: "reading packages", done: 0 });
  const report = await staticStage(options, (step) => asked.progress({ what: "hashing", ...step }));
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
  const { createPluginManager } = host as typeof standardHost;
  const input = {
    surface: options.surface,
    createPluginManager: createPluginManager as (given: never) => Promise<unknown>,
    env,
    services,
  };
  const loaded = await loadStage(options, report, (step) => progress({ what: "loading", ...step }));
  return await assess(input, loaded);
}
