/** A gateway's metrics. The only part of a message that they contain is its method name. */
import { type MetricsSink, pluginMetrics, standardProfile } from "../../core/plugins/index.ts";
import type { ModelEnd } from "../../providers/http/index.ts";
import type { GuardEnd } from "../../providers/mcp/index.ts";
import { MetricSet, type MetricSpecs } from "./metric-set.ts";

/** Histogram buckets in seconds: for the gateway's own work, and for waiting on the other side. */
const own = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];
const peer = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

const ofRequest = ["server", "method"];
const ofModel = ["route", "provider"];

/** Keyed by metric name, without the prefix `glassine_gateway_`. */
export const gatewayMetrics = {
  requests_total: {
    kind: "counter",
    labels: [...ofRequest, "outcome", "code"],
    means: "Requests that ended, and notifications that plugins saw.",
  },
  request_own_seconds: {
    kind: "histogram",
    labels: ofRequest,
    means: "Time that the gateway and its plugins took for a request.",
    buckets: own,
  },
  request_peer_seconds: {
    kind: "histogram",
    labels: ofRequest,
    means: "How long the other side took to answer what was passed on.",
    buckets: peer,
  },
  model_requests_total: {
    kind: "counter",
    labels: [...ofModel, "outcome", "code"],
    means: "Requests to models that ended.",
  },
  model_own_seconds: {
    kind: "histogram",
    labels: ofModel,
    means: "Time that the gateway and its plugins took for a request to a model.",
    buckets: own,
  },
  model_peer_seconds: {
    kind: "histogram",
    labels: ofModel,
    means: "How long the provider took until its answer was complete.",
    buckets: peer,
  },
  refusals_total: {
    kind: "counter",
    labels: ["code"],
    means:
      "Requests refused before any plugin saw them: Host, Origin, identity, size, rate, session, name.",
  },
  dropped_messages_total: {
    kind: "counter",
    labels: ["server"],
    means: "Messages of no open request, or progress beyond 100 a second, that were dropped.",
  },
  process_restarts_total: {
    kind: "counter",
    labels: ["server"],
    means: "Processes of servers that died and were started again.",
  },
  audit_failures_total: {
    kind: "counter",
    labels: [],
    means: "Records that could not be written to the audit trail.",
  },
  log_lines_lost_total: {
    kind: "counter",
    labels: [],
    means: "Lines of the log that could not be written, or that nobody read.",
  },
  open_requests: { kind: "gauge", labels: [], means: "Requests to servers without an answer yet." },
  open_sessions: { kind: "gauge", labels: [], means: "Sessions over HTTP." },
  generation: { kind: "gauge", labels: [], means: "The configuration in use; 1 is the first." },
} as const satisfies MetricSpecs;

/** Values that are read at the time of a scrape. */
type Gauges = Readonly<
  Record<
    | "open_requests"
    | "open_sessions"
    | "generation"
    | "audit_failures_total"
    | "log_lines_lost_total",
    number
  >
>;

/** A gateway's metrics, for its admin port. */
export interface GatewayMetrics {
  /** For the option `metrics` of the managers that the gateway gets. */
  readonly plugins: MetricsSink;
  requestEnded(server: string, end: GuardEnd): void;
  modelEnded(route: string, end: ModelEnd): void;
  refused(code: string): void;
  messageDropped(server: string): void;
  processRestarted(server: string): void;
  text(gauges: Gauges): string;
}

/** The known methods. A peer can send any name, so all others are counted as one. */
const methods = new Set([
  "initialize",
  "ping",
  "server/discover",
  "completion/complete",
  "logging/setLevel",
  "tools/list",
  "tools/call",
  "prompts/list",
  "prompts/get",
  "resources/list",
  "resources/templates/list",
  "resources/read",
  "resources/subscribe",
  "resources/unsubscribe",
  "subscriptions/listen",
  "tasks/list",
  "tasks/get",
  "tasks/result",
  "tasks/cancel",
  "tasks/update",
  "sampling/createMessage",
  "elicitation/create",
  "roots/list",
  "notifications/initialized",
  "notifications/cancelled",
  "notifications/progress",
  "notifications/message",
  "notifications/tasks",
  "notifications/tasks/status",
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
  "notifications/roots/list_changed",
  "notifications/elicitation/complete",
  "notifications/subscriptions/acknowledged",
]);

/** Returns the name of an MCP method, or `other` for an unknown one. */
export function knownMethod(method: unknown): string {
  return typeof method === "string" && methods.has(method) ? method : "other";
}

const prefix = "glassine_gateway_";

export function createMetrics(): GatewayMetrics {
  const set = new MetricSet(specs());
  const note = (name: keyof typeof gatewayMetrics) => prefix + name;
  return {
    plugins: {
      counter: (name, labels, value) => set.add(name, labels, value),
      histogram: (name, labels, seconds) => set.observe(name, labels, seconds),
      gauge: (name, labels, value) => set.set(name, labels, value),
    },
    requestEnded(server, { method, outcome, code, timings }) {
      if (outcome === "dropped") return set.add(note("dropped_messages_total"), { server });
      const of = { server, method: knownMethod(method) };
      set.add(note("requests_total"), { ...of, outcome, code });
      set.observe(note("request_own_seconds"), of, ownSeconds(timings));
      if (timings.peerMs > 0) set.observe(note("request_peer_seconds"), of, timings.peerMs / 1000);
    },
    modelEnded(route, { provider, outcome, code, timings }) {
      const of = { route, provider };
      set.add(note("model_requests_total"), { ...of, outcome, code });
      set.observe(note("model_own_seconds"), of, ownSeconds(timings));
      if (timings.peerMs > 0) set.observe(note("model_peer_seconds"), of, timings.peerMs / 1000);
    },
    refused: (code) => set.add(note("refusals_total"), { code }),
    messageDropped: (server) => set.add(note("dropped_messages_total"), { server }),
    processRestarted: (server) => set.add(note("process_restarts_total"), { server }),
    text(gauges) {
      for (const [name, value] of Object.entries(gauges)) set.set(prefix + name, {}, value);
      return set.text();
    },
  };
}

function ownSeconds({ beforeMs, afterMs }: GuardEnd["timings"]): number {
  return (beforeMs + afterMs) / 1000;
}

/** The metrics of the gateway and of its plugins. */
function specs(): MetricSpecs {
  const ofPlugins = standardProfile.metricPrefix;
  const named = (start: string, of: MetricSpecs) =>
    Object.entries(of).map(([name, spec]) => [start + name, spec] as const);
  return Object.fromEntries([...named(prefix, gatewayMetrics), ...named(ofPlugins, pluginMetrics)]);
}
