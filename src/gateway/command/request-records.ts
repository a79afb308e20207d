/** Reads what an audit trail says about one request. */
import { createReadStream } from "node:fs";
import * as z from "zod";
import { attempt } from "../../core/data/index.ts";
import { text, textList, textOrNull } from "../../operate/cli/index.ts";
import { hookRecord } from "../observe/index.ts";

const refusedChange = z.object({ path: text, code: text });

const handler = z.object({
  plugin: text,
  mode: text,
  status: text,
  // Older records do not have it.
  reason: textOrNull.default(null).describe("Why it was not called."),
  allowed: z.boolean(),
  saw: textList.describe(
    "The slots and gated fields that it was allowed to see, besides the payload.",
  ),
  changed: textList.describe("The slots and fields that it changed."),
  payload_changed: z.boolean(),
  refused: z.array(refusedChange).describe("Changes that were refused."),
});

const hook = z.object({
  hook: text,
  time: text,
  generation: z.int().nullable(),
  failure: textOrNull.describe("Why it could not run, as a code."),
  labels: textList.describe("The labels of the request after it."),
  handlers: z.array(handler),
});

const finding = z.object({
  time: text,
  what: z.enum(["denied", "failed", "change_refused", "labels_added"]),
  plugin: text,
  hook: text,
  code: textOrNull,
  reason: textOrNull.describe("As the plugin said it, without the secrets that the gateway knows."),
  path: textOrNull,
  labels: textList,
});

const end = z.object({
  time: text,
  target: text.describe("The method or the provider, and the name that was asked for."),
  server: textOrNull,
  subject: textOrNull,
  tenant: text,
  outcome: z.enum(["allowed", "denied", "errored", "aborted", "dropped"]),
  code: textOrNull,
  plugin: textOrNull,
  generation: z.int().nullable(),
});

/** One request, as its records describe it. */
export const explained = z.object({
  request: text,
  end: end.nullable(),
  hook_runs: z.array(hook).describe("In the order in which they ran."),
  findings: z.array(finding),
});

export type Explained = z.output<typeof explained>;
type Finding = z.output<typeof finding>;

/** The form of the records that are read here. Other types of records have other metadata. */
const record = z.object({
  eventType: text,
  targetUri: text,
  tenantId: text,
  timestamp: text,
  metadata: z.looseObject({ request: text, generation: z.int().optional() }),
});

type AuditRecord = z.output<typeof record>;

/** What every record has, of gateways and of other hosts. */
const anyRecord = record.pick({ eventType: true, timestamp: true });

/** Undefined for a line that a crash has cut off. */
function parsed(line: string): unknown {
  return attempt((): unknown => JSON.parse(line));
}

const findings: Readonly<Record<string, Finding["what"]>> = {
  "plugin.handler_denied": "denied",
  "plugin.handler_error": "failed",
  "extensions.change_refused": "change_refused",
  "extensions.labels_added": "labels_added",
};
const ends: readonly string[] = ["mcp.request_ended", "model.request_ended"];

/** Longer than any record. A longer line may not even fit into a string. */
const maxLineBytes = 64 * 1024 * 1024;

/** Returns the lines of a file; undefined in place of one that is too long. */
async function* linesIn(file: string): AsyncGenerator<string | undefined> {
  let pieces: Buffer[] = [];
  let size = 0;
  const add = (piece: Buffer) => {
    size += piece.length;
    if (size > maxLineBytes) pieces = [];
    else pieces.push(piece);
  };
  const taken = () => {
    const line = size > maxLineBytes ? undefined : Buffer.concat(pieces).toString();
    pieces = [];
    size = 0;
    return line;
  };
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let to = bytes.indexOf("\n"); to !== -1; to = bytes.indexOf("\n", from)) {
      add(bytes.subarray(from, to));
      yield taken();
      from = to + 1;
    }
    add(bytes.subarray(from));
  }
  if (size > 0) yield taken();
}

/**
 * Reads all of `file`. Resolves to undefined if the request has no record, and to "no_trail" if
 * nothing in the file is a record. Calls `onSkipped` for each line that is too long to be one.
 */
export async function explainRequest(
  file: string,
  id: string,
  onSkipped: () => void,
): Promise<Explained | "no_trail" | undefined> {
  const found: AuditRecord[] = [];
  let hasText = false;
  let hasRecord = false;
  for await (const line of linesIn(file)) {
    hasText ||= line?.trim() !== "";
    if (line === undefined) {
      onSkipped();
      continue;
    }
    hasRecord ||= anyRecord.safeParse(parsed(line)).success;
    const read = line.includes(id) ? record.safeParse(parsed(line)).data : undefined;
    if (read?.metadata.request === id) found.push(read);
  }
  if (hasText && !hasRecord) return "no_trail";
  if (found.length === 0) return undefined;
  const of = (wanted: (type: string) => boolean) =>
    found.filter(({ eventType }) => wanted(eventType));
  const [last] = of((type) => ends.includes(type)).slice(-1);
  return {
    request: id,
    end: last === undefined ? null : endOf(last),
    hook_runs: of((type) => type === hookRecord).flatMap(hookOf),
    findings: of((type) => Object.hasOwn(findings, type)).flatMap(findingOf),
  };
}

function endOf({ timestamp, targetUri, tenantId, metadata }: AuditRecord): Explained["end"] {
  const { result, code, plugin, subject_id, server_id, generation = null } = metadata;
  return (
    end.safeParse({
      time: timestamp,
      target: targetUri,
      tenant: tenantId,
      outcome: result,
      generation,
      code: code ?? null,
      plugin: plugin ?? null,
      subject: subject_id ?? null,
      server: server_id ?? null,
    }).data ?? null
  );
}

function hookOf({ timestamp, targetUri, metadata }: AuditRecord): Explained["hook_runs"] {
  const { handlers, error, labels = [], generation = null } = metadata;
  const name = targetUri.replace(/^hook:/, "");
  const read = hook.safeParse({
    hook: name,
    time: timestamp,
    generation,
    failure: error,
    labels,
    handlers,
  });
  return read.data === undefined ? [] : [read.data];
}

function findingOf({ eventType, timestamp, metadata }: AuditRecord): readonly Finding[] {
  const { plugin_name, code, reason, error, error_type, path, labels, hook: on } = metadata;
  const read = finding.safeParse({
    time: timestamp,
    what: findings[eventType],
    plugin: plugin_name,
    hook: on,
    code: code ?? error_type ?? null,
    reason: reason ?? error ?? null,
    path: path ?? null,
    labels: labels ?? [],
  });
  return read.data === undefined ? [] : [read.data];
}
