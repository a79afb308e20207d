/**
 * Every command: what it takes, does and answers. The parser, the help and the docs are made of
 * this table. `{bin}`, `{hostName}` and `{prefix}` stand for the names of the host.
 */
import type { OptionName } from "./option-table.ts";

/** One command. */
export interface CommandSpec {
  /** The words behind the name of the command line. */
  readonly path: readonly [string, ...string[]];
  readonly summary: string;
  /** More of it, a sentence each. */
  readonly about: readonly string[];
  readonly arguments: readonly {
    readonly name: string;
    readonly what: string;
    /** Whether it can be left out. */
    readonly isOptional?: boolean;
  }[];
  readonly options: readonly OptionName[];
  /** What an exit code says, beside 0 and those that all commands have in common. */
  readonly exits: { readonly [code: number]: string };
  readonly examples: readonly { readonly line: string; readonly what: string }[];
}

/** The exit codes of all commands. */
export const exitCodes = {
  0: "done",
  1: "a negative finding",
  2: "a usage error, or a refusal: nothing was changed, unless the message says so",
  70: "an internal error",
} as const;

const looking = [
  ...["root", "pluginsLock", "pluginMode", "localPlugins", "noLoad", "host", "catalog"],
  ...["json", "verbose"],
] as const satisfies readonly OptionName[];
const doctor = [...looking, "strict"] as const satisfies readonly OptionName[];
const ofCatalog = ["catalog", "host", "json", "verbose"] as const satisfies readonly OptionName[];
const changesOnlyPrint = "It prints what you can do, and changes nothing.";

/** By the word that names each in code. */
export const commandTable = {
  list: {
    path: ["plugins", "list"],
    summary: "show which plugins are loaded, which are rejected and why",
    about: [
      "Plugins that policy accepts are loaded and asked how they are; of the others nothing is run.",
      "It ends with 0 also when every plugin is rejected.",
    ],
    arguments: [],
    options: looking,
    exits: {},
    examples: [
      { line: "plugins list", what: "what is there, in this folder" },
      {
        line: "plugins list --plugin-mode production --json",
        what: "what production would load, for a program",
      },
    ],
  },
  describe: {
    path: ["plugins", "describe"],
    summary: "show one plugin: what it is, what it may see and change, how it is",
    about: [
      "It shows what came or went since the plugin was trusted.",
      "A rejected plugin is described by its files, and nothing of it is run.",
    ],
    arguments: [{ name: "NAME", what: "the plugin's id, or the name of its package" }],
    options: looking,
    exits: { 1: "there is no such plugin" },
    examples: [
      { line: "plugins describe pii-scan", what: "before you trust it" },
      {
        line: "plugins describe pii-scan --json > before.json",
        what: "to compare after an upgrade",
      },
    ],
  },
  search: {
    path: ["plugins", "search"],
    summary: "look a plugin up in the catalog",
    about: ["The catalog is a file of yours or comes with the host. Nothing is fetched."],
    arguments: [{ name: "QUERY", what: "a part of a name or summary, in any case" }],
    options: ofCatalog,
    exits: {},
    examples: [
      { line: "plugins search tenant --catalog catalog.json", what: "what is about tenants" },
    ],
  },
  enable: {
    path: ["plugins", "enable"],
    summary: "print how a plugin of the catalog is installed and turned on",
    about: [changesOnlyPrint],
    arguments: [{ name: "NAME", what: "a slug or package of the catalog" }],
    options: ofCatalog,
    exits: { 1: "the catalog has no such plugin" },
    examples: [
      { line: "plugins enable pii-scan --catalog catalog.json", what: "the commands to run" },
    ],
  },
  disable: {
    path: ["plugins", "disable"],
    summary: "print how a plugin of the catalog is turned off",
    about: [changesOnlyPrint],
    arguments: [{ name: "NAME", what: "a slug or package of the catalog" }],
    options: ofCatalog,
    exits: { 1: "the catalog has no such plugin" },
    examples: [
      { line: "plugins disable pii-scan --catalog catalog.json", what: "the commands to run" },
    ],
  },
  pluginsDoctor: {
    path: ["plugins", "doctor"],
    summary: "say what is wrong with installed plugins, and what to do",
    about: [
      "It has a row for each plugin that is installed or in the catalog.",
      "With --strict it also fails for what `{bin} doctor` finds in settings, plugins.lock and its journal.",
    ],
    arguments: [],
    options: doctor,
    exits: { 1: "with --strict: there is a problem" },
    examples: [
      { line: "plugins doctor", what: "each plugin with its state" },
      {
        line: "plugins doctor --strict --plugin-mode production",
        what: "for a check before a deployment",
      },
    ],
  },
  trust: {
    path: ["plugins", "trust"],
    summary: "put an installed plugin into plugins.lock, or refresh its entry",
    about: [
      "Production loads what plugins.lock trusts, as long as no file of it changes.",
      "It does not start where something trusted is not installed, unless the entry is optional.",
      "The plugin is not run.",
      "Who may do this, and after which review, is for you to decide.",
    ],
    arguments: [{ name: "ID", what: "the plugin's id; after -- if it begins with -" }],
    options: [
      ...["reason", "until", "optional", "checkLoads", "root", "pluginsLock", "localPlugins"],
      ...["host", "json", "verbose"],
    ] as readonly OptionName[],
    exits: {},
    examples: [
      {
        line: 'plugins trust pii-scan --reason "reviewed by GB, ticket OPS-1284"',
        what: "after a review",
      },
      {
        line: 'plugins trust pii-scan --reason "trial, OPS-1290" --until 2027-01-31',
        what: "for a time: production refuses it from the day after",
      },
    ],
  },
  untrust: {
    path: ["plugins", "untrust"],
    summary: "remove a plugin from plugins.lock",
    about: [
      "It works also when the package is not installed any more.",
      "A running host goes on; the next one does not start in production until the package is removed.",
    ],
    arguments: [{ name: "ID", what: "the plugin's id; after -- if it begins with -" }],
    options: ["reason", "pluginsLock", "json", "verbose"],
    exits: {},
    examples: [{ line: 'plugins untrust pii-scan --reason "OPS-1301"', what: "take trust back" }],
  },
  verify: {
    path: ["plugins", "verify"],
    summary: "compare plugins.lock with what is installed, and with its journal",
    about: [
      "It looks at these three alone: whether a signer may be trusted is for `doctor --strict` to say.",
      "Nothing is run. The mode makes no difference.",
    ],
    arguments: [],
    options: [
      ...["strictJournal", "root", "pluginsLock", "host"],
      ...["json", "verbose"],
    ] as readonly OptionName[],
    exits: {
      1: "lock and installation differ in what production refuses, or a change was not ended; with --strict-journal also where the journal has a problem",
    },
    examples: [
      { line: "plugins verify", what: "before a start" },
      { line: "plugins verify --strict-journal", what: "with the journal counted too" },
    ],
  },
  journal: {
    path: ["plugins", "journal"],
    summary: "show who trusted what, when and why",
    about: [
      "It reads the journal of plugins.lock, checks its chain, and shows the last hundred changes.",
      "Nothing is run.",
    ],
    arguments: [{ name: "ID", what: "the changes of one plugin alone", isOptional: true }],
    options: ["pluginsLock", "json", "verbose"],
    exits: { 1: "the journal has a line that is none, or its chain is broken" },
    examples: [
      { line: "plugins journal", what: "every plugin" },
      { line: "plugins journal pii-scan", what: "the story of one" },
    ],
  },
  lock: {
    path: ["plugins", "lock"],
    summary: "create plugins.lock, trust everything at once, or tidy up",
    about: ["Without an option it creates an empty plugins.lock, if there is none."],
    arguments: [],
    options: [
      ...["all", "prune", "checkParses", "reason", "root", "pluginsLock", "host"],
      ...["json", "verbose"],
    ] as readonly OptionName[],
    exits: { 1: "with --all: a plugin was skipped" },
    examples: [
      { line: "plugins lock", what: "begin" },
      { line: 'plugins lock --all --reason "first review"', what: "trust what is installed" },
      { line: 'plugins lock --prune --reason "tidy up"', what: "drop what is gone" },
    ],
  },
  sign: {
    path: ["plugins", "sign"],
    summary: "sign a package of yours: for authors of plugins",
    about: [
      "It puts glassine.sig.json into the tarball that `npm pack` made, in its place, or into a folder, over every file that is there. Do it last.",
      "The key is read from a file or from standard input, and never from the command line.",
      "It prints the entry for an operator's file of keys.",
    ],
    arguments: [{ name: "PACKAGE", what: "the tarball that `npm pack` made, or a folder" }],
    options: ["key", "identity", "keyId", "json", "verbose"],
    exits: {},
    examples: [
      {
        line: "plugins sign guard-1.0.0.tgz --key ../signing.pem --identity builder@example.com",
        what: "sign what `npm pack` made",
      },
      {
        line: "plugins sign guard-1.0.0.tgz --key - --identity builder@example.com < ../signing.pem",
        what: "the same",
      },
    ],
  },
  keygen: {
    path: ["plugins", "keygen"],
    summary: "make a key to sign with: for authors of plugins",
    about: [
      "It writes a private key to a new file that only its owner can read.",
      "It prints the entry for an operator's file of keys.",
    ],
    arguments: [{ name: "FILE", what: "where the private key goes" }],
    options: ["identity", "keyId", "json", "verbose"],
    exits: {},
    examples: [
      { line: "plugins keygen ../signing.pem --identity builder@example.com", what: "make one" },
    ],
  },
  doctor: {
    path: ["doctor"],
    summary: "say what is wrong with plugins, plugins.lock and its journal",
    about: [
      "A plugin, a setting of trust, a plugins.lock or a journal that is broken does not stop it: to find that is what it is for.",
      "It refuses what every command refuses: a mode that is none, and arguments that cannot be used.",
    ],
    arguments: [],
    options: doctor,
    exits: { 1: "with --strict: there is a problem" },
    examples: [{ line: "doctor", what: "when something does not work" }],
  },
  completion: {
    path: ["completion"],
    summary: "print a script by which a shell completes commands and options",
    about: ["It is made of the commands of this version: print it anew after an upgrade."],
    arguments: [{ name: "SHELL", what: "bash, zsh or fish" }],
    options: ["json", "verbose"],
    exits: {},
    examples: [
      { line: "completion bash", what: "to append to ~/.bash_completion" },
      { line: "completion zsh", what: "behind compinit" },
      { line: "completion fish", what: "the same for fish" },
    ],
  },
} as const satisfies Record<string, CommandSpec>;

export type CommandName = keyof typeof commandTable;

/** The commands in the order of the help. */
export const commandNames = Object.keys(commandTable) as readonly CommandName[];

/** A text of the table with the names of a host. */
export function named(
  text: string,
  host: { readonly bin: string; readonly hostName: string; readonly prefix: string },
): string {
  return text.replaceAll(/\{(bin|hostName|prefix)\}/g, (_, name: keyof typeof host) => host[name]);
}
