/** Hashes of tool definitions that an operator has reviewed, kept in a file of their own. */
import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import * as z from "zod";
import { GlassineError } from "../../core/errors/index.ts";
import { printable } from "../../operate/trust/index.ts";
import type { Message } from "../transports/index.ts";

/** The hashes of a server's tools, by tool name. */
export type Pins = Readonly<Record<string, string>>;

const fileSchema = z.record(z.string(), z.record(z.string(), z.string()));

/**
 * Hashes a tool as a client sees it: every field except `_meta`, whatever the order of the members
 * of objects.
 *
 * @returns `sha256:` and 64 hex digits
 */
export function definitionHash(tool: Message): string {
  const { _meta, ...definition } = tool;
  const text = JSON.stringify(definition, sorted);
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  // `fromEntries` keeps a member named `__proto__`.
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/**
 * Reads the pins from a file, by server. A missing file has none.
 *
 * @throws GlassineError `config_unreadable`
 */
export async function readPins(file: string): Promise<ReadonlyMap<string, Pins>> {
  const text = await textOf(file);
  if (text === undefined) return new Map();
  try {
    return new Map(Object.entries(fileSchema.parse(JSON.parse(text))));
  } catch {
    throw unreadable(
      file,
      "does not have the form { SERVER: { TOOL: HASH } }: restore it, or remove it, look at the tools and run `glassine gateway pin`",
    );
  }
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const { code = "unknown" } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return undefined;
    throw unreadable(file, `cannot be read: ${code}`);
  }
}

function unreadable(file: string, fault: string): GlassineError {
  return new GlassineError(
    "config_unreadable",
    `the file of pinned definitions, ${printable(file)}, ${fault}`,
    { file },
  );
}

/** Sorts servers and tools by name, so that diffs of the file are easy to read. */
export async function writePins(file: string, pins: ReadonlyMap<string, Pins>): Promise<void> {
  const servers = Object.fromEntries(pins);
  await writeFile(file, `${JSON.stringify(servers, sorted, 2)}\n`);
}
