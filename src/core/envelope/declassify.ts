/**
 * The one way a label leaves: by the host, with a reason, an authority and a record.
 *
 * What is left is not read again, so nothing that makes it is found on a prototype.
 */
import { asSet, ignore, includes, intrinsics, mapped, without } from "../data/index.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import { copyLevel, nowInstant } from "../schema/index.ts";
import { brandAfter, brandOf, type EnvelopeBrand, type Slots, seal } from "./brand.ts";

/** Which labels leave, why, and on whose word. */
export interface Declassification {
  readonly labels: readonly string[];
  /** Why, in words that an auditor understands; 1 to 2000 characters. */
  readonly reason: string;
  /** Who or what decided, such as a policy id or a person's name; 1 to 2000 characters. */
  readonly authority: string;
  /** Gets the record before the labels leave. If it throws or gives a promise, they stay. */
  readonly audit?: (record: DeclassificationRecord) => void;
}

/** What is written down about a declassification. One record is one line of JSON. */
export interface DeclassificationRecord {
  readonly event: "extensions.declassified";
  readonly at: string;
  readonly labels: readonly string[];
  readonly reason: string;
  readonly authority: string;
  readonly request_id: string | null;
}

const { freeze, hasOwn, isArray, trim } = intrinsics;
const maxText = 2000;

export function removeLabels(
  extensions: object,
  declassification: Declassification,
): { readonly extensions: Slots; readonly record: DeclassificationRecord } {
  const { labels, reason, authority } = declassification;
  // The one option: left out, it would be looked up on a prototype.
  const audit = hasOwn(declassification, "audit") ? declassification.audit : undefined;
  const brand = brandOf(extensions);
  if (brand === undefined || brand.kind.mask !== undefined) {
    refuse("Only the host's own extensions can be declassified; got a view or another value.");
  }
  const slots = extensions as Slots;
  const security = slots.security as { readonly labels: readonly string[] } | undefined;
  const present = security?.labels ?? [];
  // Read once: what the caller has in hand may change.
  const wanted = isArray(labels) ? mapped(labels as readonly string[], (label) => label) : [];
  if (wanted.length === 0) refuse("Name the labels to take away; got none.");
  for (let i = 0; i < wanted.length; i++) {
    const label: unknown = wanted[i];
    if (typeof label !== "string") refuse("Labels are texts; got another value.");
    if (!includes(present, label)) refuse(`The label ${quoted(label)} is not there.`);
  }
  checkWords("reason", reason);
  checkWords("authority", authority);
  const request = slots.request as { readonly request_id?: string } | undefined;
  const record: DeclassificationRecord = freeze({
    event: "extensions.declassified",
    at: nowInstant(),
    labels: asSet(wanted),
    reason,
    authority,
    request_id: request?.request_id ?? null,
  });
  const answer: unknown = audit?.(record);
  if (isThenable(answer)) {
    void ignore(answer);
    refuse("The audit of a declassification writes at once; got a promise.");
  }
  const level = freeze({ ...security, labels: without(present, record.labels) });
  const table = (brand as EnvelopeBrand).kind.slots;
  const next = copyLevel(table.layout, slots);
  next.security = level;
  return freeze({ extensions: seal(next, brandAfter(table, slots, next)), record });
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function checkWords(name: string, text: unknown): void {
  if (typeof text !== "string" || trim(text) === "" || text.length > maxText) {
    refuse(
      `A declassification needs ${name === "reason" ? "a" : "an"} ${name} of 1 to ${maxText} characters.`,
    );
  }
}

function refuse(text: string): never {
  throw new GlassineError("declassify_refused", text);
}
