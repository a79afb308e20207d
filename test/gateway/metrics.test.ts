/** The text format of metrics, and the limit on the number of series. */
import { createMetrics, type GatewayMetrics } from "glassine/gateway";
import { expect, it } from "vitest";

const gauges = {
  open_requests: 4,
  open_sessions: 0,
  generation: 1,
  audit_failures_total: 0,
  log_lines_lost_total: 0,
};

function modelEnded(metrics: GatewayMetrics, beforeMs: number): void {
  const timings = { beforeMs, afterMs: 0, peerMs: 0, totalMs: beforeMs };
  metrics.modelEnded("chat", { provider: "openai", outcome: "allowed", timings } as never);
}

it("writes counters, gauges and cumulative histograms", () => {
  const metrics = createMetrics();
  for (const ms of [50, 100, 500, 5000]) modelEnded(metrics, ms);
  metrics.text({ ...gauges, open_requests: 9 });
  const text = metrics.text(gauges);
  const of = 'route="chat",provider="openai"';
  const name = "glassine_gateway_model_own_seconds";
  expect(text).toContain(
    `# TYPE glassine_gateway_model_requests_total counter
glassine_gateway_model_requests_total{${of},outcome="allowed",code="none"} 4
# HELP ${name} Time that the gateway and its plugins took for a request to a model.
# TYPE ${name} histogram
${[0, 0, 0, 0, 0, 0, 1, 2, 2, 3]
  .map((count, at) => {
    const bound = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1][at];
    return `${name}_bucket{${of},le="${bound}"} ${count}`;
  })
  .join("\n")}
${name}_bucket{${of},le="+Inf"} 4
${name}_sum{${of}} 5.65
${name}_count{${of}} 4
`,
  );
  expect(
    text,
  ).toContain(`# HELP glassine_gateway_open_requests Requests to servers without an answer yet.
# TYPE glassine_gateway_open_requests gauge
glassine_gateway_open_requests 4
`);
});

it("takes no value of a label that is no plain name", () => {
  const metrics = createMetrics();
  for (const code of ['a"} 1\nforged 2', "", "a b", "x".repeat(101), "é"]) metrics.refused(code);
  expect(metrics.text(gauges)).toContain('refusals_total{code="other"} 5\n');
  expect(metrics.text(gauges)).not.toContain("forged");
});

it("counts as other what is new past the limit, and loses nothing", () => {
  const metrics = createMetrics();
  for (let at = 0; at < 3000; at += 1) metrics.refused(`code-${at}`);
  metrics.refused("code-3");
  const lines = metrics.text(gauges).match(/(?<=refusals_total)\{.*$/gm) ?? [];
  expect(lines).toHaveLength(1001);
  expect(lines).toContain('{code="code-3"} 2');
  expect(lines).toContain('{code="other"} 2000');
});

it("knows the metrics of its table only", () => {
  const metrics = createMetrics();
  metrics.plugins.counter("__proto__", {}, 1);
  metrics.plugins.counter("forged_total", {}, 1);
  expect(metrics.text(gauges)).not.toContain("forged");
});
