/** Every option that a command can have. The parser, the help and the docs are made of it. */

/** One option. */
export interface OptionSpec {
  readonly flag: `--${string}`;
  /** What stands for its value in the usage; none for a switch. */
  readonly value?: string;
  readonly what: string;
  /** Whether an empty value reaches the command, which has words of its own for it. */
  readonly mayBeEmpty?: boolean;
}

/** By name. */
export const optionTable = {
  root: {
    flag: "--root",
    value: "PATH",
    what: "the folder whose node_modules is searched (default: the current folder)",
  },
  pluginsLock: {
    flag: "--plugins-lock",
    value: "PATH",
    what: "the plugins.lock to use (default: plugins.lock here or in the nearest folder above, then {bin}/plugins.lock in $XDG_CONFIG_HOME or ~/.config)",
  },
  pluginMode: {
    flag: "--plugin-mode",
    value: "MODE",
    what: "dev or production (default: {prefix}PLUGIN_MODE, then dev)",
    mayBeEmpty: true,
  },
  localPlugins: {
    flag: "--local-plugins",
    value: "DIR",
    what: "also load plugins from this folder; in dev mode only",
  },
  noLoad: { flag: "--no-load", what: "show what is known without running any plugin" },
  host: {
    flag: "--host",
    value: "MODULE",
    what: "check plugins against the host that MODULE or MODULE:EXPORT exports, such as glassine/memory-node; runs its code (default: {prefix}PLUGIN_HOST)",
  },
  catalog: {
    flag: "--catalog",
    value: "PATH",
    what: "a JSON file with a catalog of plugins (default: {prefix}PLUGIN_CATALOG)",
  },
  reason: {
    flag: "--reason",
    value: "TEXT",
    what: "why; recorded in the journal",
    mayBeEmpty: true,
  },
  until: {
    flag: "--until",
    value: "DATE",
    what: "the last day of the trust, in UTC, such as 2027-01-31 (default: no end)",
  },
  checkLoads: { flag: "--check", what: "also load the plugin, and refuse it if that fails" },
  checkParses: { flag: "--check", what: "only check that plugins.lock can be read" },
  optional: {
    flag: "--optional",
    what: "let a production host start even if the plugin is not installed",
  },
  all: { flag: "--all", what: "trust every acceptable plugin at once" },
  prune: { flag: "--prune", what: "remove entries whose package is not installed" },
  strict: { flag: "--strict", what: "exit 1 if there is a problem" },
  strictJournal: { flag: "--strict-journal", what: "also fail on problems of the journal" },
  key: {
    flag: "--key",
    value: "PEM",
    what: "the file with the private key, or - for standard input",
  },
  identity: {
    flag: "--identity",
    value: "TEXT",
    what: "the signer's identity, as operators list it",
  },
  keyId: {
    flag: "--key-id",
    value: "TEXT",
    what: "the id of the key (default: derived from the key)",
  },
  json: { flag: "--json", what: "print one JSON document" },
  verbose: { flag: "--verbose", what: "print the stack of an internal error" },
} as const satisfies Record<string, OptionSpec>;

export type OptionName = keyof typeof optionTable;

/** The options of commands that look at plugins. */
export const lookupOptions = [
  ...(["root", "pluginsLock", "pluginMode", "localPlugins", "noLoad", "host"] as const),
  ...(["catalog", "json", "verbose"] as const),
] satisfies readonly OptionName[];

/** Options as they were given. */
export type GivenOptions = {
  readonly [Name in OptionName]?: (typeof optionTable)[Name] extends { readonly value: string }
    ? string
    : boolean;
};
