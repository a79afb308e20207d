/** `gateway pin`: asks the servers for their tools, and stores the hashes of their definitions. */
import * as z from "zod";
import { type Command, defineCommand, text, textList } from "../../operate/cli/index.ts";
import { pinOptions } from "./options.ts";

const document = z.object({
  action: z.literal("pin"),
  file: text,
  written: z.boolean().describe("False with `--check`, or if nothing changed."),
  pinned: z.array(
    z.object({
      server: text,
      tools: z.int(),
      added: textList,
      changed: textList,
      removed: textList,
      fault: z
        .string()
        .nullable()
        .describe("Why the server could not be asked; its pins are kept."),
    }),
  ),
  kept: textList.describe("Servers that have pins but are not in this configuration."),
  dropped: textList.describe("The same with `--prune`, which removes their pins."),
});

export const pinCommand: Command = defineCommand({
  path: ["gateway", "pin"],
  summary: "pin the definitions of the servers' tools, by their hashes",
  about: [
    "It starts each configured server, asks for its tools, and reports what differs from the pins.",
    "Review what changed first: --check writes nothing.",
    "Pins of servers that this configuration does not have are kept, since another may share the file.",
    "A running gateway compares with the new pins after `gateway reload`.",
  ],
  options: pinOptions,
  exits: { 1: "a server could not be asked; with --check, something differs from the pins" },
  examples: [
    { line: "gateway pin --check", what: "what changed since the last time" },
    { line: "gateway pin", what: "pin the definitions as they are now" },
  ],
  schema: document,
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { pinTools } = await import("./pin-tools.ts");
    return pinTools(context);
  },
});
