/** `serve-plugin`: offers a plugin to a CPEX host. */
import * as z from "zod";
import {
  type Command,
  defineCommand,
  mode,
  text,
  textList,
  warnings,
} from "../../operate/cli/index.ts";
import { servePluginOptions } from "./options.ts";

export const servePluginCommand: Command = defineCommand({
  path: ["serve-plugin"],
  summary: "offer a plugin to a CPEX host",
  about: [
    "Speaks the protocol of CPEX's isolated workers over standard input and output; what the plugin prints is on standard error.",
    "The host starts it: docs/cpex.md says how.",
    "A package passes the same gates as in every host.",
  ],
  arguments: [{ name: "PLUGIN", what: "the plugin's id", isOptional: true }],
  options: servePluginOptions,
  examples: [
    { line: "serve-plugin pii-scan", what: "as the command of a CPEX host" },
    { line: "serve-plugin pii-scan --check", what: "what to write into the host's configuration" },
    { line: "serve-plugin --path ./plugin.js", what: "a plugin that is being written" },
  ],
  schema: z
    .object({
      name: text,
      version: text,
      mode,
      hooks: textList.describe("Its hooks that CPEX has."),
      capabilities: textList.describe("What it asks for and CPEX can grant."),
      without: textList.describe("What it asks for and CPEX cannot grant."),
      warnings,
    })
    .describe("What `serve-plugin --check --json` prints."),
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { check, serve } = await import("./serve-plugin.ts");
    return context.options.check === true ? check(context) : serve(context);
  },
});
