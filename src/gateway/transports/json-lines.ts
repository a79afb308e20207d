/**
 * One JSON document per line, as MCP uses over stdio.
 *
 * Rule: memory is bounded. A line over the limit is dropped and reported once. Output that a slow
 * reader has not taken has its own limit.
 */

import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { setImmediate as nextTurn } from "node:timers/promises";
import { attempt } from "../../core/data/index.ts";
import { edgeLength } from "./answered-id.ts";

export interface LineEvents {
  /** Nothing more is read until a returned promise has settled. Errors become uncaught ones. */
  line(text: string): void | Promise<void>;
  /** Called as soon as a line exceeds the limit. */
  tooLong?(): void;
  /** Called at the end of such a line, with its beginning and end. */
  dropped?(head: string, tail: string): void;
}

export interface LineReader {
  /**
   * Resolves once everything is handled that a process which has ended had written, however long
   * that takes, even if another process goes on writing in its place.
   */
  drained(): Promise<void>;
}

/** More than a pipe holds, so what comes after that many bytes was written later. */
const pipeBytes = 1_048_576;

/** Calls `events` for each line of a stream, which it puts into flowing mode. */
export function readLines(stream: Readable, maxBytes: number, events: LineEvents): LineReader {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let bytes = 0;
  /** Whether the line has already exceeded the limit. */
  let isSkipping = false;
  let head = "";
  let tail = "";
  /** What came while a line was being handled: a child's end makes Node resume its streams. */
  const waiting: Buffer[] = [];
  let isHeld = false;
  let received = 0;
  let rest: Promise<void> | undefined;

  function add(text: string, size: number): void {
    bytes += size;
    if (isSkipping) tail = (tail + text).slice(-edgeLength);
    else pieces.push(text);
    if (isSkipping || bytes <= maxBytes) return;
    const begun = pieces.join("");
    head = begun.slice(0, edgeLength);
    tail = begun.slice(-edgeLength);
    isSkipping = true;
    pieces = [];
    safely(() => events.tooLong?.());
  }

  function end(): void | Promise<void> {
    const text = pieces.join("");
    const wasSkipped = isSkipping;
    pieces = [];
    bytes = 0;
    isSkipping = false;
    if (wasSkipped) events.dropped?.(head, tail);
    else if (text.trim() !== "") return events.line(text);
  }

  async function read(first: Buffer): Promise<void> {
    for (let chunk: Buffer | undefined = first; chunk !== undefined; chunk = waiting.shift()) {
      let from = 0;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
        // Its last character may be cut off, and must not spoil the next line.
        add(decoder.end(chunk.subarray(from, at)), at - from);
        from = at + 1;
        const handled = safely(end);
        if (handled === undefined) continue;
        isHeld = true;
        stream.pause();
        await handled;
      }
      add(decoder.write(chunk.subarray(from)), chunk.length - from);
    }
    if (isHeld) stream.resume();
    isHeld = false;
  }

  stream.on("data", (chunk: Buffer) => {
    received += chunk.length;
    if (isHeld) {
      waiting.push(chunk);
      stream.pause();
    } else rest = read(chunk);
  });
  return {
    async drained() {
      const limit = received + pipeBytes;
      let before: number;
      do {
        before = received;
        await rest;
        // Node looks once for more between two turns.
        await nextTurn();
        await nextTurn();
      } while (received > before && received < limit);
      // The last line may have no line break.
      if (!isSkipping) await safely(end);
    },
  };
}

/** Calls a handler. What it throws becomes an uncaught error, so that the next lines are read. */
function safely(handle: () => void | Promise<void>): void | Promise<void> {
  try {
    return handle()?.catch(throwOutside);
  } catch (thrown) {
    throwOutside(thrown);
  }
}

function throwOutside(thrown: unknown): void {
  queueMicrotask(() => {
    throw thrown;
  });
}

/** Writes a document as a line. Resolves once the stream has taken it. */
export function writeLine(stream: Writable, document: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${JSON.stringify(document)}\n`, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** Parses JSON, also after a byte order mark. Returns undefined if `text` is not JSON. */
export function documentIn(text: string): unknown {
  return attempt((): unknown => JSON.parse(text.startsWith("\uFEFF") ? text.slice(1) : text));
}
