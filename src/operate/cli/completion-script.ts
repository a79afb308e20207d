/** Scripts by which shells complete the commands and options of the command table. */
import type { NamedHost } from "./command-host.ts";
import { type CommandSpec, commandNames, commandTable, named } from "./command-table.ts";
import { type OptionSpec, optionTable } from "./option-table.ts";

export const shells = ["bash", "zsh", "fish"] as const;
type Shell = (typeof shells)[number];

/** The lines of a script. */
export function completionScript(shell: Shell, host: NamedHost): readonly string[] {
  return { bash, zsh, fish }[shell](host);
}

const commands: readonly CommandSpec[] = commandNames.map((name) => commandTable[name]);

interface Word {
  readonly word: string;
  readonly what: string;
}

/** What can stand behind each beginning of a command line; the longest beginning first. */
function wordsBehind(host: NamedHost): readonly (readonly [string, readonly Word[]])[] {
  const ofCommands = commands.map(
    (spec) =>
      [
        spec.path.join(" "),
        spec.options.map((name) => ({
          word: optionTable[name].flag,
          what: named(optionTable[name].what, host),
        })),
      ] as const,
  );
  const nested = commands.filter(({ path }) => path.length > 1).map((spec) => wordOf(spec, host));
  const top = commands.filter(({ path }) => path.length === 1).map((spec) => wordOf(spec, host));
  const plugins = { word: "plugins", what: "find, review, trust and check plugins" };
  return [...ofCommands, ["plugins", nested], ["", [plugins, ...top]]];
}

function wordOf({ path, summary }: CommandSpec, host: NamedHost): Word {
  return { word: path.at(-1) ?? "", what: named(summary, host) };
}

function functionName({ bin }: NamedHost): string {
  return `_${bin.replaceAll("-", "_")}`;
}

/** `case` goes by the whole beginning: `plugins lock` is none of `plugins`. */
function cases(host: NamedHost, line: (words: readonly Word[]) => string): readonly string[] {
  return wordsBehind(host).map(([path, words]) => {
    const pattern = path === "" ? '""' : path === "plugins" ? "plugins" : `"${path}"|"${path} "*`;
    return `    ${pattern}) ${line(words)} ;;`;
  });
}

const listOf = (words: readonly Word[]) => words.map(({ word }) => word).join(" ");

function bash(host: NamedHost): readonly string[] {
  const name = functionName(host);
  return [
    `${name}() {`,
    '  local words=""',
    `  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")`,
    `  case "\${before[*]}" in`,
    ...cases(host, (words) => `words="${listOf(words)}"`),
    "  esac",
    `  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    "}",
    `complete -o default -F ${name} ${host.bin}`,
  ];
}

function zsh(host: NamedHost): readonly string[] {
  const name = functionName(host);
  return [
    `#compdef ${host.bin}`,
    `${name}() {`,
    `  case "\${(j: :)words[2,CURRENT-1]}" in`,
    ...cases(host, (words) => `compadd -- ${listOf(words)}`),
    "  esac",
    "  _files",
    "}",
    `compdef ${name} ${host.bin}`,
  ];
}

function fish(host: NamedHost): readonly string[] {
  const nested = commands
    .filter(({ path }) => path.length > 1)
    .map(({ path }) => path.at(-1) ?? "");
  return wordsBehind(host).flatMap(([path, words]) => {
    if (path === "") return words.map((each) => fishLine(host, "__fish_use_subcommand", each));
    const [first = "", second] = path.split(" ");
    const seen = `__fish_seen_subcommand_from ${second ?? first}`;
    if (path === "plugins") {
      const until = `${seen}; and not __fish_seen_subcommand_from ${nested.join(" ")}`;
      return words.map((each) => fishLine(host, until, each));
    }
    return words.map((each) => fishLine(host, seen, each));
  });
}

function fishLine({ bin }: NamedHost, condition: string, { word, what }: Word): string {
  const said = `-n '${condition}' -d ${fishQuoted(what)}`;
  if (!word.startsWith("--")) return `complete -c ${bin} -f ${said} -a ${word}`;
  const spec: OptionSpec | undefined = Object.values(optionTable).find(({ flag }) => flag === word);
  return `complete -c ${bin} ${said} -l ${word.slice(2)}${spec?.value === undefined ? "" : " -r"}`;
}

function fishQuoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, "\\$&")}'`;
}
