/** Holds a document that a command printed to its definition. */
import * as z from "zod";
import { operandsOf } from "../../../src/operate/cli/check-arguments.ts";
import { documents } from "../../../src/operate/cli/documents.ts";

const ofWords: Readonly<Record<string, keyof typeof documents>> = {
  disable: "enable",
  "plugins doctor": "plugins-doctor",
};

/** The definition of what the words of a command line print. */
export function definitionOf(argv: readonly string[]): keyof typeof documents {
  const [first = "", second = ""] = operandsOf(argv);
  if (first === "doctor" || first === "completion") return first;
  return ofWords[second === "doctor" ? "plugins doctor" : second] ?? (second as "list");
}

/** @throws Error where the document is neither as its definition says nor a refusal */
export function expectDocument(argv: readonly string[], document: unknown): void {
  const refusal = documents.error.safeParse(document);
  if (refusal.success) return;
  const name = definitionOf(argv);
  const read = documents[name].safeParse(document);
  if (!read.success) throw new Error(`${argv.join(" ")}: ${z.prettifyError(read.error)}`);
}
