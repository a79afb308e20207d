/**
 * Checks before arguments are parsed, so that no value that a script passes on acts as an option.
 * After `--` everything is data.
 */
import { type OptionSpec, optionTable } from "./option-table.ts";
import { texts } from "./texts.ts";

const options: readonly OptionSpec[] = Object.values(optionTable);
const helpFlags: readonly string[] = ["--help", "-h"];

/** A fault in words, or nothing. */
export function faultOf(argv: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  const seen = new Set<string>();
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (!isOption(word)) continue;
    // The boundary of a PEM block. What is quoted of it in a message would be the key.
    if (word.startsWith("-----")) return texts.keyAsArgument;
    // There is no other of one letter, and a number is no id.
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
export function asHelp(argv: readonly string[]): readonly string[] {
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
