/** `gateway pin`: asks the servers for their tools, and stores the hashes of their definitions. */
import * as z from "zod";
import { type Command, defineCommand, text, texts } from "../../operate/cli/index.ts";
import { pinOptions } from "./options.ts";

const document = z.object({
  action: z.literal("pin"),
  file: text,
  written: z.boolean().describe("False with `--check`, and where nothing is different."),
  pinned: z.array(
    z.object({
      server: text,
      tools: z.int(),
      added: texts,
      changed: texts,
      removed: texts,
      fault: z.string().nullable().describe("Why it could not be asked; its pins stay then."),
    }),
  ),
});

export const pinCommand: Command = defineCommand({
  path: ["gateway", "pin"],
  summary: "keep the hashes of the servers' tool definitions",
  about: [
    "It starts each server of the configuration, asks for its tools, and says what is not as it was pinned.",
    "Look at what changed first: --check writes nothing.",
    "A running gateway compares with the new pins after `gateway reload`.",
  ],
  options: pinOptions,
  exits: { 1: "a server cannot be asked; with --check, something is not as it was pinned" },
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
