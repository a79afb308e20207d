/** What `gateway --check` reports: its document, and the types. */
import * as z from "zod";
import { mode, type Report, text, textOrNull, texts, warnings } from "../../operate/cli/index.ts";

const pluginReport = z.object({
  name: text,
  version: text,
  from: z.enum(["stock", "package", "path", "cpex"]),
  source: text.describe(
    "Its name, id or path in the configuration; of a guest the path of its own.",
  ),
  isolate: textOrNull.describe("Where its code runs. Null for the process of the gateway."),
  runs_in: texts.describe("The same in words, and what stays open there."),
  hooks: texts.nullable(),
  capabilities: texts.nullable().describe("What it declares, or less where `grant` says so."),
  runs_on: texts,
  only_for: texts.describe("The calls it is limited to, if it has conditions."),
  sees: texts,
  hidden: texts.describe("Slots and fields that it does not see."),
  may_change: texts,
  uses: texts,
  never: texts.describe("What of it can never have an effect."),
});

export const checkDocument = z
  .object({
    config_file: textOrNull.describe("Null where the command line says everything."),
    mode,
    front: z.enum(["stdio", "http"]),
    servers: texts,
    models: texts,
    always: texts,
    plugins: z.array(pluginReport),
    problems: texts.describe("What would keep it from working, a sentence each."),
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
