import { GlassineError } from "../core/errors/index.ts";
import { type AuditEvent, type AuditSink, jsonLines } from "../core/observe/index.ts";
import { oneAtATime } from "./line-file.ts";

/** The part of a Node writable stream that the sink needs. */
export interface WritableLike {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  write(chunk: string, callback: (error?: Error | null) => void): boolean;
  on(event: "close" | "error", listener: (error?: Error) => void): unknown;
  off(event: "close" | "error", listener: (error?: Error) => void): unknown;
}

/**
 * Creates a sink that writes each event as one line of JSON to a stream: `process.stdout`, a pipe,
 * a socket.
 *
 * A line is written when the stream has passed on the previous one, so that at most one line waits
 * in its buffer, however slow it is. The promise resolves when the stream has passed on its line,
 * and rejects if the stream fails, is closed, or was ended. The sink never ends the stream.
 *
 * The sink listens for the stream's errors, so that they make it reject instead of ending the
 * process. It does not learn what a pipe or socket loses after accepting a line.
 *
 * @throws GlassineError `options_invalid`
 * @see spec `audit:stream-lines`, `audit:stream-refused`
 * @example
 * ```ts
 * import { PassThrough } from "node:stream";
 * import { streamAuditSink } from "glassine/node";
 *
 * const stream = new PassThrough({ encoding: "utf8" });
 * const sink = streamAuditSink(stream);
 * await sink({
 *   eventType: "billing.invoice_sent",
 *   actorUri: "system:billing",
 *   targetUri: "invoice:7",
 *   tenantId: "default",
 *   timestamp: "2026-01-31T12:00:00.000Z",
 *   outcome: "success",
 *   metadata: {},
 * });
 * console.log(JSON.parse(stream.read()).targetUri); // invoice:7
 * ```
 */
export function streamAuditSink(stream: WritableLike): AuditSink {
  if (typeof stream?.write !== "function" || typeof stream.on !== "function") {
    throw new GlassineError("options_invalid", "streamAuditSink expects a writable stream.");
  }
  const inTurn = oneAtATime();
  /** The stream's error, if it reported one. */
  let fault: Error | undefined;
  stream.on("error", (error) => {
    fault = error;
  });

  function closed(): GlassineError {
    return new GlassineError("audit_failed", "The stream of the audit trail is closed.", {}, fault);
  }

  function write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (stream.destroyed || stream.writableEnded) throw closed();
      const onClose = () => reject(closed());
      stream.on("close", onClose);
      try {
        stream.write(line, (error) => {
          stream.off("close", onClose);
          if (error) reject(error);
          else resolve();
        });
      } catch (thrown) {
        stream.off("close", onClose);
        throw thrown;
      }
    });
  }

  return async (event: AuditEvent) => inTurn(() => write(`${jsonLines(event)}\n`));
}
