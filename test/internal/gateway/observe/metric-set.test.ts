/** The text format of metrics, and the limit on the number of series. */
import { expect, it } from "vitest";
import { MetricSet } from "../../../../src/gateway/observe/metric-set.ts";

const specs = {
  calls_total: { kind: "counter", labels: ["tool"], means: "Calls." },
  seconds: { kind: "histogram", labels: [], means: "Times.", buckets: [0.1, 1] },
  open: { kind: "gauge", labels: [], means: "Open." },
} as const;

it("writes counters, gauges and cumulative histograms", () => {
  const set = new MetricSet(specs);
  set.add("calls_total", { tool: "echo" });
  set.add("calls_total", { tool: "echo" }, 2);
  set.add("calls_total");
  for (const seconds of [0.05, 0.1, 0.5, 5]) set.observe("seconds", {}, seconds);
  set.set("open", {}, 4);
  set.set("open", {}, 3);
  expect(set.text()).toBe(`# HELP calls_total Calls.
# TYPE calls_total counter
calls_total{tool="echo"} 3
calls_total{tool="none"} 1
# HELP seconds Times.
# TYPE seconds histogram
seconds_bucket{le="0.1"} 2
seconds_bucket{le="1"} 3
seconds_bucket{le="+Inf"} 4
seconds_sum 5.65
seconds_count 4
# HELP open Open.
# TYPE open gauge
open 3
`);
});

it("takes no value of a label that is no plain name", () => {
  const set = new MetricSet(specs);
  for (const tool of ['a"} 1\nforged 2', "", "a b", "x".repeat(101), "é"])
    set.add("calls_total", { tool });
  expect(set.text()).toContain('calls_total{tool="other"} 5\n');
  expect(set.text()).not.toContain("forged");
});

it("counts as other what is new past the limit, and loses nothing", () => {
  const set = new MetricSet(specs, 10);
  for (let at = 0; at < 1000; at += 1) set.add("calls_total", { tool: `tool-${at}` });
  set.add("calls_total", { tool: "tool-3" });
  const lines = set.text().match(/^calls_total\{.*$/gm) ?? [];
  expect(lines).toHaveLength(11);
  expect(lines).toContain('calls_total{tool="tool-3"} 2');
  expect(lines).toContain('calls_total{tool="other"} 990');
});

it("knows the metrics of its table only", () => {
  const set = new MetricSet(specs);
  set.add("__proto__");
  set.add("forged_total");
  expect(set.text()).not.toContain("forged");
});
