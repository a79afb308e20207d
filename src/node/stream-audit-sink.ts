import { GlassineError } from "../core/errors/index.ts";
import { type AuditEvent, type AuditSink, jsonLines } from "../core/observe/index.ts";
import { maxLines, oneAtATime } from "./line-file.ts";

/** The part of a Node writable stream that the sink needs. */
export interface WritableLike {
  readonly destroyed: boolean;
  readonly writableEnded: boolean;
  readonly errored?: Error | null | undefined;
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
 * and rejects if the stream fails, is closed, or was ended, or if 10 000 lines already wait. The sink
 * never ends the stream.
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

  /** With `autoDestroy: false`, a stream that failed stays open, and calls no callback any more. */
  function isOver(): boolean {
    return stream.destroyed || stream.writableEnded || (stream.errored ?? undefined) !== undefined;
  }

  function closed(): GlassineError {
    return new GlassineError("audit_failed", "The stream of the audit trail is closed.", {}, fault);
  }

  function write(line: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (isOver()) throw closed();
      const onEnd = () => {
        if (isOver()) reject(closed());
      };
      const unlisten = () => {
        stream.off("close", onEnd);
        stream.off("error", onEnd);
      };
      stream.on("close", onEnd);
      stream.on("error", onEnd);
      try {
        stream.write(line, (error) => {
          unlisten();
          if (error) reject(error);
          else resolve();
        });
      } catch (thrown) {
        unlisten();
        throw thrown;
      }
    });
  }

  return async (event: AuditEvent) => {
    // Not in turn: with `emitClose: false`, nobody learns that a line before it will never settle.
    if (isOver()) throw closed();
    const line = `${jsonLines(event)}\n`;
    return inTurn(() => write(line), maxLines);
  };
}
