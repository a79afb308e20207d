/** Moves labels between an envelope and the store of a session. */
import { isRecord } from "../data/index.ts";
import { addLabelsTo, brandOf } from "../envelope/index.ts";
import { GlassineError, ownErrorCode } from "../errors/index.ts";
import { type LabelStore, readLabels, settleWithin } from "./store.ts";

/** Adds a timeout: a host's store may be remote and never answer. Memory stores settle at once. */
export function boundedStore(store: LabelStore, timeoutMs = 2000): LabelStore {
  return {
    load: (session) => settleWithin(timeoutMs, () => store.load(session)),
    append: (session, labels) => settleWithin(timeoutMs, () => store.append(session, labels)),
  };
}

/** The labels of a session during one call. If a method throws, the call must not go on. */
export class SessionLabels {
  readonly #session: string;
  readonly #store: LabelStore;
  readonly #onIgnored: ((error: unknown) => void) | undefined;
  #stored: readonly string[] = [];

  /** With `onIgnored`, a failed store is reported there, and the envelope stays as it is. */
  constructor(session: string, store: LabelStore, onIgnored?: (error: unknown) => void) {
    this.#session = session;
    this.#store = store;
    this.#onIgnored = onIgnored;
  }

  /** Returns the envelope with the labels of the session added. */
  load(extensions: unknown): Promise<unknown> {
    return this.#exchange(extensions, [], () => this.#store.load(this.#session));
  }

  /** The same, after adding the labels of the envelope, if it has any, to the session. */
  append(extensions: unknown): Promise<unknown> {
    const given = labelsIn(extensions);
    if (given.length === 0) return this.load(extensions);
    return this.#exchange(extensions, given, () => this.#store.append(this.#session, given));
  }

  /** Whether the session already had all labels of the envelope when the store last answered. */
  holds(extensions: unknown): boolean {
    return holdsLabels(this.#stored, labelsIn(extensions));
  }

  async #exchange(
    extensions: unknown,
    given: readonly string[],
    ask: () => Promise<readonly string[]>,
  ): Promise<unknown> {
    try {
      this.#stored = await askStore(given, ask);
    } catch (error) {
      if (this.#onIgnored === undefined) throw error;
      this.#onIgnored(error);
      return extensions;
    }
    return withLabels(extensions, this.#stored);
  }
}

/**
 * Returns the labels that a store answered to `ask`. A store that rejects says itself why.
 *
 * @throws GlassineError `label_store_failed` for an answer that is not a list of labels, or lacks
 *   those in `given`; `label_store_full` for more labels than a session may have
 */
async function askStore(
  given: readonly string[],
  ask: () => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const labels = labelsOf(await ask());
  if (holdsLabels(labels, given)) return labels;
  throw storeFailed("keep all labels of a session");
}

function labelsOf(answer: unknown): readonly string[] {
  try {
    return readLabels(answer);
  } catch (cause) {
    if (ownErrorCode(cause) !== "label_invalid") throw cause;
    throw storeFailed("answer with a list of labels", cause);
  }
}

function storeFailed(task: string, cause?: unknown): GlassineError {
  return new GlassineError("label_store_failed", `The label store must ${task}.`, {}, cause);
}

function holdsLabels(labels: readonly string[], wanted: readonly string[]): boolean {
  const known = new Set(labels);
  return wanted.every((label) => known.has(label));
}

/**
 * Returns the labels of an envelope, or of a plain document that a manager will read as one.
 *
 * @throws GlassineError for invalid labels: they must not pass for an absence of labels
 */
export function labelsIn(extensions: unknown): readonly string[] {
  const { labels } = securityIn(extensions);
  if (labels === undefined) return [];
  if (!Array.isArray(labels)) throw fault("an array at security.labels of the envelope");
  return labels;
}

/** Adds `labels` to `extensions`. A plain document stays plain: the manager has not read it yet. */
export function withLabels(extensions: unknown, labels: readonly string[]): unknown {
  if (labels.length === 0) return extensions;
  if (brandOf(extensions) !== undefined) return addLabelsTo(extensions as object, labels);
  if (extensions !== undefined && !isRecord(extensions)) throw fault("an object as envelope");
  const all = [...labelsIn(extensions), ...labels];
  return { ...extensions, security: { ...securityIn(extensions), labels: all } };
}

/** A null slot counts as absent, as it does when an envelope is created. */
function securityIn(extensions: unknown): Readonly<Record<string, unknown>> {
  const security = isRecord(extensions) ? extensions.security : undefined;
  if (security === undefined || security === null) return {};
  if (!isRecord(security)) throw fault("an object at security of the envelope");
  return security;
}

function fault(expected: string): GlassineError {
  return new GlassineError("payload_shape", `The guard expected ${expected}.`);
}
