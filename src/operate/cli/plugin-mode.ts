/** The mode: the option, then the variable, then dev. A misspelt one is refused. */

import type { Environment } from "../../core/plugins/index.ts";
import { refusal } from "./failure.ts";
import type { PluginMode } from "./reports.ts";
import { texts } from "./texts.ts";

/** Which setting carries the mode, behind the host's prefix. */
const variable = "PLUGIN_MODE";

/** An empty variable counts as unset; an empty option does not. */
export function readMode(option: string | undefined, env: Environment, prefix: string): PluginMode {
  const given = option ?? env[prefix + variable];
  if (given === undefined || (option === undefined && given === "")) return "dev";
  const mode = given.trim().toLowerCase();
  if (mode === "dev" || mode === "production") return mode;
  const from = option === undefined ? [texts.modeFrom(prefix + variable)] : [];
  throw refusal("setting_invalid", texts.invalidMode(given), from);
}
