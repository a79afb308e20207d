/**
 * The only way to remove a label: by the host, with a reason, an authority and a record.
 *
 * The result is not read again, so nothing that makes it is looked up on a prototype.
 */
import { asSet, expectOptions, ignore, typeName, without } from "../data/index.ts";
import {
  forEach,
  freeze,
  hasOwn,
  includes,
  isArray,
  isAwaitable,
  mapped,
  ownValue,
  trim,
} from "../data/intrinsics.ts";
import { GlassineError, quoted } from "../errors/index.ts";
import { nowInstant } from "../schema/index.ts";
import { brandOf, type Slots, sealAfter } from "./filter.ts";

/** Which labels to remove, why, and on whose authority. */
export interface Declassification {
  readonly labels: readonly string[];
  /** Why, in words that an auditor understands; 1 to 2000 characters. */
  readonly reason: string;
  /** Who or what decided, such as a policy id or a person's name; 1 to 2000 characters. */
  readonly authority: string;
  /** Gets the record before labels are removed. If it throws or returns a promise, they stay. */
  readonly audit?: (record: DeclassificationRecord) => void;
}

/** The record of a declassification. One record is one line of JSON. */
export interface DeclassificationRecord {
  readonly event: "extensions.declassified";
  readonly at: string;
  readonly labels: readonly string[];
  readonly reason: string;
  readonly authority: string;
  readonly request_id: string | null;
}

const maxText = 2000;

export function removeLabels(
  extensions: object,
  declassification: Declassification,
): { readonly extensions: Slots; readonly record: DeclassificationRecord } {
  // A misspelled `audit` would leave a removal without its record.
  expectOptions(declassification, ["labels", "reason", "authority", "audit"], "declassify");
  const { labels, reason, authority } = declassification;
  // The only optional setting: if left out, it would be looked up on a prototype.
  const audit = hasOwn(declassification, "audit") ? declassification.audit : undefined;
  if (audit !== undefined && audit !== null && typeof audit !== "function") {
    throw refused(`Expected a function as audit, which takes the record; got ${typeName(audit)}.`);
  }
  const brand = brandOf(extensions);
  if (brand === undefined || brand.kind.mask !== undefined) {
    throw refused("Expected the host's own extensions; got a view or another value.");
  }
  const slots = extensions as Slots;
  const { security, request } = slots;
  const present: readonly string[] = isArray(security?.labels) ? security.labels : [];
  // Read once: the caller can still change the array.
  if (!isArray(labels)) throw refused(`Expected an array of labels; got ${typeName(labels)}.`);
  const wanted = mapped<unknown, string>(labels, expectLabel);
  if (wanted.length === 0) throw refused("Name the labels to remove; got none.");
  forEach(wanted, (label) => {
    if (!includes(present, label)) throw refused(`The extensions have no label ${quoted(label)}.`);
  });
  checkWords("reason", reason);
  checkWords("authority", authority);
  const request_id = ownValue(request, "request_id");
  const record: DeclassificationRecord = freeze({
    event: "extensions.declassified",
    at: nowInstant(),
    labels: asSet(wanted),
    reason,
    authority,
    request_id: typeof request_id === "string" ? request_id : null,
  });
  const answer: unknown = audit?.(record);
  if (isAwaitable(answer)) {
    void ignore(answer);
    throw refused("The audit function must be synchronous; got a promise.");
  }
  const level = freeze({ ...security, labels: without(present, record.labels) });
  const table = brand.kind.slots;
  const next = { ...slots, security: level };
  return freeze({ extensions: sealAfter(table, slots, next), record });
}

function expectLabel(label: unknown): string {
  if (typeof label !== "string") throw refused("Labels are strings; got another value.");
  return label;
}

function checkWords(name: string, text: unknown): void {
  if (typeof text === "string" && trim(text) !== "" && text.length <= maxText) return;
  const article = name === "reason" ? "a" : "an";
  throw refused(`A declassification needs ${article} ${name} of 1 to ${maxText} characters.`);
}

function refused(text: string): GlassineError {
  return new GlassineError("declassify_refused", text);
}
