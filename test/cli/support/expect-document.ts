/** Holds a document that a command printed to its definition. */
import { expect } from "vitest";
import * as z from "zod";
import { errorDocument } from "../../../src/operate/cli/documents.ts";
import { allCommands } from "../../../tools/scripts/all-commands.ts";

/** The command that the words of a command line name, the longest of several. */
export function definitionOf(argv: readonly string[]) {
  const [command] = allCommands
    .filter(({ path }) => path.every((word, at) => argv[at] === word))
    .sort((a, b) => b.path.length - a.path.length);
  if (command === undefined) throw new Error(`${argv.join(" ")} is not a command`);
  return command;
}

/** @throws Error where the document is neither as its definition says nor a refusal */
export function expectDocument(argv: readonly string[], document: unknown): void {
  const refusal = errorDocument.safeParse(document);
  if (refusal.success) return;
  const read = definitionOf(argv).schema.safeParse(document);
  if (!read.success) throw new Error(`${argv.join(" ")}: ${z.prettifyError(read.error)}`);
  expect(read.data).toEqual(document);
}
