/** Keeps the labels of a session between its calls. */
import { asSet, extensionsLimits, isLabel, quotedOrKind, within } from "../data/index.ts";
import { isWellFormed } from "../data/intrinsics.ts";
import { GlassineError } from "../errors/index.ts";

/**
 * Keeps labels from one call of a session to the next.
 *
 * A store only grows: every later answer includes what was appended, by anyone and in any order,
 * until the session has been unused for as long as the store keeps it.
 * A store rejects rather than forget or omit a label. Both functions must settle in time.
 *
 * @see spec `labels:store-union`
 */
export interface LabelStore {
  /** All labels of the session: none for one that nobody has appended to. */
  load(session: string): Promise<readonly string[]>;
  /** Adds labels in one atomic step, and resolves to all that the session then has. */
  append(session: string, labels: readonly string[]): Promise<readonly string[]>;
}

/** The same limit as for an envelope. */
export const maxSessionLabels: number = extensionsLimits.labels;

export const maxLabelCodePoints: number = extensionsLimits.labelCodePoints;

const maxSessionUnits = 1024;

/** @throws GlassineError `session_invalid` */
export function checkSession(session: unknown): asserts session is string {
  const isFit =
    typeof session === "string" &&
    session !== "" &&
    session.length <= maxSessionUnits &&
    isWellFormed(session);
  if (isFit) return;
  throw new GlassineError(
    "session_invalid",
    `A session is a string of 1 to ${maxSessionUnits} characters that the host chose; got ${whatCame(session)}.`,
  );
}

function whatCame(session: unknown): string {
  if (typeof session !== "string") return session === null ? "null" : typeof session;
  if (session === "") return "an empty string";
  return session.length > maxSessionUnits ? "a longer one" : "one that is not valid Unicode";
}

/**
 * Returns a frozen, sorted copy of the labels.
 *
 * @throws GlassineError `label_invalid`; `label_store_full` for more than a session may have
 */
export function readLabels(labels: unknown): readonly string[] {
  if (!Array.isArray(labels)) {
    throw new GlassineError("label_invalid", `Expected a list of labels, got ${typeof labels}.`);
  }
  const copy: unknown[] = Array.from(labels);
  const isOne = (label: unknown): label is string =>
    typeof label === "string" && isLabel(label, maxLabelCodePoints);
  if (copy.every(isOne)) {
    const set = asSet(copy);
    if (set.length > maxSessionLabels) throw sessionFull();
    return set;
  }
  const index = copy.findIndex((label) => !isOne(label));
  const what = quotedOrKind(copy[index]);
  throw new GlassineError("label_invalid", `Expected a label at index ${index}, got ${what}.`, {
    index,
  });
}

/** Makes the error for a session that would get more labels than it may have. */
export function sessionFull(): GlassineError {
  return new GlassineError(
    "label_store_full",
    `A session holds at most ${maxSessionLabels} labels, as an envelope does. Nothing was added, and nothing forgotten.`,
    { limit: maxSessionLabels },
  );
}

/**
 * Settles as `work` does, or rejects with `label_store_failed` after `timeoutMs`.
 * A later result or rejection is dropped.
 */
export async function settleWithin<Result>(
  timeoutMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const end = await within(timeoutMs, work);
  if (end.how === "returned") return end.value;
  if (end.how === "threw") throw end.value;
  const text = `The label store did not answer within ${timeoutMs} ms.`;
  throw new GlassineError("label_store_failed", text, { timeoutMs });
}
