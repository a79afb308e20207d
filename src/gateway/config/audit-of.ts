/** Opens the audit trail that a configuration asks for. */
import { constants } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { within } from "../../core/data/index.ts";
import { GlassineError } from "../../core/errors/index.ts";
import { takesMany } from "../../core/observe/index.ts";
import { type AuditEvent, fileAuditSink } from "../../node/index.ts";
import { printable } from "../../operate/trust/index.ts";
import type { GatewayConfig } from "./schema.ts";

/** How long the last records may take. Longer than the file itself waits for the reader of a pipe. */
const closeMs = 3000;

export interface AuditSettings {
  /** The generation of the configuration, which every record carries. Default 1. */
  readonly generation?: number | undefined;
  /** Whether records are written. Default true. */
  readonly records?: boolean | undefined;
  /** Called when a call of the system hangs, so that the file cannot be closed. */
  readonly onStuck?: ((file: string) => void) | undefined;
}

/** @throws GlassineError `config_unreadable` if the file cannot be written */
export async function auditOf(config: GatewayConfig, options: AuditSettings) {
  const { audit } = config;
  if (audit === undefined) return undefined;
  if (options.records === false) return { options: { sink: () => {} }, close: async () => {} };
  const { problems, warnings } = await auditFileFaults(config);
  const [fault] = [...problems, ...warnings];
  if (fault !== undefined) throw new GlassineError("config_unreadable", fault);
  const file = fileAuditSink(audit.file, { fsync: audit.strict });
  const { generation = 1 } = options;
  const sink = takesMany((event: AuditEvent) =>
    file({ ...event, metadata: { ...event.metadata, generation } }),
  );
  const close = async () => {
    const { how } = await within(closeMs, () => file.close());
    if (how === "timeout") options.onStuck?.(audit.file);
  };
  return { options: { sink, strict: audit.strict }, close };
}

/**
 * Says why this user cannot write records to the file now: one sentence per reason. Warnings are
 * about what may be different where the gateway will run.
 */
export async function auditFileFaults({ audit }: Pick<GatewayConfig, "audit">): Promise<{
  readonly problems: readonly string[];
  readonly warnings: readonly string[];
}> {
  const none = { problems: [], warnings: [] };
  if (audit === undefined) return none;
  const { file } = audit;
  const folder = dirname(file);
  const found = await stat(file).catch(() => undefined);
  if (found?.isDirectory())
    return { ...none, problems: [`audit.file: ${printable(file)} is a folder: name a file`] };
  if (found?.isFile() && (await hasOther(file))) {
    const problem = `audit.file: ${printable(file)} is not an audit trail, and records would spoil it: name another file`;
    return { ...none, problems: [problem] };
  }
  return await access(found === undefined ? `${folder}/.` : file, constants.W_OK).then(
    () => none,
    ({ code }: NodeJS.ErrnoException) => {
      const warning =
        code === "ENOENT"
          ? `audit.file: the folder ${printable(folder)} does not exist: create it`
          : `audit.file: ${printable(file)} cannot be written (${code}): name a file that this user may write`;
      return { ...none, warnings: [warning] };
    },
  );
}

/** How every record begins: see `jsonLines`. The first may be cut off, with others behind it. */
const recordStart = '{"eventType":';

async function hasOther(path: string): Promise<boolean> {
  // A file that this user may only write cannot be looked at.
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return false;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(recordStart.length));
    const lines = buffer.toString("latin1", 0, bytesRead).split("\n");
    return !lines.every((line) => recordStart.startsWith(line));
  } finally {
    await file.close();
  }
}
