/** Passes what a manager counts and measures to the host's backend. */
import { monotonicNow } from "../data/intrinsics.ts";
import { optionsInvalid } from "../errors/index.ts";
import {
  type AnyInvokeResult,
  type AnyRun,
  callSafely,
  type Decision,
  type HandlerStep,
  type Meter,
  secretsOf,
} from "../hooks/index.ts";
import { ownErrorTypes } from "../observe/index.ts";
import type { MetricKind, pluginMetrics } from "./metric-table.ts";

/** The labels of a sample: a string for each name that the metric has. */
export type MetricLabels = Readonly<Record<string, string>>;

/**
 * Receives the metrics of a manager. Whatever a method throws, or rejects with, is ignored.
 *
 * Names have the prefix of the host's profile. `pluginMetrics` lists them with labels and buckets.
 */
export interface MetricsSink {
  /** Adds to a counter. */
  readonly counter: (name: string, labels: MetricLabels, value: number) => unknown;
  /** Records a duration, in seconds. */
  readonly histogram: (name: string, labels: MetricLabels, seconds: number) => unknown;
  /** Sets a gauge. */
  readonly gauge: (name: string, labels: MetricLabels, value: number) => unknown;
}

export interface Metrics extends Meter {
  /** Reports the numbers that are fixed once the manager is made. */
  setFixedGauges(
    hooks: readonly string[],
    plugins: number,
    handlers: (hook: string) => number,
  ): void;
  registration(outcome: "success" | "failure", reason: string): void;
}

/** @throws GlassineError `options_invalid` */
export function readMetrics(given: unknown, prefix: string): Metrics | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null)
    throw optionsInvalid("metrics must be an object.");
  const sink = given as MetricsSink;
  const { counter, histogram, gauge } = sink;
  const methods = { counter, histogram, gauge };
  for (const kind of ["counter", "histogram", "gauge"] as const) {
    if (typeof methods[kind] !== "function")
      throw optionsInvalid(`metrics.${kind} must be a function.`);
  }
  const emit = (
    kind: MetricKind,
    name: keyof typeof pluginMetrics,
    labels: MetricLabels,
    value: number,
  ) => callSafely(() => methods[kind].call(sink, prefix + name, Object.freeze(labels), value));
  const of = ({ hook, plugin }: HandlerStep) => ({ hook, plugin: plugin.name });
  const codeOf = wordLabels();
  const typeOf = wordLabels(ownErrorTypes);
  const countDenial = (run: AnyRun, { violation }: AnyInvokeResult) => {
    if (violation === undefined) return;
    const { code, plugin = "none" } = violation;
    const shown = run.runtime.redact(code, secretsOf(run));
    emit("counter", "denial_total", { hook: run.hook, plugin, code: codeOf(plugin, shown) }, 1);
  };
  return {
    turn: (step, durationMs) => {
      emit("counter", "handler_invocation_total", of(step), 1);
      if (durationMs !== undefined)
        emit("histogram", "handler_duration_seconds", of(step), durationMs / 1000);
    },
    // Within a run, which no plugin may end by patching what this uses.
    failed: (step, type) =>
      callSafely(() => {
        const error_type = typeOf(step.plugin.name, type);
        emit("counter", "handler_error_total", { ...of(step), error_type }, 1);
      }),
    async follow(hook, semantic, startedAt, pending, run) {
      emit("counter", "hook_fire_total", { hook }, 1);
      try {
        const answer = await pending;
        if (semantic === "message" && run !== undefined)
          countDenial(run, answer as AnyInvokeResult);
        if (semantic === "voting") {
          const decision = (answer as Decision).allow ? "allow" : "deny";
          emit("counter", "voting_decision_total", { hook, decision }, 1);
        }
      } catch {
        // The caller gets the error.
      }
      emit("histogram", "hook_duration_seconds", { hook }, (monotonicNow() - startedAt) / 1000);
    },
    setFixedGauges: (hooks, plugins, handlers) => {
      emit("gauge", "registered_count", {}, plugins);
      for (const hook of hooks) emit("gauge", "handlers_per_hook", { hook }, handlers(hook));
    },
    registration: (outcome, reason) =>
      emit("counter", "registration_total", { outcome, reason }, 1),
  };
}

/** Each word is a separate series in the backend. A plugin gets this many, and then `other`. */
const maxWords = 50;

/**
 * Returns a function that turns a word that a plugin chose into a label, or into `other`. `own`:
 * the library's words, which take none of a plugin's series.
 */
function wordLabels(own: readonly string[] = []): (plugin: string, word: string) => string {
  const seen = new Map<string, Set<string>>();
  return (plugin, word) => {
    const words = seen.get(plugin) ?? new Set(own);
    seen.set(plugin, words);
    if (words.size < maxWords + own.length) words.add(word);
    return words.has(word) ? word : "other";
  };
}
