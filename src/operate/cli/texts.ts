/** What commands say. Operators search logs for these texts: they are part of the contract. */
import type { CommandName } from "./command-table.ts";
import { type SignerChange, signerName } from "./plain-words.ts";
import { listed, printable, say, singleQuoted } from "./print/printable.ts";

export const texts = {
  // How a command is used.
  invalidMode: (mode: string) =>
    `invalid plugin mode ${singleQuoted(mode)}: expected dev or production`,
  modeFrom: (variable: string) => `It is the value of ${variable}.`,
  localInProduction: "local plugins are not allowed in production mode",
  noSuchFolder: (option: string, path: string) => say`${option}: there is no folder ${path}`,
  helpAlone: "--help stands alone: with other options it is refused, not answered",
  needsValue: (flag: string, value: string) =>
    `option '${flag} ${value}' needs a value; one that begins with - is written ${flag}=${value}`,
  unknownOption: (word: string) => `unknown option '${word}'`,
  givenTwice: (flag: string) => `option '${flag}' is given twice`,
  keyAsArgument: "a key is not given as an argument: --key takes the path of a file, or -",
  emptyArgument: (name: string) => `argument '${name}' is empty`,
  needsOne: (flag: string) => `required option '${flag}' is not given`,
  onlyOneOf: (flags: readonly string[]) => `only one of ${flags.join(", ")} can be given`,
  reasonForNothing: "--reason goes with --all or --prune",
  missingCommand: "a command is missing",
  unknownCommand: (word: string) => `unknown command '${word}'`,

  // The lockfile.
  lockNotFound: (path: string) => say`plugins.lock not found: ${path}`,
  noLock: (command: CommandName) => `${command}: no plugins.lock found`,
  lockOfRoot: (ofRoot: string, inEffect: string) =>
    `a host of that folder uses ${ofRoot}; here ${inEffect} is in effect: run the command in that folder, or name the file with --plugins-lock`,
  madeElsewhere: (made: string, ofRoot: string) =>
    `${made} is new; a host of the folder of --root looks for ${ofRoot}`,
  otherLock: (command: string, ofRoot: string, inEffect: string) =>
    `${command}: a host of the folder of --root uses ${ofRoot}, and ${inEffect} is in effect: name with --plugins-lock which of them is to be changed`,
  pruneElsewhere: (inEffect: string, root: string) =>
    `lock: ${inEffect} may trust packages of another folder than ${root}: name with --plugins-lock which file is to be pruned`,
  newerLock: (command: CommandName, path: string, version: string) =>
    say`${command}: ${path} has schema version ${version}; this version understands 1`,
  lockLine: (path: string, version: number) => say`plugins.lock: ${path} (schema v${version})`,
  faultyLockLine: "plugins.lock: (cannot be read)",
  noLockLine: "plugins.lock: (none — production mode requires one to gate trust)",

  // Trust.
  notFound: (command: CommandName, id: string, available: readonly string[]) =>
    `${command}: plugin ${singleQuoted(id)} not found among installed plugins. Available: ${listed(available, "<none>")}`,
  unhashable: (command: CommandName, name: string, detail: string) =>
    `${command}: cannot hash package ${singleQuoted(name)}: ${printable(detail)}`,
  noDay: (until: string) =>
    `trust: --until takes a day that is not over, such as 2027-01-31, got ${singleQuoted(until)}`,
  notInstalled: (command: CommandName, id: string) =>
    `${command}: plugin ${singleQuoted(id)} is not an installed package and cannot be trusted`,
  rejectedPlugin: (command: CommandName, id: string, code: string, detail: string) =>
    `${command}: plugin ${singleQuoted(id)} is rejected: ${reasonOf(code, detail)}`,
  notLocked: (id: string, path: string, locked: readonly string[]) =>
    `untrust: plugin ${singleQuoted(id)} is not in ${printable(path)}. Locked: ${listed(locked, "<none>")}`,
  asksForMore: (
    id: string,
    {
      capabilities,
      hooks,
      signer,
    }: { capabilities: readonly string[]; hooks: readonly string[]; signer: SignerChange | null },
  ) => [
    ...(capabilities.length === 0
      ? []
      : [
          `  ${singleQuoted(id)} asks for more than it was granted: ${listed(capabilities)}. The reason is to say why it may.`,
        ]),
    ...(hooks.length === 0
      ? []
      : [`  ${singleQuoted(id)} runs on hooks that it did not name before: ${listed(hooks)}.`]),
    ...(signer === null ? [] : [`  ${singleQuoted(id)} is ${texts.otherSigner(signer)}.`]),
  ],
  otherSigner: ({ was, now }: SignerChange) =>
    say`signed by ${signerName(now)}, not by ${signerName(was)} as it was`,
  lockOnly: (names: readonly string[]) => `dependencies trusted by the lock only: ${listed(names)}`,
  noLimit: (id: string, kinds: readonly string[]) =>
    `nothing limits the ${kinds.join(" and ")} of ${singleQuoted(id)}: its package.json lists none, so its code may ask for any. Trust it with --check, which has the plugin say them, or have them listed in package.json.`,
  stillInstalled: (id: string, path: string) =>
    `plugin ${singleQuoted(id)} is still installed at ${printable(path)}: a production host does not start there until its package is removed`,
  keptOptional: (id: string) =>
    `the entry of ${singleQuoted(id)} stays although it is not installed: it is optional, and \`untrust\` removes it`,
  policyRefuses: (id: string, code: string, detail: string) =>
    `plugins.lock trusts ${singleQuoted(id)} now; the policy of signatures here refuses it all the same: ${reasonOf(code, detail)}`,
  pruneUnread: (folders: readonly string[]) =>
    `lock: ${listed(folders)} cannot be read, so what is installed is not known; nothing was removed`,
  sameVersion: "  files:   others than before, under the same version",
  keyFile: (code: string) =>
    `sign: the key file cannot be read: ${code} (its name is not repeated: it may be the key)`,
  keyExists: "keygen: there is a file already: a key is never written over one",
  forOperators: "for publishers of an operator's file of keys:",
  workingFolder: (names: readonly string[]) =>
    `npm packs no ${listed(names)}: if this is not what is installed, the signature will not verify. Sign what \`npm pack\` made: unpack it, sign the folder package, and pack that.`,
  bundledMissing: (names: readonly string[]) =>
    `bundleDependencies names ${listed(names)}, which the package does not have in node_modules: the signature does not cover it`,
  uncovered: (names: readonly string[]) =>
    `node_modules has ${listed(names)}, which bundleDependencies does not name: the signature does not cover it, and whoever installs the package has the lock alone`,
  evidenceLeftOut:
    "npm packs no glassine.sig.json here: put it into `files` of package.json, and sign again",
  keyTooLong: "sign: the key is longer than a private key can be",
  keyReadable: "the key file can be read by others: `chmod 600` keeps it to its owner",
  keyInside: "the key file is in the package: it would be published with it; keep it elsewhere",
  noKey: "sign: there is no key in what --key names",

  moreProblems: (count: number) => `and ${count} more problems of the journal`,
  noShell: (shell: string) => `completion: ${singleQuoted(shell)} is none of bash, zsh, fish`,
  earlierLines: (count: number) => `${count} earlier ones are in the file`,
  noLines: "no changes",
  journalFine: (count: number) => `journal: ${count} lines, nothing wrong`,
  journalFaulty: (count: number) => `journal: ${count} problem(s)`,
  next: "What to do next:",
  makeReadable: "Make it readable, and look again: a package may be there.",
  endPending: "Run any command that writes, such as `plugins lock`: it ends or undoes the change.",
  pending: "A change was begun and not ended: the next command that writes settles it.",

  // Finding plugins.
  nothingLoaded: "(no plugins loaded)",
  noPlugins: (url: string | undefined) =>
    url === undefined
      ? "No plugins registered."
      : say`No plugins registered. See ${url} for the plugin catalog.`,
  searched: (folder: string) => say`Searched: ${folder} and those of the folders above.`,
  notRun: "nothing was run (--no-load): the table has what would be loaded",
  pluginNotFound: (name: string) => say`plugin not found: ${name}`,
  didYouMean: (name: string) => say`Did you mean ${name}?`,
  unknownPlugin: (name: string) => say`unknown plugin: ${name}`,
  othersInside: (name: string, ids: readonly string[]) =>
    say`${name} has other plugins too: ${ids.join(", ")}`,
  severalClaim: (id: string, packages: readonly string[]) =>
    say`${id} is claimed by several packages: ${[...packages].sort().join(", ")}`,
  othersClaim: (id: string, packages: readonly string[]) =>
    say`${id} is claimed by other packages too: ${packages.join(", ")}`,

  // The catalogue.
  noMatches: (query: string, url: string | undefined) =>
    `No catalog matches for ${singleQuoted(query)}.${url === undefined ? "" : say` See ${url}.`}`,
  noCatalog: "note: there is no catalog; give one with --catalog PATH",
  restartAfterEnable: (host: string) =>
    `Restart the ${host} node after changing plugin packages or gates.`,
  restartAfterDisable: (host: string) => `Restart the ${host} node after changing plugin gates.`,
  noVariable: (name: string) => `# no enable variable: ${name} is enabled by the host application`,

  trustNext: (bin: string) =>
    `note: production loads it once it is trusted: ${bin} plugins trust ID --reason TEXT`,

  // Doctor.
  ownVariable: "the variable is for the host to read: in a host that does not, the plugin runs",
  diagnostics: "Plugin state diagnostics:",
  namedNoMore: "its package is installed with other files, and no package names the plugin",
  alsoFound: (places: readonly string[]) =>
    `There are problems of ${places.join(", ")} too: \`doctor\` shows them.`,
  consistent: "Plugin configuration looks consistent.",

  // What is no fault of the operator.
  hostModule: (from: string, module: string, detail: string) =>
    `${from}: cannot use the module ${singleQuoted(module)}: ${printable(detail)}`,
  noHost: (name: string) =>
    `its export ${name} is no host: export what defineHost of this installation gives`,
  noDirectory: (code: string) =>
    `the current directory cannot be found (${printable(code)}): go to one that is there`,
  output: (code: string) => `cannot write to standard output: ${printable(code)}`,
  internal: (type: string, text: string) =>
    say`internal error: ${type}: ${text} (--verbose prints the stack)`,
  endedEarly: "internal error: the process was ended before the command was done",
  failedOutside: (text: string) =>
    say`warning: code of a plugin failed outside of its turn: ${text}`,
} as const;

/** `CODE: detail`, or the code alone. */
export function reasonOf(code: string, detail: string): string {
  return detail === "" ? printable(code) : say`${code}: ${detail}`;
}

/** The codes of error documents that are no codes of errors of this library. */
export const documentCodes = {
  usage: "The command line cannot be read as a command.",
  plugin_not_found: "No installed plugin has the name.",
  plugin_unknown: "The catalog has no plugin of the name.",
  io_failed: "The system refused to read or write.",
  internal_error: "A bug of this library.",
} as const;

export type DocumentCode = keyof typeof documentCodes;
