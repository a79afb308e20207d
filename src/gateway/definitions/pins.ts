/** Hashes of tool definitions that an operator has reviewed, kept in a file of their own. */
import { createHash } from "node:crypto";
import * as z from "zod";
import { GlassineError, quoted } from "../../core/errors/index.ts";
import { readJsonFile } from "../../operate/packages/index.ts";
import { changeFile, printable } from "../../operate/trust/index.ts";
import type { GatewayConfig } from "../config/index.ts";
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

/** Far more than servers have tools. */
const maxBytes = 16 * 1024 * 1024;

/**
 * Reads the pins from a file, by server. A missing file has none.
 *
 * @throws GlassineError `config_unreadable`
 */
export async function readPins(file: string): Promise<ReadonlyMap<string, Pins>> {
  const read = await readJsonFile(file, { maxBytes, followLinks: true });
  if ("fault" in read) {
    if (read.why === "absent") return new Map();
    throw unreadable(file, read.why === undefined ? `${read.fault}: ${wayOut}` : read.fault);
  }
  const pins = fileSchema.safeParse(read.value);
  if (!pins.success)
    throw unreadable(file, `does not have the form { SERVER: { TOOL: HASH } }: ${wayOut}`);
  return new Map(Object.entries(pins.data));
}

/**
 * Reports pins of servers that are not configured, and servers that should refuse unpinned tools
 * but have no pins. A renamed server is both.
 */
export function pinFaults(
  { servers, definitionsFile }: Pick<GatewayConfig, "servers" | "definitionsFile">,
  pins: ReadonlyMap<string, Pins>,
): readonly string[] {
  const file = printable(definitionsFile);
  const unused = [...pins.keys()].filter((name) => !Object.hasOwn(servers, name));
  const unpinned = Object.entries(servers).flatMap(([name, { definitions }]) =>
    definitions === "refuse" && !pins.has(name) ? [name] : [],
  );
  return [
    ...unused.map(
      (name) =>
        `${file} has definitions of the server ${quoted(name)}, which is not configured: if it was renamed, review its tools and run \`glassine gateway pin\`; if no other configuration uses the file, \`glassine gateway pin --prune\` removes them.`,
    ),
    ...unpinned.map(
      (name) =>
        `servers.${name}.definitions is "refuse", and ${file} has no definitions of this server: the first definitions that it sends will be trusted. Review its tools and run \`glassine gateway pin\`.`,
    ),
  ];
}

const wayOut =
  "correct or restore it, or remove it, look at the tools and run `glassine gateway pin`";

function unreadable(file: string, fault: string): GlassineError {
  return new GlassineError(
    "config_unreadable",
    `the file of pinned definitions, ${printable(file)}, ${fault}`,
    { file },
  );
}

/**
 * Replaces the pins in a file with what `edit` makes of them, one process at a time. Sorts servers
 * and tools by name, so that diffs of the file are easy to read.
 *
 * @throws GlassineError what `readPins` and `changeFile` throw; the file is then as it was
 */
export async function changePins(
  file: string,
  edit: (pins: ReadonlyMap<string, Pins>) => ReadonlyMap<string, Pins>,
): Promise<void> {
  await changeFile(file, async () => {
    const servers = Object.fromEntries(edit(await readPins(file)));
    return new TextEncoder().encode(`${JSON.stringify(servers, sorted, 2)}\n`);
  });
}
