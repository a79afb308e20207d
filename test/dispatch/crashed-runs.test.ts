/** Runs that could not continue, and what the audit trail records about them. */
import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { call, deferred, hook, manage, rest, tagger } from "./support.ts";

/** A signal that can be read `looks` times, and then throws. */
function breaking(looks: number): AbortSignal {
  let left = looks;
  const signal = {
    get aborted() {
      left -= 1;
      if (left < 0) throw new RangeError("no stack");
      return false;
    },
    addEventListener: () => {},
    removeEventListener: () => {},
  };
  return signal as never;
}

const reason = `The run of ${hook} could not continue.`;

describe("a run that cannot continue", () => {
  it("is counted as failed", async () => {
    const manager = await manage([tagger("one"), tagger("two", { mode: "concurrent" })]);
    for (const looks of [0, 1, 2]) await manager.invoke(hook, call, { signal: breaking(looks) });
    const counts = { started: 3, allowed: 0, denied: 0, errored: 3, aborted: 0, inFlight: 0 };
    expect(manager.counts()).toEqual(counts);
  });

  it("is audited as a crash of the handler whose turn it was", async () => {
    const events: AuditEvent[] = [];
    const manager = await manage([tagger("one")], {
      audit: { sink: (event) => void events.push(event) },
    });
    events.length = 0;
    await manager.invoke(hook, call, { signal: breaking(1) });
    expect(events).toMatchObject([
      {
        eventType: "plugin.handler_error",
        actorUri: "plugin:one",
        targetUri: `hook:${hook}`,
        outcome: "failure",
        metadata: { plugin_name: "one", error_type: "crash", error: reason },
      },
    ]);
  });

  it("is reported once a strict trail has handled that", async () => {
    const gate = deferred();
    let isUp = true;
    const manager = await manage([tagger("one")], {
      audit: { strict: true, sink: () => (isUp ? undefined : gate.promise) },
    });
    isUp = false;
    let hasEnded = false;
    const running = manager.invoke(hook, call, { signal: breaking(1) });
    const noted = running.then(() => {
      hasEnded = true;
    });
    await rest();
    expect(hasEnded).toBe(false);
    gate.resolve();
    await noted;
    expect((await running).violation).toEqual({ plugin: "one", code: "handler_error", reason });
    expect(manager.counts()).toMatchObject({ errored: 1, denied: 0, inFlight: 0 });
  });
});
