/** The front for a caller over standard input and output. */
import type { Readable, Writable } from "node:stream";
import { askedId } from "./answered-id.ts";
import {
  batchRefused,
  cancelledIn,
  idInUse,
  idOf,
  messageFault,
  repeatsId,
  requestsIn,
  takesBatches,
  versionIn,
} from "./caller-messages.ts";
import { documentIn, readLines, writeLine } from "./json-lines.ts";
import { bodyFaults } from "./read-body.ts";
import {
  type Extra,
  errorAnswer,
  isAnswer,
  isLasting,
  keyOf,
  type Message,
  type Refusal,
  type RequestId,
  refusalOf,
  type Transport,
} from "./transport.ts";

export interface StdioFrontOptions {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** The caller's identity, the same for the whole process. */
  readonly authInfo: unknown;
  readonly maxBytes: number;
  /** How many bytes may wait for a caller that does not read. */
  readonly queuedBytes: number;
  /** How long requests may still take after the input has ended. */
  readonly drainMs: number;
  /** The caller was too slow, so its session ends. */
  readonly onCut: () => void;
  /** Returns why requests are refused now, or undefined if they are not. */
  readonly refuses?: () => Refusal | undefined;
}

const parseError = refusalOf(
  -32700,
  "parse_error",
  "Parse error: a line must be one JSON document",
);
const initialized = refusalOf(-32600, "already_initialized", "The session has begun already");
const tooLarge = refusalOf(-32600, "message_too_large", bodyFaults.too_large);

export function stdioFront(options: StdioFrontOptions): Transport {
  const { stdin, stdout, authInfo, maxBytes, queuedBytes, drainMs, onCut } = options;
  const extra: Extra = { authInfo };
  /** The requests that have no answer yet, except those that may never get one. */
  const open = new Set<string>();
  let isClosed = false;
  /** Whether the caller's input has ended. */
  let isEnding = false;
  let timer: NodeJS.Timeout | undefined;
  /** The agreed version; undefined until `initialize` has been answered. */
  let version: string | undefined;

  const transport: Transport = {
    async start() {
      stdout.on("error", (error) => {
        transport.onerror?.(error);
        void transport.close();
      });
      const lines = readLines(stdin, maxBytes, {
        line(text) {
          const document = documentIn(text);
          const refusal = document === undefined ? parseError : refusalFor(document);
          if (refusal === undefined) receive(document);
          else void answer(refusal, idOf(document));
        },
        dropped: (head, tail) => void answer(tooLarge, askedId(head, tail)),
      });
      stdin.on("end", async () => {
        // The last line may have no line break.
        await lines.drained();
        if (isClosed) return;
        isEnding = true;
        timer = setTimeout(() => void transport.close(), drainMs);
        closeIfDone();
      });
      stdin.on("error", (error) => {
        transport.onerror?.(error);
        void transport.close();
      });
    },
    async send(message) {
      version ??= versionIn(message);
      if (isAnswer(message)) open.delete(keyOf(message.id));
      await write(message);
      closeIfDone();
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(timer);
      stdin.pause();
      transport.onclose?.();
    },
  };

  async function write(message: Message): Promise<void> {
    if (isClosed) throw new Error("The caller is gone.");
    if (stdout.writableLength > queuedBytes) {
      onCut();
      void transport.close();
      throw new Error("The caller is not reading its output.");
    }
    await writeLine(stdout, message);
  }

  function receive(document: unknown): void {
    for (const { id, method } of requestsIn(document)) if (!isLasting(method)) open.add(keyOf(id));
    for (const key of cancelledIn(document)) open.delete(key);
    transport.onmessage?.(document, extra);
  }

  function closeIfDone(): void {
    if (isEnding && open.size === 0) void transport.close();
  }

  function refusalFor(document: unknown): Refusal | undefined {
    const fault = messageFault(document);
    if (fault !== undefined) return fault;
    if (Array.isArray(document) && !takesBatches(version)) return batchRefused;
    const requests = requestsIn(document);
    if (version !== undefined && requests.some(({ method }) => method === "initialize"))
      return initialized;
    if (repeatsId(document, open)) return idInUse;
    return requests.length > 0 ? options.refuses?.() : undefined;
  }

  /** Answers with an error. Its id is null for a line that cannot be read. */
  async function answer(refusal: Refusal, id: RequestId | null = null): Promise<void> {
    await write(errorAnswer(id, refusal)).catch((error) => transport.onerror?.(error as Error));
  }

  return transport;
}
