/** Which events of a run the trail has kept, and what is reported to it. */
import { addLabels, setHeader } from "glassine";
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { AuditReceipts } from "../../../src/core/hooks/dispatch/report.ts";
import { call, hook, labelled, manage, plugin, type Run, rest } from "../../dispatch/support.ts";

/** Whether all events of a run count as kept if recording them returned these answers. */
async function kept(...answers: readonly (boolean | Promise<boolean>)[]): Promise<boolean> {
  const receipts = new AuditReceipts();
  for (const answer of answers) receipts.add(answer);
  return receipts.areKept();
}
const later = (value: boolean) => rest().then(() => value);

describe("receipts of a run's audit events", () => {
  it("are kept if each event was, synchronously or later", async () => {
    expect(await kept()).toBe(true);
    expect(await kept(true, true)).toBe(true);
    expect(await kept(later(true), true, later(true))).toBe(true);
  });

  it.each([
    ["at once", [false]],
    ["at once, before others", [false, true, later(true)]],
    ["at once, after others", [later(true), false]],
    ["later, before others", [later(false), later(true), true]],
    ["later, after others", [true, later(true), later(false)]],
    ["later, alone", [later(false)]],
  ])("are lost if one event was: %s", async (_, answers) => {
    expect(await kept(...answers)).toBe(false);
  });
});

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
