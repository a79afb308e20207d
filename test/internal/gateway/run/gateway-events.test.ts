/** What others can cause any number of times has few lines in the log. */
import { expect, it, onTestFinished, vi } from "vitest";
import { knownSecrets } from "../../../../src/gateway/config/index.ts";
import {
  type GatewayLog,
  numberedLogs,
  redactedLog,
} from "../../../../src/gateway/observe/index.ts";
import { GatewayEvents } from "../../../../src/gateway/run/gateway-events.ts";

/** A gateway's log and events, and what is left of them. */
function logging() {
  const lines: Readonly<Record<string, unknown>>[] = [];
  const line = (event: string, fields?: object) => void lines.push({ event, ...fields });
  const log = numberedLogs()({ info: line, warn: line, error: line }, 1);
  return { lines, log, events: new GatewayEvents(log, undefined) };
}

type Happen = (events: GatewayEvents, log: GatewayLog) => void;

it.each<[string, Happen]>([
  ["undelivered messages", (_, log) => log.warn("message_undelivered")],
  ["dropped messages", (events) => events.droppedMessage("files", {})],
  ["lines that are not messages", (_, log) => log.warn("server_stdout_invalid")],
  ["failures of a server", (events) => events.serverFailed("files", new Error())],
  ["errors of tracing", (_, log) => log.warn("tracing_error")],
  ["refusals", (events) => events.answered("rate_limited", 429)],
  ["incomplete answers", (_, log) => log.warn("server_left_out", { server: "files" })],
  ["missing servers", (_, log) => log.error("server_unavailable", { server: "files" })],
  ["missing processes", (_, log) => log.warn("too_many_processes")],
  ["slow readers", (_, log) => log.warn("reader_too_slow")],
])("logs about sixty %s a minute", (_what, happen) => {
  const { lines, log, events } = logging();
  for (let count = 0; count < 1000; count += 1) happen(events, log);
  expect(lines.length).toBeGreaterThan(50);
  expect(lines.length).toBeLessThan(70);
});

it.each([
  ["a system's error", Object.assign(new Error("no"), { code: "ECONNREFUSED" }), "ECONNREFUSED"],
  ["a timeout", new DOMException("late", "TimeoutError"), undefined],
])("logs the code of %s only if it is a word", (_what, error, code) => {
  const { lines, events } = logging();
  events.serverFailed("files", error);
  expect(lines[0]?.code).toBe(code);
});

it("logs more of what a server writes to standard error, and how much it left out", () => {
  const { lines, log } = logging();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (let count = 0; count < 5000; count += 1) log.warn("server_stderr", { server: "files" });
  expect(lines).toHaveLength(600);
  log.warn("server_stderr", { server: "other" });
  vi.advanceTimersByTime(200);
  for (let count = 0; count < 5; count += 1) log.warn("server_stderr", { server: "files" });
  expect(lines.slice(600)).toEqual([
    { event: "server_stderr", server: "other", generation: 1 },
    { event: "server_stderr", server: "files", generation: 1, left_out: 4400 },
    { event: "server_stderr", server: "files", generation: 1 },
  ]);
});

it("logs what an isolated plugin prints as often, by plugin and without what looks like a secret", () => {
  const { lines, log } = logging();
  const { warn } = redactedLog(log, knownSecrets(String));
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  for (let count = 0; count < 5000; count += 1)
    warn("plugin_printed", { plugin: "loud", text: "he\u001bllo password=hunter2" });
  warn("plugin_printed", { plugin: "quiet", text: "hello" });
  const about = { event: "plugin_printed", generation: 1 };
  expect(lines).toHaveLength(601);
  expect([lines[0], lines[600]]).toEqual([
    { ...about, plugin: "loud", text: "he\\u{1b}llo password=[REDACTED]" },
    { ...about, plugin: "quiet", text: "hello" },
  ]);
});

it("cuts the names that callers and servers make up", () => {
  const lines: unknown[] = [];
  const line = (_event: string, fields?: object) => void lines.push(fields);
  const log = redactedLog({ info: line, warn: line, error: line }, knownSecrets(String));
  const long = "x".repeat(1_000_000);
  log.info("request", { method: "tools/call", name: long });
  log.warn("message_dropped", { server: "files", method: long });
  const short = `${"x".repeat(500)}…`;
  expect(lines).toEqual([
    { method: "tools/call", name: short },
    { server: "files", method: short },
  ]);
});

it("logs once that Envoy buffers bodies", () => {
  const { lines, events } = logging();
  for (let count = 0; count < 3; count += 1) events.envoy("buffered");
  expect(lines).toMatchObject([{ event: "envoy_buffered" }]);
});
