/** Finds the CPEX plugins that a configuration names, and starts the processes they run in. */
import type { Environment, Logger, Plugin } from "../../core/plugins/index.ts";
import { discoverGuests, type GuestOptions } from "../../operate/discovery/index.ts";
import { startGuests } from "../../operate/isolate/cpex/cpex-file.ts";
import type { CpexTurn } from "../../operate/isolate/index.ts";
import { printable } from "../../operate/trust/index.ts";
import type { GatewayConfig, GuestsEntry } from "./schema.ts";
import { secretReader, withSecrets } from "./secrets.ts";

export interface GuestHost {
  readonly root: string;
  readonly env: Environment;
  readonly lock: string | undefined;
  /** Default 30 000. */
  readonly loadTimeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly onOutput?: (text: string) => void;
  readonly onEnd?: (why: string) => void;
}

/** Returns the options for discovering an entry's guests. @throws GlassineError `secret_missing` */
export function guestOptions(entry: GuestsEntry, host: GuestHost): GuestOptions {
  const { python, only, env = {}, network, accept, memoryMb } = entry;
  return {
    python,
    only,
    network,
    accept,
    memoryMb,
    env: withSecrets(env, secretReader(host.env)),
    root: host.root,
    variables: host.env,
    lock: host.lock,
    startTimeoutMs: host.loadTimeoutMs,
    onOutput: host.onOutput,
    onEnd: host.onEnd,
    onTurn: turnLog(host.logger),
  };
}

/**
 * Starts all of an entry's guests, or none.
 *
 * @throws GlassineError `secret_missing`, and what `discoverGuests` and `cpexPlugins` throw
 */
export async function resolveGuests(
  entry: GuestsEntry,
  { mode, ...host }: GuestHost & Pick<GatewayConfig, "mode">,
): Promise<{ readonly plugins: readonly Plugin[]; readonly warnings: readonly string[] }> {
  const found = await discoverGuests(entry.file, mode, guestOptions(entry, host));
  const started = await startGuests(found.guests);
  const unsupported = started.flatMap(({ plugin, unsupported: all }) =>
    all.map(({ what, name, why }) =>
      printable(`the plugin ${plugin.name}: its ${what} ${name} has no effect: ${why}`),
    ),
  );
  return {
    plugins: started.map(({ plugin }) => plugin),
    warnings: [...found.warnings, ...unsupported],
  };
}

/** How many warnings are remembered, so that each is logged once. */
const maxSaid = 1_000;

/** Logs, once each, what guests do not get to see and what they request to no effect. */
function turnLog(logger: Logger | undefined): (turn: CpexTurn) => void {
  const said = new Set<string>();
  const warn = (text: string) => {
    if (said.has(text) || said.size >= maxSaid) return;
    said.add(text);
    logger?.warn?.(printable(text));
  };
  return ({ hook, answer, leftOut }) => {
    for (const path of leftOut)
      warn(`guests cannot see ${path} on ${hook}: CPEX has no field for it`);
    // A delay of 0 is what every result has that requests none.
    for (const [key, value] of Object.entries(answer))
      if (value !== undefined && value !== 0)
        warn(`a guest requested ${key} on ${hook}, which the gateway does not support`);
  };
}
