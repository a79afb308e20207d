/**
 * Messages of the parser, of services and of several commands; the others are in the file of their
 * command. Operators search logs for them, so all are part of the contract.
 */
import { type Opening, openings } from "../isolate/kinds.ts";
import { unreadFault } from "../packages/index.ts";
import { either, listed, printable, say, singleQuoted } from "./print/printable.ts";

const builtInsChanged =
  "if their code changes built-ins, that can be the cause. Look with `plugins list --no-load`, or remove the plugin.";
const makeReadable = "Make it readable, and look again: a package may be there.";

export const texts = {
  // How a command is used.
  helpAlone: "--help cannot be combined with other options",
  needsValue: (flag: string, value: string) =>
    `option '${flag} ${value}' needs a value; one that begins with - is written ${flag}=${value}`,
  notOneOf: (flag: string, accepted: readonly string[], given: string) =>
    `${flag} expects ${either(accepted)}, got ${singleQuoted(given)}`,
  unknownOption: (word: string) => `unknown option '${word}'`,
  givenTwice: (flag: string) => `option '${flag}' is given twice`,
  keyAsArgument: "a key cannot be an argument: --key takes the path of a file, or -",
  emptyArgument: (name: string) => `argument '${name}' is empty`,
  needsOne: (flag: string) => `required option '${flag}' is not given`,
  missingCommand: "a command is missing",
  unknownCommand: (word: string) => `unknown command '${word}'`,
  behindDashes: (word: string, near: string | undefined) =>
    near === undefined
      ? `unknown command '${word}'; put the command of another program after --`
      : `unknown command '${word}'; did you mean ${near}?`,
  optionsBefore: "options go after all words of a command",
  nothingBehindDashes: "a command is missing after --",

  // The lockfile.
  lockNotFound: (path: string) => say`plugins.lock not found: ${path}`,
  lockOfRoot: (ofRoot: string, inEffect: string) =>
    `a host in that folder uses ${ofRoot}, but ${inEffect} is in effect here: run the command in that folder, or name the file with --plugins-lock`,
  lockThere: (ofRoot: string) =>
    `A host in the --root folder uses ${ofRoot}: run the command in that folder, or name the file with --plugins-lock.`,
  madeElsewhere: (made: string, ofRoot: string) =>
    `${made} is new; a host in the --root folder looks for ${ofRoot}`,
  otherLock: (command: string, ofRoot: string, inEffect: string) =>
    `${command}: a host in the --root folder uses ${ofRoot}, but ${inEffect} is in effect: say with --plugins-lock which one to change`,
  pruneElsewhere: (inEffect: string, root: string) =>
    `lock: ${inEffect} may trust packages outside ${root}: say with --plugins-lock which file to prune`,
  lockLine: (path: string, version: number) => say`plugins.lock: ${path} (schema v${version})`,

  // Trust.
  otherSigner: ({ was, now }: { readonly was: string; readonly now: string }) => {
    const named = (signer: string) => (signer === "unsigned" ? "nobody" : signer);
    return say`signed by ${named(now)}, previously by ${named(was)}`;
  },
  accepted: (names: readonly string[]) =>
    listed(names.map((name) => `${name} (${openings[name as Opening] ?? "unknown"})`)),
  cannotIsolate: (id: string, isolate: string, why: string) =>
    say`'${id}' cannot run in ${isolate} here: ${why}`,
  lockOnly: (names: readonly string[]) => `dependencies trusted by the lock only: ${listed(names)}`,
  noLimit: (id: string, kinds: readonly string[]) =>
    `nothing limits the ${kinds.join(" and ")} of ${singleQuoted(id)}: its package.json lists none, so its code may ask for any. Trust it with --check, which takes them from the plugin, or have them listed in package.json.`,
  changedPackage: (id: string) =>
    say`Reinstall what was trusted, or run \`plugins untrust ${id} --reason TEXT\`.`,
  misspelt: (id: string, name: string, meant: string) =>
    `${singleQuoted(id)} asks for ${singleQuoted(name)}, which this host does not know: it grants nothing, and code that asks for it is not loaded; did you mean ${meant}?`,
  packageName: (name: string, id: string) =>
    `${printable(name)} is the name of a package; its plugin is ${singleQuoted(id)}.`,
  signerKept: (id: string, signer: string) =>
    say`nothing here checks who signed '${id}', so its entry keeps the signer ${signer}: run verify where that is checked`,
  stillInstalled: (id: string, path: string) =>
    `plugin ${singleQuoted(id)} is still installed at ${printable(path)}: a production host does not start there until its package is removed; a running host keeps the plugin until it restarts`,
  keptOptional: (id: string) =>
    `the entry of ${singleQuoted(id)} is kept although it is not installed: it is optional; \`untrust\` removes it`,
  keptChanged: (id: string) =>
    `the entry of ${singleQuoted(id)} is kept: it was changed while the command ran`,
  policyRefuses: (id: string, code: string, detail: string) =>
    `plugins.lock trusts ${singleQuoted(id)} now, but the signature policy here still refuses it: ${reasonOf(code, detail)}`,
  pruneUnread: (folders: readonly string[]) =>
    `lock: ${listed(folders)} cannot be read, so what is installed is not known; nothing was removed`,
  pruneAll: (root: string) =>
    say`lock: no packages are installed in ${root}, so every entry would be removed: install them first, or say with --plugins-lock which file to prune`,
  noTarball: (path: string, code: string) =>
    say`sign: ${path} ${unreadFault(code)}${code === "ENOENT" ? ": name the tarball that `npm pack` makes" : ""}`,
  notTarball: (path: string) =>
    say`sign: ${path} is not a file: sign the tarball that \`npm pack\` makes`,
  keyInTarball: (file: string) =>
    say`sign: the tarball has the private key in ${file}, and would publish it: move it out of the package's folder, run \`npm pack\` again, and sign that`,
  wouldBeRefused: (host: string, code: string, reason: string) =>
    `every ${host} host refuses this package: ${reasonOf(code, reason)}; correct that, and sign again`,
  forOperators: "entry for publishers in an operator's key file:",
  keyInPackage: (folder: string) =>
    say`the key file is in the package at ${folder}: it would be published with it; keep it elsewhere`,
  bundledMissing: (names: readonly string[]) =>
    `bundleDependencies names ${listed(names)}, which the package does not have in node_modules: the signature does not cover it`,
  uncovered: (names: readonly string[]) =>
    `node_modules has ${listed(names)}, which bundleDependencies does not name: the signature does not cover it; for those who install the package, only plugins.lock pins it`,

  makeReadable,
  unreadFolders: (paths: readonly string[]) => paths.map((path) => say`${path}: ${makeReadable}`),
  moreProblems: (count: number) =>
    `and ${count} more ${count === 1 ? "problem" : "problems"} in the journal`,
  endPending:
    "Run any command that writes, such as `plugins lock`: it completes or undoes the change.",
  pending: "A change is unfinished: the next command that writes completes or undoes it.",

  // The catalog.
  noCatalog: "note: there is no catalog; give one with --catalog PATH",

  // Without loading.
  notRun: "nothing was run (--no-load)",

  // What the operator did not cause.
  hostModule: (from: string, module: string, detail: string) =>
    `${from}: cannot use the module ${singleQuoted(module)}: ${printable(detail)}`,
  noHost: (name: string) =>
    `its export ${name} is not a host: export what defineHost of this installation returns`,
  output: (code: string, hasChanged: boolean) =>
    `cannot write to standard output: ${printable(code)}${hasChanged ? "; the change was made" : ""}`,
  // The code may have patched whatever makes text printable, and an id is printable as it is.
  afterLoading: (id: string) => `. Plugins had been loaded, '${id}' last: ${builtInsChanged}`,
  noResult: `internal error: the command has no result. If plugins had been loaded: ${builtInsChanged}`,
  endedEarly: "internal error: the process ended before the command was done",
  failedOutside: (text: string) => say`warning: something failed outside the command: ${text}`,
} as const;

/** `CODE: detail`, or the code alone. */
export function reasonOf(code: string, detail: string): string {
  return detail === "" ? printable(code) : say`${code}: ${detail}`;
}

/** Codes of error documents that are not error codes of this library. */
export type DocumentCode =
  /** The command line cannot be read as a command. */
  | "usage"
  /** No installed plugin has the name. */
  | "plugin_not_found"
  /** The catalog has no plugin with the name. */
  | "plugin_unknown"
  /** No gateway runs with the configuration. */
  | "gateway_not_running"
  /** The audit trail has no record of the request. */
  | "request_unknown"
  /** The gateway keeps its current configuration. */
  | "reload_refused"
  /** The system refused to read or write. */
  | "io_failed"
  /** A bug in this library. */
  | "internal_error";
