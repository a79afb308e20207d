/** The labels of one exchange's session. */
import {
  askStore,
  boundedStore,
  checkSession,
  holdsLabels,
  type LabelStore,
  labelsIn,
  memoryLabelStore,
  withLabels,
} from "../../core/labels/index.ts";
import type { ModelCall, ModelLabels } from "./options.ts";

const storeTimeoutMs = 2000;

/** The label options of a guard, with its store filled in. */
export interface LabelRules<Call = ModelCall> extends ModelLabels<unknown, Call> {
  readonly store: LabelStore;
}

export function labelRules<Call = ModelCall>(
  options: ModelLabels<unknown, Call> | undefined,
): LabelRules<Call> | undefined {
  if (options === undefined) return undefined;
  const { store, timeoutMs = storeTimeoutMs } = options;
  return {
    ...options,
    store: store === undefined ? memoryLabelStore() : boundedStore(store, timeoutMs),
  };
}

/** The labels of a session during one exchange. An error from here refuses the exchange. */
export class SessionLabels<Call = ModelCall> {
  readonly #rules: LabelRules<Call>;
  readonly #onIgnored: (error: unknown) => void;
  #session: string | undefined;
  #stored: readonly string[] = [];

  /** Calls `onIgnored` when the store fails and the host chose to continue. */
  constructor(rules: LabelRules<Call>, onIgnored: (error: unknown) => void) {
    this.#rules = rules;
    this.#onIgnored = onIgnored;
  }

  /** Returns the envelope with the labels of the session added. */
  async load(call: Call, extensions: unknown): Promise<unknown> {
    const { session, store } = this.#rules;
    const found = typeof session === "function" ? await session(call, extensions) : session;
    checkSession(found);
    this.#session = found;
    return this.#exchange(extensions, [], () => store.load(found));
  }

  /** Saves the labels that plugins added, whether or not the hooks refused. */
  async save(extensions: unknown): Promise<unknown> {
    const session = this.#session;
    const given = labelsIn(extensions);
    if (session === undefined || holdsLabels(this.#stored, given)) return extensions;
    return this.#exchange(extensions, given, () => this.#rules.store.append(session, given));
  }

  async #exchange(
    extensions: unknown,
    given: readonly string[],
    ask: () => Promise<readonly string[]>,
  ): Promise<unknown> {
    try {
      this.#stored = await askStore(given, ask);
    } catch (error) {
      if (this.#rules.onStoreError !== "ignore") throw error;
      this.#onIgnored(error);
      return extensions;
    }
    return withLabels(extensions, this.#stored);
  }
}
