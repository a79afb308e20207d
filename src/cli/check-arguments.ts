/**
 * What is refused before arguments are parsed: whatever lets a text that a script passes on act as
 * an option, or as less than it seems. Behind `--` everything is data.
 */
import { type OptionSpec, optionTable } from "./option-table.ts";
import { texts } from "./texts.ts";

const options: readonly OptionSpec[] = Object.values(optionTable);
const help = "--help";

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
    // There are none of one letter, and a number is no id.
    if (!word.startsWith("--"))
      return word === "-h" ? texts.noShortHelp : texts.unknownOption(word);
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
  return seen.has(help) && seen.size > 1 ? texts.helpAlone : undefined;
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
