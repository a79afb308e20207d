/** Code that the readers and writers of documents share. */
import {
  type Admitted,
  admit,
  admitDocument,
  attempt,
  extensionsLimits,
  type Limits,
  limitsOver,
  payloadLimits,
} from "../data/index.ts";
import { isProxy, ownData, recordBy } from "../data/intrinsics.ts";
import {
  type ErrorCode,
  formatPath,
  formatProblems,
  type GlassineError,
  optionsInvalid,
} from "../errors/index.ts";
import { unreadable } from "../messages/index.ts";
import type { Compiled } from "../schema/index.ts";

/** Options for decoding. */
export interface DecodeWireOptions {
  /**
   * Limits that differ from the defaults, which combine those of payloads and extensions. Each is a
   * whole number from 1.
   */
  readonly limits?: Partial<Limits>;
}

/**
 * A document has a payload two levels down, in a message's wrapper, next to the extensions. A task
 * has its headers twice, once for each generation.
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

/** Collects what a reader left out, in the order in which it was found. */
export class DropReport {
  readonly #paths: string[] = [];
  #count = 0;

  add(path: string): void {
    this.#count += 1;
    // Limits the list, however many paths there are.
    if (this.#paths.length < 100) this.#paths.push(path);
  }

  /** Adds what was left out of the part at `path`. */
  addAll(path: readonly string[], { dropped, droppedCount }: Admitted & { ok: true }): void {
    for (const inner of dropped) this.add(formatPath([...path, ...inner]));
    this.#count += droppedCount - dropped.length;
  }

  /** The report, as the fields of a decoded document. */
  get fields(): Dropped {
    return { dropped: Object.freeze([...this.#paths]), droppedCount: this.#count };
  }
}

/** What was left out of a document. */
export interface Dropped {
  /** Paths of unknown fields, sensitive headers and unacceptable values: at most the first 100. */
  readonly dropped: readonly string[];
  /** How many were left out, including those after the first 100. */
  readonly droppedCount: number;
}

/**
 * If the value cannot be read as a whole, `otherwise` may return what to use instead.
 *
 * @throws GlassineError `syntax_invalid`, `options_invalid`, or `code` with every problem
 */
export function readWire<Document>(
  compiled: Compiled,
  input: unknown,
  { what, code }: { readonly what: string; readonly code: ErrorCode },
  options: DecodeWireOptions,
  otherwise?: (value: unknown) => ReadWire<Document> | undefined,
): ReadWire<Document> {
  const limits = limitsOver(wireLimits, options.limits);
  const admitted = admitDocument(compiled.read, input, { limits, shapeCode: code, strict: false });
  if (admitted.ok) {
    const report = new DropReport();
    report.addAll([], admitted);
    return { document: admitted.value as Document, report };
  }
  const instead = otherwise?.(admitted.value);
  if (instead === undefined) throw unreadable(code, what, admitted.problems);
  return instead;
}

/** Limits only the depth: the engine cannot write anything deeper. The reader limits the size. */
export const anySize: Limits = Object.freeze({
  ...recordBy(Object.keys(payloadLimits) as (keyof Limits)[], () => Number.POSITIVE_INFINITY),
  depth: 1_000,
});

/** @throws GlassineError `options_invalid` */
export function checkOptions(options: unknown, call: string): void {
  if (typeof options === "object" && options !== null) return;
  const text = `${call} expects its options in an object, got another value.`;
  throw optionsInvalid(text);
}

export function misuse(option: string, expected: string): GlassineError {
  const text = `${option} must be ${expected}; got another value.`;
  return optionsInvalid(text, { option });
}

/** Returns a copy of an option's value. @throws GlassineError `options_invalid` */
export function readOption<Value>(
  compiled: Compiled,
  value: unknown,
  option: string,
  limits: Limits = anySize,
): Value {
  const shapeCode = "options_invalid";
  const admitted = admit(compiled.read, value, { origin: "host", limits, shapeCode, strict: true });
  if (admitted.ok) return admitted.value as Value;
  const { problems } = admitted;
  const text = `${option} cannot be written. ${formatProblems(problems)}.`;
  throw optionsInvalid(text, { option, problems });
}

/** Returns an own data property of any value without running any of its code. */
export function ownDatum(source: unknown, key: string): unknown {
  if (typeof source !== "object" || source === null || isProxy(source)) return undefined;
  // Objects of `vm`, and proxies where the runtime cannot detect them, run code, which can throw.
  return attempt(() => ownData(source, key));
}
