/** Parses a command line into a command with its options, or into what is printed instead. */
import { Argument, Command, type CommanderError, Option } from "commander";
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
    }
  /** For standard output. */
  | { readonly kind: "text"; readonly text: string }
  /** For standard error. */
  | { readonly kind: "usage"; readonly message: string; readonly usage: string };

/** Reads the words behind the name of the command line. Runs nothing, and never throws. */
export function parseArguments(
  host: NamedHost,
  given: readonly string[],
  line: FurtherCommands,
): Parsed {
  const tree = commandTree(host, line);
  const { words: argv, rest } = withoutRest(asHelp(given, line), line);
  const fault = faultOf(argv, line) ?? restFault(argv, rest, line);
  if (fault !== undefined) return usageOf(commandAt(tree.root, argv, line), fault);
  try {
    tree.root.parse([...argv], { from: "user" });
  } catch (error) {
    return answerOf(tree, error as CommanderError, argv, line);
  }
  const chosen = tree.chosen();
  if (chosen === undefined) return usageOf(tree.root, texts.missingCommand);
  const { arguments: takes } = chosen.command;
  const empty = takes.find((_, at) => chosen.operands[at]?.trim() === "");
  if (empty === undefined) return { kind: "command", ...chosen, operands: rest ?? chosen.operands };
  return usageOf(commandAt(tree.root, argv, line), texts.emptyArgument(empty.name));
}

type Chosen = Omit<Extract<Parsed, { readonly kind: "command" }>, "kind">;

interface Tree {
  readonly root: Command;
  /** What the parser printed so far. */
  readonly printed: () => string;
  readonly chosen: () => Chosen | undefined;
}

function commandTree(host: NamedHost, { about, commands }: FurtherCommands): Tree {
  let printed = "";
  let chosen: Chosen | undefined;
  const print = (text: string) => {
    printed += text;
  };
  const root = new Command(host.bin)
    .description(named(about, host))
    .version(host.version ?? packageVersion, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
    // Otherwise a command would take the options of one below it for its own.
    .enablePositionalOptions()
    .exitOverride()
    .configureOutput({
      writeOut: print,
      writeErr: print,
      outputError: () => {},
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  const plugins = root
    .command("plugins")
    .copyInheritedSettings(root)
    .helpCommand(false)
    .summary("find, review, trust and check plugins")
    .description("Find, review, trust and check plugins.");
  for (const spec of commands) {
    const [first, second] = spec.path;
    const above = root.commands.find((each) => each.name() === first) ?? plugins;
    const parent = second === undefined ? root : above;
    const command = parent.command(spec.path.at(-1) ?? "").copyInheritedSettings(root);
    describeCommand(command, spec, host);
    command.action(() => {
      if (Object.keys(command.parent?.opts() ?? {}).length > 0) command.error(texts.optionsBefore);
      chosen = { command: spec, operands: [...command.args], options: command.opts() };
    });
  }
  return { root, printed: () => printed, chosen: () => chosen };
}

function describeCommand(command: Command, spec: CommandSpec, host: NamedHost): void {
  const sentences = [`${capital(spec.summary)}.`, ...spec.about];
  command.summary(spec.summary).description(named(sentences.join("\n"), host));
  for (const { name, what, isOptional } of spec.arguments)
    command.addArgument(new Argument(isOptional === true ? `[${name}]` : `<${name}>`, what));
  for (const each of Object.values(spec.options)) command.addOption(optionOf(each, host));
  if (spec.rest !== undefined) command.usage(`[options] [-- ${spec.rest.name}]`);
  const examples = spec.examples.map(({ line, what }) => `  ${host.bin} ${line}\n      ${what}`);
  command.addHelpText("after", `\nExamples:\n${examples.join("\n")}\n\n${exitText(spec)}`);
}

function exitText({ exits }: CommandSpec): string {
  const own: { readonly [code: string]: string } = { ...exitCodes, ...exits };
  const never = exits[1] === undefined ? ["1"] : [];
  const lines = Object.entries(own)
    .filter(([code]) => !never.includes(code))
    .map(([code, what]) => `  ${code.padEnd(4)}${what}`);
  return `Exit codes:\n${lines.join("\n")}`;
}

function optionOf(spec: OptionSpec, host: NamedHost): Option {
  const flags = spec.value === undefined ? spec.flag : `${spec.flag} <${spec.value}>`;
  const option = new Option(flags, named(spec.what, host));
  // `--no-load` has a value of its own, and is not that of a `--load`.
  option.negate = false;
  if (spec.isRepeatable === true)
    option.argParser((value, before: readonly string[] = []) => [...before, value]);
  return option;
}

function answerOf(
  tree: Tree,
  error: CommanderError,
  argv: readonly string[],
  line: FurtherCommands,
): Parsed {
  const at = commandAt(tree.root, argv, line);
  if (error.exitCode === 0) {
    const [unknown] = at.commands.length === 0 ? [] : operandsOf(argv, line).slice(depthOf(at));
    if (unknown !== undefined) return usageOf(at, texts.unknownCommand(unknown));
    return { kind: "text", text: tree.printed() };
  }
  if (error.code === "commander.help")
    return { kind: "usage", message: texts.missingCommand, usage: at.helpInformation() };
  return usageOf(at, error.message.replace(/^error: /, ""));
}

function usageOf(command: Command, message: string): Parsed {
  const [main = "", ...hints] = message.split("\n");
  const line = [main, ...hints].map((part) => printable(part)).join(" ");
  return { kind: "usage", message: line, usage: usageText(command) };
}

function usageText(command: Command): string {
  const path = pathOf(command);
  return `Usage: ${path} ${command.usage()}\nTry '${path} --help'.\n`;
}

function depthOf({ parent }: Command): number {
  return parent === null ? 0 : depthOf(parent) + 1;
}

function pathOf(command: Command): string {
  const above = command.parent;
  return above === null ? command.name() : `${pathOf(above)} ${command.name()}`;
}

/** The usage of the command that the words lead to, for a fault that is found later. */
export function usageFor(host: NamedHost, argv: readonly string[], line: FurtherCommands): string {
  const { root } = commandTree(host, line);
  return usageText(commandAt(root, withoutRest(argv, line).words, line));
}

/** The command that the first words lead to, as far as they lead. */
function commandAt(root: Command, argv: readonly string[], line: FurtherCommands): Command {
  let here = root;
  for (const word of operandsOf(argv, line)) {
    const next = here.commands.find((each) => each.name() === word);
    if (next === undefined) return here;
    here = next;
  }
  return here;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function optionsIn({ commands }: FurtherCommands): readonly OptionSpec[] {
  return commands.flatMap(({ options }) => Object.values(options));
}

const helpFlags: readonly string[] = ["--help", "-h"];

/** A fault in words, or nothing. */
function faultOf(argv: readonly string[], line: FurtherCommands): string | undefined {
  const options = optionsIn(line);
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const seen = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!isOption(word)) continue;
    // The boundary of a PEM block. What is quoted of it in a message would be the key.
    if (word.startsWith("-----")) return texts.keyAsArgument;
    // There is no other of one letter, and a number is not an id.
    if (!word.startsWith("--") && !helpFlags.includes(word)) return texts.unknownOption(word);
    const [flag = "", ...rest] = word.split("=");
    const spec = options.find((each) => each.flag === flag);
    if (seen.has(flag) && spec?.isRepeatable !== true) return texts.givenTwice(flag);
    seen.add(flag);
    if (spec?.value === undefined) continue;
    const value = rest.length > 0 ? rest.join("=") : words[++at];
    const isMissing = value === undefined || (rest.length === 0 && isOption(value));
    if (isMissing || (value === "" && spec.mayBeEmpty !== true))
      return texts.needsValue(flag, spec.value);
  }
  // A script whose id is `--help` must not take the help for success.
  return seen.size > 1 && helpFlags.some((flag) => seen.has(flag)) ? texts.helpAlone : undefined;
}

/** The words of the line, and those behind `--` where they are another command line. */
function withoutRest(argv: readonly string[], line: FurtherCommands) {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  if (end === -1 || commandOf(words, line)?.rest === undefined)
    return { words: argv, rest: undefined };
  return { words, rest: argv.slice(end + 1) };
}

/** The command that the first words name, the longest of several. */
function commandOf(words: readonly string[], line: FurtherCommands): CommandSpec | undefined {
  const operands = operandsOf(words, line);
  return line.commands
    .filter(({ path }) => path.every((word, at) => operands[at] === word))
    .sort((a, b) => b.path.length - a.path.length)[0];
}

/** Words of another command line that are not behind `--` would be taken for ours. */
function restFault(
  words: readonly string[],
  rest: readonly string[] | undefined,
  line: FurtherCommands,
): string | undefined {
  const spec = commandOf(words, line);
  if (spec?.rest === undefined) return undefined;
  // The parser has words for an option that is not known. What follows may be its value.
  if (words.some((word) => isOption(word) && !isKnown(word, line))) return undefined;
  const depth = spec.path.length;
  const first = operandsOf(words, line)[depth];
  const below = line.commands.flatMap(({ path }) =>
    spec.path.every((word, at) => path[at] === word) ? path.slice(depth, depth + 1) : [],
  );
  if (first !== undefined) return texts.behindDashes(first, closest(first, below));
  return rest?.length === 0 ? texts.nothingBehindDashes : undefined;
}

/** `help` in place of a command, with the words of one or without, asks what `--help` asks. */
function asHelp(argv: readonly string[], { commands }: FurtherCommands): readonly string[] {
  const isGroup = commands.some(({ path }) => path.length > 1 && path[0] === argv[0]);
  const at = isGroup ? 1 : 0;
  if (argv[at] !== "help") return argv;
  return [...argv.slice(0, at), ...argv.slice(at + 1), "--help"];
}

/** The words that are neither options nor values of options. */
export function operandsOf(argv: readonly string[], line: FurtherCommands): readonly string[] {
  const options = optionsIn(line);
  const operands: string[] = [];
  for (let at = 0; at < argv.length; at++) {
    const word = argv[at] ?? "";
    if (word === "--") return [...operands, ...argv.slice(at + 1)];
    if (!isOption(word)) operands.push(word);
    else if (options.some(({ flag, value }) => flag === word && value !== undefined)) at += 1;
  }
  return operands;
}

/** Whether the document for programs is asked for, also where nothing else can be read. */
export function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return (end === -1 ? argv : argv.slice(0, end)).includes(optionsOfEvery.json.flag);
}

function isKnown(word: string, line: FurtherCommands): boolean {
  const [flag = ""] = word.split("=");
  return (
    [...helpFlags, "--version"].includes(flag) || optionsIn(line).some((each) => each.flag === flag)
  );
}

/** `-` alone is a value: standard input. */
function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}
