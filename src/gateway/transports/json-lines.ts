/**
 * One JSON document per line, as MCP uses over stdio.
 *
 * Rule: memory is bounded. A line over the limit is dropped and reported once. Output that a slow
 * reader has not taken has its own limit.
 */

import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { attempt } from "../../core/data/index.ts";
import { edgeLength } from "./answered-id.ts";

export interface LineEvents {
  line(text: string): void;
  /** Called as soon as a line exceeds the limit. */
  tooLong(): void;
  /** Called at the end of such a line, with its beginning and end. */
  dropped?(head: string, tail: string): void;
}

/** Calls `events` for each line of a stream, which it puts into flowing mode. */
export function readLines(stream: Readable, maxBytes: number, events: LineEvents): void {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let bytes = 0;
  /** Whether the line has already exceeded the limit. */
  let isSkipping = false;
  let head = "";
  let tail = "";

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
    events.tooLong();
  }

  function end(): void {
    const text = pieces.join("");
    const wasSkipped = isSkipping;
    pieces = [];
    bytes = 0;
    isSkipping = false;
    if (wasSkipped) events.dropped?.(head, tail);
    else if (text.trim() !== "") events.line(text);
  }

  stream.on("data", (chunk: Buffer) => {
    let from = 0;
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      add(decoder.write(chunk.subarray(from, at)), at - from);
      from = at + 1;
      end();
    }
    add(decoder.write(chunk.subarray(from)), chunk.length - from);
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

/** Parses JSON. Returns undefined if `text` is not JSON. */
export function documentIn(text: string): unknown {
  return attempt((): unknown => JSON.parse(text));
}
