/** Checks a document that a command printed against its definition. */
import { expect } from "vitest";
import * as z from "zod";
import { allCommands } from "../../../tools/scripts/all-commands.ts";

/** What every command prints where it refuses. */
export const errorDocument = z.strictObject({
  error: z.strictObject({ code: z.string(), message: z.string() }),
});

/** The command that a command line names; the longest match wins. */
export function definitionOf(argv: readonly string[]) {
  const [command] = allCommands
    .filter(({ path }) => path.every((word, at) => argv[at] === word))
    .sort((a, b) => b.path.length - a.path.length);
  if (command === undefined) throw new Error(`${argv.join(" ")} is not a command`);
  return command;
}

/** @throws Error if the document matches neither its definition nor a refusal */
export function expectDocument(argv: readonly string[], document: unknown): void {
  const refusal = errorDocument.safeParse(document);
  if (refusal.success) return;
  const read = definitionOf(argv).schema.safeParse(document);
  if (!read.success) throw new Error(`${argv.join(" ")}: ${z.prettifyError(read.error)}`);
  expect(read.data).toEqual(document);
}
