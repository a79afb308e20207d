/** The caller at the other end of standard input and output. */
import type { Readable, Writable } from "node:stream";
import {
  batchRefused,
  idOf,
  messageFault,
  requestsIn,
  takesBatches,
  versionIn,
} from "./caller-messages.ts";
import {
  type End,
  type Extra,
  errorAnswer,
  type Message,
  type Refusal,
  type RequestId,
  refusalOf,
} from "./end.ts";
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
const initialized = refusalOf(-32600, "already_initialized", "The session has begun already");
const tooLarge = refusalOf(-32600, "message_too_large", "The message is larger than allowed");

export function stdioFront(options: StdioFrontOptions): End {
  const { stdin, stdout, authInfo, maxBytes, queuedBytes } = options;
  const extra: Extra = { authInfo };
  let isClosed = false;
  /** The agreed version; undefined before `initialize` was answered. */
  let version: string | undefined;

  const end: End = {
    async start() {
      stdout.on("error", (error) => {
        end.onerror?.(error);
        void end.close();
      });
      readLines(stdin, maxBytes, {
        line(text) {
          const document = documentIn(text);
          const refusal = document === undefined ? parseError : refusalFor(document);
          if (refusal === undefined) end.onmessage?.(document, extra);
          else void answer(refusal, idOf(document));
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
      version ??= versionIn(message);
      await writeLine(stdout, message);
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      stdin.pause();
      end.onclose?.();
    },
  };

  function refusalFor(document: unknown): Refusal | undefined {
    const fault = messageFault(document);
    if (fault !== undefined) return fault;
    if (Array.isArray(document) && !takesBatches(version)) return batchRefused;
    const isSecond = version !== undefined && requestsIn(document).some(isInitialize);
    return isSecond ? initialized : undefined;
  }

  /** A line that cannot be read belongs to no request. */
  async function answer(refusal: Refusal, id: RequestId | null = null): Promise<void> {
    await end.send(errorAnswer(id, refusal)).catch((error) => end.onerror?.(error as Error));
  }

  return end;
}

function isInitialize({ method }: Message): boolean {
  return method === "initialize";
}
