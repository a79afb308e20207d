/** docs/commands.md: every command, setting and rejection code. */

import { type Command, exitCodes } from "../../../src/operate/cli/command.ts";
import { journalProblems } from "../../../src/operate/cli/print/next-steps.ts";
import { rejectionCodes } from "../../../src/operate/packages/index.ts";
import { allCommands } from "../all-commands.ts";
import { settingTexts } from "../data/host-settings.ts";
import { code, either, generatedFrom, page, table } from "./markdown.ts";

const intro = `# Commands

\`glassine\` is the command of this package: \`npx glassine --help\`.
[operate.md](operate.md) shows it at work.

With \`--json\` a command prints one JSON document on standard output, even when it refuses something: \`{"error":{"code":"…","message":"…"}}\`.
[spec/schemas/commands](../spec/schemas/commands) has the JSON Schema of each document; a key has the same type in all of them.
Results go to standard output, errors and warnings to standard error.
Text that comes from packages is printed with control characters escaped.`;

const names: Readonly<Record<string, string>> = {
  "{bin}": "glassine",
  "{hostName}": "glassine",
  "{prefix}": "GLASSINE_",
};

type Option = Command["options"][string];

/** From how many commands on an option is described once for all of them. */
const several = 5;
const everyOption = allCommands.flatMap(({ options }) => Object.values(options));
const isCommon = (option: Option) =>
  everyOption.filter(({ flag, what }) => flag === option.flag && what === option.what).length >=
  several;
const ofAll: readonly string[] = ["--json", "--verbose"];
const common = everyOption.filter(
  (option, at) =>
    isCommon(option) && everyOption.findIndex(({ what }) => what === option.what) === at,
);

export function commandsPage(): string {
  const sources =
    "src/operate/cli/commands, src/gateway/command, src/operate/cli/options.ts, src/operate/cli/print/next-steps.ts, src/operate/packages/rejection-codes.ts and tools/scripts/data/host-settings.ts";
  return page([
    generatedFrom(sources),
    intro,
    table(
      ["Command", "What it does"],
      allCommands.map((spec) => [
        `[${code(spec.path.join(" "))}](#${anchorOf(headingOf(spec))})`,
        `${capital(named(spec.summary))}.`,
      ]),
    ),
    "## Options of several commands",
    "Every command has `--json` and `--verbose`. The others are named with each command that has them.",
    optionTable(common),
    "## Exit codes",
    table(
      ["Code", "Means"],
      Object.entries(exitCodes).map(([number, means]) => [number, means]),
    ),
    "A signal ends the command as it ends any program: Ctrl-C with 130. If a loaded plugin catches the signal, only SIGKILL ends the command. A change of trust that is interrupted is either complete or not made at all.",
    ...allCommands.map(section),
    "## Settings",
    "A value that a setting does not accept is refused, and so is a variable with the prefix `GLASSINE_` whose name is close to that of a setting, such as `GLASSINE_PLUGINS_MODE`.\nBooleans are `true`, `false`, `1`, `0`, `yes`, `no`, `on` and `off`.\nAn empty variable counts as not set.",
    table(
      ["Variable", "Default", "Means"],
      Object.entries(settingTexts).map(([name, setting]) => [
        code(`GLASSINE_${name}`),
        setting.default,
        setting.means,
      ]),
    ),
    "## What is wrong with the journal",
    "`verify` and `doctor` name the line and one of these words. With `--strict-journal` (`verify`) and `--strict` (`doctor`) they fail because of it.",
    table(
      ["Problem", "Means", "What to do"],
      Object.entries(journalProblems).map(([name, { means, todo }]) => [code(name), means, todo]),
    ),
    "## Why a plugin is rejected",
    table(
      ["Code", "Means", "What to do"],
      Object.entries(rejectionCodes).map(([name, { means, todo }]) => [code(name), means, todo]),
    ),
  ]);
}

function headingOf({ path, arguments: operands, rest }: Command): string {
  const behind = rest === undefined ? [] : [`[-- ${rest.name}]`];
  const given = operands.map(({ name, isOptional }) => (isOptional ? `[${name}]` : name));
  return ["glassine", ...path, ...given, ...behind].join(" ");
}

/** Returns the anchor that GitHub makes for a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function section(spec: Command): string {
  const options = Object.values(spec.options);
  const own = options.filter((option) => !isCommon(option));
  const also = options.filter((option) => isCommon(option) && !ofAll.includes(option.flag));
  const exits = Object.entries(spec.exits).map(
    ([number, means]) => `Exit code ${number}: ${means}.`,
  );
  return [
    `## ${headingOf(spec)}`,
    `${capital(named(spec.summary))}.\n${spec.about.map(named).join("\n")}`,
    ...spec.arguments.map(({ name, what }) => `${code(name)}: ${named(what)}.`),
    ...(spec.rest === undefined ? [] : [`After \`--\`: ${spec.rest.what}.`]),
    ...(own.length === 0 ? [] : [optionTable(own)]),
    ...(also.length === 0
      ? []
      : [
          `${own.length === 0 ? "It has" : "It also has"} ${either(
            also.map(({ flag }) => flag),
            "and",
          )}, as [above](#options-of-several-commands).`,
        ]),
    ...exits,
    `\`\`\`sh\n${spec.examples.map((each) => `glassine ${each.line} # ${each.what}`).join("\n")}\n\`\`\``,
  ].join("\n\n");
}

function optionTable(options: readonly Option[]): string {
  const rows = options.map(({ flag, value, what }) => [
    code(value === undefined ? flag : `${flag} ${value}`),
    named(what),
  ]);
  return table(["Option", "Means"], rows);
}

function named(text: string): string {
  return text.replace(/\{\w+\}/g, (name) => names[name] ?? name);
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
