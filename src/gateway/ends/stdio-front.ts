/** The caller at the other end of standard input and output. */
import type { Readable, Writable } from "node:stream";
import { type End, type Extra, errorAnswer, type Refusal, refusalOf } from "./end.ts";
import { documentIn, readLines, writeLine } from "./json-lines.ts";

export interface StdioFrontOptions {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Who asks: one and the same caller for the whole process. */
  readonly authInfo: unknown;
  readonly maxBytes: number;
  /** What may wait for a caller that does not read. */
  readonly queuedBytes: number;
}

const parseError = refusalOf(
  -32700,
  "parse_error",
  "Parse error: a line must be one JSON document",
);
const tooLarge = refusalOf(-32600, "message_too_large", "The message is larger than allowed");

export function stdioFront(options: StdioFrontOptions): End {
  const { stdin, stdout, authInfo, maxBytes, queuedBytes } = options;
  const extra: Extra = { authInfo };
  let isClosed = false;

  const end: End = {
    async start() {
      stdout.on("error", (error) => {
        end.onerror?.(error);
        void end.close();
      });
      readLines(stdin, maxBytes, {
        line(text) {
          const message = documentIn(text);
          if (message === undefined) void answer(parseError);
          else end.onmessage?.(message, extra);
        },
        tooLong: () => void answer(tooLarge),
      });
      stdin.on("end", () => void end.close());
      stdin.on("error", (error) => {
        end.onerror?.(error);
        void end.close();
      });
    },
    async send(message) {
      if (isClosed) throw new Error("The caller is gone.");
      if (stdout.writableLength > queuedBytes) {
        void end.close();
        throw new Error("The caller does not read what it is sent.");
      }
      await writeLine(stdout, message);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      stdin.pause();
      end.onclose?.();
    },
  };

  /** The line cannot be read, so the answer belongs to no request. */
  async function answer(refusal: Refusal): Promise<void> {
    await end.send(errorAnswer(null, refusal)).catch((error) => end.onerror?.(error as Error));
  }

  return end;
}
