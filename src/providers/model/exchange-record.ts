/** Ends an exchange once, for the host and for the audit trail. */
import { type HookManager, notify, recordAccess, Stopwatch } from "../guard/index.ts";
import type { ModelRefusal } from "../rewrite/index.ts";
import type { ModelEnd, ModelGuardOptions, ModelOutcome } from "./options.ts";

/** What is known about an exchange when it ends. */
interface ExchangeFacts extends Omit<ModelEnd, "timings"> {
  readonly tenant: string | undefined;
}

export class ExchangeRecord {
  readonly #manager: HookManager;
  readonly #options: ModelGuardOptions;
  readonly watch: Stopwatch = new Stopwatch();
  #isEnded = false;

  constructor(manager: HookManager, options: ModelGuardOptions) {
    this.#manager = manager;
    this.#options = options;
  }

  /** Ends the exchange. Only the first call has an effect. */
  end(factsOf: () => ExchangeFacts): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    notify((facts) => this.#ended(facts), factsOf);
  }

  #ended({ tenant, ...facts }: ExchangeFacts): void {
    const { onEnd, access } = this.#options;
    const end = Object.freeze<ModelEnd>({ ...facts, timings: this.watch.timings() });
    notify(onEnd, () => end);
    recordAccess(this.#manager, access, end, {
      eventType: "model.request_ended",
      target: end.provider,
      tenant,
      metadata: { provider: end.provider },
    });
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
