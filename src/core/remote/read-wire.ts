/** Reads a document from the other process, as text or parsed. */

import { extensionsLimits, type Limits, mapped, parseText, payloadLimits } from "../data/index.ts";
import {
  type ErrorCode,
  formatPath,
  formatProblems,
  GlassineError,
  type Problem,
} from "../errors/index.ts";
import { admit, type Compiled } from "../schema/index.ts";

/** Options of decoding. */
export interface DecodeWireOptions {
  /** Limits that differ from the defaults, which are those of payloads and extensions together. */
  readonly limits?: Partial<Limits>;
}

/**
 * A document has a payload two levels down, in the wrapper of a message, and extensions beside it;
 * a task has headers once for each generation.
 */
const wireLimits: Limits = Object.freeze({
  ...payloadLimits,
  depth: payloadLimits.depth + 3,
  nodes: payloadLimits.nodes + 2 * extensionsLimits.nodes,
  units: payloadLimits.units + 2 * extensionsLimits.units,
  textUnits: payloadLimits.textUnits + extensionsLimits.textUnits,
});

/** A document that was read: frozen, with a report of what was left out. */
export interface ReadWire<Document> {
  readonly document: Document;
  readonly report: DropReport;
}

/** What a reader left out, in the order it met it. */
export class DropReport {
  readonly #paths: string[] = [];
  #count = 0;

  add(path: string): void {
    this.#count += 1;
    // A flood gets no list as long.
    if (this.#paths.length < 100) this.#paths.push(path);
  }

  /** Takes over the report of a part. */
  addAll(paths: readonly string[], count: number): void {
    for (const path of paths) this.add(path);
    this.#count += count - paths.length;
  }

  /** The fields of a decoded document. */
  get fields(): Dropped {
    return { dropped: Object.freeze([...this.#paths]), droppedCount: this.#count };
  }
}

/** What was left out of a document. */
export interface Dropped {
  /**
   * Paths of unknown fields, of sensitive headers, and of what could not be taken: at most the first
   * 100.
   */
  readonly dropped: readonly string[];
  /** How many there were. */
  readonly droppedCount: number;
}

/** A document that was not read: what was parsed, and what is wrong with it. */
interface UnreadWire {
  readonly ok: false;
  readonly value: unknown;
  readonly problems: readonly Problem[];
}

/** @throws GlassineError `syntax_invalid`, `options_invalid`, or `code` with every problem */
export function readWire<Document>(
  compiled: Compiled,
  input: unknown,
  { what, code }: { readonly what: string; readonly code: ErrorCode },
  options: DecodeWireOptions,
): ReadWire<Document> {
  const read = tryWire<Document>(compiled, input, code, options);
  if (!read.ok) throw unreadable(what, code, read.problems);
  return read;
}

/** @throws GlassineError `syntax_invalid`, `options_invalid` */
export function tryWire<Document>(
  compiled: Compiled,
  input: unknown,
  shapeCode: ErrorCode,
  options: DecodeWireOptions,
): (ReadWire<Document> & { readonly ok: true }) | UnreadWire {
  const limits = { ...wireLimits, ...options.limits };
  const isText = typeof input === "string";
  const { value, problem } = isText ? parseText(input, limits) : { value: input };
  if (problem !== undefined) return { ok: false, value, problems: [problem] };
  const admitted = admit(compiled, value, {
    origin: isText ? "parsed" : "host",
    limits,
    shapeCode,
    strict: false,
    previous: undefined,
    partial: false,
  });
  if (!admitted.ok) return { ok: false, value, problems: admitted.problems };
  const report = new DropReport();
  report.addAll(mapped(admitted.dropped, formatPath), admitted.droppedCount);
  return { ok: true, document: admitted.value as Document, report };
}

export function unreadable(
  what: string,
  code: ErrorCode,
  problems: readonly Problem[],
): GlassineError {
  const text = `The ${what} is not readable. ${formatProblems(problems)}.`;
  return new GlassineError(code, text, { problems });
}
