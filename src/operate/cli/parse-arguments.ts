/** Parses a command line into a command with its options, or into what is printed instead. */
import { Argument, Command, type CommanderError, Option } from "commander";
import { packageVersion } from "../../core/plugins/index.ts";
import { type Command as CommandSpec, exitCodes, named } from "./command.ts";
import type { NamedHost } from "./command-host.ts";
import { commands } from "./command-table.ts";
import {
  type GivenOptions,
  type OptionName,
  type OptionSpec,
  optionTable,
} from "./option-table.ts";
import { printable } from "./print/printable.ts";
import { texts } from "./texts.ts";

export type Parsed =
  | {
      readonly kind: "command";
      readonly command: CommandSpec;
      readonly operands: readonly string[];
      readonly options: GivenOptions;
    }
  /** For standard output. */
  | { readonly kind: "text"; readonly text: string }
  /** For standard error. */
  | { readonly kind: "usage"; readonly message: string; readonly usage: string };

/** Reads the words behind the name of the command line. Runs nothing, and never throws. */
export function parseArguments(host: NamedHost, given: readonly string[]): Parsed {
  const tree = commandTree(host);
  const argv = asHelp(given);
  const fault = faultOf(argv);
  if (fault !== undefined) return usageOf(commandAt(tree.root, argv), fault);
  try {
    tree.root.parse([...argv], { from: "user" });
  } catch (error) {
    return answerOf(tree, error as CommanderError, argv);
  }
  const chosen = tree.chosen();
  if (chosen === undefined) return usageOf(tree.root, texts.missingCommand);
  const { arguments: takes } = chosen.command;
  const empty = takes.find(
    ({ isOptional }, at) =>
      isBlank(chosen.operands[at]) && !(isOptional === true && chosen.operands[at] === undefined),
  );
  if (empty === undefined) return { kind: "command", ...chosen };
  return usageOf(commandAt(tree.root, argv), texts.emptyArgument(empty.name));
}

function isBlank(operand: string | undefined): boolean {
  return (operand ?? "").trim() === "";
}

interface Chosen {
  readonly command: CommandSpec;
  readonly operands: readonly string[];
  readonly options: GivenOptions;
}

interface Tree {
  readonly root: Command;
  /** What the parser printed so far. */
  readonly printed: () => string;
  readonly chosen: () => Chosen | undefined;
}

function commandTree(host: NamedHost): Tree {
  let printed = "";
  let chosen: Chosen | undefined;
  const print = (text: string) => {
    printed += text;
  };
  const root = new Command(host.bin)
    .description(named("Manage which plugins may run in {hostName}, and check their state.", host))
    .version(host.version ?? packageVersion, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand(false)
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
    const parent = spec.path.length > 1 ? plugins : root;
    const command = parent.command(spec.path.at(-1) ?? "").copyInheritedSettings(root);
    describeCommand(command, spec, host);
    command.action(() => {
      const options = optionsOf(command, spec.options);
      chosen = { command: spec, operands: [...command.args], options };
    });
  }
  return { root, printed: () => printed, chosen: () => chosen };
}

function describeCommand(command: Command, spec: CommandSpec, host: NamedHost): void {
  const sentences = [`${capital(spec.summary)}.`, ...spec.about];
  command.summary(spec.summary).description(named(sentences.join("\n"), host));
  for (const { name, what, isOptional } of spec.arguments)
    command.addArgument(new Argument(isOptional === true ? `[${name}]` : `<${name}>`, what));
  for (const name of spec.options) command.addOption(optionOf(optionTable[name], host));
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
  return new Option(flags, named(spec.what, host));
}

function optionsOf(command: Command, names: readonly OptionName[]): GivenOptions {
  const values = command.opts<Record<string, unknown>>();
  const given = names.flatMap((name): readonly (readonly [string, unknown])[] => {
    // The parser reads `--no-load` as a `load` that is false.
    if (name === "noLoad") return [[name, values.load === false]];
    const value = values[new Option(optionTable[name].flag).attributeName()];
    return value === undefined ? [] : [[name, value]];
  });
  return Object.fromEntries(given);
}

function answerOf(tree: Tree, error: CommanderError, argv: readonly string[]): Parsed {
  const at = commandAt(tree.root, argv);
  if (error.exitCode === 0) {
    const [unknown] = at.commands.length === 0 ? [] : operandsOf(argv).slice(depthOf(at));
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
export function usageFor(host: NamedHost, argv: readonly string[]): string {
  const { root } = commandTree(host);
  return usageText(commandAt(root, argv));
}

/** The command that the first words lead to, as far as they lead. */
function commandAt(root: Command, argv: readonly string[]): Command {
  let here = root;
  for (const word of operandsOf(argv)) {
    const next = here.commands.find((each) => each.name() === word);
    if (next === undefined) return here;
    here = next;
  }
  return here;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const options: readonly OptionSpec[] = Object.values(optionTable);
const helpFlags: readonly string[] = ["--help", "-h"];

/** A fault in words, or nothing. */
function faultOf(argv: readonly string[]): string | undefined {
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
    if (seen.has(flag)) return texts.givenTwice(flag);
    seen.add(flag);
    const spec = options.find((each) => each.flag === flag);
    if (spec?.value === undefined) continue;
    const value = rest.length > 0 ? rest.join("=") : words[++at];
    const isMissing = value === undefined || (rest.length === 0 && isOption(value));
    if (isMissing || (value === "" && spec.mayBeEmpty !== true))
      return texts.needsValue(flag, spec.value);
  }
  // A script whose id is `--help` must not take the help for success.
  return seen.size > 1 && helpFlags.some((flag) => seen.has(flag)) ? texts.helpAlone : undefined;
}

/** `help` in place of a command, with the words of one or without, asks what `--help` asks. */
function asHelp(argv: readonly string[]): readonly string[] {
  const at = argv[0] === "plugins" ? 1 : 0;
  if (argv[at] !== "help") return argv;
  return [...argv.slice(0, at), ...argv.slice(at + 1), "--help"];
}

/** The words that are neither options nor values of options. */
export function operandsOf(argv: readonly string[]): readonly string[] {
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
  return (end === -1 ? argv : argv.slice(0, end)).includes(optionTable.json.flag);
}

/** `-` alone is a value: standard input. */
function isOption(word: string): boolean {
  return word.startsWith("-") && word !== "-";
}
