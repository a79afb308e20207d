/** What others can cause any number of times has few lines in the log. */
import { expect, it } from "vitest";
import { GatewayEvents } from "../../../../src/gateway/run/gateway-events.ts";

it.each([
  ["undelivered messages", (events: GatewayEvents) => events.undelivered(new Error("No stream."))],
  ["dropped messages", (events: GatewayEvents) => events.droppedMessage("files", {})],
  ["lines that are not messages", (events: GatewayEvents) => events.invalidOutput("files", "x")],
  ["failures of a server", (events: GatewayEvents) => events.serverFailed("files", new Error())],
  ["errors of tracing", (events: GatewayEvents) => events.tracingFailed(new Error("Full."))],
  ["refusals", (events: GatewayEvents) => events.answered("rate_limited", 429)],
])("logs about sixty %s a minute", (_what, happen) => {
  let lines = 0;
  const line = () => {
    lines += 1;
  };
  const events = new GatewayEvents(() => ({ info: line, warn: line, error: line }), undefined);
  for (let count = 0; count < 1000; count += 1) happen(events);
  expect(lines).toBeGreaterThan(50);
  expect(lines).toBeLessThan(70);
});

it("logs once that Envoy buffers bodies", () => {
  const lines: string[] = [];
  const line = (event: string) => void lines.push(event);
  const events = new GatewayEvents(() => ({ info: line, warn: line, error: line }), undefined);
  for (let count = 0; count < 3; count += 1) events.envoy("buffered");
  expect(lines).toEqual(["envoy_buffered"]);
});
