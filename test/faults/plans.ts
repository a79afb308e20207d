/** Runs with one fault at any step, and the outcome according to `docs/lifecycle.md`. */
import type { ExecutionRecord, Mode, OnError } from "glassine";
import { expect } from "vitest";
import {
  adds,
  call,
  hook,
  labelled,
  labelsOf,
  type Manager,
  manage,
  type Plugin,
  plugin,
  type Result,
  type Run,
  statusesOf,
} from "../dispatch/support.ts";

export type LiveMode = Exclude<Mode, "disabled">;
export const liveModes = [
  "sequential",
  "transform",
  "audit",
  "concurrent",
  "fire_and_forget",
] as const satisfies readonly LiveMode[];
/** `undefined`: the mode's own default. */
const policies: readonly (OnError | undefined)[] = [undefined, "fail", "ignore", "disable"];
const paces = ["sync", "async"] as const;
type Pace = (typeof paces)[number];

export interface Fault {
  readonly code: "handler_error" | "handler_timeout";
  readonly run: Run;
}

/** The modes of a run's steps, in the order in which they run; the fault is at one of them. */
export interface Plan {
  readonly modes: readonly LiveMode[];
  readonly at: number;
  readonly onError: OnError | undefined;
  readonly pace: Pace;
  readonly fault: Fault;
}

/** Four steps of each mode, and a run that has all of them, twice. */
export const lists: readonly (readonly LiveMode[])[] = [
  ...liveModes.map((mode) => [mode, mode, mode, mode]),
  liveModes.flatMap((mode) => [mode, mode]),
];

/** Every position of every list, under every policy, synchronous and asynchronous. */
export const placesOf = (modes: readonly LiveMode[]) =>
  modes.flatMap((_mode, at) =>
    policies.flatMap((onError) => paces.map((pace) => ({ modes, at, onError, pace }))),
  );

export const nameOf = (at: number): string => `step-${at}`;

/** The deadline of every step, in milliseconds. */
export const timeoutMs = 160;

/** The plugins of a plan: each adds its name as a label, except the faulty one. */
export function pluginsOf({ modes, at, onError, pace, fault }: Plan): readonly Plugin[] {
  return modes.map((mode, index) => {
    const name = nameOf(index);
    const add = adds(name);
    const sound: Run = pace === "sync" ? add : async (p, c, e) => add(p, c, e);
    if (index !== at) return plugin(name, sound, { mode, timeoutMs, extensions: true });
    const settings = onError === undefined ? {} : { onError };
    return plugin(name, fault.run, { mode, timeoutMs, extensions: true, ...settings });
  });
}

interface Expected {
  readonly statuses: readonly ExecutionRecord["status"][];
  readonly labels: readonly string[];
  readonly halted: boolean;
  /** Whether the fault is listed in `errors`; background faults come after the result. */
  readonly isReported: boolean;
}

const mayHalt = (mode: LiveMode) => mode === "sequential" || mode === "concurrent";

/** The expected outcome of a plan, derived from its modes alone. */
function expectedOf({ modes, at, onError, fault }: Plan): Expected {
  const mode = modes[at] as LiveMode;
  const inBackground = mode === "fire_and_forget";
  const policy = onError ?? (mayHalt(mode) ? "fail" : "ignore");
  const halted = !inBackground && policy === "fail";
  const failed = fault.code === "handler_error" ? "error" : "timeout";
  const statuses = modes.map((each, index): ExecutionRecord["status"] => {
    const together = mode === "concurrent" && each === "concurrent";
    if (index > at && halted && !together) return "skipped";
    if (each === "fire_and_forget") return "started";
    return index === at ? failed : "completed";
  });
  const grows = ({ each, index }: { each: LiveMode; index: number }) =>
    statuses[index] === "completed" && each !== "audit";
  return {
    statuses,
    labels: modes
      .map((each, index) => ({ each, index }))
      .filter(grows)
      .map(({ index }) => nameOf(index)),
    halted,
    isReported: !inBackground,
  };
}

export function expectOutcome(plan: Plan, result: Result): void {
  const { at, fault } = plan;
  const { statuses, labels, halted, isReported } = expectedOf(plan);
  const shown = { ...plan, fault: fault.code };
  expect([shown, statusesOf(result)]).toEqual([shown, statuses]);
  expect(labelsOf(result)).toEqual(["PII", ...labels].sort());
  expect(result.payload).toBe(call);
  expect(result.continueProcessing).toBe(!halted);
  const named = { plugin: nameOf(at), code: fault.code };
  if (halted) expect(result.violation).toMatchObject(named);
  else expect(result.violation).toBeUndefined();
  expect(result.errors.map(({ plugin: name, code }) => ({ plugin: name, code }))).toEqual(
    isReported ? [named] : [],
  );
}

/** Counts how runs end, and that each ends once. */
export class EndCounter {
  started = 0;
  allowed = 0;
  denied = 0;
  errored = 0;
  aborted = 0;

  async count(running: Promise<Result>): Promise<Result> {
    this.started += 1;
    const result = await running;
    const code = result.violation?.code;
    if (code === undefined) this.allowed += 1;
    else if (code === "aborted") this.aborted += 1;
    else if (result.errors.some((error) => error.code === code)) this.errored += 1;
    else this.denied += 1;
    return result;
  }

  expectComplete(): void {
    expect(this.allowed + this.denied + this.errored + this.aborted).toBe(this.started);
  }
}

export const invoke = (manager: Manager): Promise<Result> =>
  manager.invoke(hook, call, { extensions: labelled("PII") });

/**
 * Runs a plan twice. The second time a plugin that was disabled by its fault is skipped, and
 * any other fails again. `goOn` advances time as far as a run needs.
 */
export async function tryPlan(
  plan: Plan,
  ends: EndCounter,
  goOn: () => Promise<unknown>,
  options: object = {},
): Promise<void> {
  const { modes, at, onError, fault } = plan;
  const manager = await manage(pluginsOf(plan), { maxInFlight: 1, ...options });
  const first = ends.count(invoke(manager));
  await goOn();
  expectOutcome(plan, await first);
  await goOn();
  const second = ends.count(invoke(manager));
  await goOn();
  const again = await second;
  if (onError === "disable") {
    expect(again.violation).toBeUndefined();
    const usual = (mode: LiveMode, index: number) =>
      index === at ? "disabled" : mode === "fire_and_forget" ? "started" : "completed";
    expect(statusesOf(again)).toEqual(modes.map(usual));
  } else expectOutcome(plan, again);
  const closing = manager.close();
  await goOn();
  const { drained, background } = await closing;
  expect(drained).toBe(true);
  const statuses = [...expectedOf(plan).statuses, ...statusesOf(again)];
  const started = statuses.filter((status) => status === "started").length;
  const faults = onError === "disable" ? 1 : 2;
  const bad = modes[at] === "fire_and_forget" ? faults : 0;
  expect(background).toEqual({
    started,
    completed: started - bad,
    failed: fault.code === "handler_error" ? bad : 0,
    timedOut: fault.code === "handler_timeout" ? bad : 0,
    dropped: 0,
    pending: 0,
  });
}
