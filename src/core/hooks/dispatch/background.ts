/** Fire-and-forget work: nobody waits for it, so it is counted, bounded and drained at the end. */
import { intrinsics, isAwaitable } from "../../data/index.ts";
import type { PluginState, Step } from "./compiled-hook.ts";
import { endTurn, newContext } from "./context.ts";
import type { Invocation } from "./invocation.ts";
import { tellThrown } from "./tell-thrown.ts";
import { nextMacrotask } from "./thenable.ts";
import { mayRun, noteError, noteThrown } from "./turn.ts";
import { settle, timedOut } from "./wait.ts";

const { append, freeze, monotonicNow, newList, toArray } = intrinsics;
const PromiseAtLoad = Promise;
const { floor, max: larger } = Math;

/** What became of background work so far. */
export interface BackgroundCounts {
  readonly started: number;
  readonly completed: number;
  readonly failed: number;
  readonly timedOut: number;
  /** Not started, because the queue was full. */
  readonly dropped: number;
  readonly pending: number;
}

/** The background of one manager. */
export class BackgroundWork {
  readonly #counts = { started: 0, completed: 0, failed: 0, timedOut: 0, dropped: 0 };
  readonly #max: number;
  /** How many tasks of one plugin may be under way. */
  #share: number;
  /** Whoever waits for the end of it all. */
  #waiting = newList<() => void>();
  #pending = 0;

  constructor(max: number) {
    this.#max = max;
    this.#share = max;
  }

  /** So that none of so many plugins, with tasks that never end, takes the room of the others. */
  shareAmong(plugins: number): void {
    this.#share = larger(1, floor(this.#max / plugins));
  }

  /** Whether there is room for one more task of a plugin, beside those chosen already. */
  hasRoom({ inBackground }: PluginState, chosen: number, chosenOfPlugin: number): boolean {
    return this.#pending + chosen < this.#max && inBackground + chosenOfPlugin < this.#share;
  }

  /** Counts a task for which there was no room. */
  drop(): void {
    this.#counts.dropped += 1;
  }

  /** Starts a task after the caller has its result. */
  start(plugin: PluginState, task: () => Promise<BackgroundEnd>): void {
    this.#counts.started += 1;
    this.#pending += 1;
    plugin.inBackground += 1;
    void this.#run(plugin, task);
  }

  async #run(plugin: PluginState, task: () => Promise<BackgroundEnd>): Promise<void> {
    await nextMacrotask();
    // Nobody takes a rejection of this, so nothing is called that a plugin may have patched.
    const end = await task();
    this.#counts[end] += 1;
    this.#pending -= 1;
    plugin.inBackground -= 1;
    if (this.#pending > 0) return;
    const waiting = this.#waiting;
    this.#waiting = newList();
    for (let i = 0; i < waiting.length; i++) (waiting[i] as () => void)();
  }

  counts(): BackgroundCounts {
    return freeze({ ...this.#counts, pending: this.#pending });
  }

  /** Resolves when everything started so far, and what that starts, has ended. */
  drain(): Promise<void> {
    return new PromiseAtLoad((resolve) => {
      if (this.#pending === 0) resolve();
      else append(this.#waiting, resolve);
    });
  }
}

type BackgroundEnd = "completed" | "failed" | "timedOut";

/** The background handlers whose turn comes; the others are written down as passed over. */
export function chooseBackground(run: Invocation): readonly Step[] {
  const { background, runtime } = run.compiled;
  const chosen = newList<Step>();
  for (let i = 0; i < background.length; i++) {
    const step = background[i] as Step;
    if (step.guarded && !mayRun(run, step)) continue;
    const ofPlugin = countOf(chosen, step.plugin);
    if (runtime.background.hasRoom(step.plugin, chosen.length, ofPlugin)) append(chosen, step);
    else {
      runtime.background.drop();
      run.log.record(step, { status: "skipped", reason: "The background queue is full." });
    }
  }
  return toArray(chosen);
}

function countOf(steps: intrinsics.List<Step>, plugin: PluginState): number {
  let count = 0;
  for (let i = 0; i < steps.length; i++) if ((steps[i] as Step).plugin === plugin) count += 1;
  return count;
}

/** Starts background handlers with the final snapshot of their run. */
export function runBackground(run: Invocation, steps: readonly Step[]): void {
  let open = steps.length;
  run.waiting.background = true;
  const closed = () => {
    open -= 1;
    if (open === 0) run.waiting.background = false;
  };
  for (let i = 0; i < steps.length; i++) {
    const step = steps[i] as Step;
    run.compiled.runtime.background.start(step.plugin, async () => {
      const end = await runStep(run, step);
      closed();
      return end;
    });
  }
}

async function runStep(run: Invocation, step: Step): Promise<BackgroundEnd> {
  const { meter } = run.compiled.runtime;
  const startedAt = meter === undefined ? 0 : monotonicNow();
  const context = newContext(run.compiled.runtime.Context, step, run);
  let how = "returned";
  let outcome: unknown;
  try {
    const { handler } = step;
    const returned = step.extensions
      ? handler(run.payload, context, step.filter(run.extensions))
      : handler(run.payload, context);
    if (isAwaitable(returned)) {
      const { lateCounters } = run.compiled.runtime;
      const end = await settle(returned, step.ring, { lateCounters, step, counts: false });
      how = end.how;
      outcome = end.value;
    }
  } catch (thrown) {
    how = "threw";
    outcome = thrown;
  }
  meter?.turn(step, monotonicNow() - startedAt);
  if (how === "returned") return "completed";
  if (step.onError === "disable") step.plugin.off = true;
  if (how === "threw" && outcome !== timedOut) {
    noteThrown(run, step, outcome);
    tellThrown(run, step, outcome);
    return "failed";
  }
  endTurn(context);
  noteError(run, step, "timeout", "did not settle before its deadline");
  return "timedOut";
}
