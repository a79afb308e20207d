/** What a turn reports to the audit trail. */
import { addLabels, setHeader } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { call, hook, labelled, manage, plugin, type Run } from "./support.ts";

/** The events of a run of one plugin that may write labels and headers. */
async function eventsOf(run: Run): Promise<readonly AuditEvent[]> {
  const events: AuditEvent[] = [];
  const manager = await manage(
    [plugin("one", run, { capabilities: ["append_labels", "read_headers", "write_headers"] })],
    { audit: { sink: (event) => void events.push(event) }, logger: {} },
  );
  events.length = 0;
  await manager.invoke(hook, call, { extensions: labelled("PII") });
  return events;
}

describe("a turn", () => {
  it("has a record of the labels that it added, and none if it added none", async () => {
    const labels = await eventsOf((_p, _c, e) => ({ modifiedExtensions: addLabels(e, "a") }));
    expect(labels.map(({ eventType }) => eventType)).toEqual(["extensions.labels_added"]);
    const header = await eventsOf((_p, _c, e) => ({ modifiedExtensions: setHeader(e, "A", "b") }));
    expect(header).toEqual([]);
  });

  it("that returned a refused result has a record of its kind", async () => {
    const events = await eventsOf((_p, _c, _e) => 5);
    expect(
      events.map(({ eventType, metadata }) => [eventType, metadata.error_type]),
    ).toContainEqual(["plugin.handler_error", "ContractViolation"]);
  });
});
