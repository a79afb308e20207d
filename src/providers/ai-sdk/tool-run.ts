/** Runs the hooks of one tool call, passing envelope, context and labels from hook to hook. */
import { isRecord, underPayloadLimits } from "../../core/data/index.ts";
import { policyLabels, policyViolation, withLabels } from "../../core/labels/index.ts";
import { freezePayload } from "../../core/messages/index.ts";
import {
  type Denial,
  type HookManager,
  type HookResult,
  notify,
  publicViolation,
} from "../guard/index.ts";
import {
  exchangeLabels,
  type HookState,
  invokeWith,
  type LabelRules,
  prepareState,
  withLabelsKept,
} from "../model/index.ts";
import { isSameJsonText, stringAt } from "../rewrite/index.ts";
import type {
  GuardedToolCall,
  ToolCallNames,
  ToolEnd,
  ToolEvent,
  ToolGuardOptions,
} from "./tool-options.ts";
import { type Step, toolFault } from "./tool-steps.ts";

/** What the calls of one set of tools share. */
export interface ToolGuard {
  readonly manager: HookManager;
  readonly options: ToolGuardOptions;
  readonly labels: LabelRules<GuardedToolCall> | undefined;
}

const failed: Denial = {
  code: "guard_failed",
  reason: "The tool call could not be checked, so it was refused",
};

/** An error of which a model only sees the message: `ai` 7 shows what `toString` returns. */
export class ToolError extends Error {
  override toString(): string {
    return this.message;
  }
}

class ToolRefused extends ToolError {
  override readonly name = "ToolRefused";
  readonly code: string;
  readonly plugin: string | undefined;

  constructor({ code, reason, plugin }: Denial) {
    super(reason);
    this.code = code;
    this.plugin = plugin;
  }
}

/** Runs the hooks of one call. Its methods throw a `ToolRefused` or the reason of an abort. */
export class ToolRun {
  readonly #guard: ToolGuard;
  readonly #call: GuardedToolCall;
  readonly #names: ToolCallNames;
  readonly #state: HookState;

  constructor(guard: ToolGuard, call: GuardedToolCall, signal: AbortSignal | undefined) {
    this.#guard = guard;
    this.#call = call;
    const { request, tool, toolCallId } = call;
    this.#names = { request, tool, toolCallId };
    this.#state = { request, signal };
  }

  /** Determines tenant, envelope and labels, and judges the arguments. */
  async before<Value>(steps: readonly Step<Value>[], value: Value): Promise<Value> {
    const { options, labels } = this.#guard;
    await prepareState(this.#state, this.#call, {
      options,
      labels,
      run: (point, work) => this.attempt(point, work),
      report: (point, error) => this.#observe({ point, error }),
    });
    return this.#judgeKept(steps, value);
  }

  /**
   * Adds the labels of the data policies and of the session, checks that the policies let the
   * result pass, and judges it.
   */
  async after<Value>(steps: readonly Step<Value>[], value: Value): Promise<Value> {
    const entity = { kind: "tool", name: this.#call.tool } as const;
    await this.attempt("labels", async () => {
      const labels = policyLabels(this.#state.extensions, entity);
      this.#state.extensions = withLabels(this.#state.extensions, labels);
      await exchangeLabels(this.#state);
    });
    await this.attempt("data_policy", async () => {
      if (!isRecord(this.#state.extensions)) return;
      const violation = policyViolation(this.#state.extensions, entity);
      if (violation !== undefined) throw new ToolRefused(violation);
    });
    return this.#judgeKept(steps, value);
  }

  /** Reports the end. `error` is what the SDK gets instead of a result. */
  end(error?: unknown): void {
    const { extensions, signal } = this.#state;
    const refused = error instanceof ToolRefused ? error : undefined;
    const isAborted = error !== undefined && signal?.aborted === true;
    notify(this.#guard.options.onEnd, () =>
      Object.freeze<ToolEnd>({
        ...this.#names,
        subject: stringAt(extensions, "security", "subject", "id"),
        outcome: isAborted ? "aborted" : outcomeOf(refused),
        code: refused?.code,
        plugin: refused?.plugin,
      }),
    );
  }

  #judgeKept<Value>(steps: readonly Step<Value>[], value: Value): Promise<Value> {
    return withLabelsKept(
      this.#state,
      (point, work) => this.attempt(point, work),
      () => this.#judge(steps, value),
    );
  }

  /** Runs one hook after the other. Earlier ones judge again what a later one changed. */
  async #judge<Value>(steps: readonly Step<Value>[], value: Value): Promise<Value> {
    let judged = value;
    const allowed: { step: Step<Value>; payload: object; isChanged: boolean }[] = [];
    for (const step of steps) {
      if (step.optional && !this.#guard.manager.handles(step.hook)) continue;
      await this.attempt(step.hook, async () => {
        const asked = this.#payloadOf(step, judged);
        const payload = await this.#invoke(step.hook, asked, true);
        if (payload !== asked) judged = step.read(payload, judged);
        allowed.push({ step, payload, isChanged: payload !== asked });
      });
    }
    const last = allowed.findLastIndex(({ isChanged }) => isChanged);
    for (const { step, payload } of allowed.slice(0, Math.max(last, 0))) {
      await this.attempt(step.hook, async () => {
        const asked = this.#payloadOf(step, judged);
        if (isSameJsonText(asked, payload)) return;
        const again = await this.#invoke(step.hook, asked, "only");
        if (again !== asked) throw toolFault("no further change by a plugin that ran again");
      });
    }
    return judged;
  }

  /** Frozen, so that the same object comes back unless a plugin changed it. */
  #payloadOf<Value>(step: Step<Value>, value: Value): object {
    return underPayloadLimits(this.#guard.manager.payloadLimits, () =>
      freezePayload(step.payload(value)),
    );
  }

  async #invoke(hook: string, payload: object, recheck: true | "only"): Promise<object> {
    // What runs, and what is returned, must be what was allowed.
    const result = await invokeWith(this.#guard.manager, this.#state, hook, payload, { recheck });
    this.#observe({ point: hook, result });
    if (result.continueProcessing !== true) {
      // The description and details of a denial stay with the host.
      throw new ToolRefused(publicViolation(result.violation));
    }
    if (!isRecord(result.payload)) throw toolFault("an object as payload");
    return result.payload;
  }

  /** Turns an error of `work` into a refusal. Only the host sees the error itself. */
  async attempt<Result>(point: string, work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      this.#state.signal?.throwIfAborted();
      if (error instanceof ToolRefused) throw error;
      this.#observe({ point, error });
      throw new ToolRefused(failed);
    }
  }

  #observe(seen: Pick<ToolEvent, "point"> & { result?: HookResult; error?: unknown }): void {
    notify(this.#guard.options.onResult, () => ({ ...this.#names, ...seen }));
  }
}

function outcomeOf(refused: ToolRefused | undefined): ToolEnd["outcome"] {
  if (refused === undefined) return "allowed";
  return refused.code === failed.code ? "errored" : "denied";
}
