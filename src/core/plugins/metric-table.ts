/** Every metric of a manager, as data, for backends that create their instruments in advance. */

/** A kind of metric, named like the method of a sink that takes it. */
export type MetricKind = "counter" | "histogram" | "gauge";

/** Upper bounds of the buckets of durations, in seconds: 5 to 1000 microseconds. */
const buckets = Object.freeze([5e-6, 1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3]);

interface MetricSpec {
  readonly kind: MetricKind;
  readonly labels: readonly string[];
  readonly means: string;
  readonly buckets?: readonly number[];
}

/**
 * Every metric by name, without the host's prefix (by default `glassine_plugin_`), for a backend
 * that creates its instruments in advance.
 */
export const pluginMetrics = Object.freeze({
  hook_fire_total: {
    kind: "counter",
    labels: ["hook"],
    means: "Runs of a hook that were started.",
  },
  handler_invocation_total: {
    kind: "counter",
    labels: ["hook", "plugin"],
    means: "Calls of handlers.",
  },
  handler_error_total: {
    kind: "counter",
    labels: ["hook", "plugin", "error_type"],
    means: "Handlers that failed, by the `error_type` of the audit trail.",
  },
  voting_decision_total: {
    kind: "counter",
    labels: ["hook", "decision"],
    means: "Decisions of voting hooks: `allow` or `deny`.",
  },
  denial_total: {
    kind: "counter",
    labels: ["hook", "plugin", "code"],
    means: "Runs of message hooks with a violation, by its plugin (`none` if absent) and its code.",
  },
  registration_total: {
    kind: "counter",
    labels: ["outcome", "reason"],
    means: "Plugins that registered or were refused, with the audit trail's `reason`, else `none`.",
  },
  hook_duration_seconds: {
    kind: "histogram",
    labels: ["hook"],
    means: "How long a run took.",
    buckets,
  },
  handler_duration_seconds: {
    kind: "histogram",
    labels: ["hook", "plugin"],
    means: "How long a handler took.",
    buckets,
  },
  registered_count: {
    kind: "gauge",
    labels: [],
    means: "Plugins that are registered.",
  },
  handlers_per_hook: {
    kind: "gauge",
    labels: ["hook"],
    means: "Handlers that a hook has.",
  },
} as const satisfies Record<string, MetricSpec>);
