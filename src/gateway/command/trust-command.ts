/** `gateway trust`: reviews the configuration's guests, and puts them into plugins.lock. */
import * as z from "zod";
import {
  type Command,
  defineCommand,
  text,
  textList,
  textOrNull,
} from "../../operate/cli/index.ts";
import { gatewayTrustOptions } from "./options.ts";

const document = z.object({
  action: z.literal("trust"),
  lock_path: text.describe("The path of plugins.lock."),
  journal_path: textOrNull.describe("Null if nothing was written."),
  written: z.boolean().describe("False with `--check`, or if nothing changed."),
  guests: z.array(
    z.object({
      id: text,
      file: text.describe("The configuration of CPEX that names it."),
      package: text.describe("Its wheel."),
      version: text,
      entry_point: text,
      distribution_hash: text,
      hooks: textList,
      capabilities: textList,
      accept: textList.describe("What its code may do besides computing."),
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
  summary: "trust the CPEX plugins of the configuration, its guests",
  about: [
    "It hashes every wheel in the environments that the configuration names, and reports what has changed since it was trusted.",
    "Production runs a guest only if its wheel and all others in its environment are unchanged since they were trusted.",
    "No guest is started; only the environment's Python runs, confined, to read their configuration.",
  ],
  options: gatewayTrustOptions,
  exits: { 1: "with --check, something has changed since it was trusted" },
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
