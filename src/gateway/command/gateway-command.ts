/** `gateway`: runs the gateway, or checks its configuration. */
import * as z from "zod";
import {
  type Command,
  defineCommand,
  mode,
  text,
  textOrNull,
  texts,
  warnings,
} from "../../operate/cli/index.ts";
import { gatewayCommandOptions } from "./options.ts";
import type { GatewayServices } from "./services.ts";

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

const document = z
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

/** What serves is loaded when it is run: other commands start without it. */
export function gatewayCommand(services: () => Promise<GatewayServices>): Command {
  return defineCommand({
    path: ["gateway"],
    summary: "run the gateway in front of MCP servers and models",
    about: [
      "Without a port it speaks over standard input and output, which belong to the protocol then; the log is on standard error.",
      "Behind -- stands the command of the only server; no configuration is needed for it.",
      "SIGHUP reloads the configuration; a wrong one leaves the last good one running.",
      "SIGTERM and SIGINT end it when what is in flight is done, a second one ends it at once.",
    ],
    rest: { name: "COMMAND ARGS…", what: "the command of the only server" },
    options: gatewayCommandOptions,
    exits: {
      1: "the server is gone for good; with --check, something in the configuration cannot work",
    },
    examples: [
      {
        line: "gateway --plugin ./p.js -- npx @modelcontextprotocol/server-everything stdio",
        what: "one plugin in front of one server",
      },
      {
        line: "gateway --plugin ./p.js --isolate process -- npx @modelcontextprotocol/server-everything stdio",
        what: "the same, and the plugin runs in a process that can only compute",
      },
      { line: "gateway --check", what: "what each plugin of glassine.config.* will see" },
      { line: "gateway --port 8080", what: "serve the configuration over HTTP" },
    ],
    schema: document,
    async run(context) {
      const { check, serve } = await import("./serve-or-check.ts");
      const run = context.options.check === true ? check : serve;
      return run(context, await services());
    },
  });
}
