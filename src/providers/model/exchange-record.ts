/** Ends an exchange once, for the host and for the audit trail. */
import { intrinsics } from "../../core/data/index.ts";
import { type HookManager, notify, recordAccess } from "../rewrite/index.ts";
import type { ModelEnd, ModelGuardOptions, ModelOutcome, ModelRefusal } from "./options.ts";

const { monotonicNow } = intrinsics;

/** What is known of an exchange at its end. */
interface ExchangeFacts extends Omit<ModelEnd, "timings"> {
  readonly tenant: string | undefined;
}

export class ExchangeRecord {
  readonly #manager: HookManager;
  readonly #options: ModelGuardOptions;
  readonly #startedAt = monotonicNow();
  #handedOnAt: number | undefined;
  #answeredAt: number | undefined;
  #isEnded = false;

  constructor(manager: HookManager, options: ModelGuardOptions) {
    this.#manager = manager;
    this.#options = options;
  }

  handedOn(): void {
    this.#handedOnAt = monotonicNow();
  }

  /** Only the first call counts. */
  answered(): void {
    this.#answeredAt ??= monotonicNow();
  }

  /** Only the first end counts. */
  end(factsOf: () => ExchangeFacts): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    notify((facts) => this.#ended(facts), factsOf);
  }

  #ended({ tenant, ...facts }: ExchangeFacts): void {
    const { onEnd, access } = this.#options;
    const end = Object.freeze<ModelEnd>({ ...facts, timings: this.#timings() });
    notify(onEnd, () => end);
    recordAccess(this.#manager, access, end, {
      ...{ eventType: "model.request_ended", target: end.provider, tenant },
      metadata: { provider: end.provider },
    });
  }

  #timings(): ModelEnd["timings"] {
    const now = monotonicNow();
    const handedOn = this.#handedOnAt ?? now;
    const answered = this.#answeredAt ?? now;
    return {
      beforeMs: handedOn - this.#startedAt,
      peerMs: answered - handedOn,
      afterMs: now - answered,
      totalMs: now - this.#startedAt,
    };
  }
}

export function outcomeOf(
  refusal: ModelRefusal | undefined,
  signal: AbortSignal | undefined,
  isDenied: boolean,
): ModelOutcome {
  if (refusal === undefined) return "allowed";
  if (signal?.aborted) return "aborted";
  return isDenied ? "denied" : "errored";
}
