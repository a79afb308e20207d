import type { ErrorCodeSpec } from "./code-spec.ts";

/** The codes of the gateway's configuration. Part of `errorCodes`. */
export const gatewayCodes = {
  config_missing: {
    means: "There is no configuration of the gateway where one is looked for, or more than one.",
    todo: "Write glassine.config.ts, name a file with --config, or write the command of a server behind `--`.",
  },
  config_unreadable: {
    means:
      "A file that the gateway's configuration names, or the configuration itself, cannot be read or loaded.",
    todo: "Do what the message says.",
  },
  config_invalid: {
    means: "The configuration of the gateway is invalid. `configProblems` lists every place.",
    todo: "Fix the places that the message names. docs/gateway.md lists all keys.",
  },
  secret_missing: {
    means: "A secret that the configuration names is not in the environment, or not in its file.",
    todo: "Set the variable, or write the file, that the message names.",
  },
  plugin_missing: {
    means: "The configuration names a plugin that does not exist.",
    todo: "Use a name of docs/gateway.md, or install the package.",
  },
  plugin_path_refused: {
    means: "The configuration names a plugin by its path, and the mode is production.",
    todo: "Make it a package, trust it with `plugins trust`, and name it by its id.",
  },
} as const satisfies Record<string, ErrorCodeSpec>;
