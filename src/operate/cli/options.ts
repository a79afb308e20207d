/** Defines an option of a command, and the options that several commands share. */

import { openingNames } from "../isolate/kinds.ts";

export interface OptionSpec {
  readonly flag: `--${string}`;
  /** The placeholder for its value in the usage; absent for a switch. */
  readonly value?: string;
  /** The values that it accepts. */
  readonly values?: readonly string[];
  readonly what: string;
  /** Whether the command itself refuses wrong values, including an empty one. */
  readonly isCheckedByCommand?: boolean;
  /** Whether it may be given more than once. */
  readonly isRepeatable?: boolean;
}

/** Keyed by the flag in camel case, which is how the command reads the value. */
export type Options = Readonly<Record<string, OptionSpec>>;

/** The options of commands that look at plugins. */
export const lookupOptions = {
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
    values: ["dev", "production"],
    what: "dev or production (default: {prefix}PLUGIN_MODE, then dev)",
    isCheckedByCommand: true,
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
} as const satisfies Options;

export const sharedOptions = {
  ...lookupOptions,
  reason: {
    flag: "--reason",
    value: "TEXT",
    what: "why; recorded in the journal",
    isCheckedByCommand: true,
  },
  accept: {
    flag: "--accept",
    value: "NAME",
    values: openingNames,
    what: `with --isolate process: start even if this machine cannot keep the code from NAME, one of ${openingNames.join(", ")}; can be repeated`,
    isRepeatable: true,
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
} as const satisfies Options;

export const optionsOfEvery = {
  json: { flag: "--json", what: "print one JSON document" },
  verbose: { flag: "--verbose", what: "print the stack of an internal error" },
} as const satisfies Options;

/** The values of the options that a command declares and of those that every command has. */
export type OptionValues<Declared extends Options> = Values<Declared & typeof optionsOfEvery>;

type Values<Declared> = { readonly [Name in keyof Declared]?: ValueOf<Declared[Name]> };

type ValueOf<Spec> = Spec extends { readonly isRepeatable: true }
  ? readonly WordOf<Spec>[]
  : Spec extends { readonly value: string }
    ? WordOf<Spec>
    : boolean;

type WordOf<Spec> = Spec extends { readonly isCheckedByCommand: true }
  ? string
  : Spec extends { readonly values: readonly (infer Word)[] }
    ? Word
    : string;
