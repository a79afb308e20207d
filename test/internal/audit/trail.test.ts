import type { AuditEvent } from "glassine/audit";
import { describe, expect, it } from "vitest";
import { eventOf, gate, rest, uncaughtDuring } from "../../audit/support.ts";
import { verifies } from "../../support/verifies.ts";
import { type Kept, keeping, takesMany, trailLoggedBy, trailTo } from "./trails.ts";

const numbered = (n: number) => eventOf({ metadata: { n } });
const numbersOf = (records: readonly AuditEvent[]) => records.map(({ metadata }) => metadata.n);
const full = new Error("disk full");

describe("the order of a trail", () => {
  it("is that in which events were raised, one at a time", async () => {
    verifies("audit:order");
    let open = 0;
    const taken: unknown[] = [];
    const { trail } = trailTo(async ({ metadata }) => {
      open += 1;
      expect(open).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, (metadata.n as number) % 3));
      taken.push(metadata.n);
      open -= 1;
    });
    const outcomes = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => trail.emit(numbered(n)));
    expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => ({ ok: true })));
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("is kept where the sink gets what waits at once; the others still get one at a time", async () => {
    verifies("audit:order");
    const taken: unknown[] = [];
    let waiting = 0;
    let most = 0;
    let open = 0;
    const sink = takesMany(async ({ metadata }: AuditEvent) => {
      taken.push(metadata.n);
      waiting += 1;
      most = Math.max(most, waiting);
      await rest();
      waiting -= 1;
      if (metadata.n === 2) throw full;
    });
    const heard: unknown[] = [];
    const { trail } = trailTo(sink, {}, async ({ metadata }) => {
      open += 1;
      expect(open).toBe(1);
      await rest();
      heard.push(metadata.n);
      open -= 1;
    });
    const outcomes = await Promise.all([0, 1, 2, 3, 4].map((n) => trail.emit(numbered(n))));
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, false, true, true]);
    expect([taken, heard, most]).toEqual([[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], 4]);
  });

  it("gives each event the whole time, even if the sink got it with those before", async () => {
    let last: Promise<unknown> = Promise.resolve();
    const sink = takesMany(async ({ metadata }: AuditEvent) => {
      if (metadata.n === 3) throw full;
      last = last.then(() => new Promise((resolve) => setTimeout(resolve, 40)));
      await last;
    });
    const { trail } = trailTo(sink, { timeoutMs: 150 });
    const outcomes = await Promise.all(
      [0, 1, 2, 3, 4, 5, 6, 7].map((n) => trail.emit(numbered(n))),
    );
    expect(outcomes.map(({ ok }) => ok)).toEqual([true, true, true, false, true, true, true, true]);
  });

  it("calls the sink first, and the others even if the sink fails", async () => {
    verifies("audit:sink-first");
    const order: string[] = [];
    const sinks: Readonly<Record<string, () => unknown>> = {
      at_once: () => undefined,
      later: () => rest(),
      throws: () => {
        throw full;
      },
      rejects: () => Promise.reject(full),
    };
    for (const [name, answer] of Object.entries(sinks)) {
      const { trail } = trailTo(
        async () => {
          order.push(`sink ${name}`);
          await answer();
          order.push(`${name} done`);
        },
        {},
        () => void order.push(`others ${name}`),
      );
      await trail.emit(eventOf());
    }
    expect(order).toEqual([
      "sink at_once",
      "at_once done",
      "others at_once",
      "sink later",
      "later done",
      "others later",
      "sink throws",
      "others throws",
      "sink rejects",
      "others rejects",
    ]);
  });

  it("has events for the sink alone", () => {
    verifies("audit:sink-only");
    const others: AuditEvent[] = [];
    const { trail, records } = keeping({}, (event) => others.push(event));
    trail.emit(numbered(1), { sinkOnly: true });
    trail.emit(numbered(2), { sinkOnly: false });
    expect(numbersOf(records)).toEqual([1, 2]);
    expect(numbersOf(others)).toEqual([2]);
  });

  it("delivers events raised during a delivery after it, and loses none", async () => {
    verifies("audit:reentrant");
    const order: string[] = [];
    const { trail } = trailTo(
      ({ metadata: { n } }) => {
        order.push(`sink ${n}`);
        if (n === 1) expect(trail.emit(numbered(2))).toBeInstanceOf(Promise);
        order.push(`end ${n}`);
      },
      {},
      ({ metadata: { n } }) => {
        order.push(`others ${n}`);
        if (n === 1) void trail.emit(numbered(3), { sinkOnly: true });
      },
    );
    expect(trail.emit(numbered(1))).toEqual({ ok: true });
    await trail.flush();
    expect(order).toEqual([
      "sink 1",
      "end 1",
      "others 1",
      "sink 2",
      "end 2",
      "others 2",
      "sink 3",
      "end 3",
    ]);
  });

  it("records one failure each if an audit_emit handler fails on every event", async () => {
    const { trail, records } = keeping({}, (event) => {
      void trail.emit(
        eventOf({ eventType: "plugin.handler_error", metadata: { of: event.eventType } }),
        { sinkOnly: true },
      );
      throw new Error("always");
    });
    await trail.emit(eventOf());
    await trail.emit(eventOf());
    await trail.flush();
    expect(records.map(({ eventType }) => eventType)).toEqual([
      "billing.invoice_sent",
      "plugin.handler_error",
      "billing.invoice_sent",
      "plugin.handler_error",
    ]);
    expect(trail.failures).toEqual({ total: 2, byType: { "billing.invoice_sent": 2 } });
  });

  it("is kept with overlapping emitters", async () => {
    const { trail, records } = keeping({}, () => new Promise((resolve) => setTimeout(resolve, 0)));
    const emitter = async (name: number) => {
      for (let i = 0; i < 4; i++) {
        await trail.emit(eventOf({ metadata: { n: name, i } }));
      }
    };
    await Promise.all(Array.from({ length: 32 }, (_, name) => emitter(name)));
    expect(records).toHaveLength(128);
    for (let name = 0; name < 32; name++) {
      const own = records.filter(({ metadata }) => metadata.n === name);
      expect(own.map(({ metadata }) => metadata.i)).toEqual([0, 1, 2, 3]);
    }
  });
});

describe("an outcome", () => {
  it("is synchronous if all recipients are", () => {
    verifies("audit:at-once");
    const { trail, records } = keeping({}, () => true);
    expect(trail.emit(eventOf())).toEqual({ ok: true });
    expect(records).toHaveLength(1);
  });

  it("is a success where there is no recipient", () => {
    const { trail } = trailTo(undefined);
    expect(trail.emit(eventOf())).toEqual({ ok: true });
  });

  const failing: Readonly<Record<string, () => unknown>> = {
    throws: () => {
      throw full;
    },
    rejects: () => Promise.reject(full),
    "rejects later": async () => {
      await rest();
      throw full;
    },
    "gives a thenable that rejects": () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable.
      then: (_yes: unknown, no: (reason: unknown) => void) => no(full),
    }),
    "gives a thenable that throws": () => ({
      // biome-ignore lint/suspicious/noThenProperty: a thenable.
      then: () => {
        throw full;
      },
    }),
    "gives a thenable of a class": () =>
      new (class {
        // biome-ignore lint/suspicious/noThenProperty: a thenable.
        then(_yes: unknown, no: (reason: unknown) => void) {
          no(full);
        }
      })(),
  };
  const recipients = ["sink", "audit_emit"] as const;
  const cases = recipients.flatMap((recipient) =>
    Object.entries(failing).map(([how, fail]) => ({ recipient, how, fail })),
  );

  it.each(cases)("reports, counts and logs that $recipient $how", async ({ recipient, fail }) => {
    verifies("audit:failure");
    const fine = () => undefined;
    const { trail, log } = recipient === "sink" ? trailTo(fail, {}, fine) : trailTo(fine, {}, fail);
    let outcome: Awaited<ReturnType<Kept["trail"]["emit"]>> | undefined;
    const uncaught = await uncaughtDuring(async () => {
      outcome = await trail.emit(eventOf({ metadata: { n: 1 } }));
    });
    expect(uncaught).toEqual([]);
    expect(outcome).toMatchObject({
      ok: false,
      error: {
        code: "audit_failed",
        data: { eventType: "billing.invoice_sent", recipient },
        cause: full,
      },
    });
    expect(trail.failures).toEqual({ total: 1, byType: { "billing.invoice_sent": 1 } });
    const who = recipient === "sink" ? "The audit sink" : "A handler of audit_emit";
    const message = `${who} did not accept billing.invoice_sent. Error: disk full`;
    expect(log).toEqual([expect.stringMatching(/^[^\n]*$/)]);
    expect(log[0]).toContain(`${message} The record: {"eventType":"billing.invoice_sent"`);
    if (outcome?.ok === false) expect(outcome.error.message).toBe(message);
  });

  it("counts both recipients, and reports the first", async () => {
    const { trail, log } = trailTo(failing.rejects, {}, () => {
      throw new Error("other");
    });
    expect(await trail.emit(eventOf())).toMatchObject({ error: { data: { recipient: "sink" } } });
    expect(trail.failures.total).toBe(2);
    expect(log).toHaveLength(2);
    const atOnce = trailTo(failing.throws, {}, () => Promise.reject(full)).trail;
    expect(await atOnce.emit(eventOf())).toMatchObject({ error: { data: { recipient: "sink" } } });
    expect(atOnce.failures.total).toBe(2);
  });

  it("is a failure after the timeout, and the next record is delivered", async () => {
    verifies("audit:late");
    const slow = gate();
    const taken: unknown[] = [];
    const { trail } = trailTo(
      ({ metadata: { n } }) => {
        taken.push(n);
        return n === 1 ? slow.opened : undefined;
      },
      { timeoutMs: 15 },
    );
    const first = trail.emit(numbered(1));
    const second = trail.emit(numbered(2));
    const outcome = await first;
    if (outcome.ok) throw new Error("expected a failure");
    expect(outcome.error.message).toBe(
      "The audit sink did not accept billing.invoice_sent. It did not answer within 15 ms.",
    );
    expect(await second).toMatchObject({ ok: true });
    expect(taken).toEqual([1, 2]);
    expect(await uncaughtDuring(async () => slow.fail(full))).toEqual([]);
    expect(trail.failures.total).toBe(1);
  });

  it("describes what was thrown, without secrets", async () => {
    const thrown = new Error("cannot connect with hunter2\nAuthorization: Bearer abc");
    const { trail, log } = trailTo(
      () => {
        throw thrown;
      },
      { secrets: ["hunter2"] },
    );
    const outcome = await trail.emit(eventOf({ metadata: { note: "hunter2" } }));
    if (outcome.ok) throw new Error("expected a failure");
    for (const text of [outcome.error.message, ...log]) {
      expect(text).not.toMatch(/hunter2|abc|\n/);
      expect(text).toContain("Error: cannot connect with [REDACTED]");
    }
  });
});

describe("a recipient that hangs", () => {
  const never = () => new Promise(() => undefined);
  const count = 20;
  const all = (emit: (n: number) => unknown) =>
    Promise.all(Array.from({ length: count }, (_, n) => emit(n)));
  /** Resolves after half the time that they would take one after the other. */
  const half = (timeoutMs: number) =>
    new Promise((resolve) => setTimeout(resolve, (count * timeoutMs) / 2, "half"));

  it.each([
    ["the sink", never, () => undefined],
    ["a handler of audit_emit", () => undefined, never],
    ["both", never, never],
  ])("uses up the timeout of all queued events together: %s", async (_, sink, others) => {
    verifies("audit:stuck", "audit:late");
    const { trail } = trailTo(sink, { timeoutMs: 60 }, others);
    const outcomes = all((n) => trail.emit(numbered(n)));
    expect(await Promise.race([outcomes, half(60)])).toHaveLength(count);
    for (const outcome of await outcomes) expect(outcome).toMatchObject({ ok: false });
    expect(trail.failures.total).toBeGreaterThanOrEqual(count);
  });

  it("has its full timeout again once it has answered", async () => {
    verifies("audit:stuck");
    const slow = gate();
    let calls = 0;
    const { trail } = trailTo(
      () => {
        calls += 1;
        if (calls === 1) return never();
        return calls === 2 ? Promise.resolve() : slow.opened;
      },
      { timeoutMs: 60 },
    );
    const outcomes = [0, 1, 2].map((n) => trail.emit(numbered(n)));
    expect(await outcomes[0]).toMatchObject({ ok: false });
    expect(await outcomes[1]).toMatchObject({ ok: true });
    // Although it was emitted with the others, the trail waits for it with the full timeout.
    setTimeout(slow.open, 15);
    expect(await outcomes[2]).toMatchObject({ ok: true });
  });

  it("receives each record if it is slow but not stuck", async () => {
    verifies("audit:stuck");
    const taken: unknown[] = [];
    const { trail } = trailTo(
      async ({ metadata }) => {
        await new Promise((resolve) => setTimeout(resolve, 15));
        taken.push(metadata.n);
      },
      { timeoutMs: 100 },
    );
    for (const outcome of await all((n) => trail.emit(numbered(n))))
      expect(outcome).toMatchObject({ ok: true });
    expect(taken).toHaveLength(count);
  });
});

describe("an event that cannot be raised", () => {
  it("is counted and logged", () => {
    verifies("audit:no-record");
    const { trail, log } = trailTo(() => undefined, { secrets: ["hunter2"] });
    trail.miss("extensions.labels_added", new Error("too large for hunter2"));
    expect(trail.failures).toEqual({ total: 1, byType: { "extensions.labels_added": 1 } });
    expect(log).toEqual([
      "There is no record of extensions.labels_added. too large for [REDACTED]",
    ]);
  });
});

describe("a log", () => {
  it("that throws, rejects or is missing changes nothing", async () => {
    const sink = () => {
      throw full;
    };
    const loggers = [
      undefined,
      {
        error: () => {
          throw new Error("log full");
        },
      },
      { error: () => Promise.reject(new Error("log full")) as never },
      new Proxy({} as { error: () => void }, {
        get: () => {
          throw new Error("log broken");
        },
      }),
    ];
    const uncaught = await uncaughtDuring(async () => {
      for (const logger of loggers) {
        const trail = trailLoggedBy(logger, sink);
        expect(await trail.emit(eventOf())).toMatchObject({ ok: false });
        expect(trail.failures.total).toBe(1);
      }
    });
    expect(uncaught).toEqual([]);
  });

  it("that raises an event itself does not receive that event's failure, which would loop", async () => {
    const outcomes: unknown[] = [];
    const logger = {
      error: () => {
        outcomes.push(trail.emit(eventOf({ eventType: "log.written" })));
      },
    };
    const sink = () => {
      throw full;
    };
    const trail = trailLoggedBy(logger, sink);
    await trail.emit(eventOf());
    await trail.flush();
    expect(outcomes).toMatchObject([{ ok: false }]);
    expect(trail.failures.total).toBe(2);
  });
});

describe("the end of a trail", () => {
  it("flush resolves when no event is pending", async () => {
    const slow = gate();
    const { trail, records } = keeping({}, () => slow.opened);
    await trail.flush();
    let flushed = 0;
    const pending = [trail.emit(numbered(1)), trail.emit(numbered(2))];
    const waits = [trail.flush(), trail.flush()].map((each) => each.then(() => (flushed += 1)));
    await rest();
    expect(flushed).toBe(0);
    slow.open();
    await Promise.all(waits);
    expect(numbersOf(records)).toEqual([1, 2]);
    expect(await Promise.all(pending)).toMatchObject([{ ok: true }, { ok: true }]);
  });

  it("queues 100,000 events, and counts one more as lost", async () => {
    verifies("audit:waiting");
    const hung = gate();
    let taken = 0;
    const { trail, log } = trailTo(() => {
      taken += 1;
      return taken === 1 ? hung.opened : undefined;
    });
    void trail.emit(eventOf());
    for (let i = 0; i < 100_000; i++) void trail.emit(eventOf());
    expect(trail.failures.total).toBe(0);
    const over = trail.emit(eventOf());
    expect(over).toMatchObject({ ok: false });
    expect(log[0]).toContain("More than 100000 events wait for their turn.");
    hung.open();
    await trail.flush();
    expect(taken).toBe(100_001);
    expect(trail.failures.total).toBe(1);
  });
});

describe("what a trail returns", () => {
  it("is frozen", async () => {
    const { trail } = keeping();
    const outcome = await trail.emit(eventOf());
    for (const value of [trail, outcome, trail.failures, trail.failures.byType]) {
      expect(Object.isFrozen(value)).toBe(true);
    }
  });

  it("is a new snapshot of the failures each time", () => {
    const { trail } = trailTo(() => {
      throw full;
    });
    const before = trail.failures;
    trail.emit(eventOf());
    trail.emit(eventOf({ eventType: "a.b" }));
    expect(before).toEqual({ total: 0, byType: {} });
    expect(trail.failures).toEqual({ total: 2, byType: { "billing.invoice_sent": 1, "a.b": 1 } });
  });
});
