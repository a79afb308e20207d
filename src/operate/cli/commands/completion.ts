/** `completion SHELL` */
import * as z from "zod";
import { type Command, defineCommand, named } from "../command.ts";
import type { NamedHost } from "../command-host.ts";
import { text } from "../documents.ts";
import { misuse } from "../failure.ts";
import type { OptionSpec } from "../options.ts";
import { singleQuoted } from "../print/printable.ts";

const shells = ["bash", "zsh", "fish"] as const;

export const completion = defineCommand({
  path: ["completion"],
  summary: "print a completion script for a shell",
  about: [
    "It matches this version: print it again after an upgrade.",
    "After an option with a value, and after --, the script leaves it to the shell to complete files.",
  ],
  arguments: [{ name: "SHELL", what: "bash, zsh or fish" }],
  examples: [
    { line: "completion bash", what: "append it to ~/.bash_completion" },
    { line: "completion zsh", what: "load it after compinit" },
    { line: "completion fish", what: "save it in ~/.config/fish/completions" },
  ],
  schema: z.object({ shell: z.enum(shells), script: text }),
  run({ commands, host, operands: [given = ""] }) {
    const shell = shells.find((each) => each === given);
    if (shell === undefined)
      throw misuse(`completion: ${singleQuoted(given)} is not one of bash, zsh and fish`);
    const lines = { bash, zsh, fish }[shell](wordsBehind(commands, host), host);
    const document = { shell, script: `${lines.join("\n")}\n` };
    return Promise.resolve({ exitCode: 0, document, lines });
  },
});

interface Word {
  readonly word: string;
  readonly what: string;
  /** Whether a value follows it. */
  readonly takesValue?: boolean;
  /** The values that it accepts, if they are known. */
  readonly values?: readonly string[] | undefined;
}

/** Pairs of the beginning of a command line and the words that can follow it. */
type Endings = readonly (readonly [string, readonly Word[]])[];

/** The longest beginning comes first, since the shell takes the first match. */
function wordsBehind(commands: readonly Command[], host: NamedHost): Endings {
  const ofCommands = commands.map(
    ({ path, options }) =>
      [
        path.join(" "),
        [
          ...(path[0] === "completion" ? shells.map((word) => ({ word, what: "a shell" })) : []),
          ...Object.values(options).map((spec) => wordOfOption(spec, host)),
        ],
      ] as const,
  );
  const nestedIn = (group: string) =>
    commands
      .filter(({ path }) => path.length > 1 && path[0] === group)
      .map((spec) => wordOf(spec, host));
  const top = commands.filter(({ path }) => path.length === 1).map((spec) => wordOf(spec, host));
  const plugins = { word: "plugins", what: "find, review, trust and check plugins" };
  return [
    ...ofCommands
      .map(([path, words]) => [path, [...words, ...nestedIn(path)]] as const)
      .toSorted(([a], [b]) => b.split(" ").length - a.split(" ").length),
    ["plugins", nestedIn("plugins")],
    ["", [plugins, ...top]],
  ];
}

function wordOf({ path, summary }: Command, host: NamedHost): Word {
  return { word: path.at(-1) ?? "", what: named(summary, host) };
}

function wordOfOption({ flag, what, value, values }: OptionSpec, host: NamedHost): Word {
  return { word: flag, what: named(what, host), takesValue: value !== undefined, values };
}

function functionName({ bin }: NamedHost): string {
  return `_${bin.replaceAll("-", "_")}`;
}

/** The branches of a `case` over the words so far. `plugins` matches exactly, not as a prefix. */
function cases(endings: Endings, line: (words: string) => string): readonly string[] {
  const ofValues = endings.flatMap(([path, words]) =>
    words.flatMap(({ word, values }) =>
      values === undefined ? [] : [`    "${path}"*" ${word}") ${line(values.join(" "))} ;;`],
    ),
  );
  const valued = endings.flatMap(([, words]) => words.filter(({ takesValue }) => takesValue));
  const flags = [...new Set(valued.map(({ word }) => `*" ${word}"`))];
  return [
    // Files: bash makes a word of the `=` of an option.
    '    *" --"|*" -- "*|*" =") ;;',
    ...ofValues,
    `    ${flags.join("|")}) ;;`,
    ...endings.map(([path, words]) => {
      const pattern = path === "" ? '""' : path === "plugins" ? "plugins" : `"${path}"|"${path} "*`;
      return `    ${pattern}) ${line(listOf(words))} ;;`;
    }),
  ];
}

const listOf = (words: readonly Word[]) => words.map(({ word }) => word).join(" ");

function bash(endings: Endings, host: NamedHost): readonly string[] {
  const name = functionName(host);
  return [
    `${name}() {`,
    '  local words=""',
    `  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")`,
    `  case "\${before[*]}" in`,
    ...cases(endings, (words) => `words="${words}"`),
    "  esac",
    `  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))`,
    "}",
    `complete -o default -F ${name} ${host.bin}`,
  ];
}

function zsh(endings: Endings, host: NamedHost): readonly string[] {
  const name = functionName(host);
  return [
    `#compdef ${host.bin}`,
    `${name}() {`,
    `  case "\${(j: :)words[2,CURRENT-1]}" in`,
    // Where no file can stand, a `plugins.lock` here is not what `plu` means.
    ...cases(
      endings,
      (words) => `compadd -- ${words}${words.startsWith("--") ? "" : " && return"}`,
    ),
    "  esac",
    "  _files",
    "}",
    // A file of $fpath is run as the function itself, at the first completion.
    `if [[ $funcstack[1] == ${name} ]]; then ${name}; else compdef ${name} ${host.bin}; fi`,
  ];
}

function fish(endings: Endings, host: NamedHost): readonly string[] {
  const seen = (words: readonly string[]) => `__fish_seen_subcommand_from ${words.join(" ")}`;
  return endings.flatMap(([path, words]) => {
    const below = endings.flatMap(([other]) =>
      other.startsWith(`${path} `) ? [other.slice(path.length + 1)] : [],
    );
    const conditions = [
      ...path.split(" ").map((word) => seen([word])),
      `not ${seen([...below, "--"])}`,
    ];
    const condition = path === "" ? "__fish_use_subcommand" : conditions.join("; and ");
    return words.map((each) => fishLine(host, condition, each));
  });
}

function fishLine({ bin }: NamedHost, condition: string, each: Word): string {
  const { word, what, takesValue, values } = each;
  const said = `-n '${condition}' -d ${singleQuoted(what)}`;
  if (!word.startsWith("--")) return `complete -c ${bin} -f ${said} -a ${word}`;
  const value =
    values !== undefined ? ` -x -a '${values.join(" ")}'` : takesValue === true ? " -r" : "";
  return `complete -c ${bin} ${said} -l ${word.slice(2)}${value}`;
}
