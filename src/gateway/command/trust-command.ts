/** `gateway trust`: reviews the configuration's guests, and puts them into plugins.lock. */
import * as z from "zod";
import { type Command, defineCommand, text, textOrNull, texts } from "../../operate/cli/index.ts";
import { gatewayTrustOptions } from "./options.ts";

const document = z.object({
  action: z.literal("trust"),
  lock_path: text.describe("The path of plugins.lock."),
  journal_path: textOrNull.describe("Null where nothing is written."),
  written: z.boolean().describe("False with `--check`, and where nothing is different."),
  guests: z.array(
    z.object({
      id: text,
      file: text.describe("The configuration of CPEX that names it."),
      package: text.describe("Its wheel."),
      version: text,
      entry_point: text,
      distribution_hash: text,
      hooks: texts,
      capabilities: texts,
      accept: texts.describe("What its code may do beside computing."),
      dependencies: z
        .array(z.object({ name: text, version: text, hash: text }))
        .describe("Every other wheel of its environment."),
      changes: z
        .array(z.object({ kind: text, expected: textOrNull, actual: textOrNull }))
        .describe("How it differs from what was trusted."),
    }),
  ),
});

export const trustCommand: Command = defineCommand({
  path: ["gateway", "trust"],
  summary: "put the configuration's guests from CPEX into plugins.lock",
  about: [
    "It hashes every wheel of the environments that the configuration names, and says what is not as it was trusted.",
    "Production runs a guest only if its wheel and all others of its environment are as they were trusted.",
    "No guest is started; to read their configuration, Python of the environment runs, confined.",
  ],
  options: gatewayTrustOptions,
  exits: { 1: "with --check, something is not as it was trusted" },
  examples: [
    { line: "gateway trust --check", what: "what would be trusted" },
    {
      line: 'gateway trust --reason "reviewed by GB, ticket OPS-1284"',
      what: "after a review",
    },
  ],
  schema: document,
  async run(context) {
    // Loaded only when run, so that other commands start without it.
    const { trustGuests } = await import("./trust-guests.ts");
    return trustGuests(context);
  },
});
