/**
 * One JSON document a line, as MCP speaks over stdio.
 *
 * Rule: memory is bounded. A line over the limit is dropped up to its end and reported once, and
 * what a slow reader has not taken counts against a limit of its own.
 */

import type { Readable, Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { attempt } from "../../core/data/index.ts";
import { edgeLength } from "./answered-id.ts";

export interface LineEvents {
  line(text: string): void;
  /** Called as soon as a line is over the limit. */
  tooLong(): void;
  /** Called at the end of such a line, with how it began and ended. */
  dropped?(head: string, tail: string): void;
}

/** Calls `events` for each line of a stream, which it puts into flowing mode. */
export function readLines(stream: Readable, maxBytes: number, events: LineEvents): void {
  const decoder = new StringDecoder("utf8");
  let pieces: string[] = [];
  let bytes = 0;
  /** Whether the line is over the limit already. */
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

/** Writes a document as a line. Resolves once it is handed over. */
export function writeLine(stream: Writable, document: unknown): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(`${JSON.stringify(document)}\n`, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

/** The JSON value that a string holds; undefined where it is not JSON. */
export function documentIn(text: string): unknown {
  return attempt((): unknown => JSON.parse(text));
}
