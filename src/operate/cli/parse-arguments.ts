/** Parses a command line into a command with its options, or into what is printed instead. */
import { Argument, Command, CommanderError, Option } from "commander";
import { closest } from "../../core/errors/index.ts";
import { packageVersion } from "../../core/plugins/index.ts";
import {
  type CommandContext,
  type Command as CommandSpec,
  exitCodes,
  type FurtherCommands,
  named,
} from "./command.ts";
import type { NamedHost } from "./command-host.ts";
import { type OptionSpec, optionsOfEvery } from "./options.ts";
import { printable } from "./print/printable.ts";
import { texts } from "./texts.ts";

export type Parsed =
  | {
      readonly kind: "command";
      readonly command: CommandSpec;
      readonly operands: readonly string[];
      readonly options: CommandContext["options"];
      /** Printed with a usage error that is found later. */
      readonly usage: string;
    }
  /** For standard output. */
  | { readonly kind: "text"; readonly text: string }
  /** For standard error. */
  | { readonly kind: "usage"; readonly message: string; readonly usage: string };

/** Parses the words after the name of the program. Runs nothing. */
export function parseArguments(
  host: NamedHost,
  given: readonly string[],
  line: FurtherCommands,
): Parsed {
  const argv = asHelp(given, line);
  const { words, behind } = splitAtDashes(argv);
  const rest = takesRest(words, line) ? behind : undefined;
  let parsed: Parsed | undefined;
  let printed = "";
  const root = rootOf(host, line, (text) => {
    printed += text;
  });
  for (const spec of line.commands) {
    const command = addTo(root, spec, host, words);
    command.action(() => {
      const fault = faultOf(command, spec, words, rest);
      if (fault !== undefined) command.error(fault);
      const operands = rest ?? command.args;
      const usage = usageText(command);
      parsed = { kind: "command", command: spec, operands, options: command.opts(), usage };
    });
  }
  let at = root;
  for (const command of withThoseBelow(root))
    command.exitOverride((error) => {
      at = command;
      throw error;
    });
  try {
    // The parser would look for a subcommand after `--`, too.
    root.parse([...(rest === undefined ? argv : words)], { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return answerOf(root, at, error, words, printed);
  }
  return parsed ?? usageOf(root, texts.missingCommand);
}

function rootOf(
  host: NamedHost,
  { about }: FurtherCommands,
  print: (text: string) => void,
): Command {
  const root = new Command(host.bin)
    .description(named(about, host))
    .version(host.version ?? packageVersion, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    // Otherwise a command would take a subcommand's options as its own.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: print,
      writeErr: print,
      outputError: () => {},
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  root
    .command("plugins")
    .helpCommand(false)
    .summary("find, review, trust and check plugins")
    .description("Find, review, trust and check plugins.");
  return root;
}

function withThoseBelow(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withThoseBelow)];
}

function addTo(
  root: Command,
  spec: CommandSpec,
  host: NamedHost,
  words: readonly string[],
): Command {
  const [first, second] = spec.path;
  const above = root.commands.find((each) => each.name() === first) ?? root;
  const command = (second === undefined ? root : above).command(second ?? first);
  const sentences = [`${capital(spec.summary)}.`, ...spec.about];
  command.summary(spec.summary).description(named(sentences.join("\n"), host));
  for (const { name, what, isOptional } of spec.arguments)
    command.addArgument(new Argument(isOptional === true ? `[${name}]` : `<${name}>`, what));
  for (const each of Object.values(spec.options))
    command.addOption(optionOf(each, host, command, words));
  if (spec.rest !== undefined) command.usage(`[options] [-- ${spec.rest.name}]`);
  // An excess word most likely belongs after `--`; `faultOf` has a message for that.
  command.allowExcessArguments(spec.rest !== undefined);
  const examples = spec.examples.map(({ line, what }) => `  ${host.bin} ${line}\n      ${what}`);
  command.addHelpText("after", `\nExamples:\n${examples.join("\n")}\n\n${exitText(spec)}`);
  return command;
}

function exitText({ exits }: CommandSpec): string {
  const own: { readonly [code: string]: string } = { ...exitCodes, ...exits };
  const lines = Object.entries(own)
    .filter(([code]) => code !== "1" || exits[1] !== undefined)
    .map(([code, what]) => `  ${code.padEnd(4)}${what}`);
  return `Exit codes:\n${lines.join("\n")}`;
}

/** Checks values, since the parser accepts any word as one and keeps the last of several. */
function optionOf(
  { flag, value: name, values, what, isCheckedByCommand = false, isRepeatable = false }: OptionSpec,
  host: NamedHost,
  command: Command,
  words: readonly string[],
): Option {
  const option = new Option(name === undefined ? flag : `${flag} <${name}>`, named(what, host));
  // `--no-load` is an option of its own, not the negation of a `--load`.
  option.negate = false;
  return option.argParser((value: string | undefined, before: unknown) => {
    if (before !== undefined && !isRepeatable) command.error(texts.givenTwice(flag));
    if (name === undefined || value === undefined) return true;
    const isWord = isOption(value) && !words.includes(`${flag}=${value}`);
    if (isWord || (value === "" && !isCheckedByCommand))
      command.error(texts.needsValue(flag, name));
    if (values?.includes(value) === false && !isCheckedByCommand)
      command.error(texts.notOneOf(flag, values, value));
    return isRepeatable ? [...((before as string[] | undefined) ?? []), value] : value;
  });
}

/** Finds faults that the parser misses. */
function faultOf(
  command: Command,
  spec: CommandSpec,
  words: readonly string[],
  rest: readonly string[] | undefined,
): string | undefined {
  if (Object.keys(command.parent?.opts() ?? {}).length > 0) return texts.optionsBefore;
  // The parser accepts a negative number as an argument.
  const number = words.find((word) => /^-[^-]/.test(word));
  if (number !== undefined) return texts.unknownOption(number);
  const [first] = command.args;
  if (spec.rest !== undefined && first !== undefined) {
    const below = command.commands.map((each) => each.name());
    return texts.behindDashes(first, closest(first, below));
  }
  if (rest?.length === 0) return texts.nothingBehindDashes;
  const empty = spec.arguments.find((_, index) => command.args[index]?.trim() === "");
  return empty === undefined ? undefined : texts.emptyArgument(empty.name);
}

const helpFlags: readonly string[] = ["--help", "-h"];

function answerOf(
  root: Command,
  at: Command,
  { code, exitCode, message }: CommanderError,
  words: readonly string[],
  printed: string,
): Parsed {
  const text = { kind: "text", text: printed } as const;
  if (code === "commander.help")
    return { kind: "usage", message: texts.missingCommand, usage: printed };
  if (exitCode === 0) {
    const isVersion = code === "commander.version";
    const [option = "", ...others] = words.filter(isOption);
    // A script that passes `--help` as an id must not take the help for success.
    if (others.length > 0) return isVersion ? text : usageOf(at, texts.helpAlone);
    // After an unknown option, the parser also finds a `--help` after `--`.
    if (!isVersion && !helpFlags.includes(option)) return usageOf(at, texts.unknownOption(option));
    const unknown = unknownIn(root, words);
    return unknown === undefined ? text : usageOf(at, texts.unknownCommand(unknown));
  }
  // The boundary of a PEM block: an error message that quotes it could contain the key.
  if (words.some((word) => /^(--[^=]+=)?-----/.test(word))) return usageOf(at, texts.keyAsArgument);
  const [, flag = "", name = ""] = /^error: option '(\S+) <(\S+)>'/.exec(message) ?? [];
  if (code === "commander.optionMissingArgument") return usageOf(at, texts.needsValue(flag, name));
  return usageOf(at, message.replace(/^error: /, ""));
}

/** The first word that is not a subcommand of the command before it. */
function unknownIn(root: Command, words: readonly string[]): string | undefined {
  let here = root;
  for (const word of words) {
    if (isOption(word)) continue;
    if (here.commands.length === 0) return undefined;
    const next = here.commands.find((each) => each.name() === word);
    if (next === undefined) return word;
    here = next;
  }
  return undefined;
}

function usageOf(command: Command, message: string): Parsed {
  const line = message.split("\n").map(printable).join(" ");
  return { kind: "usage", message: line, usage: usageText(command) };
}

function usageText(command: Command): string {
  const path = pathOf(command).join(" ");
  return `Usage: ${path} ${command.usage()}\nTry '${path} --help'.\n`;
}

function pathOf(command: Command): readonly string[] {
  return [...(command.parent === null ? [] : pathOf(command.parent)), command.name()];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Rewrites `help`, with or without the words of a command, to `--help`. */
function asHelp(argv: readonly string[], { commands }: FurtherCommands): readonly string[] {
  const isGroup = commands.some(({ path }) => path.length > 1 && path[0] === argv[0]);
  const at = isGroup ? 1 : 0;
  if (argv[at] !== "help") return argv;
  const { words } = splitAtDashes(argv);
  return [...words.slice(0, at), ...words.slice(at + 1), "--help", ...argv.slice(words.length)];
}

/** Whether the command that the first words name, at its longest, takes words after `--`. */
function takesRest(words: readonly string[], { commands }: FurtherCommands): boolean {
  const [longest] = commands
    .filter(({ path }) => path.every((word, at) => words[at] === word))
    .sort((a, b) => b.path.length - a.path.length);
  return longest?.rest !== undefined;
}

function splitAtDashes(argv: readonly string[]) {
  const end = argv.indexOf("--");
  return end === -1 ? { words: argv } : { words: argv.slice(0, end), behind: argv.slice(end + 1) };
}

/** Whether `--json` is given, even if the rest of the line cannot be parsed. */
export function asksForJson(argv: readonly string[]): boolean {
  return splitAtDashes(argv).words.includes(optionsOfEvery.json.flag);
}

/** `-` alone is a value: standard input. */
function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}
