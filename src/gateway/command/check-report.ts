/** What `gateway --check` reports: its document, and the types. */
import * as z from "zod";
import {
  mode,
  type Report,
  text,
  textList,
  textOrNull,
  warnings,
} from "../../operate/cli/index.ts";

const pluginReport = z.object({
  name: text,
  version: text,
  from: z.enum(["stock", "package", "path", "cpex"]),
  source: text.describe(
    "Its name, id or path in the configuration; for a guest, the path of the CPEX configuration.",
  ),
  isolate: textOrNull.describe("Where its code runs. Null for the process of the gateway."),
  runs_in: textList.describe("The same in words, and what stays open there."),
  hooks: textList.nullable(),
  capabilities: textList.nullable().describe("What it declares, or less if `grant` restricts it."),
  runs_on: textList,
  only_for: textList.describe("The calls it is limited to, if it has conditions."),
  sees: textList,
  hidden: textList.describe("Slots and fields that it does not see."),
  may_change: textList,
  uses: textList,
  never: textList.describe("Parts of it that can never have an effect."),
});

export const checkDocument = z
  .object({
    config_file: textOrNull.describe("Null where the command line says everything."),
    mode,
    front: z.enum(["stdio", "http"]),
    servers: textList,
    models: textList,
    always: textList,
    plugins: z.array(pluginReport),
    problems: textList.describe("What would keep it from working, one sentence each."),
    warnings,
  })
  .describe("What `gateway --check --json` prints.");

/** What a reviewer wants to know about one plugin. */
export type PluginReport = Report<typeof pluginReport>;

/** The part of the report that is not in the configuration itself. */
export type CheckReport = Pick<
  Report<typeof checkDocument>,
  "always" | "plugins" | "problems" | "warnings"
>;
