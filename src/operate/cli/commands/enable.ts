/** `plugins enable NAME` and `plugins disable NAME`: they print commands but change nothing. */
import * as z from "zod";
import {
  type CatalogEntry,
  enableCommand,
  entryOf,
  installCommand,
  noVariable,
} from "../catalog.ts";
import { type CommandContext, defineCommand } from "../command.ts";
import { catalogOf } from "../command-context.ts";
import { entry, text, textList } from "../documents.ts";
import { negative } from "../failure.ts";
import { sharedOptions } from "../options.ts";
import { say } from "../print/printable.ts";
import { texts } from "../texts.ts";

const shared = {
  about: ["Prints the commands to run, and changes nothing."],
  arguments: [{ name: "NAME", what: "a slug or package of the catalog" }],
  options: { catalog: sharedOptions.catalog, host: sharedOptions.host },
  exits: { 1: "the catalog has no such plugin" },
  schema: z
    .object({ action: z.enum(["enable", "disable"]), ...entry, commands: textList, note: text })
    .describe("What `plugins enable --json` and `plugins disable --json` print."),
} as const;

export const enable = defineCommand({
  ...shared,
  path: ["plugins", "enable"],
  summary: "print how to install and enable a plugin of the catalog",
  examples: [
    { line: "plugins enable pii-scan --catalog catalog.json", what: "the commands to run" },
  ],
  async run(context) {
    const { bin, hostName, installRange } = context.host;
    const chosen = await chosenEntry(context);
    const commands = [installCommand(chosen, installRange), enableCommand(chosen)];
    const note = `Restart the ${hostName} node after changing plugin packages or gates.`;
    const trustNext = `note: production loads it once it is trusted: ${bin} plugins trust ID --reason TEXT`;
    return { ...printed("enable", chosen, commands, note), notes: [trustNext] };
  },
});

export const disable = defineCommand({
  ...shared,
  path: ["plugins", "disable"],
  schemaName: "enable",
  summary: "print how to disable a plugin of the catalog",
  examples: [
    { line: "plugins disable pii-scan --catalog catalog.json", what: "the commands to run" },
  ],
  async run(context) {
    const chosen = await chosenEntry(context);
    const commands = [chosen.env_var === null ? null : `unset ${chosen.env_var}`];
    const note = `Restart the ${context.host.hostName} node after changing plugin gates.`;
    return printed("disable", chosen, commands, note);
  },
});

async function chosenEntry(context: CommandContext): Promise<CatalogEntry> {
  const [name = ""] = context.operands;
  const catalog = await catalogOf(context);
  const found = entryOf(catalog, name, context.host.hostName);
  if (found !== undefined) return found;
  const more = catalog.length > 0 ? [] : [texts.noCatalog];
  throw negative("plugin_unknown", say`unknown plugin: ${name}`, more);
}

/** A command is null if no variable switches the plugin. */
function printed<Action extends "enable" | "disable">(
  action: Action,
  chosen: CatalogEntry,
  commands: readonly (string | null)[],
  note: string,
) {
  return {
    exitCode: 0 as const,
    document: { ...chosen, action, commands: commands.filter((each) => each !== null), note },
    lines: [...commands.map((each) => each ?? noVariable(chosen)), note],
  };
}
