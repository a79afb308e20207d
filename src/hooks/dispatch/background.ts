/** Fire-and-forget work: nobody waits for it, so it is counted, bounded and drained at the end. */
import { intrinsics } from "../../admit/index.ts";
import type { DeadlineNode } from "../deadline-ring.ts";
import { endTurn, HandlerContext } from "./context.ts";
import type { Invocation } from "./invocation.ts";
import type { Step } from "./program.ts";
import { isAwaitable } from "./thenable.ts";
import { mayRun, tellThrown } from "./turn.ts";

const { append, freeze, newList, toArray } = intrinsics;
const PromiseAtLoad = Promise;

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
  readonly #max: number;
  /** Whoever waits for the end of it all. */
  #waiting = newList<() => void>();
  #pending = 0;
  #started = 0;
  #completed = 0;
  #failed = 0;
  #timedOut = 0;
  #dropped = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** How many more tasks there is room for. */
  get room(): number {
    return this.#max - this.#pending;
  }

  /** Counts a task for which there was no room. */
  drop(): void {
    this.#dropped += 1;
  }

  /** Starts a task after the caller has its result. */
  start(task: () => Promise<BackgroundEnd>): void {
    this.#started += 1;
    this.#pending += 1;
    void this.#run(task);
  }

  async #run(task: () => Promise<BackgroundEnd>): Promise<void> {
    await nextMacrotask();
    // Nobody takes a rejection of this, so nothing is called that a plugin may have patched.
    const end = await task();
    if (end === "completed") this.#completed += 1;
    else if (end === "failed") this.#failed += 1;
    else this.#timedOut += 1;
    this.#pending -= 1;
    if (this.#pending > 0) return;
    const waiting = this.#waiting;
    this.#waiting = newList();
    for (let i = 0; i < waiting.length; i++) waiting[i]?.();
  }

  counts(): BackgroundCounts {
    return freeze({
      started: this.#started,
      completed: this.#completed,
      failed: this.#failed,
      timedOut: this.#timedOut,
      dropped: this.#dropped,
      pending: this.#pending,
    });
  }

  /** Resolves when everything started so far, and what that starts, has ended. */
  drain(): Promise<void> {
    return new PromiseAtLoad((resolve) => {
      if (this.#pending === 0) resolve();
      else append(this.#waiting, resolve);
    });
  }
}

const startTimer = setTimeout;

/** Microtasks come before the caller's own; a timer does not. */
function nextMacrotask(): Promise<void> {
  return new PromiseAtLoad((resolve) => {
    startTimer(resolve, 0);
  });
}

type BackgroundEnd = "completed" | "failed" | "timed_out";

/** The background handlers whose turn comes; the others are written down as passed over. */
export function chooseBackground(run: Invocation): readonly Step[] {
  const { background, house } = run.program;
  const chosen = newList<Step>();
  for (let i = 0; i < background.length; i++) {
    const step = background[i] as Step;
    if (step.guarded && !mayRun(run, step)) continue;
    if (chosen.length < house.background.room) append(chosen, step);
    else {
      house.background.drop();
      run.log.record(step, { status: "skipped", reason: "The background queue is full." });
    }
  }
  return toArray(chosen);
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
    run.program.house.background.start(async () => {
      const end = await runStep(run, steps[i] as Step);
      closed();
      return end;
    });
  }
}

async function runStep(run: Invocation, step: Step): Promise<BackgroundEnd> {
  const context = new HandlerContext(step, run);
  try {
    const { handler } = step;
    const returned = step.extensions
      ? handler(run.payload, context, step.filter(run.extensions))
      : handler(run.payload, context);
    const waits = typeof returned === "object" && returned !== null && isAwaitable(returned);
    if (waits && !(await settlesInTime(step, returned))) {
      endTurn(context);
      if (step.onError === "disable") step.plugin.off = true;
      return "timed_out";
    }
    return "completed";
  } catch (thrown) {
    tellThrown(run, step, thrown);
    if (step.onError === "disable") step.plugin.off = true;
    return "failed";
  }
}

/** False at the deadline. Rejects as the handler does; a late rejection is dropped. */
function settlesInTime(step: Step, pending: PromiseLike<unknown>): Promise<boolean> {
  const { ring } = step;
  return new PromiseAtLoad((resolve, reject) => {
    const node: DeadlineNode = {
      deadlineNext: undefined,
      deadlinePrevious: undefined,
      deadlineBucket: 0,
      onDeadline: () => resolve(false),
    };
    ring?.join(node);
    const wait = async () => {
      try {
        await pending;
        resolve(true);
      } catch (thrown) {
        reject(thrown);
      } finally {
        ring?.leave(node);
      }
    };
    void wait();
  });
}
